"""Getting to know somebody by pictures of theirs, which are kept as photos, as all others are."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

import photos.services
import search.tags
import search.words
from faces.errors import Contradicted, FaceMissing, NameMissing, PersonMissing
from faces.models import Edit, Face, Person
from faces.people import naming, placing
from faces.people.editing import hold
from faces.people.history import created
from faces.people.once import asked_before, once
from faces.recognition import Probe, vector_of
from faces.references import check_good, the_only
from inference.geometry import Box
from jobs.sight import Sight, look_at
from photos.idempotency import Idempotency
from photos.models import Owner, Photo
from photos.operations import FACES, Place, Store
from photos.services import Kept

_SAME_FACE = 0.5  # intersection over union of two boxes on one photo


@dataclass(frozen=True)
class Reference:
    """A face that shows who somebody is, in a picture that was sent."""

    sight: Sight
    probe: Probe


@dataclass(frozen=True)
class Enrolled:
    person: Person
    created: bool  # just now
    faces: list[Face]


@dataclass(frozen=True)
class _Ready:
    """A reference whose files are written."""

    reference: Reference
    kept: Kept
    store: Store

    @property
    def sha256(self) -> str:
        return self.reference.sight.content.sha256


def references(pictures: Sequence[bytes], boxes: Sequence[Box | None]) -> list[Reference]:
    """The face that is meant in each of `pictures`. In no transaction: slow.

    Raises:
        NoFace, SeveralFaces, FaceTooPoor: one of them does not show a single good face.
        PhotoError, InferenceError, OperationUnavailable: as look_at().
    """
    found = []
    for number, (sight, box) in enumerate(zip(look_at(*pictures), boxes, strict=True)):
        name = f"file {number}"
        probe = the_only(sight.probes, box=box, picture=name)
        check_good(probe, picture=name)
        found.append(Reference(sight, probe))
    return found


def of_stored(probes: Sequence[Probe], *, name: str) -> int:
    """The face that is meant among those of a photo that is here, which the caller calls `name`.

    Raises:
        NoFace, SeveralFaces, FaceTooPoor: as references().
        FaceUnseen: the active model has not seen it.
    """
    probe = the_only(probes, picture=name)
    check_good(probe, picture=name)
    vector_of(probe)
    assert probe.face is not None  # noqa: S101  # they are stored
    return probe.face


@dataclass(frozen=True)
class Whom:
    """Who is enrolled: somebody known by their row, or by contact id or name; or else new."""

    person: Person | None = None
    contact_id: str = ""
    name: str = ""

    def known(self, owner: Owner) -> Person | None:
        people = Person.objects.filter(owner=owner)
        if self.person:
            return people.filter(pk=self.person.pk).first()
        if self.contact_id:
            return people.filter(contact_id=self.contact_id).first()
        name = naming.checked_name(self.name)
        same = list(people.called(name).order_by("pk"))
        return next((each for each in same if each.name == name), same[0] if same else None)


def enrol(
    owner: Owner,
    whom: Whom,
    pictures: Sequence[Reference],
    stored: Sequence[int] = (),
    *,
    by: User | None,
    idempotency: Idempotency | None = None,
) -> Enrolled:
    """Keep the pictures as photos, and say that their faces, and those `stored`, are theirs.

    All or nothing; one edit, which can be undone: the photos stay then, and their faces are of
    nobody. Twice changes nothing. With an idempotency key that is known, as enrolled_before().

    Raises:
        NameMissing, NameTooLong, NameTaken: somebody new can't be called so.
        FaceMissing: a face is not there, or was taken out of its photo before.
        Contradicted: they are left out of matching, or as editing(). TwiceInPhoto: as editing().
    """
    ready = [_ready(owner, each) for each in pictures]  # files first, so that no row lacks its own
    with transaction.atomic():
        # As a worker locks them: photos, then the owner. Photos in one order, whoever enrols.
        rows = {
            each.sha256: _photo(owner, each) for each in sorted(ready, key=attrgetter("sha256"))
        }
        hold(owner)
        faces = [*stored, *(_face(rows[each.sha256], each) for each in ready)]
        asked: dict[str, Any] = {"faces": faces}
        done: list[Enrolled] = []

        def act() -> None:
            person, new = _person(owner, whom, faces, by)
            asked["person"] = person.pk
            done.append(Enrolled(person, new, _shown(owner, faces)))

        nothing = Edit(kind=Edit.Kind.ASSIGN, actor=by, asked=asked)
        edit = once(owner, idempotency, act, unchanged=nothing)
        return done[0] if done else _again(owner, edit)


def enrolled_before(owner: Owner, idempotency: Idempotency | None) -> Enrolled | None:
    """Who was enrolled with the same key before, as they and their faces are now. None: nobody.

    Raises:
        IdempotencyKeyReused: it was something else that was asked for.
        PersonMissing: they are not there any more.
    """
    edit = asked_before(owner, idempotency)
    return _again(owner, edit) if edit else None


def _again(owner: Owner, edit: Edit | None) -> Enrolled:
    assert edit  # noqa: S101  # whoever has not acted was told of one
    new = created(edit, Person)
    person = Person.objects.filter(owner=owner, pk=new or edit.asked["person"]).first()
    if person is None:
        raise PersonMissing("Whom this request has enrolled is not there any more.")
    return Enrolled(person, new is not None, _shown(owner, edit.asked["faces"]))


def _ready(owner: Owner, reference: Reference) -> _Ready:
    sight = reference.sight
    kept = photos.services.keep(owner, sight.content, sight.picture)
    place = Place(owner, photos.services.folder_of(owner, sight.content))
    return _Ready(reference, kept, sight.findings.keep(place))


def _photo(owner: Owner, ready: _Ready) -> Photo:
    sight = ready.reference.sight
    return photos.services.store(owner, sight.content, sight.picture, ready.kept)


def _face(photo: Photo, ready: _Ready) -> int:
    """Store the faces of `photo` as a worker does; returns the one that is meant."""
    sight, probe = ready.reference.sight, ready.reference.probe
    if photos.services.note_analyses(photo, {FACES: sight.operation.recipe}):
        ready.store(photo)
        search.tags.count_people(photo)
        search.words.index([photo.pk])
    for face in photo.faces.order_by("pk"):
        if probe.box.iou(Box(face.x, face.y, face.width, face.height)) >= _SAME_FACE:
            return face.pk
    raise FaceMissing(f"The face has been taken out of photo {photo.pk} before: draw it anew.")


def _person(owner: Owner, whom: Whom, faces: Sequence[int], by: User | None) -> tuple[Person, bool]:
    if person := whom.known(owner):
        if not person.is_matched:
            raise Contradicted(f"{person.name} is left out of matching: take that back first.")
        placing.assign(owner, faces, person, by=by)
        return person, False
    name = whom.name or whom.contact_id
    if not name:
        raise NameMissing("Give the person a name: it is empty.")
    details: dict[str, Any] = {"contact_id": whom.contact_id} if whom.contact_id else {}
    return naming.create(owner, name, faces=faces, by=by, **details), True


def _shown(owner: Owner, faces: Sequence[int]) -> list[Face]:
    """Those that are there still."""
    mine = Face.objects.with_people().select_related("photo").filter(photo__owner=owner)
    rows = mine.in_bulk(faces)
    return [rows[pk] for pk in faces if pk in rows]
