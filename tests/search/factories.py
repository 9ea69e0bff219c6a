"""A small vocabulary, and encoders whose vectors a test chooses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from inference.arrays import RGB, Array
from inference.identity import ModelIdentity
from photos.models import Analysis, Photo
from photos.operations import TAGS
from photos.services import space_of
from search.models import ImageVector
from search.vocabulary import Vocabulary, load
from tests.factories import DIMENSION, make_photo, unit

IMAGES = ModelIdentity(
    role="image_encoder",
    space="image_encoder:fake:1",
    weights_sha256="1" * 64,
    version="1",
    parameters={
        "dimension": str(DIMENSION),
        "joint_space": "fake:1",
        "languages": "en",
        "tag_cosine": "0.5",
        "tag_scale": "10",
    },
    shapes={"image": (32, 32, 3)},
)
TEXTS = replace(
    IMAGES,
    role="text_encoder",
    space="text_encoder:fake:1",
    parameters={"dimension": str(DIMENSION), "joint_space": "fake:1"},
    shapes={"input_ids": (-1,), "attention_mask": (-1,)},
)

ENGLISH: Mapping[str, Any] = {
    "tags": {
        "beach": {
            "word": "beach",
            "scene": "at the beach",
            "subject": "a beach",
            "prompts": ["a photo of a beach"],
        },
        "formal": {"word": "formal", "prompts": ["people in suits"]},
    },
    "contexts": {"shaking_hands": {"word": "shaking hands", "prompts": ["a handshake"]}},
    "objects": {
        "person": {"one": "a person", "many": "{count} people"},
        "cat": {"one": "a cat", "many": "{count} cats"},
    },
    "people": {"one": "1 person", "many": "{count} people"},
    "sentence": {
        "numbers": ["one", "two", "three"],
        "separator": ", ",
        "pair": " and ",
        "last": " and ",
        "people": "{people}.",
        "people_things": "{people} with {things}.",
        "people_scene": "{people} {scene}.",
        "people_things_scene": "{people} {scene}, with {things}.",
        "things": "{things}.",
        "things_scene": "{things} {scene}.",
        "subject": "A photo of {subject}.",
        "scene": "A photo taken {scene}.",
        "nothing": "A photo.",
        "text": "Text: “{text}”.",
    },
}


def write(folder: Path, name: str, content: object) -> None:
    """A file of the vocabulary: text as it is, anything else as YAML."""
    text = content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True)
    (folder / name).write_text(text, encoding="utf-8")


def changed(*path: str, to: object, of: Mapping[str, Any] = ENGLISH) -> dict[str, Any]:
    """The content `of` a file with something else at `path`; None takes it away."""
    name, *rest = path
    value = changed(*rest, to=to, of=of.get(name, {})) if rest else to
    return {key: each for key, each in {**of, name: value}.items() if each is not None}


def make_vocabulary(folder: Path, **languages: object) -> Vocabulary:
    """That of files with this content, each named after its language: English if none is."""
    for language, content in (languages or {"en": ENGLISH}).items():
        write(folder, f"{language}.yaml", content)
    return load(folder)


@dataclass
class FakeImageEncoder:
    identity: ModelIdentity = IMAGES

    def encode(self, image: RGB) -> Array:
        return unit(1)


@dataclass
class FakeTextEncoder:
    """Texts mean what it was told; all others something of their own."""

    vectors: Mapping[str, Array] = field(default_factory=dict)
    identity: ModelIdentity = TEXTS
    calls: list[Sequence[str]] = field(default_factory=list)

    def encode(self, texts: Sequence[str]) -> Array:
        self.calls.append(texts)
        nothing = unit(*[0] * (DIMENSION - 1), 1)
        return np.stack([self.vectors.get(text, nothing) for text in texts])


def make_image_vector(photo: Photo, vector: Array, identity: ModelIdentity = IMAGES) -> ImageVector:
    space = space_of(identity, ImageVector)
    return ImageVector.objects.create(
        photo=photo, owner=photo.owner, space=space, vector=vector.tolist()
    )


def make_tagged_photo(vector: Array, recipe: str, **values: Any) -> Photo:
    """A photo with a vector, which was tagged by `recipe` once."""
    photo = make_photo(**values)
    make_image_vector(photo, vector)
    Analysis.objects.create(photo=photo, operation=TAGS, recipe=recipe)
    return photo
