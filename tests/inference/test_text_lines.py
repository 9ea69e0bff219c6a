"""Lines of text as shapes."""

import cv2
import numpy as np
import pytest

from inference.arrays import Array
from inference.text_lines import (
    GREY,
    MAX_WIDTH_PX,
    crop,
    find_quads,
    fitted,
    reading_order,
    size,
    strip,
    strip_width,
)
from tests.pictures import noise

CORE = (300, 200, 100, 20)  # middle, width and height of a line's core in the map
GROWN_BY = 1.6 * 100 * 20 / 240  # area by perimeter
TIES_PX = 1.5  # of a map of whole pixels


def a_map(
    *lines: tuple[int, ...], degrees: float = 0, level: int = 255, height: int = 400
) -> Array:
    """A map of 600 pixels width, with cores of lines: middle x, y, width, height."""
    found = np.zeros((height, 600), np.uint8)
    y, x = np.indices(found.shape) + 0.5
    turn = np.exp(-1j * np.radians(degrees))
    for middle_x, middle_y, across, down in lines:
        along = ((x - middle_x) + 1j * (y - middle_y)) * turn
        found[(abs(along.real) < across / 2) & (abs(along.imag) < down / 2)] = level
    return found


def quad(left: float, top: float, width: float = 40, height: float = 10) -> Array:
    right, bottom = left + width, top + height
    corners = [[left, top], [right, top], [right, bottom], [left, bottom]]
    return np.array(corners, np.float32)


class TestFitted:
    @pytest.mark.parametrize(
        ("width", "height", "wanted"),
        [
            (4000, 3000, (704, 960)),
            (3000, 4000, (960, 704)),
            (64, 48, (704, 960)),
            (1, 1, (960, 960)),
            (5000, 20, (32, 960)),
        ],
    )
    def test_gives_sides_that_the_detector_takes(
        self, width: int, height: int, wanted: tuple[int, int]
    ) -> None:
        picture = np.zeros((height, width, 3), np.uint8)

        assert fitted(picture, 960).shape == (*wanted, 3)

    def test_keeps_a_picture_that_fits_as_it_is(self) -> None:
        picture = noise(width=960, height=704)

        assert (fitted(picture, 960) == picture).all()


class TestFindQuads:
    def test_finds_a_line_around_its_core(self) -> None:
        [found] = find_quads(a_map(CORE), 600, 400)

        x, y, width, height = CORE
        left, top = x - width / 2 - GROWN_BY, y - height / 2 - GROWN_BY
        wanted = quad(left, top, width + 2 * GROWN_BY, height + 2 * GROWN_BY)
        np.testing.assert_allclose(found, wanted, atol=TIES_PX)
        assert found.dtype == np.float32

    @pytest.mark.parametrize("degrees", [-30, -5, 5, 30])
    def test_finds_a_line_that_is_turned(self, degrees: float) -> None:
        [found] = find_quads(a_map(CORE, degrees=degrees), 600, 400)

        x, y, width, height = CORE
        grown = (width + 2 * GROWN_BY, height + 2 * GROWN_BY)
        corners = cv2.boxPoints(((x, y), grown, degrees))
        from_top_left = corners[[1, 2, 3, 0]]
        np.testing.assert_allclose(found, from_top_left, atol=2 * TIES_PX)

    def test_gives_pixels_of_the_photo(self) -> None:
        [in_map] = find_quads(a_map(CORE), 600, 400)
        [in_photo] = find_quads(a_map(CORE), 3000, 1200)

        np.testing.assert_allclose(in_photo, in_map * [5, 3], rtol=1e-5)

    def test_stays_in_the_photo(self) -> None:
        [found] = find_quads(a_map((20, 395, 100, 20)), 600, 400)

        assert found.min(axis=0)[0] == 0
        assert found.max(axis=0)[1] == 399

    def test_takes_a_line_that_stands_for_one_that_runs_downwards(self) -> None:
        [found] = find_quads(a_map((300, 200, 20, 100)), 600, 400)

        upper_right = [300 + 10 + GROWN_BY, 200 - 50 - GROWN_BY]
        np.testing.assert_allclose(found[0], upper_right, atol=TIES_PX)
        assert size(found)[0] > size(found)[1]

    @pytest.mark.parametrize("level", [0, 76, 77, 127])
    def test_drops_what_is_hardly_text(self, level: int) -> None:
        assert find_quads(a_map(CORE, level=level), 600, 400) == []

    def test_keeps_what_is_likely_text(self) -> None:
        assert len(find_quads(a_map(CORE, level=140), 600, 400)) == 1

    def test_drops_specks(self) -> None:
        assert find_quads(a_map((300, 200, 100, 1), (50, 50, 1, 1)), 600, 400) == []

    def test_drops_what_is_too_small_in_the_photo(self) -> None:
        assert find_quads(a_map(CORE), 24, 16) == []

    def test_survives_a_map_that_is_text_throughout(self) -> None:
        [found] = find_quads(np.full((32, 960), 255, np.uint8), 2000, 60)

        np.testing.assert_allclose(found, quad(0, 0, 1999, 59), atol=TIES_PX)


