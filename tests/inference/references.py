"""What the original models said of real photos, stored when the served ones were made."""

import json
from dataclasses import dataclass
from functools import cache

import numpy as np
from django.conf import settings

from inference.arrays import RGB, Array
from inference.spec import ModelSpec
from tests.served import FACE_DETECTOR, FACE_EMBEDDER


@dataclass(frozen=True)
class Reference:
    images: RGB  # (n, height, width, 3): what went in
    index: Array  # (rows,): which image a row of the answers belongs to
    answers: dict[str, Array]  # by output: (rows, ...)
    tolerance: dict[str, float]  # by output: how far the served model may be off

    def faces(self, image: int) -> dict[str, Array]:
        """The rows of one image."""
        return {name: rows[self.index == image] for name, rows in self.answers.items()}


def detector_reference() -> Reference:
    return _load(FACE_DETECTOR)


def embedder_reference() -> Reference:
    return _load(FACE_EMBEDDER)


@cache
def _load(model: ModelSpec) -> Reference:
    folder = settings.MODEL_REPOSITORY / model.name
    manifest = json.loads((folder / "manifest.json").read_text())
    with np.load(folder / "1" / "reference.npz", allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    return Reference(
        images=arrays.pop("image"),
        index=arrays.pop("item_index"),
        answers=arrays,
        tolerance=manifest["tolerance"],
    )
