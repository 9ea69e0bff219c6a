"""Words as vectors in the space in which photos are searched."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from django.db.models import F

from inference.arrays import Array
from inference.client import Inference
from inference.encoders import TritonTextEncoder
from inference.roles import IMAGE_ENCODER, TEXT_ENCODER
from inference.tokens import FileTokens
from photos.models import ServedModel, Space
from search.errors import ForeignVectors
from search.kept import Kept

_Key = tuple[str, str]  # space, text
KEPT = Kept[_Key, Array](512)  # vectors of texts that a process remembers: a few MB


def encode(
    texts: Sequence[str], space: Space, client: Callable[[], Inference], repository: Path
) -> Array:
    """What `texts`, one at least, mean: (n, d) float32 of length 1, as photos have in `space`.

    By the text encoder that shares a space with the image encoder of `space`, whichever is active;
    one that is not loaded is loaded. The last texts are remembered by this process: the pages of
    one question ask a server once. For others a `client` is made, and asked in one call, in no
    transaction.

    Raises:
        ForeignVectors: there is no such text encoder here. The message says what to do.
        InferenceError: the model gave no answer, or a wrong one.
    """

    def encoded(missing: Sequence[_Key]) -> Mapping[_Key, Array]:
        encoder = _encoder(_served(space), client(), repository)
        vectors = encoder.encode([text for _, text in missing])
        return dict(zip(missing, vectors, strict=True))

    keys = [(space.name, text) for text in texts]
    known = KEPT.of(keys, encoded)
    return np.stack([known[key] for key in keys])


def _served(space: Space) -> str:
    """The text encoder's served name: the active one, or else the newest.

    Raises:
        ForeignVectors: there is none.
    """
    images = ServedModel.objects.filter(role=IMAGE_ENCODER.name, space=space.name)
    joint = images.values_list("manifest__parameters__joint_space", flat=True).first()
    texts = ServedModel.objects.filter(
        role=TEXT_ENCODER.name, manifest__parameters__joint_space=joint
    ).order_by(F("active_in").asc(nulls_last=True), "-pk")
    name = texts.values_list("name", flat=True).first()
    if joint is None or name is None:
        raise ForeignVectors(
            f"No text encoder here belongs to {space.name}, in which photos are searched: put the "
            "pack of its image encoder back into the model repository, both encoders of it, or "
            "wait until photos are searched in the space of another one (manage.py reembed)."
        )
    return name


def _encoder(name: str, client: Inference, repository: Path) -> TritonTextEncoder:
    tokens = _tokens(repository / name / "1" / "tokenizer.json")
    return TritonTextEncoder(client, tokens, TEXT_ENCODER.at(name))


@lru_cache(maxsize=4)
def _tokens(file: Path) -> FileTokens:
    """Read once: what lies under a model's name never changes its answers.

    Raises:
        InferenceNotReady: as FileTokens.
    """
    return FileTokens(file)
