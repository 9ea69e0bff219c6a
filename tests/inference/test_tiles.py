"""Photos are looked at in tiles and from afar, and each face is found once."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import pytest

from inference.arrays import RGB, Array
from inference.client import TritonClient
from inference.faces import FAINT, MOST_FACES, DetectedFace, TritonFaceDetector
from inference.geometry import CROP_SIDE, TEMPLATE, Box
from inference.identity import ModelIdentity
from inference.roles import DETECTOR_SIDE, FACE_DETECTOR, TOP_K
from inference.spec import ModelSpec
from inference.tiles import MOST_TILES, SIDE_PX, Tile, Tiling, tiles_of, whole
from tests.fakes import DETECTS
from tests.inference.references import detector_reference
from tests.served import FACE_DETECTOR as SERVED

LARGE = (3000, 4000)  # height, width: 640/4000 of it is what a detector gets
OUT_OF_SIGHT_PX = 10  # of a detector's input: less is not seen; FAINT_PX and less is not sure
FAINT_PX = 5


@dataclass
class SeesSquares:
    """A model to which white squares on black are faces, unless they are small in its input.

    A part of one (it is no square) looks even better to it than a whole one. Of one that takes more
    than half of its input it does not see where the landmarks are.
    """

    calls: list[int] = field(default_factory=list)  # squares in each
    of_large: float = 0.9  # score of what takes more than half of its input

    def infer(self, model: ModelSpec, **arrays: Array) -> dict[str, Array]:
        self.calls.append(model.batch_of(arrays))
        answers = [self._answer(square) for square in arrays["image"]]
        return {spec.name: np.stack([one[spec.name] for one in answers]) for spec in model.outputs}

    def identity(self, model: ModelSpec) -> ModelIdentity:
        return DETECTS

    def _answer(self, square: RGB) -> dict[str, Array]:
        answer = {spec.name: np.zeros(spec.shape, spec.dtype) for spec in FACE_DETECTOR.outputs}
        white = (square[..., 0] > 127).astype(np.uint8)
        _, _, found, _ = cv2.connectedComponentsWithStats(white)
        for row, (x, y, width, height, _) in enumerate(found[1:][:TOP_K].tolist()):
            answer["boxes"][row] = x, y, width, height
            answer["scores"][row] = self._score(width, height)
            answer["landmarks"][row] = TEMPLATE / CROP_SIDE * [width, height] + [x, y]
            answer["landmarks"][row] += 50 * (max(width, height) > DETECTOR_SIDE / 2)
        return answer

    def _score(self, width: int, height: int) -> float:
        if max(width, height) > DETECTOR_SIDE / 2:
            return self.of_large
        if max(width, height) < OUT_OF_SIGHT_PX:
            return 0.2 if max(width, height) > FAINT_PX else 0
        return 0.8 if abs(width - height) <= 2 else 0.9


def photo_of(*faces: tuple[int, int, int], size: tuple[int, int] = LARGE) -> RGB:
    """A black photo (height, width) with white squares: x, y, side."""
    photo = np.zeros((*size, 3), np.uint8)
    for x, y, side in faces:
        photo[y : y + side, x : x + side] = 255
    return photo


def crowd(number: int, side: int) -> list[tuple[int, int, int]]:
    """So many faces, in rows of ten."""
    return [(100 + n % 10 * 350, 200 + n // 10 * 300, side) for n in range(number)]


def detect(photo: RGB, tiling: Tiling) -> tuple[list[DetectedFace], list[int]]:
    """The faces, and how many squares each call had."""
    model = SeesSquares()
    return TritonFaceDetector(model, tiling=tiling).detect(photo), model.calls


def around(box: Box, photo: RGB) -> tuple[int, int, RGB]:
    """The photo that only shows the face in `box`, and where its corner is: x, y."""
    margin = 0.08 * max(box.width, box.height)
    left, top = max(0, int(box.x - margin)), max(0, int(box.y - margin))
    part = photo[top : int(box.bottom + margin), left : int(box.right + margin)]
    return left, top, np.ascontiguousarray(part)


def corners(faces: Sequence[DetectedFace]) -> list[tuple[float, float]]:
    return sorted((face.box.x, face.box.y) for face in faces)


class TestDetection:
    def test_in_tiles_shows_faces_that_are_lost_in_the_whole_photo(self) -> None:
        faces = crowd(30, side=40)

        lost, _ = detect(photo_of(*faces), Tiling.OFF)
        found, _ = detect(photo_of(*faces), Tiling.ON)

        assert lost == []
        wanted = sorted((x, y) for x, y, _ in faces)
        np.testing.assert_allclose(corners(found), wanted, atol=3)

    def test_in_tiles_gives_landmarks_in_pixels_of_the_photo(self) -> None:
        [face], _ = detect(photo_of((3000, 2000, 60)), Tiling.ON)

        np.testing.assert_allclose(face.landmarks, TEMPLATE / CROP_SIDE * 60 + [3000, 2000], atol=3)

    @pytest.mark.parametrize("side", [40, 150, 400, 1500])
    def test_gives_a_face_on_the_edges_of_tiles_once_and_whole(self, side: int) -> None:
        edges = {tile.x + tile.width for tile in tiles_of(Tile(0, 0, 4000, 3000))}
        x = min(edges) - side // 3

        [face], _ = detect(photo_of((x, 700, side)), Tiling.ON)

        assert face.box.iou(Box(x, 700, side, side)) > 0.9

    def test_fills_calls_with_as_many_tiles_as_the_model_takes(self) -> None:
        _, calls = detect(photo_of(), Tiling.ON)

        assert calls == [1, 8, 8, 4]

    def test_of_a_small_photo_is_one_call(self) -> None:
        _, calls = detect(photo_of(*crowd(3, side=8), size=(900, 1400)), Tiling.ON)

        assert calls == [1]

    def test_without_hints_at_small_faces_is_one_call(self) -> None:
        large = [(300, 300, 700), (1500, 300, 700), (2700, 300, 700)]

        faces, calls = detect(photo_of(*large), Tiling.AUTO)

        assert (len(faces), calls) == (3, [1])

    def test_looks_closer_where_the_photo_hints_at_many_faces(self) -> None:
        faces, calls = detect(photo_of(*crowd(30, side=50)), Tiling.AUTO)

        assert (len(faces), calls) == (30, [1, 8, 8, 4])

    def test_does_not_look_closer_for_a_face_or_two(self) -> None:
        _, calls = detect(photo_of(*crowd(5, side=50)), Tiling.AUTO)

        assert calls == [1]

    @pytest.mark.parametrize("of_large", [0.9, FAINT])
    def test_looks_from_afar_where_a_face_fills_the_photo(self, of_large: float) -> None:
        model = SeesSquares(of_large=of_large)

        [face] = TritonFaceDetector(model).detect(photo_of((60, 20, 250), size=(300, 400)))

        assert model.calls == [1, 1]
        assert face.box.iou(Box(60, 20, 250, 250)) > 0.95
        np.testing.assert_allclose(face.landmarks, TEMPLATE / CROP_SIDE * 250 + [60, 20], atol=3)

    def test_does_not_lose_small_faces_beside_one_that_fills_the_photo(self) -> None:
        photo = photo_of((60, 20, 250), (350, 200, 12), size=(300, 400))

        faces, calls = detect(photo, Tiling.OFF)

        assert calls == [1, 1]
        np.testing.assert_allclose(corners(faces), [(60, 20), (350, 200)], atol=1)

    def test_looks_from_afar_and_in_tiles_at_once(self) -> None:
        photo = photo_of((900, 100, 2500), *[(40, y, 50) for y in range(50, 2950, 120)])

        faces, calls = detect(photo, Tiling.AUTO)

        assert (len(faces), calls) == (26, [1, 8, 8, 5])

    def test_has_a_limit(self) -> None:
        grid = [(x, y, 24) for x in range(8, 3900, 48) for y in range(8, 2900, 48)]

        faces, _ = detect(photo_of(*grid), Tiling.ON)

        assert len(grid) > len(faces) == MOST_FACES

    def test_by_the_real_model_is_as_exact_in_a_photo_that_a_face_fills(
        self, triton: TritonClient
    ) -> None:
        photo = detector_reference().images[0]
        detector = TritonFaceDetector(triton, SERVED)

        errors = []
        for face in detector.detect(photo):
            left, top, part = around(face.box, photo)
            [again] = detector.detect(part)
            eyes = np.linalg.norm(face.landmarks[0] - face.landmarks[1])
            far = again.landmarks + np.array([left, top]) - face.landmarks
            errors.append(np.linalg.norm(far, axis=1).mean() / eyes)

        assert len(errors) == 6
        assert np.mean(errors) < 0.09  # 0.15 in the whole alone

    def test_by_the_real_model_finds_each_face_of_a_mosaic(self, triton: TritonClient) -> None:
        part = detector_reference().images[0][:600]
        known = TritonFaceDetector(triton, SERVED).detect(part)
        mosaic = np.tile(part, (6, 6, 1))
        places = [
            face.box.moved(x * part.shape[1], y * part.shape[0])
            for face in known
            for x in range(6)
            for y in range(6)
        ]

        found = TritonFaceDetector(triton, SERVED, tiling=Tiling.AUTO).detect(mosaic)

        again = [max(place.iou(face.box) for face in found) for place in places]
        assert len(known) > 1
        assert np.mean(np.array(again) > 0.5) > 0.95
        assert len(found) <= 1.05 * len(places)


class TestTilesOf:
    @pytest.mark.parametrize("size", [(4000, 3000), (1441, 300), (700, 5000), (1999, 2001)])
    def test_cover_the_photo(self, size: tuple[int, int]) -> None:
        width, height = size
        seen = np.zeros((height, width), bool)

        for tile in tiles_of(Tile(0, 0, width, height)):
            seen[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width] = True
            assert max(tile.width, tile.height) == SIDE_PX

        assert seen.all()

    def test_overlap_by_a_face_at_least(self) -> None:
        columns = sorted({tile.x for tile in tiles_of(Tile(0, 0, 4000, 900))})

        assert max(np.diff(columns)) <= SIDE_PX - SIDE_PX // 5

    @pytest.mark.parametrize("size", [(12_000, 8_000), (100_000, 1_000)])
    def test_are_larger_rather_than_too_many(self, size: tuple[int, int]) -> None:
        tiles = tiles_of(Tile(0, 0, *size))

        assert MOST_TILES // 2 < len(tiles) <= MOST_TILES
        assert max(tile.x + tile.width for tile in tiles) == size[0]

    def test_are_none_of_a_photo_that_is_hardly_larger_than_one(self) -> None:
        assert tiles_of(Tile(0, 0, 1400, 1000)) == []

    def test_begin_with_all_of_the_photo(self) -> None:
        assert whole(photo_of(size=(30, 40))) == Tile(0, 0, 40, 30)


class TestIsFilledBy:
    TILE = Tile(500, 500, 400, 300)

    def test_a_face_of_more_than_half_of_the_longer_side(self) -> None:
        assert self.TILE.is_filled_by(Box(520, 510, 50, 201))
        assert self.TILE.is_filled_by(Box(520, 510, 201, 50))
        assert not self.TILE.is_filled_by(Box(520, 510, 199, 199))

    def test_no_face_from_afar(self) -> None:
        assert not self.TILE.from_afar().is_filled_by(Box(500, 500, 400, 300))


class TestMayCut:
    PHOTO = Tile(0, 0, 4000, 3000)
    MIDDLE = Tile(1000, 1000, 960, 960)

    @pytest.mark.parametrize(
        "box",
        [Box(1005, 1500, 50, 50), Box(1500, 1005, 50, 50), Box(1900, 1500, 55, 50),
         Box(1500, 1900, 50, 90)],
    )  # fmt: skip
    def test_a_box_at_an_edge(self, box: Box) -> None:
        assert self.MIDDLE.may_cut(box, self.PHOTO)

    def test_no_box_inside(self) -> None:
        assert not self.MIDDLE.may_cut(Box(1100, 1100, 500, 500), self.PHOTO)

    def test_no_box_at_an_edge_of_the_photo(self) -> None:
        corner = Tile(0, 0, 960, 960)

        assert not corner.may_cut(Box(0, 0, 50, 50), self.PHOTO)
        assert not self.PHOTO.may_cut(Box(0, 0, 4000, 3000), self.PHOTO)


@pytest.mark.parametrize("tile", [Tile(2000, 1200, 960, 700), Tile(0, 0, 4000, 3000).from_afar()])
def test_letterboxes_of_tiles_lead_back_to_the_photo(tile: Tile) -> None:
    photo = photo_of((2500, 1500, 80))

    square, fit = tile.letterbox(photo, DETECTOR_SIDE)

    rows, columns = np.nonzero(square[..., 0] > 127)
    corner = fit.to_photo(np.array([[columns.min(), rows.min()]]))
    assert square.shape == (DETECTOR_SIDE, DETECTOR_SIDE, 3)
    np.testing.assert_allclose(corner, [[2500, 1500]], atol=tile.width / 400)
