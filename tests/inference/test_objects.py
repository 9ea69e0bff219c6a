"""Finding things: a detector's answers, prepared, and what becomes of them."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from inference.arrays import Array
from inference.errors import InferenceCorrupt
from inference.geometry import Box
from inference.identity import ModelIdentity
from inference.objects import TritonObjectDetector
from inference.spec import ModelSpec
from tests.fakes import IDENTITY

PHOTO = np.zeros((200, 400, 3), np.uint8)
ROWS = 4


@dataclass
class Answers:
    """A detector of 100 x 100 pixels that answers with prepared rows."""

    boxes: list[tuple[float, float, float, float]]
    scores: list[float]
    classes: list[int]
    fit: str = "stretch"
    asked: list[Array] = field(default_factory=list)

    def infer(self, model: ModelSpec, **arrays: Array) -> dict[str, Array]:
        model.batch_of(arrays)
        self.asked.append(arrays["image"])
        boxes, scores = np.zeros((1, ROWS, 4), np.float32), np.zeros((1, ROWS), np.float32)
        classes = np.zeros((1, ROWS), np.int64)
        count = len(self.boxes)
        boxes[0, :count] = np.reshape(self.boxes, (-1, 4))
        scores[0, :count] = self.scores
        classes[0, :count] = self.classes
        return {"boxes": boxes, "scores": scores, "classes": classes}

    def identity(self, model: ModelSpec) -> ModelIdentity:
        said = {"fit": self.fit, "labels": '["cat", "dog"]'}
        return replace(IDENTITY, parameters=said, shapes={"image": (100, 100, 3)})


class TestTritonObjectDetector:
    def test_gives_names_and_boxes_in_the_photo(self) -> None:
        answers = Answers([(10, 20, 30, 40)], [0.9], [1])

        [seen] = TritonObjectDetector(answers).detect(PHOTO)

        assert (seen.label, seen.box) == ("dog", Box(40, 40, 120, 80))
        assert seen.score == pytest.approx(0.9)
        assert answers.asked[0].shape == (1, 100, 100, 3)

    def test_undoes_a_letterbox(self) -> None:
        answers = Answers([(0, 25, 100, 50)], [0.9], [0], fit="letterbox")

        [seen] = TritonObjectDetector(answers).detect(PHOTO)

        assert seen.box == Box(0, 0, 400, 200)

    def test_drops_what_is_unlikely(self) -> None:
        answers = Answers([(0, 0, 50, 50), (50, 50, 50, 50)], [0.9, 0.3], [0, 0])

        assert len(TritonObjectDetector(answers).detect(PHOTO)) == 1

    def test_drops_what_overlaps_its_like_but_not_another_class(self) -> None:
        same = (10.0, 10.0, 50.0, 50.0)
        answers = Answers([same, same, same], [0.6, 0.9, 0.8], [0, 0, 1])

        seen = TritonObjectDetector(answers).detect(PHOTO)

        found = [(each.label, round(each.score, 1)) for each in seen]
        assert found == [("cat", 0.9), ("dog", 0.8)]

    def test_clips_boxes_and_drops_what_is_left_of_none(self) -> None:
        answers = Answers([(-50, 0, 100, 100), (101, 0, 50, 50)], [0.9, 0.9], [0, 1])

        [seen] = TritonObjectDetector(answers).detect(PHOTO)

        assert seen.box == Box(0, 0, 200, 200)

    @pytest.mark.parametrize("number", [-1, 2])
    def test_calls_a_class_without_a_name_corrupt(self, number: int) -> None:
        answers = Answers([(0, 0, 50, 50)], [0.9], [number])

        with pytest.raises(InferenceCorrupt, match="no name"):
            TritonObjectDetector(answers).detect(PHOTO)

    def test_finds_nothing_in_nothing(self) -> None:
        assert TritonObjectDetector(Answers([], [], [])).detect(PHOTO) == []
