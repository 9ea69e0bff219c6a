"""The page of all benchmarks: what it says of figures, changes, and of what was never run."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bench.catalogue import ALL, BENCHES
from bench.figures import Bar, Better, Figure, Plot
from bench.page import card, gauge, html, row, write
from bench.runs import Run
from tests.bench.made import FASTER, MACHINE, SLOWER, make_figure, make_run

FIRST, SECOND = "2026-11-20T10:00:00+00:00", "2026-11-21T10:00:00+00:00"


def two(
    before: float, now: float, *, bar: Bar = FASTER, **values: object
) -> tuple[Figure, Run, Run]:
    """A figure of today, and the runs of yesterday and of today."""
    figure = make_figure(now, bar=bar)
    given = {"machine": MACHINE, **values}
    return (
        figure,
        make_run([make_figure(before, bar=bar)], began_at=FIRST),
        make_run([figure], began_at=SECOND, **given),  # type: ignore[arg-type]  # of a machine
    )


class TestChange:
    @pytest.mark.parametrize(
        ("bar", "before", "now", "words", "kind"),
        [
            (FASTER, 10.0, 12.0, "+20 %, better (was 10)", "better"),
            (FASTER, 10.0, 5.0, "-50 %, worse (was 10)", "worse"),
            (SLOWER, 0.2, 0.1, "-50 %, better (was 0.2)", "better"),
            (SLOWER, 0.1, 0.2, "+100 %, worse (was 0.1)", "worse"),
            (FASTER, 10.0, 10.1, "as before (10)", "same"),
            (FASTER, 0.0, 0.0, "as before", "same"),
            (FASTER, 0.0, 3.0, "was 0", "same"),
        ],
    )
    def test_is_told_from_the_run_before(
        self, bar: Bar, before: float, now: float, words: str, kind: str
    ) -> None:
        figure, *runs = two(before, now, bar=bar)

        change = row(figure, runs).change

        assert change is not None
        assert (change.words, change.kind) == (words, kind)

    def test_is_none_at_the_first_run(self) -> None:
        assert row(make_figure(), [make_run([make_figure()])]).change is None

    def test_is_no_better_and_no_worse_than_on_another_machine(self) -> None:
        figure, *runs = two(10.0, 20.0, machine=MACHINE | {"cores": "64"})

        change = row(figure, runs).change

        assert change is not None
        assert (change.words, change.kind) == ("10 on another machine", "same")

    def test_is_from_the_last_run_that_had_the_figure(self) -> None:
        figure, yesterday, today = two(10.0, 20.0)
        between = make_run([make_figure(0.1, bar=SLOWER)], began_at="2026-11-20T22:00:00+00:00")

        change = row(figure, [yesterday, between, today]).change

        assert change is not None
        assert change.words == "+100 %, better (was 10)"

    def test_has_a_line_of_all_runs(self) -> None:
        figure, *runs = two(10.0, 20.0)

        spark = row(figure, runs).spark

        assert spark is not None
        assert spark.words == "2 runs: 10, 20"
        assert spark.points == "3.0,21.0 81.0,3.0"


class TestGauge:
    @pytest.mark.parametrize(
        ("bar", "value", "start", "width"),
        [
            (FASTER, 8.0, "50.0", "0.0"),  # as good as demanded
            (FASTER, 16.0, "50.0", "25.0"),  # twice as good: a quarter to the right
            (FASTER, 4.0, "25.0", "25.0"),
            (FASTER, 800.0, "50.0", "50.0"),  # no further than its end
            (SLOWER, 0.15, "50.0", "25.0"),
            (SLOWER, 0.6, "25.0", "25.0"),
        ],
    )
    def test_goes_right_for_better_and_left_for_worse(
        self, bar: Bar, value: float, start: str, width: str
    ) -> None:
        drawn = gauge(make_figure(value, bar=bar))

        assert drawn is not None
        assert (drawn.start, drawn.width) == (start, width)

    @pytest.mark.parametrize("value", [0.0, -1.0])
    def test_is_none_of_nothing(self, value: float) -> None:
        assert gauge(make_figure(value)) is None


class TestDemanded:
    @pytest.mark.parametrize(
        ("figure", "words"),
        [
            (make_figure(1.0), "at least 0.80 times"),
            (make_figure(1.0, bar=SLOWER), "at most 0.3 s"),
            (Bar("x", "A", "x", "s", "peer", Better.LOWER, ratio=0.0).of(0, 1, beside=9), "none"),
            (Bar("x", "A", "x", "s", "peer").of(0, 1, beside=9), ""),
        ],
    )
    def test_is_said_in_the_words_of_the_bar(self, figure: Figure, words: str) -> None:
        assert row(figure, [make_run([figure])]).demanded == words


class TestCard:
    def test_says_what_is_demanded_where_it_was_never_run(self) -> None:
        made = card(BENCHES["cluster_1m"], [])

        assert made.run is None
        assert made.promises[0] == "clustering a million faces: at most 600 s (limit)"

    def test_warns_where_others_used_the_machine(self) -> None:
        runs = [make_run(load=3.0)]

        made = card(BENCHES["pipeline"], runs)

        assert made.busy.startswith("The machine was busy before (load 3.0)")
        assert card(BENCHES["pipeline"], [make_run(load=0.2)]).busy == ""

    def test_shows_the_last_run(self) -> None:
        _, yesterday, today = two(10.0, 20.0)

        made = card(BENCHES["pipeline"], [yesterday, today])

        assert (made.when, [each.value for each in made.rows]) == ("2026-11-21 10:00 UTC", ["20"])


class _Links(HTMLParser):
    """Addresses that a page would fetch or lead to, ids, and the tags that it leaves open."""

    VOID = {"meta", "link", "col"}

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.ids: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in {"href", "src"}]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(page: str) -> _Links:
    links = _Links()
    links.feed(page)
    links.close()
    return links


class TestPage:
    def test_has_all_in_itself(self) -> None:
        plot = Plot("Memory", "photos", "MB", {"web": [(0.0, 1.0), (10.0, 2.0)]})

        page = html([make_run(plots=[plot])])

        links = read(page)
        assert links.open == []
        assert [each for each in links.found if not each.startswith(("#", "data:"))] == []
        assert re.findall(r"<script|@import|url\(", page) == []
        assert len(links.ids) == len(set(links.ids))

    def test_counts_in_words_what_is_met_and_missed(self) -> None:
        met, missed = make_run([make_figure(10.0)]), make_figure(9.0, bar=SLOWER)
        queue = make_run([missed], bench="queue")

        page = html([met, queue])

        assert '<li class="met"><b>1</b> met</li>' in page
        assert '<li class="missed"><b>1</b> missed</li>' in page
        assert '<a href="#queue_latency">queue_latency</a>' in page
        assert f"<b>{len(ALL) - 2}</b> benchmarks never run here" in page

    def test_names_the_machine_and_versions(self) -> None:
        page = html([make_run()])

        for words in ("A chip", "16.0 GB", "18.1", "abc123", "2026-11-20 10:00 UTC"):
            assert words in page

    def test_says_where_an_older_run_was_on_another_machine(self) -> None:
        old = make_run(machine=MACHINE | {"processor": "Old chip"})
        new = make_run([make_figure(0.1, bar=SLOWER)], bench="queue", began_at=SECOND)

        assert "on Old chip, 2 cores" in html([old, new])

    def test_says_what_was_never_measured_at_all(self) -> None:
        page = html([])

        assert "Nothing was measured here yet" in page
        assert page.count("never run here") == len(ALL)

    def test_shows_remarks_as_words(self) -> None:
        page = html([make_run(remarks=["<script>alert(1)</script> & more"])])

        assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in page

    def test_is_written_again_in_its_place(self, tmp_path: Path) -> None:
        page = tmp_path / "bench" / "index.html"

        write([], page)
        write([make_run()], page)

        assert page.read_text() == html([make_run()])


class TestCatalogue:
    def test_has_each_benchmark_once(self) -> None:
        assert len(BENCHES) == len(ALL)

    @pytest.mark.parametrize("bench", ALL, ids=lambda bench: bench.name)
    def test_each_declares_its_bars(self, bench: object) -> None:
        bars = BENCHES[bench.name].bars  # type: ignore[attr-defined]  # of a Bench

        assert bars
        for bar in bars:
            assert bar.names.count("{}") >= bar.says.count("{}")
            assert bar.ratio is None or bar.ratio >= 0
            if bar.ratio and bar.better is Better.LOWER and bar.limit is not None:
                assert bar.ratio == 1.0
