"""Faces that have no vector, and a look at them."""

from typing import Any

import pytest

import photos.services
from faces.models import Face, FaceVector
from faces.services import FindFaces
from inference.faces import FaceEmbedder
from jobs import looking
from jobs.models import Job
from jobs.steps import Outcome
from photos.models import Owner, Photo, Space
from photos.operations import FACES, TAGS
from tests.factories import make_face, make_photo, unit
from tests.fakes import IDENTITY, FakeDetector, FakeEmbedder

RECIPE = "new"


@pytest.fixture(autouse=True)
def space(db: None) -> Space:
    """Of the models' vectors: an index is not made in a transaction that has written vectors."""
    return photos.services.space_of(IDENTITY, FaceVector)


def photo_of(owner: Owner) -> Photo:
    """One on which the active models have looked for faces, and which was tagged."""
    photo = make_photo(owner=owner, width=64, height=48)
    photo.analyses.create(operation=FACES, recipe=RECIPE)
    photo.analyses.create(operation=TAGS, recipe="a+b+c")
    return photo


@pytest.fixture
def photo(owner: Owner) -> Photo:
    return photo_of(owner)


@pytest.fixture
def known(photo: Photo, space: Space) -> Face:
    """A face with a vector."""
    return face(photo, vector=unit(1), space=space)


def face(photo: Photo, x: float = 4, **values: Any) -> Face:
    return make_face(photo=photo, **{"x": x, "y": 4, "width": 16, "height": 16} | values)


def models(embedder: FaceEmbedder | None = None) -> FindFaces:
    return FindFaces(FakeDetector([]), embedder or FakeEmbedder([unit(1, 2)] * 9), RECIPE)


def look(owner: Owner, embedder: FaceEmbedder | None = None) -> Outcome:
    """What a worker says that looks at the owner's faces."""
    steps = looking.steps(owner, {}, models(embedder))
    while True:
        try:
            next(steps)
        except StopIteration as end:
            outcome: Outcome = end.value()
            return outcome


def tags_of(photo: Photo) -> list[str]:
    return list(photo.tags.filter(key__startswith="people").values_list("key", flat=True))


def asked() -> int:
    return Job.objects.filter(kind=Job.Kind.LOOK).count()
