"""One face that was found in two tiles is one face."""

import numpy as np

from inference.geometry import Box, nms
from inference.roles import TOP_K
from inference.tiles import distinct


class TestDistinct:
    def test_is_nms_where_nothing_is_cut(self) -> None:
        numbers = np.random.default_rng(5)
        boxes = [Box(*numbers.uniform(1, 100, 4)) for _ in range(TOP_K)]
        scores = numbers.uniform(size=TOP_K)

        rows = distinct(boxes, scores, np.zeros(TOP_K, bool), max_iou=0.3, most=TOP_K)

        assert rows == nms(boxes, scores, max_iou=0.3)

    def test_prefers_what_is_whole_to_what_scores_better(self) -> None:
        boxes = [Box(0, 0, 100, 80), Box(0, 0, 100, 100)]

        rows = distinct(boxes, np.array([0.9, 0.6]), np.array([True, False]), max_iou=0.3, most=9)

        assert rows == [1]

    def test_drops_a_part_that_lies_in_a_face(self) -> None:
        boxes = [Box(0, 0, 100, 100), Box(0, 0, 100, 20)]

        rows = distinct(boxes, np.array([0.6, 0.9]), np.array([False, True]), max_iou=0.3, most=9)

        assert rows == [0]

    def test_keeps_a_part_of_a_face_that_nothing_shows_whole(self) -> None:
        boxes = [Box(0, 0, 100, 100), Box(90, 0, 100, 20)]

        rows = distinct(boxes, np.array([0.6, 0.9]), np.array([False, True]), max_iou=0.3, most=9)

        assert rows == [1, 0]

    def test_stops_at_a_limit_with_the_best(self) -> None:
        boxes = [Box(10.0 * x, 0, 9, 9) for x in range(4)]
        scores = np.array([0.6, 0.9, 0.7, 0.8])

        assert distinct(boxes, scores, np.zeros(4, bool), max_iou=0.3, most=3) == [1, 3, 2]

    def test_of_nothing_is_nothing(self) -> None:
        assert distinct([], np.zeros(0), np.zeros(0, bool), max_iou=0.3, most=TOP_K) == []
