"""One page of all that was measured: each figure beside its limit or peer, and beside last time's.

It has everything in it, styles and pictures too: nothing is fetched when it is opened.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.template import Context, Engine

from bench.catalogue import ALL, ISSUES
from bench.charts import Chart, Spark, chart, spark
from bench.figures import Bar, Bench, Better, Figure, Verdict, number
from bench.runs import Run

TEMPLATES = Path(__file__).with_name("templates")
BUSY = 0.5  # processes that want a processor, for each there is, before a run begins
SAME = 2.0  # percent: less is no change
MOST_RUNS = 30  # of a history
_GAUGE = 2.0  # doublings of the bar, at either end of a gauge
_HALF = 50.0  # percent of a gauge


@dataclass(frozen=True)
class Change:
    """From the run before to this one."""

    words: str
    kind: str  # better, worse or same


@dataclass(frozen=True)
class Gauge:
    """How far from what is demanded, in percent of a gauge whose middle that is."""

    start: str
    width: str
    words: str


@dataclass(frozen=True)
class Row:
    """A figure, as the page shows it."""

    figure: Figure
    value: str
    beside: str
    ratio: str
    demanded: str
    verdict: Verdict
    gauge: Gauge | None
    change: Change | None
    spark: Spark | None


@dataclass(frozen=True)
class Card:
    """A benchmark: its last run, or that there was none."""

    bench: Bench
    command: str
    run: Run | None
    when: str
    lasted: str
    busy: str
    rows: Sequence[Row]
    charts: Sequence[Chart]
    promises: Sequence[str]  # where there is no run

    @property
    def issue(self) -> str:
        return self.bench.bars[0].issue


@dataclass(frozen=True)
class Section:
    letter: str
    title: str
    cards: Sequence[Card]
    met: int
    missed: int


def write(runs: Sequence[Run], page: Path) -> None:
    """Have `page` show the last run of each benchmark."""
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(html(runs))


def html(runs: Sequence[Run]) -> str:
    cards = [card(bench, [run for run in runs if run.bench == bench.name]) for bench in ALL]
    rows = [row for each in cards for row in each.rows]
    latest = max(runs, key=lambda run: run.began_at, default=None)
    counts = Counter(row.verdict for row in rows)
    told = {
        "sections": sections(cards),
        "missed": [row for row in rows if row.verdict is Verdict.MISSED],
        "counts": {str(verdict): str(counts[verdict]) for verdict in Verdict},
        "never": [each for each in cards if each.run is None],
        "latest": latest,
        "when": moment(latest.began_at) if latest else "",
    }
    template = Engine(dirs=[str(TEMPLATES)]).get_template("page.html")
    return template.render(Context(told, use_l10n=False, use_tz=False))


def sections(cards: Sequence[Card]) -> list[Section]:
    made = []
    for letter, title in ISSUES.items():
        ours = [each for each in cards if each.issue == letter]
        counts = Counter(row.verdict for each in ours for row in each.rows)
        met, missed = counts[Verdict.MET], counts[Verdict.MISSED]
        made.append(Section(letter, title, ours, met, missed))
    return made


def card(bench: Bench, runs: Sequence[Run]) -> Card:
    """Of the benchmark's runs, the first first."""
    run = runs[-1] if runs else None
    return Card(
        bench=bench,
        command=f"make bench NAME={bench.name}",
        run=run,
        when=moment(run.began_at) if run else "",
        lasted=lasting(run.seconds) if run else "",
        busy=busy(run) if run else "",
        rows=[row(each, runs) for each in run.figures] if run else [],
        charts=[chart(each) for each in run.plots] if run else [],
        promises=[] if run else [promise(bar) for bar in bench.bars],
    )


def row(figure: Figure, runs: Sequence[Run]) -> Row:
    """A figure of the last of `runs`."""
    had = [(run, before) for run in runs[-MOST_RUNS:] if (before := run.figure(figure.name))]
    *_, previous = [None, *had[:-1]]
    same_machine = previous is not None and previous[0].machine == runs[-1].machine
    return Row(
        figure=figure,
        value=number(figure.value),
        beside=number(figure.reference_value),
        ratio="" if figure.ratio is None else f"{figure.ratio:.2f}",
        demanded=demanded(figure.bar, figure.better, figure.reference_value, figure.unit),
        verdict=figure.verdict,
        gauge=gauge(figure),
        change=_change(figure, previous[1], same_machine=same_machine) if previous else None,
        spark=spark([before.value for _, before in had]),
    )


def _change(figure: Figure, before: Figure, *, same_machine: bool) -> Change:
    if not same_machine:
        return Change(f"{number(before.value)} on another machine", "same")
    if before.value == 0:
        return Change("as before" if figure.value == 0 else "was 0", "same")
    percent = 100 * (figure.value / before.value - 1)
    if abs(percent) < SAME:
        return Change(f"as before ({number(before.value)})", "same")
    better = (percent > 0) is (figure.better is Better.HIGHER)
    kind = "better" if better else "worse"
    return Change(f"{percent:+.0f} %, {kind} (was {number(before.value)})", kind)


def gauge(figure: Figure) -> Gauge | None:
    """None where there is nothing to divide by, or nothing to divide."""
    bar = 1.0 if figure.bar is None else figure.bar
    if not figure.ratio or not bar or figure.ratio < 0:
        return None
    score = figure.ratio / bar if figure.better is Better.HIGHER else bar / figure.ratio
    doublings = max(-_GAUGE, min(_GAUGE, math.log2(score)))
    width = abs(doublings) / _GAUGE * _HALF
    start = _HALF if doublings >= 0 else _HALF - width
    what = "the bar" if figure.bar is not None else "what it is beside"
    words = f"{score:.2f} times as good as {what}"
    return Gauge(f"{start:.1f}", f"{width:.1f}", words)


def demanded(bar: float | None, better: Better, reference: float | None, unit: str) -> str:
    """Of a figure beside the number `reference`, or beside what a peer will do."""
    how = "at least" if better is Better.HIGHER else "at most"
    match bar, reference:
        case None, _:
            return ""
        case 0.0, _:
            return "none"
        case 1.0, float() | int():
            return f"{how} {number(reference)} {unit}"
        case _:
            return f"{how} {bar:.2f} times"


def promise(bar: Bar) -> str:
    """What is demanded of what nobody has measured here."""
    says = bar.says.replace("{}", "…")
    wanted = demanded(bar.ratio, bar.better, bar.limit, bar.unit) or "told beside it"
    return f"{says}: {wanted} ({bar.reference})"


def moment(iso: str) -> str:
    return f"{datetime.fromisoformat(iso):%Y-%m-%d %H:%M} UTC"


def lasting(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"  # noqa: PLR2004


def busy(run: Run) -> str:
    """A warning, where others used the machine: times are theirs too, ratios less so."""
    if run.load < BUSY * int(run.machine.get("cores", 1)):
        return ""
    return f"The machine was busy before (load {run.load:.1f}): take the ratios, not the times."
