"""Faces, for staff: what was found, and whose they are."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from faces.admin.doing import (
    Question,
    answered,
    ask,
    by,
    chosen,
    edit,
    history_of,
    link,
    names_offered,
    refusals_told,
)
from faces.admin.filters import GroupedFilter, KnownFilter, OneClusterFilter
from faces.forms import NameForm
from faces.models import Face, Person
from faces.people import naming, placing
from photos.admin import OwnerFilter, ReadOnlyAdmin, only_owner, picture
from photos.long_lists import LongList
from photos.models import Owner


def give(owner: Owner, faces: list[int], name: str, *, by: User) -> None:
    """Say that `faces` are of who is called `name`: somebody known, or somebody new.

    Raises as naming.create() and placing.assign().
    """
    name = naming.checked_name(name)
    person = Person.objects.called(name).filter(owner=owner).order_by("pk").first()
    if person:
        placing.assign(owner, faces, person, by=by)
    else:
        naming.create(owner, name, faces=faces, by=by)


def counted(count: int) -> str:
    return "1 face" if count == 1 else f"{count} faces"


@admin.register(Face)
class FaceAdmin(ReadOnlyAdmin[Face]):
    show_facets = admin.ShowFacets.NEVER  # they count everything
    list_display = (
        "crop_shown", "person", "cluster", "from_photo", "sure", "quality_shown", "reasons",
        "ignored", "of",
    )  # fmt: skip
    list_filter = (
        GroupedFilter, KnownFilter, "membership__how", "ignored", OneClusterFilter,
        ("photo__owner", OwnerFilter),
    )  # fmt: skip
    list_select_related = ("photo__owner", "membership__part__cluster__person")
    search_fields = (
        "membership__part__cluster__person__name",
        "photo__references__external_id",
        "photo__owner__subject",
    )
    search_help_text = "A person's name, an external id of the photo, or an owner"
    ordering = ("-pk",)
    fields = (
        "portrait",
        "person",
        ("cluster", "how"),
        "from_photo",
        ("sure", "quality_shown", "reasons"),
        ("ignored", "drawn"),
        "box",
        "created_at",
    )
    actions = ("assign", "confirm", "remove", "ignore", "unignore")

    def get_changelist(self, request: HttpRequest, **values: Any) -> type[ChangeList]:
        return LongList

    def has_place_permission(self, request: HttpRequest) -> bool:
        """Staff say whose a face is; all else of it is what models have found."""
        return request.user.has_perm("faces.change_face")

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: object = None
    ) -> HttpResponse:
        return history_of(self, request, object_id)

    # --- Columns --------------------------------------------------------------------------------

    @admin.display(description="Face")
    def crop_shown(self, face: Face) -> SafeString:
        return picture(face.crop.url)

    @admin.display(description="Face")
    def portrait(self, face: Face) -> SafeString:
        return picture(face.crop.url, side=192)

    @admin.display(description="Where")
    def box(self, face: Face) -> str:
        size = f"{face.width:.0f} × {face.height:.0f} pixels"  # noqa: RUF001  # a real sign
        return f"{size}, {face.x:.0f} from the left and {face.y:.0f} from the top"

    def person(self, face: Face) -> str:
        person = face.person
        return link("faces_person", person.pk, person.name) if person else "unknown"

    def cluster(self, face: Face) -> str:
        cluster = face.cluster
        return link("faces_cluster", cluster.pk, cluster.public_id) if cluster else "alone"

    @admin.display(description="Because")
    def how(self, face: Face) -> str:
        return face.membership.get_how_display() if face.cluster else ""

    @admin.display(description="Photo", ordering="photo")
    def from_photo(self, face: Face) -> str:
        return link("photos_photo", face.photo_id, str(face.photo))

    @admin.display(description="Confidence", ordering="confidence")
    def sure(self, face: Face) -> str:
        return f"{face.confidence:.0%}"

    @admin.display(description="Quality", ordering="quality")
    def quality_shown(self, face: Face) -> str:
        return f"{face.quality:.0%}"

    @admin.display(description="Poor because")
    def reasons(self, face: Face) -> str:
        return ", ".join(face.quality_reasons)

    @admin.display(description="Owner", ordering="photo__owner__subject")
    def of(self, face: Face) -> SafeString:
        return only_owner(face.photo.owner, "photo__owner__id__exact")

    # --- Actions --------------------------------------------------------------------------------

    @admin.action(description="Say whose they are…", permissions=["place"])
    def assign(self, request: HttpRequest, faces: QuerySet[Face]) -> HttpResponse | None:
        with refusals_told(request):
            rows, owner = _chosen(faces)
            form = NameForm(answered(request), owner=owner)
            if not form.is_valid():
                question = Question(
                    form=form,
                    title=f"Whose they are: {counted(len(rows))}",
                    pictures=(face.crop.url for face in rows),
                    names=names_offered(owner),
                )
                return ask(request, self, rows, question)
            name, keys = form.cleaned_data["name"], [face.pk for face in rows]
            act = partial(give, owner, keys, name, by=by(request))
            edit(request, owner, act, done=f"Gave {counted(len(rows))} to {name}.")
        return None

    @admin.action(description="Confirm: they are where they belong", permissions=["place"])
    def confirm(self, request: HttpRequest, faces: QuerySet[Face]) -> None:
        with refusals_told(request):
            rows, owner = _chosen(faces)
            act = partial(placing.confirm, owner, [face.pk for face in rows], by=by(request))
            edit(request, owner, act, done=f"Confirmed {counted(len(rows))}.")

    @admin.action(description="Take out of their clusters", permissions=["place"])
    def remove(self, request: HttpRequest, faces: QuerySet[Face]) -> None:
        with refusals_told(request):
            rows, owner = _chosen(faces)
            act = partial(placing.remove, owner, [face.pk for face in rows], by=by(request))
            edit(request, owner, act, done=f"Took {counted(len(rows))} out.")

    @admin.action(description="Ignore", permissions=["place"])
    def ignore(self, request: HttpRequest, faces: QuerySet[Face]) -> None:
        self._ignore(request, faces, ignored=True, done="Ignored")

    @admin.action(description="Ignore no more", permissions=["place"])
    def unignore(self, request: HttpRequest, faces: QuerySet[Face]) -> None:
        self._ignore(request, faces, ignored=False, done="No longer ignored:")

    def _ignore(
        self, request: HttpRequest, faces: QuerySet[Face], *, ignored: bool, done: str
    ) -> None:
        with refusals_told(request):
            rows, owner = _chosen(faces)
            keys = [face.pk for face in rows]
            act = partial(placing.ignore, owner, keys, ignored=ignored, by=by(request))
            edit(request, owner, act, done=f"{done} {counted(len(rows))}.")


def _chosen(faces: QuerySet[Face]) -> tuple[list[Face], Owner]:
    return chosen(faces, lambda face: face.photo.owner)
