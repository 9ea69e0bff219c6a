"""What was done to people, for staff: looking at it, and taking it back."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from faces.admin import words
from faces.admin.doing import EditingAdmin, by, may_undo, refusals_told
from faces.admin.filters import (
    ActorFilter,
    KindFilter,
    TouchedClusterFilter,
    TouchedFaceFilter,
    TouchedPersonFilter,
    UndoneFilter,
    key_of,
)
from faces.models import Edit, Face
from faces.people import editing
from faces.people.history import changes_of, edits_of, faces_touched
from faces.people.picturing import pictured
from photos.admin import OwnerFilter, ReadOnlyAdmin, only_owner
from photos.long_lists import LongList
from photos.models import Owner
from photos.staff import MAX_REASON

FACES_SHOWN = 60  # of those that an edit has touched
CHANGES_SHOWN = 200


class EditAdmin(EditingAdmin[Edit], ReadOnlyAdmin[Edit]):
    """The newest first. Nothing is changed here; an edit is taken back by another one."""

    list_display = ("id", "what", "faces_touched", "who", "created_at", "standing", "of")
    list_display_links = ("id", "what")
    list_filter = (
        KindFilter,
        UndoneFilter,
        ActorFilter,
        "created_at",
        TouchedPersonFilter,
        TouchedClusterFilter,
        TouchedFaceFilter,
        ("owner", OwnerFilter),
    )
    search_fields = ("=id", "actor__username", "owner__subject")
    search_help_text = _("A number, who did it, or an owner")
    ordering = ("-pk",)
    list_per_page = 20  # with pictures
    show_facets = admin.ShowFacets.NEVER  # they count all rows
    fields = (
        "what", "reason", ("who", "created_at"), ("standing", "undoes"), "owner", "sides",
        "pictures", "changes",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Edit]:
        return edits_of(Owner.objects.all()).select_related("owner", "actor", "undone_by")

    def get_changelist(self, request: HttpRequest, **values: Any) -> type[ChangeList]:
        return LongList

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """The names and the faces of all edits of the page are looked up at once."""
        page = super().get_changelist_instance(request)
        names = words.names_of(page.result_list)
        shown = pictured(page.result_list, names)
        for each in page.result_list:
            each.words, each.pictured = words.words(each, names), shown[each.pk]
        return page

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        shown = {"can_undo": may_undo(request)}
        return super().changelist_view(request, shown | (extra_context or {}))

    def get_urls(self) -> list[URLPattern]:
        undo = self.admin_site.admin_view(self.undo_view)
        several = self.admin_site.admin_view(self.undo_several_view)
        return [
            path("<int:pk>/undo/", undo, name="faces_edit_undo"),
            path("undo/", several, name="faces_edit_undo_several"),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **values: Any
    ) -> HttpResponse:
        can_undo = may_undo(request) and _is_undoable(context["original"])
        return super().render_change_form(
            request, context | {"can_undo": can_undo}, *args, **values
        )

    def undo_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask whether it is meant, and then undo it. What prevents that is told on its page."""
        found = get_object_or_404(self.get_queryset(request), pk=pk)
        if not may_undo(request):
            raise PermissionDenied
        if request.method != "POST":
            shown = {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "original": found,
                "title": _("Undo edit %(number)s") % {"number": pk},
                "what": self.what(found),
                "undoable": _is_undoable(found),
                "pictured": pictured([found], words.names_of([found]))[pk],
                "longest_reason": MAX_REASON,
            }
            return TemplateResponse(request, "admin/faces/edit/undo.html", shown)
        self.take_back(request, [found])
        return redirect("admin:faces_edit_change", pk)

    @method_decorator(require_POST)
    def undo_several_view(self, request: HttpRequest) -> HttpResponse:
        """Undo what a message has told of, all or none, and go back to where it was told."""
        if not may_undo(request):
            raise PermissionDenied
        keys = [key for key in map(key_of, request.POST.get("edits", "").split()) if key]
        found = list(self.get_queryset(request).filter(pk__in=keys).order_by("-pk"))
        if not found or len({each.owner_id for each in found}) > 1:
            raise Http404
        self.take_back(request, found)
        back = request.POST.get("next", "")
        if url_has_allowed_host_and_scheme(back, allowed_hosts=None):
            return HttpResponseRedirect(back)
        return redirect("admin:faces_edit_changelist")

    def take_back(self, request: HttpRequest, edits: Sequence[Edit]) -> None:
        """All of them or none: the newest first, so that none stands in the way of another."""
        owner, count = edits[0].owner, len(edits)
        acts = [partial(editing.undo, owner, each.pk, by(request)) for each in edits]
        said = {"number": edits[0].pk, "count": count}
        done = (
            gettext("Undid edit %(number)s.") if count == 1 else gettext("Undid %(count)d edits.")
        ) % said
        with refusals_told(request):
            self.edit(request, owner, *acts, done=done)

    # --- Columns --------------------------------------------------------------------------------

    @admin.display(description=_("What"))
    def what(self, edit: Edit) -> str:
        known: str | None = getattr(edit, "words", None)  # set for a whole list
        return known or words.words(edit, words.names_of([edit]))

    @admin.display(description=_("Faces"))
    def faces_touched(self, edit: Any) -> int:
        count: int = edit.face_count
        return count

    @admin.display(description=_("Who"), ordering="actor__username")
    def who(self, edit: Edit) -> str:
        if edit.actor is None:
            return gettext("the service")
        return format_html("<bdi>{}</bdi>", edit.actor.get_username())

    @admin.display(description=_("Undone"))
    def standing(self, edit: Edit) -> str | SafeString:
        if edit.is_undone:
            return format_html(
                '<span class="pill">{}</span>',
                _("undone by %(number)s") % {"number": edit.undone_by.pk},
            )
        return gettext("erased for good") if edit.erased else ""

    @admin.display(description=_("Owner"), ordering="owner__subject")
    def of(self, edit: Edit) -> SafeString:
        return only_owner(edit.owner)

    @admin.display(description=_("Before and after"))
    def sides(self, edit: Edit) -> SafeString:
        shown = {"pictured": pictured([edit], words.names_of([edit]))[edit.pk]}
        return render_to_string("admin/faces/edit/sides.html", shown)

    @admin.display(description=_("Faces"))
    def pictures(self, edit: Edit) -> SafeString:
        """Those that are there still, so many as fit on a page."""
        touched = faces_touched(edit)
        faces = Face.objects.filter(pk__in=touched[:FACES_SHOWN]).order_by("pk")
        shown = {"faces": faces, "count": edit.face_count, "limit": FACES_SHOWN}
        return render_to_string("admin/faces/edit/pictures.html", shown)

    @admin.display(description=_("Changes"))
    def changes(self, edit: Edit) -> SafeString:
        """Each row before and after."""
        told = changes_of(edit)
        shown = {"changes": told[:CHANGES_SHOWN], "count": len(told)}
        return render_to_string("admin/faces/edit/changes.html", shown)


def _is_undoable(edit: Edit) -> bool:
    """Whether to offer it; a later edit may be in its way still."""
    return not (edit.is_undone or edit.erased)
