"""Tagging with a vocabulary of a few words."""

from typing import Any

import numpy as np

from photos.models import Photo
from photos.operations import Place
from search.tags import TagPhoto
from search.vocabulary import Vocabulary
from tests.factories import unit
from tests.search.factories import FakeImageEncoder, FakeTextEncoder

MODELS = "image_encoder.fake.1+text_encoder.fake.1"
WORDS = {"a photo of a beach": unit(1), "people in suits": unit(0, 1), "a handshake": unit(0, 0, 1)}
PIXELS = np.zeros((8, 8, 3), np.uint8)


def by(vocabulary: Vocabulary, **values: Any) -> TagPhoto:
    """The operation with this vocabulary."""
    fakes: dict[str, Any] = {"images": FakeImageEncoder(), "texts": FakeTextEncoder(WORDS)}
    recipe = f"{MODELS}+{vocabulary.digest}"
    return TagPhoto(**{**fakes, "vocabulary": vocabulary, "recipe": recipe} | values)


def do(operation: TagPhoto, photo: Photo) -> None:
    """As the pipeline does it."""
    place = Place(photo.owner, "folder")
    operation.look(PIXELS).keep(place)(photo)


def tags_of(photo: Photo) -> list[tuple[str, str]]:
    """(recipe, key) of each tag."""
    return sorted(photo.tags.values_list("recipe", "key"))
