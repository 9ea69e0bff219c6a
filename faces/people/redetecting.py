"""Faces as another detector sees them: what somebody has said of faces stays, whatever it sees."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
from django.contrib.auth.models import User
from django.db import transaction

from faces import gone
from faces.models import Edit, Face, Membership, Pair, Person, Rejection
from faces.people import boxes, looking
from faces.people.changes import Changes
from faces.people.editing import editing
from faces.services import FindFaces, FoundFace, keep_crop, new_row, spaces_of
from inference.arrays import RGB
from inference.geometry import overlaps
from photos.models import Analysis, Photo
from photos.operations import FACES


@dataclass(frozen=True)
class Seen:
    """A photo's faces as they are stored, beside what the detector finds. Nothing is changed yet.

    `kept`: known faces, with what was found in their place. `stay`: those that it does not see,
    but of which somebody has said something.
    """

    photo: Photo
    found: Sequence[FoundFace]
    kept: Sequence[tuple[Face, FoundFace]]
    stay: Sequence[Face]
    lost: Sequence[Face]
    added: Sequence[FoundFace]

    def told(self) -> dict[str, Any]:
        """As JSON: which faces go, and where new ones are."""
        return {
            "photo": self.photo.pk,
            "kept": len(self.kept) + len(self.stay),
            "lost": [{"face": face.pk, "person": _person_of(face)} for face in self.lost],
            "added": [[round(number, 2) for number in astuple(each.box)] for each in self.added],
        }


def look(photo: Photo, image: RGB, find: FindFaces) -> Seen:
    """Find the faces of `image`, the pixels of `photo`. In no transaction: slow.

    Raises:
        InferenceError: the server gave no answer, or a wrong one.
    """
    return _compare(photo, find.look(image).found)


def _compare(photo: Photo, found: Sequence[FoundFace]) -> Seen:
    """Which of `found` is which of the faces that `photo` has: the best overlaps come first."""
    known = list(photo.faces.with_people().order_by("pk"))
    pairs = _pairs(known, found)
    seen, taken = {pair[0] for pair in pairs}, {pair[1] for pair in pairs}
    left = [face for row, face in enumerate(known) if row not in seen]
    said = _said_of(left)
    places = gone.boxes(photo)
    return Seen(
        photo=photo,
        found=found,
        kept=[(known[row], found[column]) for row, column in pairs],
        stay=[face for face in left if face.pk in said],
        lost=[face for face in left if face.pk not in said],
        added=[
            face
            for column, face in enumerate(found)
            if column not in taken and not gone.covers(places, face.box)
        ],
    )


def _pairs(known: Sequence[Face], found: Sequence[FoundFace]) -> list[tuple[int, int]]:
    """Rows of `known` and of `found` that are one face."""
    if not (known and found):
        return []
    shares = overlaps([gone.box_of(face) for face in known], [face.box for face in found])
    pairs: list[tuple[int, int]] = []
    for place in np.argsort(-shares, axis=None, kind="stable"):
        row, column = (int(index) for index in np.unravel_index(place, shares.shape))
        if shares[row, column] < gone.SAME_FACE:
            break
        if all(row != one and column != other for one, other in pairs):
            pairs.append((row, column))
    return pairs


def _said_of(faces: Collection[Face]) -> set[int]:
    """Those of `faces` that somebody has drawn, or said something of."""
    keys = [face.pk for face in faces]
    pairs = Pair.objects.filter(first__in=keys).values_list("first", flat=True)
    others = Pair.objects.filter(second__in=keys).values_list("second", flat=True)
    rejected = Rejection.objects.filter(face__in=keys).values_list("face", flat=True)
    covers = Person.objects.filter(cover__in=keys).values_list("cover", flat=True)
    marked = {face.pk for face in faces if face.drawn or face.ignored or _is_named(face)}
    return marked.union(pairs, others, rejected, (cover for cover in covers if cover))


def _is_named(face: Face) -> bool:
    """Whether it is somebody's who is known, or where it is, because somebody says so."""
    member = getattr(face, "membership", None)
    if member is None:
        return False
    if member.cluster.person_id is None:
        return bool(member.how == Membership.How.MANUAL)
    return bool(member.how != Membership.How.MATCHED)


def _person_of(face: Face) -> int | None:
    return face.cluster.person_id if face.cluster else None


def apply(seen: Seen, image: RGB, find: FindFaces, *, by: User | None = None) -> int | None:
    """Let the photo have the faces that were seen. Returns the key of the edit, if it is one.

    What is stored by then is compared once more. All that stay get what they look like to the
    model, where that is not known. Done twice, the second time changes nothing.

    Raises:
        InferenceError: as look().
    """
    photo, owner = seen.photo, seen.photo.owner
    spaces = spaces_of(find.identities)
    looks = looking.looks(seen.stay, image, find, spaces)
    folder = boxes.folder_of(photo)
    crops = {id(face): keep_crop(folder, face.crop) for face in seen.added}
    asked = {"photo": photo.pk, "detector": find.recipe}
    with transaction.atomic():
        with editing(owner, Edit.Kind.FACE, by, **asked) as changes:
            now = _compare(photo, seen.found)
            boxes.take_out(changes, now.lost)
            looks += [(face, found.look) for face, found in now.kept]
            looks += _added(changes, photo, now.added, crops)
            looking.keep(photo, looks, spaces)
            _note(photo, find.recipe)
        newest = Edit.objects.of(owner).order_by("-pk").values_list("pk", flat=True)
        return newest.first() if changes.steps else None


def _added(
    changes: Changes, photo: Photo, added: Iterable[FoundFace], crops: Mapping[int, str]
) -> list[looking.Looked]:
    """Rows for those that have a file; for others there is a next time."""
    looks = []
    for found in added:
        if id(found) in crops:
            face = new_row(photo, found, crops[id(found)])
            changes.create(face)
            looks.append((face, found.look))
    return looks


def _note(photo: Photo, recipe: str) -> None:
    """So that nobody looks at the photo in the same way again."""
    done = Analysis(photo=photo, operation=FACES, recipe=recipe)
    Analysis.objects.bulk_create([done], ignore_conflicts=True)
