"""What a figure is beside, and whether that is enough."""

import pytest

from bench.figures import Bar, Better, Verdict, number
from tests.bench.made import FASTER, SLOWER, make_figure


class TestVerdict:
    @pytest.mark.parametrize(("value", "verdict"), [(8.0, "met"), (7.9, "missed"), (30.0, "met")])
    def test_is_met_from_the_bar_on_where_higher_is_better(
        self, value: float, verdict: str
    ) -> None:
        assert make_figure(value, bar=FASTER, beside=10.0).verdict == verdict

    @pytest.mark.parametrize(("value", "verdict"), [(0.3, "met"), (0.31, "missed"), (0.1, "met")])
    def test_is_met_up_to_the_limit_where_lower_is_better(self, value: float, verdict: str) -> None:
        assert make_figure(value, bar=SLOWER).verdict == verdict

    def test_is_told_where_nothing_is_demanded(self) -> None:
        bar = Bar("x", "A", "x", "s", "a peer")

        assert make_figure(1.0, bar=bar, beside=100.0).verdict is Verdict.TOLD

    @pytest.mark.parametrize(("value", "verdict"), [(0, "met"), (1, "missed")])
    def test_allows_nothing_where_the_ratio_is_zero(self, value: int, verdict: str) -> None:
        bar = Bar("lost", "C", "lost", "photos", "of", Better.LOWER, ratio=0.0)

        assert bar.of(value, 100, beside=100).verdict == verdict

    def test_has_no_ratio_to_nothing_and_still_a_verdict(self) -> None:
        bar = Bar("lost", "C", "lost", "photos", "of", Better.LOWER, ratio=0.0)

        none = bar.of(0, 0, beside=0)

        assert (none.ratio, none.verdict) == (None, Verdict.MET)


class TestBar:
    def test_names_its_figures_by_what_varies(self) -> None:
        bar = Bar("search_{}%_x{}_p95", "E", "owner of {} %, {} at once", "ms", "SQL", Better.LOWER)

        figure = bar.of(3.0, 5, 10, 32, beside=2.0)

        assert (figure.name, figure.says) == ("search_10%_x32_p95", "owner of 10 %, 32 at once")
        assert bar.covers(figure.name)
        assert not bar.covers("search_10%_recall")

    def test_without_a_limit_has_to_be_told_what_the_peer_did(self) -> None:
        with pytest.raises(ValueError, match="pipeline has no limit"):
            FASTER.of(1.0, 1)


class TestNumber:
    @pytest.mark.parametrize(
        ("value", "written"),
        [
            (0, "0"),
            (0.00012345, "0.000123"),
            (0.95, "0.95"),
            (7.0, "7"),
            (12.345, "12.3"),
            (999.6, "1,000"),
            (1234567.0, "1,234,567"),
            (-3.21, "-3.21"),
        ],
    )
    def test_has_three_digits_that_count(self, value: float, written: str) -> None:
        assert number(value) == written
