"""Near-duplicates, for staff: what is there several times, side by side."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from photos.admin import OwnerFilter, ReadOnlyAdmin, only_owner, picture
from photos.models import Photo
from photos.pictures import LIST, address
from photos.staff import NewestRows, note
from search import copies, different
from search.models import DifferentPhotos, NearDuplicates


@admin.register(NearDuplicates)
class NearDuplicatesAdmin(ReadOnlyAdmin[NearDuplicates]):
    """Groups, newest first: the best photo of each, and its copies."""

    list_display = ("id",)  # the template shows them
    list_filter = (("owner", OwnerFilter), "created_at")
    list_per_page = 20
    search_fields = ("=id", "references__external_id", "owner__subject")
    search_help_text = _("A photo's number or external id, or an owner")
    ordering = ("-pk",)
    actions = None
    paginator = NewestRows

    def get_queryset(self, request: HttpRequest) -> QuerySet[NearDuplicates]:
        return copies.led(super().get_queryset(request).select_related("owner"))

    def get_urls(self) -> list[URLPattern]:
        different_view = self.admin_site.admin_view(self.different_view)
        return [
            path("<int:pk>/different/", different_view, name="search_nearduplicates_different"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        shown = {"can_say": _may_say(request)}
        return super().changelist_view(request, shown | (extra_context or {}))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """A group has no page but that of its best photo."""
        if request.method == "POST" or not self.has_view_permission(request):
            raise PermissionDenied
        return redirect("admin:photos_photo_change", object_id)

    @method_decorator(require_POST)
    def different_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take a photo out of its group, and go back to the list."""
        if not _may_say(request):
            raise PermissionDenied
        photo = get_object_or_404(Photo.objects.select_related("owner"), pk=pk)
        count = different.say(photo)
        page = NearDuplicates.objects.get(pk=pk)
        note(request, [page], gettext("Said that it is no duplicate."))
        told = ngettext(
            "Photo %(pk)d is no duplicate of %(count)d other.",
            "Photo %(pk)d is no duplicate of %(count)d others.",
            count,
        ) % {"pk": pk, "count": count}
        messages.success(request, format_html("{} {}", told, _way_back(photo)))
        return HttpResponseRedirect(self.response_post_save_change(request, page)["Location"])


@admin.register(DifferentPhotos)
class DifferentPhotosAdmin(admin.ModelAdmin[DifferentPhotos]):
    """What was said; deleting it takes it back."""

    list_display = ("small", "photos", "of", "created_at")
    list_filter = (("owner", OwnerFilter), "created_at")
    list_select_related = ("owner", "first", "second")
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("=first__id", "=second__id", "owner__subject")
    search_help_text = _("A photo's number, or an owner")
    ordering = ("-pk",)
    fields = ("small", "photos", "of", "created_at")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: DifferentPhotos | None = None
    ) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: DifferentPhotos) -> None:
        different.take_back(obj.first, [obj.second_id])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[DifferentPhotos]) -> None:
        for pair in queryset.select_related("first__owner"):
            self.delete_model(request, pair)

    @admin.display(description=_("Pictures"))
    def small(self, pair: DifferentPhotos) -> SafeString:
        pictures = [
            picture(
                address(each.thumbnail, LIST), _("Picture of %(photo)s") % {"photo": each}, side=96
            )
            for each in (pair.first, pair.second)
        ]
        return format_html('<span class="pair">{}{}</span>', *pictures)

    @admin.display(description=_("Photos"))
    def photos(self, pair: DifferentPhotos) -> SafeString:
        return format_html(gettext("{} is not {}"), _link(pair.first), _link(pair.second))

    @admin.display(description=_("Owner"), ordering="owner__subject")
    def of(self, pair: DifferentPhotos) -> SafeString:
        return only_owner(pair.owner)


def _may_say(request: HttpRequest) -> bool:
    assert isinstance(request.user, User)  # noqa: S101  # others are not let in
    return request.user.has_perm("search.add_differentphotos")


def _way_back(photo: Photo) -> SafeString:
    page = reverse("admin:search_differentphotos_changelist")
    return format_html('<a href="{}?q={}">{}</a>', page, photo.pk, _("See what was said of it"))


def _link(photo: Photo) -> SafeString:
    page = reverse("admin:photos_photo_change", args=[photo.pk])
    return format_html('<a href="{}">{}</a>', page, photo)
