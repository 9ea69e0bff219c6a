"""Where lines of a plot go."""

from bench.charts import chart, spark
from bench.figures import Plot


class TestChart:
    def test_begins_at_zero_and_ends_at_round_numbers(self) -> None:
        drawn = chart(Plot("Memory", "photos", "MB", {"web": [(0.0, 90.0), (1000.0, 100.0)]}))

        assert [each.label for each in drawn.up] == ["0", "20", "40", "60", "80", "100"]
        assert [each.label for each in drawn.across] == ["0", "200", "400", "600", "800", "1,000"]

    def test_draws_the_least_low_and_the_most_high(self) -> None:
        drawn = chart(Plot("t", "s", "MB", {"web": [(0.0, 0.0), (10.0, 100.0)]}))

        assert drawn.lines[0].points == "56.0,194.0 628.0,10.0"

    def test_says_in_words_where_lines_begin_and_end(self) -> None:
        drawn = chart(Plot("Memory", "photos", "MB", {"web": [(0.0, 90.0), (9.0, 95.5)]}))

        assert drawn.words == "Memory, MB by photos: web from 90 to 95.5"

    def test_keeps_the_ends_of_lines_with_more_points_than_can_be_seen(self) -> None:
        points = [(float(x), 1.0) for x in range(10_000)]

        [line] = chart(Plot("t", "s", "u", {"a": points})).lines

        drawn = line.points.split()
        assert len(drawn) <= 301
        assert (drawn[0][:5], drawn[-1][:6]) == ("56.0,", "628.0,")

    def test_draws_a_plot_without_points(self) -> None:
        drawn = chart(Plot("t", "s", "u", {"a": []}))

        assert (drawn.lines[0].points, drawn.lines[0].last) == ("", "")

    def test_draws_a_line_that_is_flat_at_zero(self) -> None:
        drawn = chart(Plot("t", "s", "u", {"a": [(0.0, 0.0), (5.0, 0.0)]}))

        assert drawn.lines[0].points == "56.0,194.0 628.0,194.0"


class TestSpark:
    def test_is_none_of_one_run(self) -> None:
        assert spark([1.0]) is None

    def test_is_level_where_nothing_changed(self) -> None:
        drawn = spark([5.0, 5.0, 5.0])

        assert drawn is not None
        assert drawn.points == "3.0,12.0 42.0,12.0 81.0,12.0"
