"""Jobs for staff: how far they are, what went wrong, and steering them."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import Case, Q, QuerySet, When
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_stubs_ext import StrOrPromise

from jobs import steering
from jobs.admin.items import pill, retried
from jobs.errors import JobError
from jobs.models import FIRST, Item, Job, State
from jobs.models.sync import with_sync
from jobs.standing import IN_STATE, SOME_FAILED
from photos.admin import OwnerFilter, ReadOnlyAdmin, only_owner

AT_ONCE = 1000  # jobs that an action is done on at a time
_SOME_FAILED = "some_failed"


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, StrOrPromise]]:
        return [*State.choices, (_SOME_FAILED, _("With failed photos"))]

    def queryset(self, request: HttpRequest, jobs: QuerySet[Job]) -> QuerySet[Job]:
        wanted = self.value()
        if wanted == _SOME_FAILED:
            return jobs.filter(SOME_FAILED)
        return jobs.filter(IN_STATE[State(wanted)]) if wanted in State.values else jobs


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin[Job]):
    list_display = ("short_id", "state", "kind", "progress", "of", "created_at")
    list_filter = (StateFilter, "kind", ("owner", OwnerFilter), "created_at")
    list_select_related = ("owner",)
    search_fields = ("id",)  # shows the field; get_search_results() says what is searched
    search_help_text = _("A job's id, a photo's external id, or an owner")
    show_facets = admin.ShowFacets.NEVER  # they would read all photos of all jobs
    ordering = ("-created_at", "-pk")
    actions = ("cancel", "pause", "resume", "retry", "delete_finished")
    fields = (
        ("state", "progress"),
        ("kind", "operations"),
        ("owner", "created_at", "finished_at"),
        "photos",
    )

    def has_steer_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("jobs.change_job")

    def has_forget_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("jobs.delete_job")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Job], search_term: str
    ) -> tuple[QuerySet[Job], bool]:
        """Without a join: that would read all photos of all jobs."""
        if not (term := search_term.strip()):
            return queryset, False
        named = Item.objects.filter(external_id=term).values("job")
        found = Q(owner__subject__icontains=term) | Q(pk__in=named)
        with suppress(ValueError):
            found |= Q(pk=UUID(term))
        return queryset.filter(found), False

    # --- Progress: counted for the jobs that are shown, and no others ----------------------------

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        page = super().get_changelist_instance(request)
        shown = [job.pk for job in page.result_list]
        counted = Job.objects.with_progress().select_related("owner").in_bulk(shown)
        page.result_list = [counted[pk] for pk in shown if pk in counted]
        return page

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Job | None:
        found = super().get_object(request, object_id, from_field)
        if found is None:
            return None
        job = Job.objects.with_progress().select_related("owner").get(pk=found.pk)
        job.sees_photos = request.user.has_perm("photos.view_photo")  # type: ignore[attr-defined]  # for photos()
        return job

    # --- Columns --------------------------------------------------------------------------------

    @admin.display(description=_("Job"), ordering="id")
    def short_id(self, job: Job) -> str:
        return str(job.pk)[:8]

    @admin.display(description=_("State"))
    def state(self, job: Job) -> SafeString:
        return pill(job.state)

    @admin.display(description=_("Photos done"))
    def progress(self, job: Job) -> SafeString:
        done = job.succeeded_count + job.failed_count + job.cancelled_count
        numbers = {"done": done, "count": job.item_count, "failed": job.failed_count}
        words = _("%(done)d of %(count)d")
        if job.failed_count:
            words = _("%(done)d of %(count)d, %(failed)d failed")
        bar = '<progress value="{}" max="{}"></progress> {}'
        return format_html(bar, done, job.item_count, words % numbers)

    @admin.display(description=_("Owner"), ordering="owner__subject")
    def of(self, job: Job) -> SafeString:
        return only_owner(job.owner)

    @admin.display(description=_("Photos"))
    def photos(self, job: Any) -> SafeString:
        """The first of its items, those that failed before all others."""
        failed_first = Case(When(state=State.FAILED, then=0), default=1)
        items = with_sync(job.items.select_related("photo")).order_by(failed_first, "pk")[:FIRST]
        shown = {"job": job, "items": items, "sees_photos": job.sees_photos}
        return render_to_string("admin/jobs/job/items.html", shown)

    # --- Actions --------------------------------------------------------------------------------

    @admin.action(description=_("Cancel"), permissions=["steer"])
    def cancel(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        count, _photos = self._each(request, jobs, steering.cancel, _("Cancelled."))
        words = ngettext("%(count)d job cancelled.", "%(count)d jobs cancelled.", count)
        self._tell(request, count, words)

    @admin.action(description=_("Pause"), permissions=["steer"])
    def pause(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        _jobs, photos = self._each(request, jobs, steering.pause, _("Paused."))
        self._tell(
            request,
            photos,
            ngettext(
                "%(count)d photo waits until it is resumed.",
                "%(count)d photos wait until they are resumed.",
                photos,
            ),
        )

    @admin.action(description=_("Resume"), permissions=["steer"])
    def resume(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        _jobs, photos = self._each(request, jobs, steering.resume, _("Resumed."))
        self._tell(
            request,
            photos,
            ngettext(
                "%(count)d photo has its turn again.",
                "%(count)d photos have their turn again.",
                photos,
            ),
        )

    @admin.action(description=_("Try failed photos again"), permissions=["steer"])
    def retry(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        _jobs, photos = self._each(request, jobs, _retry, _("Tried again."))
        self._tell(request, photos, retried(photos))

    @admin.action(description=_("Delete what is finished; photos stay"), permissions=["forget"])
    def delete_finished(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        count, _photos = self._each(request, jobs, _delete, _("Deleted."))
        words = ngettext("%(count)d job deleted.", "%(count)d jobs deleted.", count)
        self._tell(request, count, words)

    def _each(
        self,
        request: HttpRequest,
        jobs: QuerySet[Job],
        change: Callable[[Job], int | None],
        done: StrOrPromise,
    ) -> tuple[int, int]:
        """Change each of the jobs, write down who did it, and tell why others were not changed.

        Returns how many were changed, and the sum of what `change` returned.
        """
        changed, total, refused = 0, 0, Counter[str]()
        for job in jobs.order_by("pk")[:AT_ONCE]:
            try:
                total += change(job) or 0
            except JobError as exc:
                refused[str(exc)] += 1
            else:
                changed += 1
                self.log_change(request, job, str(done))
        for reason, count in refused.items():
            words = ngettext("%(count)d job: %(reason)s", "%(count)d jobs: %(reason)s", count)
            told = words % {"count": count, "reason": reason}
            self.message_user(request, told, messages.WARNING)
        return changed, total

    def _tell(self, request: HttpRequest, count: int, words: str) -> None:
        level = messages.SUCCESS if count else messages.WARNING
        self.message_user(request, words % {"count": count}, level)


def _retry(job: Job) -> int:
    return steering.retry(Item.objects.filter(job=job))


def _delete(job: Job) -> None:
    steering.delete(Job.objects.get(pk=job.pk))  # a copy of it: what is deleted has no key
