"""What a model takes and gives, as its `config.pbtxt` has it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from inference.arrays import Array

ANY = -1  # a size that each model of the role decides for itself


class TensorMismatch(ValueError):
    """An array is not what its tensor promises."""


@dataclass(frozen=True)
class TensorSpec:
    """One input or output. `shape` is that of one item: the batch comes before it."""

    name: str
    dtype: type[np.generic]
    shape: tuple[int, ...]

    def check(self, array: Array, *, batch: int) -> Array:
        """`array`, which is a batch of `batch` items of this tensor, finite throughout.

        Raises:
            TensorMismatch: it is not.
        """
        if array.dtype != self.dtype:
            raise TensorMismatch(f"{self.name} is {array.dtype}, not {np.dtype(self.dtype)}")
        if not self._fits(array.shape, batch):
            raise TensorMismatch(f"{self.name} has shape {array.shape}, not {(batch, *self.shape)}")
        if np.issubdtype(self.dtype, np.floating) and not np.isfinite(array).all():
            raise TensorMismatch(f"{self.name} holds values that are not finite")
        return array

    def _fits(self, shape: tuple[int, ...], batch: int) -> bool:
        wanted = (batch, *self.shape)
        return len(shape) == len(wanted) and all(
            want in (ANY, size) for want, size in zip(wanted, shape, strict=True)
        )


@dataclass(frozen=True)
class ModelSpec:
    """A model by its name at the server, its tensors, and how much fits into one call.

    The specs of `roles.py` have the name of their role; `at()` gives them that of a model.
    """

    name: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    max_batch: int = 1  # every server accepts at least this

    def at(self, name: str) -> "ModelSpec":
        """The same, of the model that the server knows by `name`."""
        return replace(self, name=name)

    def batch_of(self, arrays: Mapping[str, Array]) -> int:
        """How many items `arrays` hold, which are a valid input of this model.

        Raises:
            TensorMismatch: they are not.
        """
        names = {spec.name for spec in self.inputs}
        if arrays.keys() != names:
            raise TensorMismatch(f"it takes {sorted(names)}, not {sorted(arrays)}")
        first = arrays[self.inputs[0].name]
        batch = len(first) if first.ndim else 1
        if not 1 <= batch <= self.max_batch:
            raise TensorMismatch(f"it takes 1 to {self.max_batch} at once, not {batch}")
        for spec in self.inputs:
            spec.check(arrays[spec.name], batch=batch)
        return batch
