"""Receipts of deleted photos, for staff."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import F, Func, IntegerField, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jobs.models import Removal
from photos.admin import OwnerFilter, ReadOnlyAdmin, only_owner
from photos.long_lists import LongList


@admin.register(Removal)
class RemovalAdmin(ReadOnlyAdmin[Removal]):
    """When, by whom, why, and how much went; nothing of what was in the photos."""

    list_display = ("id", "who", "created_at", "why", "standing", "photo_count", "of")
    list_filter = (
        ("finished_at", admin.EmptyFieldListFilter),
        "why",
        ("owner", OwnerFilter),
    )
    list_select_related = ("owner", "actor")
    search_fields = ("=id", "actor__username", "owner__subject")
    search_help_text = _("A number, who did it, or an owner")
    ordering = ("-pk",)
    fields = (
        ("who", "why", "created_at"),
        ("standing", "finished_at"),
        ("photo_count", "rows", "files"),
        ("owner", "key"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Removal]:
        """Without the photos themselves, of which there may be many."""
        count = Func(F("photos"), function="jsonb_array_length", output_field=IntegerField())
        found = super().get_queryset(request).defer("photos", "waiting")
        return found.annotate(photo_count=count)

    def get_changelist(self, request: HttpRequest, **values: Any) -> type[ChangeList]:
        return LongList

    @admin.display(description=_("Who"), ordering="actor__username")
    def who(self, removal: Removal) -> str:
        return removal.actor.get_username() if removal.actor else gettext("the service")

    @admin.display(description=_("State"))
    def standing(self, removal: Removal) -> SafeString:
        words = _("done") if removal.finished_at else _("files are going")
        state = "succeeded" if removal.finished_at else "processing"
        return format_html('<span class="pill {}">{}</span>', state, words)

    @admin.display(description=_("Photos"))
    def photo_count(self, removal: Removal) -> int:
        count: int = removal.photo_count  # type: ignore[attr-defined]  # get_queryset() sets it
        return count

    @admin.display(description=_("Rows deleted or changed"))
    def rows(self, removal: Removal) -> str:
        counts = removal.counts.get("rows", {})
        return ", ".join(f"{name}: {count}" for name, count in counts.items() if count)

    @admin.display(description=_("Files deleted"))
    def files(self, removal: Removal) -> int:
        count: int = removal.counts.get("files", 0)
        return count

    @admin.display(description=_("Owner"), ordering="owner__subject")
    def of(self, removal: Removal) -> SafeString:
        return only_owner(removal.owner)
