"""What the export knows of a kind of model: how it is read, rewritten, and what is right."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto

Array = NDArray[np.generic]
Answers = Mapping[str, Array]
VARIES = -1  # a size that is another one from request to request


@dataclass(frozen=True)
class Tensor:
    """An input or output, as a request of one item has it: `shape` is without the batch."""

    name: str
    dtype: type[np.generic]
    shape: tuple[int, ...]  # VARIES where it does


def each_row(answers: Answers) -> list[Answers]:
    """One answer an item, as of models that say one thing of each: rows of one."""
    count = len(next(iter(answers.values())))
    return [{name: rows[item][None] for name, rows in answers.items()} for item in range(count)]


@dataclass(frozen=True)
class Converted:
    """A model that is fit to be served, and what it is measured against.

    `original`: what is right for one item, by the published model itself, its own library or
    plain numpy; one row a face, a word, and the like. `served`: the same, item by item, from the
    outputs of `model` on a batch. `samples`: real inputs, three at least: name -> (n, *shape).
    """

    model: ModelProto
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    original: Callable[[Answers], Answers]
    samples: Answers
    served: Callable[[Answers], list[Answers]] = each_row
    parameters: Mapping[str, str] = field(default_factory=dict)  # what a client must know
    beside: Mapping[str, bytes] = field(default_factory=dict)  # files beside model.onnx


class Kind(Protocol):
    """A family of models that are read, rewritten and judged alike. Its repr names its settings."""

    def convert(self, files: Mapping[str, Path], photos: "Photos") -> Converted:
        """From the files of the row's weights, by their names there.

        Raises:
            ExportError: they are not what this kind takes.
        """


class Photos(Protocol):
    """The real photos that samples are cut from."""

    def file(self, name: str) -> Path:
        """A photo that rides in a package, by its file name: see local/photos.py."""
