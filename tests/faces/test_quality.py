"""How well a face can be recognised."""

import cv2
import numpy as np
import pytest

from faces.quality import CORE_QUALITY, Quality, Reason, quality
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

    def test_of_a_good_face_has_no_reasons(self) -> None:
        assert measure().reasons == []

    def test_names_all_that_is_bad(self) -> None:
        blurred = np.full((112, 112, 3), 128, np.uint8)

        found = measure(crop=blurred, side=20, landmarks=PROFILE, confidence=0.55).reasons

        assert found == [Reason.SMALL, Reason.BLURRED, Reason.TURNED, Reason.UNCERTAIN]

    @pytest.mark.parametrize(
        ("poor", "reason"),
        [
            (Quality(0.4, 1, 1, 1), "small"),
            (Quality(1, 0.4, 1, 1), "blurred"),
            (Quality(1, 1, 0.4, 1), "turned"),
            (Quality(1, 1, 1, 0.6), "uncertain"),
        ],
    )
    def test_names_what_alone_is_bad(self, poor: Quality, reason: str) -> None:
        assert poor.reasons == [reason]

    def test_has_a_reason_wherever_it_is_too_low_for_a_core(self) -> None:
        parts = np.random.default_rng(1).uniform(size=(1000, 4)).tolist()
        low = [each for each in (Quality(*row) for row in parts) if each.value < CORE_QUALITY]

        assert len(low) > 100
        assert all(each.reasons for each in low)

    def test_one_bad_property_can_not_be_made_up_for(self) -> None:
        assert measure(confidence=0).value < CORE_QUALITY
