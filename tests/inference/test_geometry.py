"""Boxes, letterboxes and alignment: what must hold for all of them."""

import tracemalloc

import numpy as np
import pytest

from inference.arrays import RGB, Array
from inference.geometry import (
    CROP_SIDE,
    GREY,
    MAX_RATIO,
    TEMPLATE,
    Box,
    Fit,
    align,
    fitted,
    letterbox,
    nms,
    overlaps,
    similarity,
)
from tests.pictures import noise

SIZES = [(640, 640), (4000, 3000), (333, 500), (64, 48), (1, 1), (2000, 1), (1, 2000), (641, 639)]


def turned(points: Array, *, degrees: float, scale: float, move: tuple[float, float]) -> Array:
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray(points @ turn.T * scale + move)


def turn(picture: RGB, *, upright: bool) -> RGB:
    """A picture that lies, or the same standing on its end."""
    return picture.transpose(1, 0, 2).copy() if upright else picture


def moved(x: float, y: float) -> Array:
    """The landmarks of a face whose crop begins at `x`, `y`."""
    return np.asarray(TEMPLATE + np.array([x, y]))


def applied(matrix: Array, points: Array) -> Array:
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2])


def gradient(width: int, height: int) -> Array:
    """A picture without edges: pixels between pixels have values in between."""
    across = np.linspace(0, 200, width)[None, :, None]
    down = np.linspace(0, 200, height)[:, None, None]
    return np.broadcast_to(
        np.concatenate([across + 0 * down, 0 * across + down, (across + down) / 2], axis=2),
        (height, width, 3),
    ).astype(np.uint8)


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


class TestSimilarity:
    @pytest.mark.parametrize("degrees", [0, 30, 90, 180, -135])
    @pytest.mark.parametrize("scale", [0.01, 1, 40])
    def test_finds_how_points_were_turned_scaled_and_moved(
        self, degrees: float, scale: float
    ) -> None:
        points = turned(TEMPLATE, degrees=degrees, scale=scale, move=(300, -20))

        matrix = similarity(points, TEMPLATE)

        np.testing.assert_allclose(applied(matrix, points), TEMPLATE, atol=1e-6 * max(1, 1 / scale))

    @pytest.mark.parametrize("seed", range(5))
    def test_is_the_least_squares_solution(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        points, target = random.uniform(0, 100, (5, 2)), random.uniform(0, 100, (5, 2))
        x, y, one, zero = points[:, 0], points[:, 1], np.ones(5), np.zeros(5)
        rows = [np.stack([x, -y, one, zero], 1), np.stack([y, x, zero, one], 1)]
        (a, b, c, d), *_ = np.linalg.lstsq(np.concatenate(rows), target.T.ravel())

        matrix = similarity(points, target)

        np.testing.assert_allclose(matrix, [[a, -b, c], [b, a, d]], atol=1e-9)

    def test_never_mirrors(self) -> None:
        matrix = similarity(TEMPLATE * [-1, 1], TEMPLATE)

        assert np.linalg.det(matrix[:, :2]) >= 0

    def test_of_points_that_are_one_moves_them_only(self) -> None:
        matrix = similarity(np.full((5, 2), 7.0), TEMPLATE)

        assert matrix[:, :2].tolist() == [[1, 0], [0, 1]]
        np.testing.assert_allclose(applied(matrix, np.full(2, 7.0)), TEMPLATE.mean(axis=0), 1e-6)


class TestAlign:
    def test_leaves_an_aligned_face_as_it_is(self) -> None:
        crop = noise(width=CROP_SIDE, height=CROP_SIDE)

        assert (align(crop, TEMPLATE) == crop).all()

    def test_cuts_a_face_out_of_a_large_picture(self) -> None:
        picture = np.zeros((3000, 4000, 3), np.uint8)
        crop = noise(width=CROP_SIDE, height=CROP_SIDE)
        picture[1000 : 1000 + CROP_SIDE, 2000 : 2000 + CROP_SIDE] = crop

        assert (align(picture, moved(2000, 1000)) == crop).all()

    @pytest.mark.parametrize("degrees", [0, 90, 180, 270])
    def test_gives_the_same_face_of_a_turned_picture(self, degrees: int) -> None:
        picture = gradient(300, 300)
        landmarks = moved(90, 80)
        middle = np.full(2, 149.5)
        points = turned(landmarks - middle, degrees=-degrees, scale=1, move=(149.5, 149.5))

        crop = align(np.rot90(picture, degrees // 90).copy(), points)

        np.testing.assert_allclose(crop.astype(int), align(picture, landmarks).astype(int), atol=2)

    @pytest.mark.parametrize("scale", [0.5, 2, 8])
    def test_gives_the_same_face_of_a_scaled_picture(self, scale: float) -> None:
        side = 300
        landmarks = moved(90, 80)
        large = gradient(round(side * scale), round(side * scale))

        crop = align(large, landmarks * scale)

        wanted = align(gradient(side, side), landmarks)
        np.testing.assert_allclose(crop.astype(int), wanted.astype(int), atol=2)

    def test_is_black_where_the_picture_has_nothing(self) -> None:
        crop = align(np.full((40, 40, 3), 255, np.uint8), moved(5000, 5000))

        assert not crop.any()

    def test_gives_the_asked_size(self) -> None:
        assert align(noise(), TEMPLATE, size=64).shape == (64, 64, 3)
