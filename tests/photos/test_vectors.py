"""Numbers as vectors of length 1."""

import numpy as np
import pytest

from photos.errors import VectorUnfit
from photos.vectors import unit, units

_SOME = np.random.default_rng(7).normal(size=(20, 64))


class TestUnit:
    @pytest.mark.parametrize("length", [5e-324, 1e-310, 1e-200, 1, 1e160, 1e308])
    def test_has_the_length_1_however_long_it_was(self, length: float) -> None:
        numbers = [length] * 100  # their squares, and at the ends their sum, are no floats

        assert unit(numbers) == pytest.approx([0.1] * 100)

    def test_is_the_same_as_among_many(self) -> None:
        alone = [unit(numbers) for numbers in _SOME.tolist()]

        assert np.allclose(alone, units(_SOME), rtol=0, atol=1e-7)
        assert all(each.dtype == np.float32 for each in alone)

    @pytest.mark.parametrize("number", [0, float("inf"), float("-inf"), float("nan")])
    def test_is_refused_of_what_has_no_direction(self, number: float) -> None:
        with pytest.raises(VectorUnfit, match="must be finite, and one must not be 0"):
            unit([number, number * 2])

    def test_is_refused_of_numbers_that_are_larger_than_any_float(self) -> None:
        with pytest.raises(OverflowError):
            unit([10**400, 1])
