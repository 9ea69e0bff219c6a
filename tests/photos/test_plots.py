"""Where things stand in small plots."""

import pytest

from photos.plots import Bars, Line, share


class TestBars:
    def test_are_as_high_as_their_counts(self) -> None:
        bars = Bars.of([("a", 1), ("b", 4), ("c", 0)]).bars

        assert [(bar.y, bar.height) for bar in bars] == [(75, 25), (0, 100), (100, 0)]

    def test_can_be_seen_however_small(self) -> None:
        assert Bars.of([("a", 1), ("b", 1_000_000)]).bars[0].height == 2

    def test_have_room_for_each(self) -> None:
        few, many = (Bars.of([("2000", 1)] * count) for count in (2, 200))

        assert (few.width, few.bars[-1].x) == (480, 84)
        assert many.width == 200 * 28
        assert (few.every, many.every) == (1, 2)

    def test_of_nothing_are_none(self) -> None:
        assert Bars.of([]).words == ""

    def test_are_told_in_words(self) -> None:
        assert Bars.of([("2020", 1), ("2021", 2)]).words == "2020: 1, 2021: 2"


class TestLine:
    def test_goes_from_the_left_to_the_right(self) -> None:
        assert Line([0, 0.5, 1], 0, 1).points == "0,100 150,50 300,0"

    def test_of_one_value_is_a_line(self) -> None:
        assert Line([1], 0, 2).points == "0,50 300,50"

    def test_is_fine_where_all_is_the_same(self) -> None:
        assert Line([0, 0], 0, 0).points == "0,100 300,100"


@pytest.mark.parametrize(
    ("part", "whole", "percent"),
    [(0, 0, 0), (0, 5, 0), (5, 5, 100), (6, 5, 100), (1, 1000, 1), (999, 1000, 99), (1, 2, 50)],
)
def test_share_is_all_or_nothing_only_where_it_is(part: int, whole: int, percent: int) -> None:
    assert share(part, whole) == percent
