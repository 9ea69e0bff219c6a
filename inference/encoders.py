"""Photos and words in one space: vectors that are near where they mean the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from inference.arrays import RGB, Array
from inference.client import Inference
from inference.errors import InferenceCorrupt
from inference.geometry import fitted
from inference.identity import ModelIdentity
from inference.roles import IMAGE_ENCODER, TEXT_ENCODER
from inference.spec import ANY, ModelSpec

_LENGTH_TOLERANCE = 0.01  # of a vector: half precision on a GPU


class ImageEncoder(Protocol):
    @property
    def identity(self) -> ModelIdentity: ...

    def encode(self, image: RGB) -> Array:
        """What the whole of `image` looks like: (d,) float32 of length 1."""
        ...


class TextEncoder(Protocol):
    @property
    def identity(self) -> ModelIdentity: ...

    def encode(self, texts: Sequence[str]) -> Array:
        """What `texts` mean: (n, d) float32, each of length 1."""
        ...


class Tokens(Protocol):
    def encode(self, texts: Sequence[str]) -> tuple[Array, Array]:
        """Ids of tokens, and 1 where there is one: both (n, length) int64."""
        ...


@dataclass(frozen=True)
class TritonImageEncoder:
    client: Inference
    model: ModelSpec = IMAGE_ENCODER

    @cached_property
    def identity(self) -> ModelIdentity:
        return self.client.identity(self.model)

    def encode(self, image: RGB) -> Array:
        """As promised by ImageEncoder. One call.

        Raises:
            InferenceError: as the client's infer(); InferenceCorrupt: not such a vector.
        """
        height, width, _ = self.identity.shapes["image"]
        pixels, _ = fitted(image, height, width, self.identity.fit)
        rows = self.client.infer(self.model, image=pixels[None])["embedding"]
        vector: Array = _checked(rows, self.model, self.identity)[0]
        return vector


@dataclass(frozen=True)
class TritonTextEncoder:
    """Texts of one call are filled up to the longest, or to the length that the model fixes."""

    client: Inference
    tokens: Tokens
    model: ModelSpec = TEXT_ENCODER

    @cached_property
    def identity(self) -> ModelIdentity:
        return self.client.identity(self.model)

    def encode(self, texts: Sequence[str]) -> Array:
        """As promised by TextEncoder. One call for up to 32 texts.

        Raises:
            InferenceError: as the client's infer(); InferenceCorrupt: not such vectors.
        """
        most = self.model.max_batch
        parts = [self._encode(texts[start : start + most]) for start in range(0, len(texts), most)]
        return np.concatenate([np.empty((0, self.identity.dimension), np.float32), *parts])

    def _encode(self, texts: Sequence[str]) -> Array:
        ids, mask = self.tokens.encode(texts)
        (length,) = self.identity.shapes["input_ids"]
        missing = 0 if length == ANY else length - ids.shape[1]
        ids, mask = (np.pad(each, ((0, 0), (0, missing))) for each in (ids, mask))
        rows = self.client.infer(self.model, input_ids=ids, attention_mask=mask)["embedding"]
        return _checked(rows, self.model, self.identity)


def _checked(rows: Array, model: ModelSpec, identity: ModelIdentity) -> Array:
    if rows.shape[1] != identity.dimension:
        raise InferenceCorrupt(f"{model.name}: vectors of {rows.shape[1]} numbers")
    if np.abs(np.linalg.norm(rows, axis=1) - 1).max() > _LENGTH_TOLERANCE:
        raise InferenceCorrupt(f"{model.name}: vectors that are not of length 1")
    return rows
