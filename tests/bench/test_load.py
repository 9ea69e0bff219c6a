"""What locust tells of visitors, in its own tables, and what becomes of it."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from bench.figures import Figure, Plot
from bench.load import KINDS, Told, found

BEGIN = 1_790_000_000


def write_tables(prefix: Path, *, ms: Mapping[str, int], failed: int = 0) -> Told:
    """As locust 2.47 writes them, of two seconds apart moments."""
    stats = [
        {
            "Type": "GET", "Name": kind, "Request Count": 10, "Failure Count": 0,
            "Requests/s": 1.5, "50%": took, "95%": 2 * took, "99%": 3 * took,
        }
        for kind, took in ms.items()
    ]  # fmt: skip
    total = {**stats[0], "Type": "", "Name": "Aggregated", "Request Count": 10 * len(stats)}
    _write(Path(f"{prefix}_stats.csv"), [*stats, {**total, "Failure Count": failed}])
    history = [
        {"Timestamp": BEGIN + s, "Name": kind, "Requests/s": 0.5 * s, "95%": took if s else "N/A"}
        for s in range(5)
        for kind, took in ms.items()
    ]
    _write(Path(f"{prefix}_stats_history.csv"), history)
    return Told.read(prefix)


def _write(file: Path, rows: Sequence[Mapping[str, object]]) -> None:
    with file.open("w", newline="") as lines:
        table = csv.DictWriter(lines, list(rows[0]))
        table.writeheader()
        table.writerows(rows)


@pytest.fixture
def alone(tmp_path: Path) -> Told:
    return write_tables(tmp_path / "alone", ms=dict.fromkeys(KINDS, 20))


@pytest.fixture
def crowd(tmp_path: Path) -> Told:
    return write_tables(tmp_path / "crowd", ms=dict.fromkeys(KINDS, 50))


def figures_of(alone: Told, crowd: Told, *, done: int = 20) -> dict[str, Figure]:
    findings = found(alone, crowd, {"done": done, "all": 20, "seconds": 4.0})
    return {each.name: each for each in findings if isinstance(each, Figure)}


class TestFound:
    def test_puts_each_kind_beside_one_visitor_alone(self, alone: Told, crowd: Told) -> None:
        figures = figures_of(alone, crowd)

        search = [figures[f"load_search_{part}"] for part in ("p50", "p95", "p99")]
        assert [(each.value, each.reference_value) for each in search] == [
            (50, 20),
            (100, 40),
            (150, 60),
        ]
        assert len(figures) == 3 + 3 * len(KINDS)
        assert [name for name, each in figures.items() if each.missed] == []

    def test_allows_no_error(self, alone: Told, tmp_path: Path) -> None:
        crowd = write_tables(tmp_path / "failing", ms=dict.fromkeys(KINDS, 50), failed=1)

        error = figures_of(alone, crowd)["load_errors"]

        assert (error.value, error.reference_value, error.missed) == (1, 60, True)

    def test_misses_a_photo_that_was_sent_and_not_looked_at(self, alone: Told, crowd: Told) -> None:
        assert figures_of(alone, crowd, done=19)["load_looked_at"].missed

    def test_draws_what_was_over_time_from_the_first_moment_on(
        self, alone: Told, crowd: Told
    ) -> None:
        findings = found(alone, crowd, {"done": 20, "all": 20, "seconds": 4.0})

        rate, took = [each for each in findings if isinstance(each, Plot)]
        assert rate.lines["search"] == [(0, 0.0), (2, 1.0), (4, 2.0)]
        assert took.lines["search"] == [(2, 50.0), (4, 50.0)]
