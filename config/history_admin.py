"""What staff have done on their pages, to whatever: Django's own history, as one list."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from photos.admin import ReadOnlyAdmin
from photos.staff import NewestRows

STAFF_SHOWN = 50  # in the filter: the newest


class StaffFilter(admin.SimpleListFilter):
    """Who has done it."""

    title = _("who")
    parameter_name = "user"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        staff = User.objects.filter(is_staff=True).order_by("-pk")[:STAFF_SHOWN]
        return sorted(
            ((str(each.pk), each.get_username()) for each in staff), key=lambda one: one[1]
        )

    def queryset(self, request: HttpRequest, rows: QuerySet[LogEntry]) -> QuerySet[LogEntry]:
        given = self.value() or ""
        return rows.filter(user=int(given)) if given.isdecimal() else rows


class HistoryAdmin(ReadOnlyAdmin[LogEntry]):
    """The newest first."""

    list_display = ("action_time", "user", "kind", "about", "said")
    list_display_links = ("action_time",)
    list_filter = (StaffFilter, "action_flag", "action_time")
    list_select_related = ("user", "content_type")
    search_fields = ("=object_id", "object_repr", "change_message", "user__username")
    search_help_text = _("A number or a name, words of what was done, or who did it")
    ordering = ("-pk",)
    fields = (("action_time", "user"), "kind", "about", "said")
    actions = None
    paginator = NewestRows
    show_facets = admin.ShowFacets.NEVER  # they count all rows

    @admin.display(description=_("Kind"))
    def kind(self, entry: LogEntry) -> str:
        return str(entry.content_type or "")

    @admin.display(description=_("About"))
    def about(self, entry: LogEntry) -> SafeString | str:
        """As a link, where it has a page."""
        kind = entry.content_type
        if kind is None or not entry.object_id:
            return entry.object_repr
        try:
            page = reverse(f"admin:{kind.app_label}_{kind.model}_change", args=[entry.object_id])
        except NoReverseMatch:
            return entry.object_repr
        return format_html('<a href="{}">{}</a>', page, entry.object_repr)

    @admin.display(description=_("What was done"))
    def said(self, entry: LogEntry) -> str:
        return entry.get_change_message() or entry.get_action_flag_display()
