"""Photos, faces and points as they lie in collections."""

from typing import Any

from django.db import connection
from django.db.models import UUIDField, Value

from inference.arrays import Array
from photos.models import Owner, Photo, Reference, Space
from search.points.collections import Place, Told
from search.points.plain import vector
from search.points.writing import Brought, upsert
from tests.factories import DIMENSION, make_face, make_photo, make_space, unit
from tests.search.factories import make_image_vector

IMAGES, FACES = "image_embeddings", "faces"
NO_JOB = Told(job=Value(None, UUIDField()))


def make_named_photo(owner: Owner, *names: str, looks: Array | None = None) -> Photo:
    """A photo that its owner's caller has `names` for, and what it looks like to the model."""
    photo = make_photo(owner=owner)
    for name in names:
        Reference.objects.create(owner=owner, photo=photo, external_id=name)
    if looks is not None:
        make_image_vector(photo, looks)
    return photo


def make_faces(photo: Photo, count: int, *, space: Space | None = None) -> list[int]:
    """Keys of new faces of `photo`, each with a vector."""
    space = space or Space.objects.filter(role="face_embedder").first() or make_space()
    return [make_face(photo=photo, space=space, vector=unit(1)).pk for _ in range(count)]


def place_of(owner: Owner, name: str = IMAGES) -> Place:
    return Place.of(owner, name, NO_JOB)


def bring(place: Place, number: int, looks: Array | None = None, **payload: Any) -> None:
    """Have a service's point in `place`."""
    given = (unit(1) if looks is None else looks).tolist()
    upsert(place, [Brought(number, vector(given, DIMENSION, "vector"), payload)])
    connection.check_constraints()  # as at the end of a transaction: an index may be made now
