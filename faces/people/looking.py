"""What faces look like that have no vector, although their photos were looked at.

An edit forgets it where a box is moved, or a face deleted, and undoing the edit brings back the row
alone; faces that were drawn while no model answered never had one.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from faces import gone, grouping
from faces.models import Face, FaceVector
from faces.models.faces import FaceQuerySet
from faces.people.editing import share
from faces.services import FindFaces, Look, remember, spaces_of
from inference.arrays import RGB
from inference.geometry import align
from photos.models import Analysis, Owner, Photo, Space
from photos.operations import FACES

Looked = tuple[Face, Look]  # a face, and what it looks like in each space


def unseen(owner: Owner, space: Space) -> FaceQuerySet:
    """The owner's faces without a vector in `space`, but for those of who is not recognised."""
    seen = FaceVector.objects.filter(face=OuterRef("pk"), space=space)
    faces = Face.objects.filter(~Exists(seen), photo__owner=owner)
    return faces.exclude(membership__part__cluster__person__unrecognised=True)


def left(owner: Owner, space: Space, models: str) -> QuerySet[Photo]:
    """Photos whose faces were found by `models`, and that have unseen() ones all the same.

    `models`: what a recipe begins with; how photos were looked at for faces is no matter.
    """
    same = Q(recipe=models) | Q(recipe__startswith=f"{models}+")
    done = Analysis.objects.filter(same, photo=OuterRef("pk"), operation=FACES)
    lacking = unseen(owner, space).filter(photo=OuterRef("pk"))
    return Photo.objects.of(owner).filter(Exists(done), Exists(lacking))


def look(photo: Photo, image: RGB, find: FindFaces) -> int:
    """Keep what the unseen() faces of `image`, the pixels of `photo`, look like; says how many.

    In no transaction: slow. Where a face was moved meanwhile, what was seen is dropped.

    Raises:
        InferenceError: the server gave no answer, or a wrong one.
    """
    spaces = spaces_of(find.identities)
    faces = unseen(photo.owner, spaces[-1]).filter(photo=photo).with_people().order_by("pk")
    seen = looks(faces, image, find, spaces)
    with transaction.atomic():
        share(photo.owner_id)
        now = {face.pk: gone.box_of(face) for face in photo.faces.all()}
        kept = [each for each in seen if now.get(each[0].pk) == gone.box_of(each[0])]
        keep(photo, kept, spaces)
    return len(kept)


def looks(
    faces: Iterable[Face], image: RGB, find: FindFaces, spaces: Sequence[Space]
) -> list[Looked]:
    """Of those of `faces` that lack a vector in one of `spaces`. They are embedded at once."""
    known = [face for face in faces if not (face.person and face.person.unrecognised)]
    there = FaceVector.objects.filter(face__in=known, space__in=spaces)
    done = Counter(there.values_list("face_id", flat=True))
    new = [face for face in known if done[face.pk] < len(spaces)]
    if not new:
        return []
    crops = [align(image, np.array(face.landmarks, np.float32)) for face in new]
    return list(zip(new, find.looks(crops), strict=True))


def keep(photo: Photo, looks: Sequence[Looked], spaces: Sequence[Space]) -> None:
    """Keep what is not known yet, but nothing of those who are not to be recognised.

    In the caller's transaction, which holds or shares the owner's lock.
    """
    remember(photo.owner_id, looks, spaces, known=[face.pk for face, _ in looks])
    if looks:
        grouping.ask(photo.owner_id, spaces[-1])
