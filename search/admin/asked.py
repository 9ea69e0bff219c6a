"""What is asked of photos, for staff: searches that were kept, and those that were asked."""

from urllib.parse import urlencode

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from photos.admin import OwnerFilter, ReadOnlyAdmin, only_owner
from photos.staff import NewestRows
from search.filters import LanguageFilter
from search.models import AskedSearch, SavedSearch


@admin.register(SavedSearch)
class SavedSearchAdmin(admin.ModelAdmin[SavedSearch]):
    """They are made where photos are searched; here they get another name, or go."""

    list_display = ("name", "question", "count", "counted_at", "of")
    list_filter = (("owner", OwnerFilter),)
    list_select_related = ("owner",)
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("name", "owner__subject")
    search_help_text = _("Its name, or an owner")
    ordering = ("-pk",)
    fields = ("name", "question", ("count", "counted_at"), ("owner", "created_at"))
    readonly_fields = ("question", "count", "counted_at", "owner", "created_at")
    paginator = NewestRows

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description=_("Asks"))
    def question(self, saved: SavedSearch) -> SafeString:
        """As a link that asks it."""
        address = urlencode({**saved.asked, "owner": saved.owner_id}, doseq=True)
        shown = saved.asked.get("q") or ", ".join(saved.asked)
        return format_html('<a href="{}?{}">{}</a>', reverse("search-page"), address, shown)

    @admin.display(description=_("Owner"), ordering="owner__subject")
    def of(self, saved: SavedSearch) -> SafeString:
        return only_owner(saved.owner)


@admin.register(AskedSearch)
class AskedSearchAdmin(ReadOnlyAdmin[AskedSearch]):
    """Newest first."""

    list_display = ("at", "language", "understood", "given", "word_count", "found", "took", "of")
    list_filter = (LanguageFilter, "at", ("owner", OwnerFilter))
    list_select_related = ("owner",)
    search_fields = ("owner__subject", "text")
    search_help_text = _("An owner, or words where they are kept")
    ordering = ("-pk",)
    fields = (
        ("at", "owner"),
        ("language", "word_count"),
        "text",
        "understood",
        "given",
        ("found", "took"),
    )
    actions = None
    paginator = NewestRows
    show_facets = admin.ShowFacets.NEVER  # they count all rows

    @admin.display(description=_("Understood"))
    def understood(self, asked: AskedSearch) -> str:
        return ", ".join(asked.parts) or "-"

    @admin.display(description=_("Filters"))
    def given(self, asked: AskedSearch) -> str:
        return ", ".join(asked.filters) or "-"

    @admin.display(description=_("Took"), ordering="took_ms")
    def took(self, asked: AskedSearch) -> str:
        return _("%(count)s ms") % {"count": f"{asked.took_ms:.0f}"}

    @admin.display(description=_("Owner"), ordering="owner__subject")
    def of(self, asked: AskedSearch) -> SafeString:
        return only_owner(asked.owner)
