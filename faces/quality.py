"""How well a face can be recognised, and why not: small, blurred and turned faces mislead."""

from dataclasses import dataclass

import cv2
import numpy as np
from django.db.models import TextChoices

from inference.arrays import RGB, Array
from inference.geometry import Box

CORE_QUALITY = 0.5  # below it a face joins a cluster, but none is formed or bridged by it
_SHARP = 80.0  # variance of the Laplacian of a sharp crop of 112 pixels
_LARGE_PX = 80.0  # a face of this width has all that the embedder can use
_SMALL_PX = 16.0
# Below it there is a reason. None is less than CORE_QUALITY, so that each face below that has one.
_POOR = CORE_QUALITY
_UNSURE = 0.7  # detectors give nothing below .5; 95 of 100 faces of posed groups have more than .75


class Reason(TextChoices):
    """Why a face can't be recognised well. The codes never change."""

    SMALL = "small", "small: less than 48 pixels wide or high"
    BLURRED = "blurred", "blurred: it shows little detail"
    TURNED = "turned", "turned: it looks to the side"
    UNCERTAIN = "uncertain", "uncertain: it may be no face at all"


@dataclass(frozen=True)
class Quality:
    """What was measured; each is 0 (useless) to 1."""

    size: float
    sharpness: float
    frontality: float
    confidence: float

    @property
    def value(self) -> float:
        """0 to 1: the geometric mean, so that one bad property can't be made up for."""
        parts = np.array([self.size, self.sharpness, self.frontality, self.confidence])
        return float(np.prod(np.maximum(parts, 1e-6)) ** (1 / len(parts)))

    @property
    def reasons(self) -> list[Reason]:
        """Why it is poor: one at least where `value` is less than CORE_QUALITY."""
        holds = {
            Reason.SMALL: self.size < _POOR,
            Reason.BLURRED: self.sharpness < _POOR,
            Reason.TURNED: self.frontality < _POOR,
            Reason.UNCERTAIN: self.confidence < _UNSURE,
        }
        return [reason for reason in Reason if holds[reason]]


def quality(crop: RGB, box: Box, landmarks: Array, confidence: float) -> Quality:
    """Of a face in `box` with `landmarks` (5, 2), aligned as `crop` (112, 112, 3)."""
    size = (min(box.width, box.height) - _SMALL_PX) / (_LARGE_PX - _SMALL_PX)
    return Quality(
        size=float(np.clip(size, 0, 1)),
        sharpness=_sharpness(crop),
        frontality=_frontality(landmarks),
        confidence=float(np.clip(confidence, 0, 1)),
    )


def _sharpness(crop: RGB) -> float:
    """Source: variance of the Laplacian, Pech-Pacheco et al. 2000."""
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    return float(min(1.0, cv2.Laplacian(grey, cv2.CV_64F).var() / _SHARP))


def _frontality(landmarks: Array) -> float:
    """1 where the nose is midway between the eyes, 0 where it is beside one of them."""
    left, right, nose = landmarks[0], landmarks[1], landmarks[2]
    across = right - left
    length = float(across @ across)
    if length <= 0:
        return 0.0
    along = float((nose - left) @ across) / length
    return float(np.clip(1 - 2 * abs(along - 0.5), 0, 1))