class TestCrop:
    def test_of_a_level_line_is_that_part_of_the_photo(self) -> None:
        photo = noise(width=200, height=100)

        line = crop(photo, quad(20, 30, 60, 12))

        assert (line == photo[30:42, 20:80]).all()

    def test_straightens_a_line_that_is_turned(self) -> None:
        photo = np.zeros((400, 600, 3), np.uint8)
        corners = cv2.boxPoints(((300, 200), (100, 20), 30))[[1, 2, 3, 0]]
        cv2.fillPoly(photo, [np.round(corners).astype(np.int32)], (255, 255, 255))

        line = crop(photo, corners)

        assert line.shape[0] in {19, 20}
        assert line.shape[1] in {99, 100}
        assert line[2:-2, 2:-2].min() > 200

    def test_survives_corners_that_fell_together(self) -> None:
        triangle = np.array([[0, 0], [50, 0], [50, 20], [0, 0]], np.float32)

        assert crop(noise(), triangle).shape == (20, 53, 3)


class TestStrip:
    def test_is_a_line_at_the_left_of_grey(self) -> None:
        line = noise(width=80, height=48)

        whole = strip(line, 48, 320)

        assert (whole[:, :80] == line).all()
        assert (whole[:, 80:] == GREY).all()

    def test_squeezes_a_line_that_is_too_long(self) -> None:
        line = np.zeros((48, 1000, 3), np.uint8)

        assert (strip(line, 48, 320) == 0).all()

    @pytest.mark.parametrize(
        ("width", "height", "wanted"),
        [
            (1, 48, 320),
            (320, 48, 320),
            (321, 48, 480),
            (160, 12, 640),
            (4000, 400, 480),
            (9000, 20, MAX_WIDTH_PX),
        ],
    )
    def test_has_a_width_that_many_lines_share(self, width: int, height: int, wanted: int) -> None:
        assert strip_width(np.zeros((height, width, 3), np.uint8), 48) == wanted


class TestReadingOrder:
    def test_goes_row_by_row_each_from_the_left(self) -> None:
        quads = [quad(100, 52), quad(0, 50), quad(50, 3), quad(0, 0), quad(100, 1)]

        assert reading_order(quads) == [3, 2, 4, 1, 0]

    def test_follows_a_row_that_runs_down_a_little(self) -> None:
        quads = [quad(50 * place, 4 * place) for place in reversed(range(5))]

        assert reading_order(quads) == [4, 3, 2, 1, 0]

    def test_keeps_close_rows_apart(self) -> None:
        assert reading_order([quad(0, 8), quad(50, 0)]) == [1, 0]

    def test_of_nothing_is_nothing(self) -> None:
        assert reading_order([]) == []
