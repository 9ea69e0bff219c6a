"""Faces whose person somebody has confirmed: what matching is measured on, and calibrated with."""

from dataclasses import dataclass

import numpy as np
from django.db.models import F, Func, IntegerField, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from faces import vectors
from faces.models import FaceVector, Membership, Pair, Rejection
from inference.arrays import Array
from photos.models import Owner, Space

MOST_FACES = 2_000  # of a sample
OF_EACH = 20  # faces of one person, so that nobody outweighs the others
_MOST_VERDICTS = 1_000  # of each kind; the newest


@dataclass(frozen=True)
class Confirmed:
    """Some confirmed faces: ids, their people's keys (n,), and vectors (n, d)."""

    faces: Array
    people: Array
    vectors: Array

    def cosines(self) -> tuple[Array, Array]:
        """Of all pairs of one person's faces, and of all pairs of two people's."""
        one, other = np.triu_indices(len(self.faces), 1)
        cosines = (self.vectors @ self.vectors.T)[one, other]
        same = self.people[one] == self.people[other]
        return cosines[same], cosines[~same]


def confirmed() -> QuerySet[Membership]:
    """Of people: what somebody put there, and what was there when they named the cluster."""
    said = Q(how=Membership.How.MANUAL) | Q(how=Membership.How.CLUSTERED)
    return Membership.objects.filter(said, part__cluster__person__isnull=False)


def sample(owner: Owner, space: Space, *, most: int = MOST_FACES) -> Confirmed:
    """Up to `most` of the owner's confirmed faces, OF_EACH of a person: the same ones each time.

    People are chosen by chance, and so are their faces.
    """
    theirs = confirmed().filter(part__cluster__owner=owner, face__vectors__space=space)
    whose = F("part__cluster__person")
    place = Window(RowNumber(), partition_by=whose, order_by=_shuffled("face_id"))
    rows = (
        theirs.annotate(place=place, turn=_shuffled("part__cluster__person_id"))
        .filter(place__lte=OF_EACH)
        .order_by("turn", "part__cluster__person_id", "place")
        .values_list("face_id", "part__cluster__person_id")
    )
    people = {face: person for face, person in rows[:most] if person is not None}
    faces, found = vectors.load(FaceVector.objects.filter(space=space, face__in=people))
    return Confirmed(
        faces=np.array(faces, np.int64),
        people=np.array([people[face] for face in faces], np.int64),
        vectors=found,
    )


def verdicts(owner: Owner, space: Space, known: Confirmed) -> tuple[Array, Array]:
    """Cosines of pairs that somebody said are of one person, and of those they said are not.

    A face that is not a person makes a pair with each of that person's faces in `known`.
    """
    answers = Pair.objects.of(owner).order_by("-pk").values_list("first", "second", "same")
    rejected = Rejection.objects.filter(person__owner=owner).order_by("-pk")
    pairs = list(answers[:_MOST_VERDICTS])
    said = list(rejected.values_list("face", "person")[:_MOST_VERDICTS])
    ids = {face for *both, _ in pairs for face in both} | {face for face, _ in said}
    faces, rows = vectors.load(FaceVector.objects.filter(space=space, face__in=ids))
    found = dict(zip(faces, rows, strict=True))
    cosines: dict[bool, list[float]] = {True: [], False: []}
    for first, second, same in pairs:
        if first in found and second in found:
            cosines[same].append(float(found[first] @ found[second]))
    for face, person in said:
        theirs = known.vectors[known.people == person]
        if face in found and len(theirs):
            cosines[False] += (theirs @ found[face]).tolist()
    return np.array(cosines[True], np.float32), np.array(cosines[False], np.float32)


def _shuffled(column: str) -> Func:
    """An order that has nothing to do with when rows came."""
    return Func(F(column), function="hashint8", output_field=IntegerField())
