"""Boxes, letterboxes and alignment: what must hold for all of them."""

import tracemalloc

import numpy as np
import pytest

from inference.arrays import RGB
from inference.geometry import (
    GREY,
    MAX_RATIO,
    Box,
    Fit,
    fitted,
    letterbox,
    nms,
    overlaps,
)
from tests.pictures import noise

SIZES = [(640, 640), (4000, 3000), (333, 500), (64, 48), (1, 1), (2000, 1), (1, 2000), (641, 639)]


def turn(picture: RGB, *, upright: bool) -> RGB:
    """A picture that lies, or the same standing on its end."""
    return picture.transpose(1, 0, 2).copy() if upright else picture


class TestBox:
    def test_knows_its_edges_and_area(self) -> None:
        box = Box(10, 20, 30, 40)

        assert (box.right, box.bottom, box.area) == (40, 60, 1200)

    def test_comes_from_a_detectors_row_as_plain_numbers(self) -> None:
        box = Box.from_array(np.array([1, 2, 3, 4], np.float32))

        assert box == Box(1, 2, 3, 4)
        assert {type(edge) for edge in (box.x, box.y, box.width, box.height)} == {float}

    def test_between_edges_in_the_wrong_order_has_no_area(self) -> None:
        assert Box.between(5, 5, 3, 9).area == 0

    @pytest.mark.parametrize(
        ("box", "inside"),
        [
            (Box(10, 10, 20, 20), Box(10, 10, 20, 20)),
            (Box(-5, -6, 20, 20), Box(0, 0, 15, 14)),
            (Box(90, 40, 20, 20), Box(90, 40, 10, 10)),
            (Box(-10, -10, 500, 500), Box(0, 0, 100, 50)),
        ],
    )
    def test_is_clipped_to_a_picture(self, box: Box, inside: Box) -> None:
        assert box.clipped(100, 50) == inside

    @pytest.mark.parametrize("box", [Box(-30, 0, 20, 20), Box(120, 0, 20, 20), Box(0, 60, 9, 9)])
    def test_outside_a_picture_has_no_area_in_it(self, box: Box) -> None:
        assert box.clipped(100, 50).area == 0

    def test_is_moved_and_scaled(self) -> None:
        assert Box(1, 2, 3, 4).moved(10, 20).scaled(2, 0.5) == Box(22, 11, 6, 2)

    @pytest.mark.parametrize(
        ("other", "iou"),
        [
            (Box(0, 0, 10, 10), 1.0),
            (Box(5, 0, 10, 10), 1 / 3),
            (Box(2, 2, 5, 5), 0.25),
            (Box(10, 0, 10, 10), 0.0),
            (Box(50, 50, 10, 10), 0.0),
            (Box(3, 3, 0, 0), 0.0),
        ],
    )
    def test_overlaps_another_one(self, other: Box, iou: float) -> None:
        box = Box(0, 0, 10, 10)

        assert box.iou(other) == pytest.approx(iou)
        assert other.iou(box) == pytest.approx(iou)

    def test_without_area_does_not_overlap_itself(self) -> None:
        assert Box(3, 3, 0, 0).iou(Box(3, 3, 0, 0)) == 0


class TestOverlaps:
    def test_compares_each_with_each(self) -> None:
        boxes = [Box(0, 0, 10, 10), Box(5, 0, 10, 10), Box(90, 90, 1, 1)]
        others = [Box(0, 0, 10, 10), Box(90, 90, 1, 1)]

        assert overlaps(boxes, others).tolist() == [[1, 0], [pytest.approx(1 / 3), 0], [0, 1]]

    def test_of_nothing_is_empty(self) -> None:
        assert overlaps([], [Box(0, 0, 1, 1)]).shape == (0, 1)


