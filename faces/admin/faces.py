"""Faces, for staff: what was found, and whose they are."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from faces.admin.doing import (
    EditingAdmin,
    Question,
    answered,
    ask,
    by,
    chosen,
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

REASONS: Mapping[str, StrOrPromise] = {  # why a face is hard to recognise, by their codes
    "small": _("small"),
    "blurred": _("blurred"),
    "turned": _("turned"),
    "uncertain": _("uncertain"),
}


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
    return ngettext("%(count)s face", "%(count)s faces", count) % {"count": count}


class FaceAdmin(EditingAdmin[Face], ReadOnlyAdmin[Face]):
    """What models have found. `jobs` registers it."""

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
    search_help_text = _("A person's name, an external id of the photo, or an owner")
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

    @admin.display(description=_("Face"))
    def crop_shown(self, face: Face) -> SafeString:
        return picture(face.crop.url, str(face))

    @admin.display(description=_("Face"))
    def portrait(self, face: Face) -> SafeString:
        return picture(face.crop.url, str(face), side=192)

    @admin.display(description=_("Where"))
    def box(self, face: Face) -> str:
        return _(
            "%(width).0f × %(height).0f pixels, %(x).0f from the left and %(y).0f from the top"  # noqa: RUF001  # a real sign
        ) % {"width": face.width, "height": face.height, "x": face.x, "y": face.y}

    @admin.display(description=_("Person"))
    def person(self, face: Face) -> str:
        person = face.person
        return link("faces_person", person.pk, person.name) if person else gettext("unknown")

    @admin.display(description=_("Cluster"))
    def cluster(self, face: Face) -> str:
        cluster = face.cluster
        return link("faces_cluster", cluster.pk, cluster.public_id) if cluster else gettext("alone")

    @admin.display(description=_("Because"))
    def how(self, face: Face) -> str:
        return face.membership.get_how_display() if face.cluster else ""

    @admin.display(description=_("Photo"), ordering="photo")
    def from_photo(self, face: Face) -> str:
        return link("photos_photo", face.photo_id, str(face.photo))

    @admin.display(description=_("Confidence"))
    def sure(self, face: Face) -> str:
        return f"{face.confidence:.0%}"

    @admin.display(description=_("Quality"), ordering="quality")
    def quality_shown(self, face: Face) -> str:
        return f"{face.quality:.0%}"

    @admin.display(description=_("Poor because"))
    def reasons(self, face: Face) -> str:
        return ", ".join(str(REASONS.get(each, each)) for each in face.quality_reasons)

    @admin.display(description=_("Owner"))
    def of(self, face: Face) -> SafeString:
        return only_owner(face.photo.owner, "photo__owner__id__exact")

    # --- Actions --------------------------------------------------------------------------------

    @admin.action(description=_("Say whose they are…"), permissions=["place"])
    def assign(self, request: HttpRequest, faces: QuerySet[Face]) -> HttpResponse | None:
        with refusals_told(request):
            rows, owner = _chosen(faces)
            form = NameForm(answered(request), owner=owner)
            said = {"faces": counted(len(rows))}
            if not form.is_valid():
                question = Question(
                    form=form,
                    title=_("Whose they are: %(faces)s") % said,
                    pictures=(face.crop.url for face in rows),
                    names=names_offered(owner),
                )
                return ask(request, self, rows, question)
            name, keys = form.cleaned_data["name"], [face.pk for face in rows]
            act = partial(give, owner, keys, name, by=by(request))
            done = _("Gave %(faces)s to %(name)s.") % {**said, "name": name}
            self.edit(request, owner, act, done=done)
        return None

    @admin.action(description=_("Confirm: they are where they belong…"), permissions=["place"])
    def confirm(self, request: HttpRequest, faces: QuerySet[Face]) -> HttpResponse | None:
        return self._confirmed(
            request,
            faces,
            placing.confirm,
            title=_("Confirm %(faces)s"),
            words=_("They are where they belong: others are compared with them from then on."),
            done=_("Confirmed %(faces)s."),
        )

    @admin.action(description=_("Take out of their clusters…"), permissions=["place"])
    def remove(self, request: HttpRequest, faces: QuerySet[Face]) -> HttpResponse | None:
        return self._confirmed(
            request,
            faces,
            placing.remove,
            title=_("Take %(faces)s out"),
            words=_("They will be of no cluster. They may be matched again."),
            done=_("Took %(faces)s out."),
        )

    @admin.action(description=_("Ignore…"), permissions=["place"])
    def ignore(self, request: HttpRequest, faces: QuerySet[Face]) -> HttpResponse | None:
        return self._confirmed(
            request,
            faces,
            placing.ignore,
            title=_("Ignore %(faces)s"),
            words=_("They will be of no cluster, and matched with nobody."),
            done=_("Ignored %(faces)s."),
        )

    @admin.action(description=_("Ignore no more…"), permissions=["place"])
    def unignore(self, request: HttpRequest, faces: QuerySet[Face]) -> HttpResponse | None:
        return self._confirmed(
            request,
            faces,
            partial(placing.ignore, ignored=False),
            title=_("Ignore no more: %(faces)s"),
            words=_("They may be matched again."),
            done=_("No longer ignored: %(faces)s."),
        )

    def _confirmed(
        self,
        request: HttpRequest,
        faces: QuerySet[Face],
        service: Callable[..., None],
        **told: StrOrPromise,
    ) -> HttpResponse | None:
        """Ask whether it is meant; then have the service do it with all of them."""
        with refusals_told(request):
            rows, owner = _chosen(faces)
            act = partial(service, owner, [face.pk for face in rows], by=by(request))
            said = {"faces": counted(len(rows))}
            pictures = (face.crop.url for face in rows)
            return self.confirmed(request, (rows, owner), [act], told, said, pictures=pictures)


def _chosen(faces: QuerySet[Face]) -> tuple[list[Face], Owner]:
    return chosen(faces, lambda face: face.photo.owner)
