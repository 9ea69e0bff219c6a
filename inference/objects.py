"""Finding the things in a photo."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from inference.arrays import RGB, Array
from inference.client import Inference
from inference.errors import InferenceCorrupt
from inference.geometry import Box, fitted, nms
from inference.identity import ModelIdentity
from inference.roles import OBJECT_DETECTOR
from inference.spec import ModelSpec

MIN_SCORE = 0.4
MAX_IOU = 0.6  # of two things of one class
_MIN_SIDE_PX = 1  # less is what is left of a box outside the photo


@dataclass(frozen=True)
class SeenObject:
    """A thing of a known class. The box is pixels of the photo."""

    label: str
    box: Box
    score: float  # 0 to 1


class ObjectDetector(Protocol):
    @property
    def identity(self) -> ModelIdentity: ...

    def detect(self, image: RGB) -> list[SeenObject]:
        """The things in `image`, best first, in its own pixels."""
        ...


@dataclass(frozen=True)
class TritonObjectDetector:
    """Fits a photo as the model wants it, asks the server once, drops what overlaps its like."""

    client: Inference
    model: ModelSpec = OBJECT_DETECTOR
    min_score: float = MIN_SCORE
    max_iou: float = MAX_IOU

    @cached_property
    def identity(self) -> ModelIdentity:
        return self.client.identity(self.model)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        return self.identity.labels()

    def detect(self, image: RGB) -> list[SeenObject]:
        """As promised by ObjectDetector. One call.

        Raises:
            InferenceError: as the client's infer(); InferenceCorrupt: a class without a name.
        """
        height, width, _ = self.identity.shapes["image"]
        pixels, fit = fitted(image, height, width, self.identity.fit)
        answer = self.client.infer(self.model, image=pixels[None])
        boxes, scores, classes = (answer[spec.name][0] for spec in self.model.outputs)
        rows = np.flatnonzero(scores >= self.min_score)
        places = (fit.box_to_photo(Box.from_array(boxes[row])) for row in rows)
        seen = [
            SeenObject(self._label(int(classes[row])), place, float(scores[row]))
            for row, place in zip(rows, _clipped(places, image), strict=True)
            if min(place.width, place.height) >= _MIN_SIDE_PX
        ]
        return _without_doubles(seen, self.max_iou)

    def _label(self, number: int) -> str:
        if not 0 <= number < len(self.labels):
            raise InferenceCorrupt(f"{self.model.name}: a class {number}, which has no name")
        return self.labels[number]


def _clipped(places: Iterable[Box], image: RGB) -> list[Box]:
    height, width = image.shape[:2]
    return [place.clipped(width, height) for place in places]


def _without_doubles(seen: list[SeenObject], max_iou: float) -> list[SeenObject]:
    """Best first; of two that overlap and are of one class, the better one."""
    kept = [
        one
        for label in {each.label for each in seen}
        for one in _apart([each for each in seen if each.label == label], max_iou)
    ]
    return sorted(kept, key=lambda each: (-each.score, each.label))


def _apart(alike: list[SeenObject], max_iou: float) -> list[SeenObject]:
    scores: Array = np.array([each.score for each in alike])
    return [alike[row] for row in nms([each.box for each in alike], scores, max_iou=max_iou)]
