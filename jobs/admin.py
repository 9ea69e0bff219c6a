"""Jobs for staff: how far they are, what went wrong, and another try."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin, messages
from django.db.models import Case, F, Q, QuerySet, When
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs import steering
from jobs.models import FIRST, Item, Job, State
from photos.admin import OwnerFilter, ReadOnlyAdmin, only_owner

SOME_FAILED = "some_failed"
# What `Job.state` says, as conditions on the counts of with_progress().
_DONE = F("succeeded_count") + F("failed_count") + F("cancelled_count")
_WAITING = F("queued_count") + F("paused_count")
_ENDED = Q(item_count=_DONE)
_ALL_FAILED = Q(failed_count__gt=0, item_count=F("failed_count"))
_GOING = Q(processing_count__gt=0) | (Q(queued_count__gt=0) & Q(item_count__gt=_WAITING))
_IN_STATE: Mapping[str, Q] = {
    State.QUEUED: ~_ENDED & ~_GOING & Q(queued_count__gt=0),
    State.PAUSED: ~_ENDED & ~_GOING & Q(queued_count=0),
    State.PROCESSING: ~_ENDED & _GOING,
    State.SUCCEEDED: _ENDED & Q(cancelled_count=0) & ~_ALL_FAILED,
    State.FAILED: _ALL_FAILED,
    State.CANCELLED: _ENDED & Q(cancelled_count__gt=0),
    SOME_FAILED: Q(failed_count__gt=0),
}


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*State.choices, (SOME_FAILED, "With failed photos")]

    def queryset(self, request: HttpRequest, jobs: QuerySet[Job]) -> QuerySet[Job]:
        condition = _IN_STATE.get(self.value() or "")
        return jobs if condition is None else jobs.filter(condition)


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin[Job]):
    list_display = ("short_id", "state", "progress", "of", "created_at")
    list_filter = (StateFilter, ("owner", OwnerFilter), "created_at")
    list_select_related = ("owner",)
    search_fields = ("=id", "=items__external_id", "owner__subject")
    search_help_text = "A job's id, a photo's external id, or an owner"
    ordering = ("-created_at", "-pk")
    actions = ("retry",)
    fields = (("state", "progress"), "operations", ("owner", "created_at"), "photos")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        return Job.objects.with_progress()

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("jobs.change_job")

    @admin.action(description="Try failed photos again", permissions=["retry"])
    def retry(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        count = steering.retry(Item.objects.filter(job__in=jobs.values("pk")))
        level = messages.SUCCESS if count else messages.WARNING
        self.message_user(request, f"{count} failed photo(s) will be tried again.", level)

    @admin.display(description="Job", ordering="id")
    def short_id(self, job: Job) -> str:
        return str(job.pk)[:8]

    def state(self, job: Job) -> SafeString:
        return _pill(job.state)

    @admin.display(description="Photos done")
    def progress(self, job: Job) -> SafeString:
        done = job.succeeded_count + job.failed_count + job.cancelled_count
        failed = f", {job.failed_count} failed" if job.failed_count else ""
        return format_html(
            '<progress value="{}" max="{}"></progress> {} of {}{}',
            done,
            job.item_count,
            done,
            job.item_count,
            failed,
        )

    @admin.display(description="Owner", ordering="owner__subject")
    def of(self, job: Job) -> SafeString:
        return only_owner(job.owner)

    def photos(self, job: Job) -> SafeString:
        """The first of its items, those that failed before all others."""
        failed_first = Case(When(state=State.FAILED, then=0), default=1)
        items = job.items.select_related("photo").order_by(failed_first, "pk")[:FIRST]
        shown = {"job": job, "items": items}
        return render_to_string("admin/jobs/job/items.html", shown)


def _pill(state: State) -> SafeString:
    return format_html('<span class="pill {}">{}</span>', state, state.label)
