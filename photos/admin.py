"""The catalogue for staff: owners, photos, and the spaces that embeddings live in."""

from datetime import UTC
from typing import Any, TypeVar

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.admin.views.main import ChangeList
from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext
from django_stubs_ext import StrOrPromise

from photos.long_lists import LongList
from photos.models import Owner, Photo, Reference, Space
from photos.pictures import LIST, address
from photos.staff import ReasonForm, with_reason

OWNERS_SHOWN = 20  # in the filter
IDS_SHOWN = 3  # external ids of a photo in the list
MOST_FOUND = 1000  # photos: who looks for more has to say more

M = TypeVar("M", bound=models.Model)


class ReadOnlyAdmin(admin.ModelAdmin[M]):
    """What the service finds out by itself: staff look at it, and change it nowhere here."""

    list_per_page = 50
    show_full_result_count = False
    action_form = ReasonForm

    def log_change(self, request: HttpRequest, obj: M, message: Any) -> LogEntry:
        """What an action has done with `obj`."""
        return super().log_change(request, obj, with_reason(request, message))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False


class OwnerFilter(admin.RelatedFieldListFilter):
    """The newest owners. All others are found by search, or by a click on one in a row."""

    def field_choices(
        self,
        field: models.Field[Any, Any] | models.ForeignObjectRel,
        request: HttpRequest,
        model_admin: admin.ModelAdmin[Any],
    ) -> list[tuple[str, StrOrPromise]]:
        newest = Owner.objects.order_by("-pk")[:OWNERS_SHOWN]
        return [(str(owner.pk), owner.subject) for owner in newest]


def picture(url: str, of: str, *, side: int = 64) -> SafeString:
    """A small square of `side` pixels on the page, loaded when it comes into view. Who does not
    see it is told that it is `of` something."""
    return format_html(
        '<img class="thumbnail" src="{}" width="{}" height="{}" loading="lazy" alt="{}">',
        url,
        side,
        side,
        of,
    )


def only_owner(owner: Owner, lookup: str = "owner__id__exact") -> SafeString:
    """The owner's name, as a link that narrows the list down to what is the owner's."""
    return format_html('<a href="?{}={}"><bdi>{}</bdi></a>', lookup, owner.pk, owner.subject)


@admin.register(Owner)
class OwnerAdmin(admin.ModelAdmin[Owner]):
    list_display = ("subject", "user", "created_at")
    list_select_related = ("user",)
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("subject", "user__username")
    autocomplete_fields = ("user",)
    ordering = ("-pk",)
    fields = ("subject", "user", "created_at")

    def get_readonly_fields(
        self, request: HttpRequest, obj: Owner | None = None
    ) -> tuple[str, ...]:
        return ("subject", "created_at") if obj else ("created_at",)

    def has_delete_permission(self, request: HttpRequest, obj: Owner | None = None) -> bool:
        """Not here: the files of an owner's photos would stay behind."""
        return False


class PhotoAdmin(ReadOnlyAdmin[Photo]):
    """The list, and a photo's own facts. `config` registers it, with what was found in photos."""

    list_display = (
        "small", "size", "date", "where", "faces", "external_ids", "of", "created_at",
    )  # fmt: skip
    list_filter = (
        ("owner", OwnerFilter),
        "created_at",
        "dated_at",
        "dated_by",
        ("place__country", admin.AllValuesFieldListFilter),
    )
    list_select_related = ("owner", "place")
    search_fields = ("sha256",)  # shows the field; get_search_results() says what is searched
    search_help_text = _("How an external id begins, an owner, or the SHA-256 of the file")
    ordering = ("-pk",)
    sortable_by = ("date",)

    def get_changelist(self, request: HttpRequest, **values: Any) -> type[ChangeList]:
        return LongList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Photo]:
        return Photo.objects.with_counts().prefetch_related("references")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Photo], search_term: str
    ) -> tuple[QuerySet[Photo], bool]:
        """Each is looked up by itself, by its index: to ask every photo takes seconds."""
        if not (wanted := search_term.strip()):
            return queryset, False
        named = Reference.objects.filter(external_id__istartswith=wanted)
        same = Photo.objects.filter(sha256=wanted.lower()).values_list("pk", flat=True)
        owners = Owner.objects.filter(subject__icontains=wanted).values_list("pk", flat=True)
        keys = [*named.values_list("photo", flat=True)[:MOST_FOUND], *same[:MOST_FOUND]]
        return queryset.filter(Q(pk__in=keys) | Q(owner__in=list(owners[:OWNERS_SHOWN]))), False

    @admin.display(description=_("Photo"))
    def small(self, photo: Photo) -> SafeString:
        return picture(address(photo.thumbnail, LIST), str(photo))

    @admin.display(description=_("Pixels"))
    def size(self, photo: Photo) -> str:
        return f"{photo.width} × {photo.height}"  # noqa: RUF001  # a real multiplication sign

    @admin.display(description=_("Faces"))
    def faces(self, photo: Photo) -> int:
        return photo.face_count

    @admin.display(description=_("External ids"))
    def external_ids(self, photo: Photo) -> str:
        ids = [reference.external_id for reference in photo.references.all()]
        shown = ", ".join(ids[:IDS_SHOWN])
        if len(ids) <= IDS_SHOWN:
            return shown
        return _("%(ids)s and %(count)d more") % {"ids": shown, "count": len(ids) - IDS_SHOWN}

    @admin.display(description=_("Owner"))
    def of(self, photo: Photo) -> SafeString:
        return only_owner(photo.owner)

    @admin.display(description=_("Taken"), ordering="dated_at")
    def date(self, photo: Photo) -> str:
        """By the clock where it was taken, which no zone of the reader changes."""
        moment = f"{photo.dated_at.astimezone(UTC):%Y-%m-%d %H:%M}"
        if photo.dated_by == Photo.DatedBy.EXIF:
            return moment
        source = Photo.DatedBy(photo.dated_by).label
        return _("%(moment)s, by %(source)s") % {"moment": moment, "source": source}

    @admin.display(description=_("Place"))
    def where(self, photo: Photo) -> str:
        if photo.place is None:
            return pgettext("fact", "unknown")
        if photo.place_inferred:
            return _("%(place)s, as photos before and after") % {"place": photo.place}
        return str(photo.place)


@admin.register(Space)
class SpaceAdmin(ReadOnlyAdmin[Space]):
    list_display = ("name", "role", "version", "dimension", "same_person_cosine", "created_at")
    list_filter = ("role",)
    search_fields = ("name", "=weights_sha256")
    ordering = ("-pk",)
