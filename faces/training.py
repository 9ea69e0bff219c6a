"""What a head is trained on: confirmed faces of all owners, and which are not one person."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber

from faces import vectors
from faces.confirmed import confirmed
from faces.errors import TrainingRefused
from faces.models import FaceVector, Pair, Rejection
from inference.arrays import Array
from photos.models import Space

NOBODY = -1  # the person of a face that nobody has confirmed
OF_EACH = 200  # faces of one person, the first ones: more tell the trainer little
MOST_FACES = 200_000
_MOST_PAIRS = 100_000  # of each kind, the newest
_BATCH = 5_000  # faces of one query
_TOLD = 3  # pairs that a message names


@dataclass(frozen=True)
class Said:
    """Whose a face is, and of whose photo. No person: NOBODY."""

    person: int
    owner: int


@dataclass(frozen=True, eq=False)
class Labelled:
    """Faces by their ids, of one space, as the trainer takes them."""

    faces: list[int]
    said: list[Said]
    vectors: Array  # (n, d) float32
    rejected: list[tuple[int, int]]  # ids of two faces that are not one person

    def save(self, file: Path, space: Space) -> None:
        """Write the npz file that `training/README.md` describes."""
        np.savez(
            file,
            allow_pickle=False,
            vectors=self.vectors,
            face=np.array(self.faces, np.int64),
            person=np.array([each.person for each in self.said], np.int64),
            owner=np.array([each.owner for each in self.said], np.int64),
            rejected=np.array(self.rejected, np.int64).reshape(-1, 2),
            space=np.array(space.name),
            same_person_cosine=np.array(space.threshold),
        )


def labelled(space: Space) -> Labelled:
    """All that owners have confirmed of faces with vectors in `space`, and what they rejected.

    Without faces and people that are ignored, or not to be recognised. Faces of nobody are among
    them where they were said not to be somebody's.

    Raises:
        TrainingRefused: labels_contradict.
    """
    people = _people(space)
    _check_same(people)
    pairs = {**_rejections(people), **_different(people)}
    said = {face: Said(NOBODY, owner) for both, owner in pairs.items() for face in both} | people
    faces, rows = _load(space, sorted(said))
    there = set(faces)
    rejected = sorted(pair for pair in pairs if there.issuperset(pair))
    return Labelled(faces, [said[face] for face in faces], rows, rejected)


def _people(space: Space) -> dict[int, Said]:
    """The confirmed faces, OF_EACH of a person."""
    used = confirmed().filter(
        face__vectors__space=space,
        face__ignored=False,
        part__cluster__ignored=False,
        part__cluster__person__ignored=False,
        part__cluster__person__unrecognised=False,
    )
    whose = "part__cluster__person"
    place = Window(RowNumber(), partition_by=F(whose), order_by=F("face_id").asc())
    rows = used.annotate(place=place).filter(place__lte=OF_EACH).order_by(whose, "pk")
    names = rows.values_list("face_id", f"{whose}_id", "part__cluster__owner_id")
    return {face: Said(person, owner) for face, person, owner in names[:MOST_FACES] if person}


def _check_same(people: dict[int, Said]) -> None:
    """Refuse two faces that are said to be one person, and have the names of two."""
    same = Pair.objects.filter(same=True).order_by("-pk").values_list("first", "second")
    wrong = [
        f"{first} and {second}"
        for first, second in same[:_MOST_PAIRS]
        if first in people and second in people and people[first] != people[second]
    ]
    if wrong:
        more = f" and {len(wrong) - _TOLD} more" if len(wrong) > _TOLD else ""
        raise TrainingRefused(
            "labels_contradict",
            "Faces that are said to be one person, and have the names of two: "
            f"{', '.join(wrong[:_TOLD])}{more}.",
        )


def _rejections(people: dict[int, Said]) -> dict[tuple[int, int], int]:
    """Pairs with their owners: a face that is not somebody's, and one that is."""
    theirs = {said.person: face for face, said in people.items()}
    rows = Rejection.objects.filter(face__ignored=False).order_by("-pk")
    names = rows.values_list("face_id", "person_id", "person__owner_id")
    return {
        (face, theirs[person]): owner
        for face, person, owner in names[:_MOST_PAIRS]
        if person in theirs
    }


def _different(people: dict[int, Said]) -> dict[tuple[int, int], int]:
    """Pairs that were said to be two people, at least one of whom is known."""
    shown = Q(same=False, first__ignored=False, second__ignored=False)
    rows = Pair.objects.filter(shown).order_by("-pk").values_list("first", "second", "owner_id")
    return {
        (first, second): owner
        for first, second, owner in rows[:_MOST_PAIRS]
        if first in people or second in people
    }


def _load(space: Space, wanted: Sequence[int]) -> tuple[list[int], Array]:
    """Those of `wanted` that have a vector in `space`, and their vectors."""
    found, rows = list[int](), [np.zeros((0, space.dimension), np.float32)]
    for some in _batches(wanted):
        faces, part = vectors.load(FaceVector.objects.filter(space=space, face__in=some))
        if faces:
            found += faces
            rows.append(part)
    return found, np.concatenate(rows)


def _batches(wanted: Sequence[int]) -> Iterator[Sequence[int]]:
    return (wanted[start : start + _BATCH] for start in range(0, len(wanted), _BATCH))
