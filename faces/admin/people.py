"""People, for staff. `jobs` registers the page, with a way to erase somebody."""

from functools import partial
from typing import Any, TypedDict

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from django_stubs_ext import WithAnnotations

from faces.admin import person_actions, person_page
from faces.admin.doing import EditedAdmin, by, history_of, refusals_told
from faces.admin.filters import HiddenFilter
from faces.admin.person_acts import AlikeForm, FacesForm, SaidForm
from faces.forms import PersonForm
from faces.models import Cluster, Person
from faces.people import naming
from faces.people.alike import called_like
from photos.admin import OwnerFilter, only_owner, picture

CLUSTERS_SHOWN = 50  # of a person, on their page


class Counts(TypedDict):
    """What the list of people shows of each."""

    best_crop: str | None


class PersonAdmin(EditedAdmin[Person]):
    form = PersonForm
    list_display = (
        "cover_shown", "name", "known_as", "faces", "marks", "of", "created_at",
    )  # fmt: skip
    list_display_links = ("cover_shown", "name")
    list_filter = (
        HiddenFilter, "favourite", "ignored", "unrecognised", ("owner", OwnerFilter),
    )  # fmt: skip
    list_select_related = ("owner",)
    search_fields = ("name", "aliases", "=contact_id", "owner__subject")
    search_help_text = _("A name or an alias, a contact id, or an owner")
    ordering = ("name", "pk")
    fields = (
        "name",
        "aliases",
        "contact_id",
        ("favourite", "hidden", "ignored", "unrecognised"),
        "cover",
        ("faces", "photos"),
        ("owner", "created_at"),
        "clusters",
    )
    readonly_fields = ("faces", "photos", "owner", "created_at", "clusters")
    actions = person_actions.ALL

    def get_queryset(self, request: HttpRequest) -> QuerySet[Person]:
        """With `Counts`."""
        return Person.objects.with_counts().with_pictures()

    def has_forget_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("faces.delete_person")

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: object = None
    ) -> HttpResponse:
        return history_of(self, request, object_id)

    # --- Columns --------------------------------------------------------------------------------

    @admin.display(description=_("Cover"))
    def cover_shown(self, person: "WithAnnotations[Person, Counts]") -> str:
        if not person.best_crop:
            return gettext("no face")
        said = _("Cover of %(name)s") % {"name": person.name}
        return picture(default_storage.url(person.best_crop), said)

    @admin.display(description=_("Aliases"))
    def known_as(self, person: Person) -> SafeString:
        return format_html_join(", ", "<bdi>{}</bdi>", [(each,) for each in person.aliases])

    @admin.display(description=_("Marks"))
    def marks(self, person: Person) -> SafeString:
        marks = [
            (_("favourite"), person.favourite),
            (_("hidden"), person.hidden),
            (_("ignored"), person.ignored),
            (_("not recognised"), person.unrecognised),
        ]
        shown = [(words,) for words, holds in marks if holds]
        return format_html_join(" ", '<span class="pill">{}</span>', shown)

    @admin.display(description=_("Faces"), ordering="face_count")
    def faces(self, person: "WithAnnotations[Person, Counts]") -> int:
        return person.face_count

    @admin.display(description=_("Photos"))
    def photos(self, person: Person) -> int:
        return person.photo_count

    @admin.display(description=_("Owner"), ordering="owner__subject")
    def of(self, person: Person) -> SafeString:
        return only_owner(person.owner)

    @admin.display(description=_("Clusters"))
    def clusters(self, person: Person) -> SafeString:
        shown = {"clusters": biggest_clusters(person), "limit": CLUSTERS_SHOWN}
        return render_to_string("admin/faces/person/clusters.html", shown)

    # --- Their page -----------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        views = {"faces": self.faces_view, "said": self.said_view, "alike": self.alike_view}
        doors = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"faces_person_{name}")
            for name, view in views.items()
        ]
        return [*doors, *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **values: Any
    ) -> HttpResponse:
        person: Person = context["original"]
        can_change = self.has_change_permission(request, person)
        context |= {**person_page.shown(request, person), "can_change": can_change}
        return super().render_change_form(request, context, *args, **values)

    @method_decorator(require_POST)
    def faces_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Confirm or reject some of their faces, or have one be the cover."""
        person = self._changeable(request, pk)
        return self._act(request, person, FacesForm(request.POST, person=person))

    @method_decorator(require_POST)
    def said_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take back what was said of a face, or of two."""
        return self._act(request, self._changeable(request, pk), SaidForm(request.POST))

    @method_decorator(require_POST)
    def alike_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say whether somebody else is the same person."""
        return self._act(request, self._changeable(request, pk), AlikeForm(request.POST))

    def _changeable(self, request: HttpRequest, pk: int) -> Person:
        person = get_object_or_404(Person.objects.select_related("owner"), pk=pk)
        if not self.has_change_permission(request, person):
            raise PermissionDenied
        return person

    def _act(
        self, request: HttpRequest, person: Person, form: FacesForm | SaidForm | AlikeForm
    ) -> HttpResponse:
        """Do what the form asks for, tell what came of it, and go back to the page."""
        if form.is_valid():
            with refusals_told(request):
                acts, done = form.told(person, by(request))
                self.edit(request, person.owner, *acts, done=done)
        else:
            for errors in form.errors.values():
                self.message_user(request, str(errors[0]), messages.ERROR)
        return redirect("admin:faces_person_change", person.pk)

    def save_model(
        self,
        request: HttpRequest,
        obj: Person,
        form: forms.ModelForm[Person],
        change: bool,  # noqa: FBT001  # Django's signature
    ) -> None:
        details = {name: form.cleaned_data[name] for name in form.changed_data}
        act = partial(naming.change, obj, another=True, by=by(request), **details)
        self.edit(request, obj.owner, act, done=_("Changed %(name)s.") % {"name": obj.name})
        if not details.keys().isdisjoint({"name", "aliases"}):
            self._tell_of_names_alike(request, obj)

    def _tell_of_names_alike(self, request: HttpRequest, person: Person) -> None:
        names = [person.name, *person.aliases]
        for other in called_like(person.owner, names, but=person.pk).values():
            told = _(
                "%(name)s differs in capitals, accents or marks alone: merge the two if they are "
                "one person."
            ) % {"name": other}
            self.message_user(request, told, messages.WARNING)


def biggest_clusters(person: Person) -> QuerySet[Cluster]:
    biggest_first = person.clusters.with_faces().order_by("-tally__face_count", "pk")
    return biggest_first[:CLUSTERS_SHOWN]
