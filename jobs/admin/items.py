"""The photos of all jobs for staff: above all those that failed, and another try for them."""

from functools import cached_property
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from jobs import statistics, steering
from jobs.models import Item, State
from jobs.templatetags.ages import age
from photos.admin import OwnerFilter, ReadOnlyAdmin, only_owner
from photos.staff import with_reason

COUNTED = 10_000  # items of a list that are counted, and tried again at once
_ALL = "all"


class ItemStateFilter(admin.SimpleListFilter):
    """Failed ones, unless others are asked for."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, StrOrPromise]]:
        return [*State.choices, (_ALL, _("All"))]

    def value(self) -> str:
        return super().value() or State.FAILED

    def choices(self, changelist: Any) -> Any:
        return list(super().choices(changelist))[1:]  # the first would be "All"

    def queryset(self, request: HttpRequest, items: QuerySet[Item]) -> QuerySet[Item]:
        return items if self.value() == _ALL else items.filter(state=self.value())


class ErrorCodeFilter(admin.SimpleListFilter):
    """The codes of the last week; others by their address."""

    title = _("error")
    parameter_name = "error_code"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(each.code, each.code) for each in statistics.failures()]

    def queryset(self, request: HttpRequest, items: QuerySet[Item]) -> QuerySet[Item]:
        return items.filter(error_code=self.value()) if self.value() else items


class FirstPages(Paginator[Item]):
    """Of long lists. Counting all of a million takes longer than showing some."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[:COUNTED].count())


@admin.register(Item)
class ItemAdmin(ReadOnlyAdmin[Item]):
    list_display = ("shown", "standing", "error", "tries", "ended", "of")
    list_filter = (ItemStateFilter, ErrorCodeFilter, ("owner", OwnerFilter), "source")
    list_select_related = ("job", "owner")
    search_fields = ("=id", "=job__id")
    search_help_text = _("The id of an item, or of a job")
    show_facets = admin.ShowFacets.NEVER
    paginator = FirstPages
    actions = ("retry",)
    fields = (
        ("shown", "state_shown"),
        "error",
        ("tries", "lease"),
        ("in_job", "owner", "photo"),
        ("source", "location"),
        ("priority", "rank"),
        ("created_at", "started_at", "finished_at"),
        "stage_ms",
    )

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """The failed ones as their index has them."""
        failed = request.GET.get(ItemStateFilter.parameter_name, State.FAILED) == State.FAILED
        return ("-finished_at", "-pk") if failed else ("-pk",)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("jobs.change_job")

    @admin.action(description=_("Try failed ones again"), permissions=["retry"])
    def retry(self, request: HttpRequest, items: QuerySet[Item]) -> None:
        failed = items.filter(state=State.FAILED).order_by("-finished_at")[:COUNTED]
        chosen = list(failed.values_list("pk", flat=True))
        note_retry(request, steering.retry(Item.objects.filter(pk__in=chosen)))

    @admin.display(description=_("Photo"), ordering="pk")
    def shown(self, item: Item) -> str:
        name = item.external_id or item.file_name or item.location or str(item)
        return Truncator(name).chars(60)

    @admin.display(description=_("State"))
    def state_shown(self, item: Item) -> SafeString:
        return pill(State(item.state))

    @admin.display(description=_("Error"))
    def error(self, item: Item) -> SafeString | str:
        if not item.error_code:
            return "-"
        return format_html("<code>{}</code> {}", item.error_code, item.error_detail)

    @admin.display(description=_("Attempts"), ordering="attempts")
    def tries(self, item: Item) -> str:
        numbers = {"count": item.attempts, "most": item.max_attempts, "deaths": item.deaths}
        if item.deaths:
            return _("%(count)d of %(most)d, %(deaths)d ended with the worker") % numbers
        return _("%(count)d of %(most)d") % numbers

    @admin.display(description=_("Lease"))
    def lease(self, item: Item) -> str:
        if item.lease_until is None:
            return "-"
        left = (item.lease_until - timezone.now()).total_seconds()
        said = {"worker": item.worker, "age": age(left)}
        if left > 0:
            return _("%(worker)s, for %(age)s") % said
        return _("%(worker)s, which has ended") % said

    @admin.display(description=_("State"))
    def standing(self, item: Item) -> SafeString:
        """And who works on it."""
        lease = self.lease(item) if item.lease_until else ""
        return format_html('{}<br><span class="label">{}</span>', self.state_shown(item), lease)

    @admin.display(description=_("Ended"), ordering="finished_at")
    def ended(self, item: Item) -> str:
        if item.finished_at is None:
            return "-"
        return _("%(ago)s ago") % {"ago": age((timezone.now() - item.finished_at).total_seconds())}

    @admin.display(description=_("Job"))
    def in_job(self, item: Item) -> SafeString:
        url = reverse("admin:jobs_job_change", args=[item.job_id])
        return format_html('<a href="{}">{}</a>', url, str(item.job_id)[:8])

    @admin.display(description=_("Job, owner"), ordering="owner__subject")
    def of(self, item: Item) -> SafeString:
        return format_html("{}<br>{}", self.in_job(item), only_owner(item.owner))


def pill(state: State) -> SafeString:
    return format_html('<span class="pill {}">{}</span>', state, state.label)


def retried(count: int) -> str:
    return ngettext(
        "%(count)d failed photo will be tried again.",
        "%(count)d failed photos will be tried again.",
        count,
    ) % {"count": count}


def note_retry(request: HttpRequest, count: int) -> None:
    """Tell who asked for it that `count` items are tried again, and write it down."""
    done = retried(count)
    if count:
        note(request, done)
    else:
        messages.warning(request, done)


def note(request: HttpRequest, done: str) -> None:
    """Tell who did it what was done to the queue, and write it down."""
    LogEntry.objects.create(
        user_id=request.user.pk,  # type: ignore[misc]  # these pages are for users alone
        content_type=ContentType.objects.get_for_model(Item),
        object_repr=gettext("Queue"),
        action_flag=CHANGE,
        change_message=with_reason(request, done),
    )
    messages.success(request, done)
