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
from django.views.decorators.http import require_POST
from django_stubs_ext import WithAnnotations

from faces.admin import person_page
from faces.admin.doing import (
    EditedAdmin,
    Question,
    answered,
    ask,
    by,
    chosen,
    edit,
    history_of,
    refusals_told,
)
from faces.admin.filters import HiddenFilter
from faces.admin.person_acts import AlikeForm, FacesForm, SaidForm
from faces.forms import MergingForm, PersonForm
from faces.models import Cluster, Person
from faces.people import merging, naming
from photos.admin import OwnerFilter, only_owner, picture
from photos.models import Owner

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
    search_help_text = "A name or an alias, a contact id, or an owner"
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
    actions = (
        "merge", "hide", "show", "favour", "unfavour", "ignore", "unignore", "forget",
    )  # fmt: skip

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

    @admin.display(description="Cover")
    def cover_shown(self, person: "WithAnnotations[Person, Counts]") -> str:
        return picture(default_storage.url(person.best_crop)) if person.best_crop else "no face"

    @admin.display(description="Aliases")
    def known_as(self, person: Person) -> str:
        return ", ".join(person.aliases)

    def marks(self, person: Person) -> SafeString:
        marks = [
            ("favourite", person.favourite),
            ("hidden", person.hidden),
            ("ignored", person.ignored),
            ("not recognised", person.unrecognised),
        ]
        shown = [(words,) for words, holds in marks if holds]
        return format_html_join(" ", '<span class="pill">{}</span>', shown)

    @admin.display(ordering="face_count")
    def faces(self, person: "WithAnnotations[Person, Counts]") -> int:
        return person.face_count

    def photos(self, person: Person) -> int:
        return person.photo_count

    @admin.display(description="Owner", ordering="owner__subject")
    def of(self, person: Person) -> SafeString:
        return only_owner(person.owner)

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
                edit(request, person.owner, *acts, done=done)
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
        act = partial(naming.change, obj, by=by(request), **details)
        edit(request, obj.owner, act, done=f"Changed {obj.name}.")

    # --- Actions --------------------------------------------------------------------------------

    @admin.action(description="Merge…", permissions=["change"])
    def merge(self, request: HttpRequest, people: QuerySet[Person]) -> HttpResponse | None:
        with refusals_told(request):
            rows, owner = chosen(people, _owner, least=2)
            form = MergingForm(answered(request), people=rows)
            if not form.is_valid():
                crops = [each.best_crop for each in rows]
                question = Question(
                    form=form,
                    title=f"Whose name stays, of {len(rows)} people who are one",
                    pictures=(default_storage.url(crop) for crop in crops if crop),
                )
                return ask(request, self, rows, question)
            into = next(each for each in rows if str(each.pk) == form.cleaned_data["into"])
            act = partial(merging.merge_people, owner, into, rows, by=by(request))
            edit(request, owner, act, done=f"Merged {len(rows)} people into {into}.")
        return None

    @admin.action(description="Hide", permissions=["change"])
    def hide(self, request: HttpRequest, people: QuerySet[Person]) -> None:
        self._change(request, people, "Hid", hidden=True)

    @admin.action(description="Show again", permissions=["change"])
    def show(self, request: HttpRequest, people: QuerySet[Person]) -> None:
        self._change(request, people, "No longer hidden:", hidden=False)

    @admin.action(description="Make favourites", permissions=["change"])
    def favour(self, request: HttpRequest, people: QuerySet[Person]) -> None:
        self._change(request, people, "Favourites now:", favourite=True)

    @admin.action(description="Favourites no more", permissions=["change"])
    def unfavour(self, request: HttpRequest, people: QuerySet[Person]) -> None:
        self._change(request, people, "No longer favourites:", favourite=False)

    @admin.action(description="Ignore: match no face with them", permissions=["change"])
    def ignore(self, request: HttpRequest, people: QuerySet[Person]) -> None:
        self._change(request, people, "Ignored", ignored=True)

    @admin.action(description="Ignore no more", permissions=["change"])
    def unignore(self, request: HttpRequest, people: QuerySet[Person]) -> None:
        self._change(request, people, "No longer ignored:", ignored=False)

    def _change(
        self, request: HttpRequest, people: QuerySet[Person], done: str, **details: bool
    ) -> None:
        with refusals_told(request):
            rows, owner = chosen(people, _owner)
            acts = [partial(naming.change, each, by=by(request), **details) for each in rows]
            edit(request, owner, *acts, done=f"{done} {_named(rows)}.")

    @admin.action(description="Forget who they are; their clusters stay", permissions=["forget"])
    def forget(self, request: HttpRequest, people: QuerySet[Person]) -> None:
        with refusals_told(request):
            rows, owner = chosen(people, _owner)
            acts = [partial(naming.delete, each, by=by(request)) for each in rows]
            edit(request, owner, *acts, done=f"Forgot {_named(rows)}.")


def biggest_clusters(person: Person) -> QuerySet[Cluster]:
    biggest_first = person.clusters.with_faces().order_by("-tally__face_count", "pk")
    return biggest_first[:CLUSTERS_SHOWN]


def _owner(person: Person) -> Owner:
    return person.owner


def _named(people: list[Person]) -> str:
    """One by the name, more by how many they are."""
    return people[0].name if len(people) == 1 else f"{len(people)} people"
