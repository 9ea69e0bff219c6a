"""What models found in photos, for staff: objects, text, tags and captions, whatever found them.

There may be millions of rows: no list counts them all, and none reads them to offer filters.
"""

from typing import Any, TypeVar

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from photos import staff
from photos.admin import OwnerFilter, ReadOnlyAdmin, only_owner, picture
from photos.operations import CAPTION, DESCRIBE, OBJECTS, OCR, TAGS
from photos.pictures import LIST, address
from photos.staff import NewestRows
from search import display
from search.filters import ContextFilter, LabelFilter, LanguageFilter, RecipeFilter, TagFilter
from search.models import Caption, DetectedObject, PhotoTag, TextLine, Unembedded

LETTERS = 200  # of a text or a sentence in a list

Found = TypeVar("Found", DetectedObject, TextLine, PhotoTag, Caption)


class FoundAdmin(ReadOnlyAdmin[Found]):
    """What `operations` found in photos, newest first."""

    operations: tuple[str, ...]
    list_select_related = ("photo__owner",)
    ordering = ("-pk",)
    actions = None
    paginator = NewestRows
    show_facets = admin.ShowFacets.NEVER  # they count all rows

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        page = super().get_changelist_instance(request)
        if page.result_count == staff.PAGED:
            told = _("The first %(count)d are listed here. Search, or filter, to find others.")
            self.message_user(request, told % {"count": staff.PAGED})
        return page

    @admin.display(description=_("Picture"))
    def small(self, row: Found) -> SafeString:
        said = _("Picture of %(photo)s") % {"photo": row.photo}
        return picture(address(row.photo.thumbnail, LIST), said)

    @admin.display(description=_("Photo"), ordering="photo")
    def in_photo(self, row: Found) -> SafeString:
        return display.photo_link(row)

    @admin.display(description=_("Confidence"), ordering="confidence")
    def sure(self, row: Any) -> str:
        return f"{row.confidence:.0%}"

    @admin.display(description=_("Models"))
    def made_by(self, row: Found) -> SafeString:
        return display.stacked(display.parts_of(row.recipe))

    @admin.display(description=_("Owner"))
    def of(self, row: Found) -> SafeString:
        return only_owner(row.photo.owner, "photo__owner__id__exact")


@admin.register(DetectedObject)
class DetectedObjectAdmin(FoundAdmin[DetectedObject]):
    operations = (OBJECTS,)
    list_display = ("seen", "label", "sure", "in_photo", "made_by", "of")
    list_filter = (RecipeFilter, ("photo__owner", OwnerFilter), LabelFilter)
    search_fields = ("label",)
    search_help_text = _("A label, such as cat")
    fields = ("seen_large", ("label", "sure"), "box", "in_photo", "made_by")

    @admin.display(description=_("Object"))
    def seen(self, row: DetectedObject) -> SafeString:
        return display.cutout(row.photo, (row.x, row.y, row.width, row.height))

    @admin.display(description=_("Object"))
    def seen_large(self, row: DetectedObject) -> SafeString:
        return display.cutout(row.photo, (row.x, row.y, row.width, row.height), "large")

    @admin.display(description=_("Where"))
    def box(self, row: DetectedObject) -> str:
        return _(
            "%(width).0f × %(height).0f pixels, %(x).0f from the left and %(y).0f from the top"  # noqa: RUF001  # a real sign
        ) % {"width": row.width, "height": row.height, "x": row.x, "y": row.y}


@admin.register(TextLine)
class TextLineAdmin(FoundAdmin[TextLine]):
    operations = (OCR,)
    list_display = ("seen", "words", "sure", "in_photo", "made_by", "of")
    list_filter = (RecipeFilter, ("photo__owner", OwnerFilter))
    search_fields = ("text",)
    search_help_text = _("Words that can be read in photos")
    fields = ("seen_large", "text", "sure", "in_photo", "made_by")

    @admin.display(description=_("Line"))
    def seen(self, row: TextLine) -> SafeString:
        return display.cutout(row.photo, display.area_of(row.quad), "line")

    @admin.display(description=_("Line"))
    def seen_large(self, row: TextLine) -> SafeString:
        return display.cutout(row.photo, display.area_of(row.quad), "large line")

    @admin.display(description=_("Text"))
    def words(self, row: TextLine) -> str:
        return row.text[:LETTERS]


@admin.register(PhotoTag)
class PhotoTagAdmin(FoundAdmin[PhotoTag]):
    operations = (TAGS,)
    list_display = ("small", "words", "sure", "in_photo", "made_by", "of")
    list_filter = (ContextFilter, RecipeFilter, ("photo__owner", OwnerFilter), TagFilter)
    search_fields = ("key",)
    search_help_text = _("A tag in any language of the vocabulary, or its key")
    fields = ("small", ("words", "key"), ("sure", "going_on"), "in_photo", "made_by")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[PhotoTag], search_term: str
    ) -> tuple[QuerySet[PhotoTag], bool]:
        term, vocabulary = search_term.strip(), display.vocabulary_if_whole()
        if not term:
            return queryset, False
        keys = display.keys_for(term, vocabulary) if vocabulary else []
        return queryset.filter(Q(key__in=keys) | Q(key__icontains=term)), False

    @admin.display(description=_("Tag"), ordering="key")
    def words(self, row: PhotoTag) -> SafeString:
        words = display.words_for(row.key, display.vocabulary_if_whole())
        return display.pill(words, is_context=row.is_context)

    @admin.display(description=_("What is going on"), boolean=True)
    def going_on(self, row: PhotoTag) -> bool:
        return row.is_context


@admin.register(Caption)
class CaptionAdmin(FoundAdmin[Caption]):
    operations = (CAPTION, DESCRIBE)
    list_display = ("small", "says", "language", "kind", "in_photo", "made_by", "of")
    list_filter = ("source", LanguageFilter, RecipeFilter, ("photo__owner", OwnerFilter))
    search_fields = ("sentence", "context")
    search_help_text = _("Words of a sentence")
    fields = ("small", "sentence", "context", ("language", "source"), "in_photo", "made_by")

    @admin.display(description=_("Sentence"))
    def says(self, row: Caption) -> SafeString:
        context = display.stacked([row.context] if row.context else [])
        return format_html("{}{}", row.sentence[:LETTERS], context)

    @admin.display(description=_("Source"), ordering="source")
    def kind(self, row: Caption) -> str:
        return row.source


@admin.register(Unembedded)
class UnembeddedAdmin(ReadOnlyAdmin[Unembedded]):
    """Photos that can't follow another image encoder, newest first."""

    list_display = ("photo", "of", "code", "detail", "space", "created_at")
    list_filter = (("owner", OwnerFilter),)
    list_select_related = ("photo", "owner", "space")
    ordering = ("-pk",)
    actions = None
    paginator = NewestRows

    @admin.display(description=_("Owner"))
    def of(self, row: Unembedded) -> SafeString:
        return only_owner(row.owner)
