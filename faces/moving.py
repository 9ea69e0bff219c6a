"""Faces in the space of a head: no photo is looked at, as vectors follow from the embedder's."""

from collections.abc import Collection, Iterator

import numpy as np
from django.db import transaction
from django.db.models import BinaryField, Exists, Func, OuterRef, Q, QuerySet

from faces import calibration, centroids, confirmed, grouping
from faces.matchers import ROLE
from faces.models import FaceVector, Membership
from faces.people.editing import share
from inference.arrays import Array
from inference.faces import FaceHead
from photos.models import Analysis, Owner, Space
from photos.operations import FACES
from photos.vectors import unpack

BATCH = 1_024  # vectors of one transaction
_MOST_PAIRS = 20_000  # of one owner, of each kind
_PHOTOS = 1_000  # of one look at the database


def left(old: Space, new: Space) -> QuerySet[FaceVector]:
    """Vectors in `old` of faces that have none in `new`."""
    return _without(FaceVector.objects.filter(space=old), new)


def _without(vectors: QuerySet[FaceVector], new: Space) -> QuerySet[FaceVector]:
    return vectors.filter(~Exists(FaceVector.objects.filter(face=OuterRef("face"), space=new)))


def fill(head: FaceHead, old: Space, new: Space, *, after: int = 0) -> Iterator[tuple[int, int]]:
    """Give faces with a vector in `old` one in `new`. Doing it twice changes nothing.

    Yields the key of the last vector of each batch, to go on `after`, and how many were added.
    In no transaction: the server is asked.

    Raises:
        InferenceError: as the head's moved().
    """
    while True:
        rows = left(old, new).filter(pk__gt=after).order_by("pk")
        raw = Func("vector", function="halfvec_send", output_field=BinaryField())
        some = list(rows.annotate(raw=raw).values_list("pk", "face_id", "owner_id", "raw")[:BATCH])
        if not some:
            return
        moved = head.moved(unpack([bytes(row) for *_, row in some]))
        after = some[-1][0]
        yield after, _add([row[:3] for row in some], moved, new)


def _add(rows: list[tuple[int, int, int]], moved: Array, new: Space) -> int:
    """Store the `moved` vectors of (vector, face, owner), as far as the old ones are still there.

    Somebody may have been erased meanwhile, or be not to be recognised any more.
    """
    with transaction.atomic():
        for owner in sorted({owner for _, _, owner in rows}):
            share(owner)
        keys = [key for key, _, _ in rows]
        there = set(FaceVector.objects.filter(pk__in=keys).values_list("pk", flat=True))
        made = [
            FaceVector(face_id=face, owner_id=owner, space=new, vector=vector.tolist())
            for (key, face, owner), vector in zip(rows, moved, strict=True)
            if key in there
        ]
        FaceVector.objects.bulk_create(made, ignore_conflicts=True)
        members = Membership.objects.filter(face__in=[each.face_id for each in made])
        centroids.forget(members.values("part__cluster"), new)
    return len(made)


def note(before: Collection[str], now: str, own: Space, new: Space) -> int:
    """Note of photos done by recipes of `before` that they are done by `now`; returns how many.

    Only those whose faces have all got vectors in `new`, if they have some at all: in `own`, the
    embedder's space, or in that of a head. Others are to be looked at again.
    """
    done = Analysis.objects.filter(operation=FACES)
    known = done.filter(photo=OuterRef("photo"), recipe=now)
    seen = FaceVector.objects.filter(Q(space=own) | Q(space__role=ROLE))
    lacking = _without(seen, new).filter(face__photo=OuterRef("photo"))
    rows = done.filter(~Exists(known), ~Exists(lacking), recipe__in=before).order_by("pk")
    count, after = 0, 0
    while some := list(rows.filter(pk__gt=after).values_list("pk", "photo_id")[:_PHOTOS]):
        made = [Analysis(photo_id=photo, operation=FACES, recipe=now) for _, photo in some]
        Analysis.objects.bulk_create(made, ignore_conflicts=True)
        count, after = count + len(some), some[-1][0]
    return count


def calibrate(space: Space) -> None:
    """Say what a cosine in `space` is worth, by all that owners have confirmed; and for each of
    them who has confirmed enough.
    """
    same, different = list[Array](), list[Array]()
    for owner in _owners(space):
        known = confirmed.sample(owner, space)
        said = confirmed.verdicts(owner, space, known)
        for all_pairs, cosines, verdicts in zip(
            (same, different), known.cosines(), said, strict=True
        ):
            all_pairs.append(_some(np.concatenate([cosines, verdicts])))
    pooled = [np.concatenate([np.zeros(0, np.float32), *each]) for each in (same, different)]
    if len(pooled[0]) >= calibration.ENOUGH_SAME and len(pooled[1]) >= calibration.ENOUGH_DIFFERENT:
        calibration.refit_space(space, *pooled)
    for owner in _owners(space):
        calibration.refit(owner, space)


def ask_for_grouping(space: Space) -> None:
    """Have the faces of no cluster grouped, of all owners, by what they look like in `space`."""
    with transaction.atomic():
        for owner in _owners(space):
            grouping.ask(owner.pk, space)


def _owners(space: Space) -> Collection[Owner]:
    """Those who have faces there."""
    theirs = FaceVector.objects.filter(owner=OuterRef("pk"), space=space)
    return list(Owner.objects.filter(Exists(theirs)).order_by("pk"))


def _some(cosines: Array) -> Array:
    """Few enough, that are spread as all of them are."""
    every = -(-len(cosines) // _MOST_PAIRS) or 1
    return np.sort(cosines)[::every]
