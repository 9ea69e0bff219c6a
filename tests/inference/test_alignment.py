"""Faces are turned upright and cut out."""

import numpy as np
import pytest

from inference.arrays import Array
from inference.geometry import (
    CROP_SIDE,
    TEMPLATE,
    align,
    similarity,
)
from tests.pictures import noise


def turned(points: Array, *, degrees: float, scale: float, move: tuple[float, float]) -> Array:
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray(points @ turn.T * scale + move)


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
