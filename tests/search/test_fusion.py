"""One order of several."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.fusion import K, fused

LISTS = st.lists(st.dictionaries(st.integers(0, 9), st.floats(0.1, 1), max_size=5), max_size=4)


class TestFused:
    def test_puts_what_stands_high_in_many_lists_first(self) -> None:
        scores = fused([{"a": 1, "b": 1}, {"b": 1, "c": 1}])

        assert sorted(scores, key=lambda item: -scores[item]) == ["b", "a", "c"]
        assert scores["a"] == pytest.approx(1 / (K + 1))

    def test_counts_a_place_as_much_as_it_says(self) -> None:
        scores = fused([{"a": 0.5, "b": 1}])

        assert scores["b"] > scores["a"]

    @given(LISTS)
    def test_knows_all_that_is_in_a_list_whatever_their_order(
        self, lists: list[dict[int, float]]
    ) -> None:
        scores = fused(lists)

        assert scores.keys() == {item for ranked in lists for item in ranked}
        assert fused(lists[::-1]) == pytest.approx(scores)
