"""Encoders: what they send, and which answers they do not believe."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from inference.arrays import Array
from inference.encoders import TritonImageEncoder, TritonTextEncoder
from inference.errors import InferenceCorrupt, InferenceNotReady
from inference.identity import ModelIdentity
from inference.spec import ANY, ModelSpec
from inference.tokens import FileTokens
from tests.fakes import IDENTITY

LENGTH = 6


def units(rows: int, dimension: int = 8) -> Array:
    vectors = np.zeros((rows, dimension), np.float32)
    vectors[:, 0] = 1
    return vectors


@dataclass
class Answers:
    """Says the same of everything, as a model that takes texts of `length` tokens."""

    vectors: Array
    length: int = ANY
    fit: str = "crop"
    asked: list[dict[str, Array]] = field(default_factory=list)

    def infer(self, model: ModelSpec, **arrays: Array) -> dict[str, Array]:
        self.asked.append(arrays)
        return {"embedding": self.vectors[: model.batch_of(arrays)]}

    def identity(self, model: ModelSpec) -> ModelIdentity:
        shapes = {"image": (32, 32, 3), "input_ids": (self.length,)}
        return replace(IDENTITY, parameters={"dimension": "8", "fit": self.fit}, shapes=shapes)


class Letters:
    """A token a letter, filled up with zeros."""

    def encode(self, texts: Sequence[str]) -> tuple[Array, Array]:
        longest = max(map(len, texts))
        ids = np.array([[*map(ord, text), *[0] * (longest - len(text))] for text in texts])
        return ids.astype(np.int64), (ids > 0).astype(np.int64)


WRONG = [units(40, 9), units(40) * 1.1, np.zeros((40, 8), np.float32)]


class TestTritonImageEncoder:
    def test_sends_the_photo_as_the_model_wants_it(self) -> None:
        answers = Answers(units(1))
        photo = np.zeros((40, 80, 3), np.uint8)
        photo[:, 20:60] = 255  # its middle is white

        vector = TritonImageEncoder(answers).encode(photo)

        assert vector.tolist() == units(1)[0].tolist()
        [sent] = answers.asked
        assert sent["image"].shape == (1, 32, 32, 3)
        assert sent["image"].min() > 200

    @pytest.mark.parametrize("vectors", WRONG)
    def test_calls_vectors_corrupt_that_cannot_be_compared(self, vectors: Array) -> None:
        with pytest.raises(InferenceCorrupt, match=r"^image_encoder: "):
            TritonImageEncoder(Answers(vectors)).encode(np.zeros((9, 9, 3), np.uint8))

    def test_does_not_guess_how_a_photo_is_fitted(self) -> None:
        with pytest.raises(InferenceCorrupt, match="fit"):
            TritonImageEncoder(Answers(units(1), fit="sideways")).encode(
                np.zeros((9, 9, 3), np.uint8)
            )


class TestTritonTextEncoder:
    def test_gives_a_vector_a_text(self) -> None:
        vectors = TritonTextEncoder(Answers(units(40)), Letters()).encode(["a", "bc"])

        assert vectors.tolist() == units(2).tolist()

    def test_of_no_text_gives_none_and_asks_nobody(self) -> None:
        answers = Answers(units(1))

        assert TritonTextEncoder(answers, Letters()).encode([]).shape == (0, 8)
        assert answers.asked == []

    def test_asks_for_many_texts_in_parts(self) -> None:
        answers = Answers(units(40))

        assert TritonTextEncoder(answers, Letters()).encode(["a"] * 40).shape == (40, 8)
        assert [len(each["input_ids"]) for each in answers.asked] == [32, 8]

    def test_fills_up_to_the_length_that_the_model_fixes(self) -> None:
        answers = Answers(units(40), length=LENGTH)

        TritonTextEncoder(answers, Letters()).encode(["abc"])

        [sent] = answers.asked
        assert sent["input_ids"].tolist() == [[97, 98, 99, 0, 0, 0]]
        assert sent["attention_mask"].tolist() == [[1, 1, 1, 0, 0, 0]]

    @pytest.mark.parametrize("vectors", WRONG)
    def test_calls_vectors_corrupt_that_cannot_be_compared(self, vectors: Array) -> None:
        with pytest.raises(InferenceCorrupt, match=r"^text_encoder: "):
            TritonTextEncoder(Answers(vectors), Letters()).encode(["a"])


class TestFileTokens:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        words = {"[UNK]": 0, "red": 1, "wall": 2}
        tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))  # noqa: S106  # a token of words
        tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
        tokenizer.save(str(tmp_path / "tokenizer.json"))
        return tmp_path / "tokenizer.json"

    def test_are_filled_up_to_the_longest(self, file: Path) -> None:
        ids, mask = FileTokens(file).encode(["red wall", "wall", "blue"])

        assert ids.tolist() == [[1, 2], [2, 0], [0, 0]]
        assert mask.tolist() == [[1, 1], [1, 0], [1, 0]]
        assert {ids.dtype, mask.dtype} == {np.dtype(np.int64)}

    def test_are_not_ready_without_their_file(self, tmp_path: Path) -> None:
        with pytest.raises(InferenceNotReady, match="build the model again"):
            FileTokens(tmp_path / "model" / "1" / "tokenizer.json")

    def test_are_not_ready_with_a_broken_file(self, file: Path) -> None:
        file.write_text("{")

        with pytest.raises(InferenceNotReady, match="build the model again"):
            FileTokens(file)
