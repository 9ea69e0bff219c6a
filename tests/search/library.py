"""A library of photos to ask questions of, and a reader that knows what words mean."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from faces.models import Person
from inference.arrays import Array
from photos.models import Owner, Photo
from photos.operations import OBJECTS
from photos.services import space_of
from search.asking import Asked, asked_of
from search.finding import Found, Library, find
from search.models import ImageVector
from search.ranking import Meaning
from search.relevance import Scale
from tests.factories import make_photo
from tests.search.factories import IMAGES, make_image_vector
from tests.search.words.library import show

NOW = datetime(2024, 3, 13, 10, tzinfo=UTC)
RECIPES = {OBJECTS: "o"}


def taken(
    owner: Owner,
    on: str = "2024-01-01",
    *,
    of: tuple[Person, ...] = (),
    looks: Array | None = None,
    **values: Any,
) -> Photo:
    """A photo of that day, and of these people."""
    dated_at = datetime.fromisoformat(on).replace(tzinfo=UTC)
    photo = make_photo(owner=owner, dated_at=dated_at, **values)
    for number, person in enumerate(of):
        show(photo, person, x=float(10 + 100 * number))
    if looks is not None:
        make_image_vector(photo, looks)
    return photo


def library(owner: Owner, words: Mapping[str, Array] | None = None) -> Library:
    """In which these words mean these vectors, and others nothing."""

    def meaning(text: str, language: str) -> Meaning | None:
        vector = (words or {}).get(text)
        space = space_of(IMAGES, ImageVector)
        return None if vector is None else Meaning(space, vector, Scale.of(IMAGES), lift=0.0)

    return Library(owner, RECIPES, meaning)


def ask(owner: Owner, q: str = "", words: Mapping[str, Array] | None = None, **given: Any) -> Found:
    cursor = given.pop("cursor", "")
    return find(library(owner, words), asked(owner, q, **given), cursor)


def asked(owner: Owner, q: str = "", **given: Any) -> Asked:
    return asked_of(owner, {"limit": 50, "min_confidence": 0.0, **given, "q": q}, now=NOW)


def found(
    owner: Owner, q: str = "", words: Mapping[str, Array] | None = None, **given: Any
) -> list[int]:
    """The photos, in their order."""
    return list(ask(owner, q, words, **given).photos)
