"""How well a face can be recognised."""

import cv2
import numpy as np

from faces.quality import CORE_QUALITY, Quality, quality
from inference.arrays import RGB, Array
from inference.geometry import Box
from tests.pictures import noise

SHARP = noise(width=112, height=112)
FRONTAL = np.array([[30, 40], [80, 40], [55, 70], [35, 90], [75, 90]], np.float32)
PROFILE = np.array([[30, 40], [80, 40], [80, 70], [60, 90], [78, 90]], np.float32)


def measure(
    *, crop: RGB = SHARP, side: float = 120, landmarks: Array = FRONTAL, confidence: float = 1
) -> Quality:
    return quality(crop, Box(0, 0, side, side), landmarks, confidence)


class TestQuality:
    def test_of_a_large_sharp_frontal_face_is_one(self) -> None:
        assert measure().value == 1

    def test_of_a_tiny_face_is_too_low_for_a_core(self) -> None:
        assert measure(side=18).value < CORE_QUALITY

    def test_falls_with_blur(self) -> None:
        blurred = np.asarray(cv2.GaussianBlur(SHARP, (0, 0), 9), np.uint8)

        assert measure(crop=blurred).sharpness < 0.2

    def test_falls_when_the_face_turns_away(self) -> None:
        assert (measure().frontality, measure(landmarks=PROFILE).frontality) == (1, 0)

    def test_of_eyes_in_one_place_is_nothing(self) -> None:
        assert measure(landmarks=np.zeros((5, 2), np.float32)).frontality == 0

    def test_one_bad_property_can_not_be_made_up_for(self) -> None:
        assert measure(confidence=0).value < CORE_QUALITY