class TestNms:
    def test_keeps_the_best_of_those_that_overlap(self) -> None:
        boxes = [Box(0, 0, 10, 10), Box(1, 0, 10, 10), Box(50, 0, 10, 10)]

        assert nms(boxes, np.array([0.7, 0.9, 0.8]), max_iou=0.3) == [1, 2]

    def test_lets_a_dropped_box_drop_nothing(self) -> None:
        first, second, third = Box(0, 0, 10, 10), Box(4, 0, 10, 10), Box(8, 0, 10, 10)

        assert nms([first, second, third], np.array([0.9, 0.8, 0.7]), max_iou=0.3) == [0, 2]

    def test_keeps_what_overlaps_no_more_than_allowed(self) -> None:
        boxes = [Box(0, 0, 10, 10), Box(5, 0, 10, 10)]

        assert nms(boxes, np.array([0.9, 0.8]), max_iou=0.34) == [0, 1]

    def test_keeps_the_first_of_equals(self) -> None:
        assert nms([Box(0, 0, 9, 9)] * 3, np.full(3, 0.5), max_iou=0.3) == [0]

    def test_of_nothing_keeps_nothing(self) -> None:
        assert nms([], np.empty(0), max_iou=0.3) == []

    def test_keeps_boxes_of_which_none_overlaps_another(self) -> None:
        random = np.random.default_rng(3)
        boxes = [Box(*row) for row in random.uniform(1, 60, (200, 4)).tolist()]

        kept = nms(boxes, random.uniform(size=200), max_iou=0.3)

        among = overlaps([boxes[row] for row in kept], [boxes[row] for row in kept])
        assert np.triu(among, 1).max() <= 0.3


class TestLetterbox:
    @pytest.mark.parametrize(("width", "height"), SIZES)
    def test_is_undone_for_points(self, width: int, height: int) -> None:
        points = np.array([[0, 0], [width, height], [width / 3, height / 5]])

        square, fit = letterbox(np.zeros((height, width, 3), np.uint8), 640)
        inside = points * [fit.scale_x, fit.scale_y] + [fit.left, fit.top]

        assert square.shape == (640, 640, 3)
        assert square.dtype == np.uint8
        assert ((inside >= 0) & (inside <= 640)).all()
        np.testing.assert_allclose(fit.to_photo(inside), points, rtol=1e-3, atol=1e-3)

    @pytest.mark.parametrize(("width", "height"), SIZES)
    def test_is_undone_for_boxes(self, width: int, height: int) -> None:
        _, fit = letterbox(np.zeros((height, width, 3), np.uint8), 640)
        whole = Box(0, 0, width, height).scaled(fit.scale_x, fit.scale_y).moved(fit.left, fit.top)

        back = fit.box_to_photo(whole)

        found = [back.x, back.y, back.width, back.height]
        np.testing.assert_allclose(found, [0, 0, width, height], rtol=1e-3, atol=1e-3)

    def test_keeps_a_picture_that_fits_as_it_is(self) -> None:
        picture = noise(width=640, height=640)

        square, _ = letterbox(picture, 640)

        assert (square == picture).all()

    def test_fills_the_rest_with_grey(self) -> None:
        square, _ = letterbox(np.zeros((100, 200, 3), np.uint8), 640)

        rows = square.reshape(640, -1)
        assert (rows[:160] == GREY).all()
        assert (rows[160:480] == 0).all()
        assert (rows[480:] == GREY).all()

    def test_leaves_the_picture_alone(self) -> None:
        picture = noise()
        before = picture.copy()

        letterbox(picture, 640)

        assert (picture == before).all()


class TestCropped:
    """Only the middle of a photo is looked at, in the size that the model wants."""

    @pytest.mark.parametrize(("width", "height"), [*SIZES, (9001, 7), (7, 9001)])
    def test_is_undone_for_the_middle(self, width: int, height: int) -> None:
        picture = np.zeros((height, width, 3), np.uint8)

        square, fit = fitted(picture, 224, 224, Fit.CROP)

        assert square.shape == (224, 224, 3)
        assert 1 / fit.scale_x == pytest.approx(min(width, height) / 224, rel=0.01)
        middle = fit.to_photo(np.array([112, 112]))
        tolerance = max(1, 1 / fit.scale_x)  # a pixel, of the larger of the two
        np.testing.assert_allclose(middle, [width / 2, height / 2], rtol=0, atol=tolerance)

    @pytest.mark.parametrize("upright", [False, True])
    def test_shows_the_same_however_long_the_photo_is(self, *, upright: bool) -> None:
        middle = noise(width=8 * MAX_RATIO, height=8)
        dark = np.zeros((8, 4000, 3), np.uint8)
        long = np.concatenate([dark, middle, dark], axis=1)

        seen = [
            fitted(turn(each, upright=upright), 224, 224, Fit.CROP)[0] for each in (middle, long)
        ]

        assert (seen[0] == seen[1]).all()

    @pytest.mark.parametrize("upright", [False, True])
    def test_takes_no_more_memory_for_a_longer_photo(self, *, upright: bool) -> None:
        long = turn(np.zeros((8, 8 * 1000, 3), np.uint8), upright=upright)

        tracemalloc.start()
        fitted(long, 224, 224, Fit.CROP)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

        assert peak < 2 * MAX_RATIO * 224 * 224 * 3
