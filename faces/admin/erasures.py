"""Receipts of erased people, for staff."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from faces.models import Erasure
from photos.admin import OwnerFilter, ReadOnlyAdmin, only_owner
from photos.long_lists import LongList


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin[Erasure]):
    """When, by whom, and how much went; never who it was."""

    list_display = ("id", "who", "created_at", "standing", "rows", "files", "left", "of")
    list_filter = (("finished_at", admin.EmptyFieldListFilter), ("owner", OwnerFilter))
    list_select_related = ("owner", "actor")
    search_fields = ("=id", "=person", "actor__username", "owner__subject")
    search_help_text = _("A number, that of the person, who did it, or an owner")
    ordering = ("-pk",)
    fields = (
        "person",
        ("who", "created_at"),
        ("standing", "finished_at"),
        ("rows", "files", "left"),
        "owner",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Erasure]:
        return super().get_queryset(request).defer("places")

    def get_changelist(self, request: HttpRequest, **values: Any) -> type[ChangeList]:
        return LongList

    @admin.display(description=_("Who"), ordering="actor__username")
    def who(self, erasure: Erasure) -> str:
        return erasure.actor.get_username() if erasure.actor else gettext("the service")

    @admin.display(description=_("State"))
    def standing(self, erasure: Erasure) -> SafeString:
        words = _("done") if erasure.finished_at else _("files are going")
        state = "succeeded" if erasure.finished_at else "processing"
        return format_html('<span class="pill {}">{}</span>', state, words)

    @admin.display(description=_("Rows deleted or changed"))
    def rows(self, erasure: Erasure) -> str:
        counts = erasure.counts.get("rows", {})
        return ", ".join(f"{name}: {count}" for name, count in counts.items() if count)

    @admin.display(description=_("Files deleted"))
    def files(self, erasure: Erasure) -> int:
        count: int = erasure.counts.get("files", 0)
        return count

    @admin.display(description=_("Left, looked for afterwards"))
    def left(self, erasure: Erasure) -> int:
        """Rows and files: 0 is what it has to be."""
        return sum(erasure.counts.get("left", {}).values())

    @admin.display(description=_("Owner"), ordering="owner__subject")
    def of(self, erasure: Erasure) -> SafeString:
        return only_owner(erasure.owner)
