"""What is let through to a model, and back."""

import numpy as np
import pytest

from inference.arrays import Array
from inference.spec import ANY, ModelSpec, TensorMismatch, TensorSpec

VECTOR = TensorSpec("vector", np.float32, (3,))
SOME = TensorSpec("some", np.float32, (ANY, 2))
PAIR = ModelSpec(
    "pair",
    inputs=(TensorSpec("left", np.uint8, (2,)), TensorSpec("right", np.uint8, (2,))),
    outputs=(VECTOR,),
    max_batch=4,
)


def bytes_of(batch: int) -> Array:
    return np.zeros((batch, 2), np.uint8)


class TestTensorSpec:
    def test_gives_back_what_fits(self) -> None:
        array = np.ones((2, 3), np.float32)

        assert VECTOR.check(array, batch=2) is array

    @pytest.mark.parametrize("size", [0, 1, 192, 512])
    def test_takes_any_size_where_the_model_decides(self, size: int) -> None:
        array = np.ones((1, size, 2), np.float32)

        assert SOME.check(array, batch=1) is array

    @pytest.mark.parametrize(
        ("array", "words"),
        [
            (np.ones((2, 3), np.float64), "vector is float64, not float32"),
            (np.ones((2, 4), np.float32), "vector has shape (2, 4), not (2, 3)"),
            (np.ones((1, 3), np.float32), "vector has shape (1, 3), not (2, 3)"),
            (np.ones(6, np.float32), "vector has shape (6,), not (2, 3)"),
            (np.ones((2, 3, 1), np.float32), "vector has shape (2, 3, 1), not (2, 3)"),
            (np.array([[1, 1, 1], [1, np.nan, 1]], np.float32), "vector holds values that are not"),
            (np.array([[1, 1, 1], [1, -np.inf, 1]], np.float32), "vector holds values that are"),
        ],
    )
    def test_refuses_the_rest(self, array: Array, words: str) -> None:
        with pytest.raises(TensorMismatch) as caught:
            VECTOR.check(array, batch=2)

        assert str(caught.value).startswith(words)


class TestModelSpec:
    def test_counts_the_items_of_a_batch(self) -> None:
        assert PAIR.batch_of({"left": bytes_of(3), "right": bytes_of(3)}) == 3

    @pytest.mark.parametrize(
        ("arrays", "words"),
        [
            ({"left": bytes_of(1)}, "it takes ['left', 'right'], not ['left']"),
            (
                {"left": bytes_of(1), "right": bytes_of(1), "up": bytes_of(1)},
                "it takes ['left', 'right'], not ['left', 'right', 'up']",
            ),
            ({"left": bytes_of(0), "right": bytes_of(0)}, "it takes 1 to 4 at once, not 0"),
            ({"left": bytes_of(5), "right": bytes_of(5)}, "it takes 1 to 4 at once, not 5"),
            (
                {"left": bytes_of(2), "right": bytes_of(1)},
                "right has shape (1, 2), not (2, 2)",
            ),
            (
                {"left": np.array(3, np.uint8), "right": bytes_of(1)},
                "left has shape (), not (1, 2)",
            ),
        ],
    )
    def test_refuses_what_does_not_fit(self, arrays: dict[str, Array], words: str) -> None:
        with pytest.raises(TensorMismatch) as caught:
            PAIR.batch_of(arrays)

        assert str(caught.value) == words
