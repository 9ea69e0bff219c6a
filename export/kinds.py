"""What the export knows of a kind of model: its tensors, its rewriting, and what is right."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto
from PIL import Image

Array = NDArray[np.generic]
Answers = Mapping[str, Array]
Run = Callable[[Array], Answers]  # a batch of images -> outputs by name


@dataclass(frozen=True)
class Tensor:
    """An input or output, as a request of one item has it: `shape` is without the batch."""

    name: str
    dtype: type[np.generic]
    shape: tuple[int, ...]


class Kind(Protocol):
    """A family of models that are rewritten, run and judged alike."""

    @property
    def inputs(self) -> tuple[Tensor, ...]: ...

    @property
    def outputs(self) -> tuple[Tensor, ...]: ...

    @property
    def parameters(self) -> Mapping[str, str]:
        """What a client must know beside the space of the model."""

    def rewrite(self, net: ModelProto, name: str) -> ModelProto:
        """The model that is served, around the published `net`."""

    def original(self, run: Run, image: Array) -> Answers:
        """What is right for `image`: the published net `run`, with the rest in plain numpy.

        One row a face, and the like; the same for `served`.
        """

    def served(self, answers: Answers) -> list[Answers]:
        """What a client makes of the served model's answers, image by image."""

    def samples(self, photo: Image.Image) -> Array:
        """Inputs cut from a real photo, at least three of them."""
