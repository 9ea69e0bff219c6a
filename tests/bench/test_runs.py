"""What was measured is kept, run after run."""

import json
from pathlib import Path

import pytest

from bench.figures import Plot, Remark
from bench.runs import Runs, Unreadable, sorted_out
from tests.bench.made import SLOWER, make_figure, make_run


class TestRuns:
    def test_come_back_as_they_were_kept(self, tmp_path: Path) -> None:
        runs = Runs(tmp_path / "bench" / "runs.jsonl")
        plot = Plot("Memory", "photos", "MB", {"web": [(0.0, 1.5), (10.0, 2.0)]})
        one = make_run([make_figure(3.0), make_figure(0.2, bar=SLOWER)], plots=[plot])
        other = make_run(began_at="2026-11-21T10:00:00+00:00", remarks=["a word"])

        runs.add(one)
        runs.add(other)

        assert runs.all() == [one, other]
        assert runs.all()[0].plots == [plot]

    def test_are_none_before_the_first(self, tmp_path: Path) -> None:
        assert Runs(tmp_path / "runs.jsonl").all() == []

    def test_are_a_line_each_with_what_other_programs_want_to_know(self, tmp_path: Path) -> None:
        runs = Runs(tmp_path / "runs.jsonl")
        runs.add(make_run([make_figure(8.0)]))

        [line] = runs.file.read_text().splitlines()

        [figure] = json.loads(line)["figures"]
        assert figure == {
            "name": "pipeline", "issue": "A", "says": "faces of photos", "value": 8.0,
            "unit": "photos/s", "reference": "plain loop", "reference_value": 10.0, "n": 1,
            "better": "higher", "bar": 0.8, "ratio": 0.8, "verdict": "met",
        }  # fmt: skip

    @pytest.mark.parametrize("line", ["{", "{}", "[]", '{"bench": "pipeline"}'])
    def test_say_which_line_is_broken(self, tmp_path: Path, line: str) -> None:
        runs = Runs(tmp_path / "runs.jsonl")
        runs.add(make_run())
        with runs.file.open("a") as lines:
            lines.write(line + "\n")

        with pytest.raises(Unreadable, match=r"Line 2 of .*runs.jsonl is not a run .*delete"):
            runs.all()

    def test_refuse_what_is_no_number(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="not JSON compliant"):
            Runs(tmp_path / "runs.jsonl").add(make_run([make_figure(float("nan"))]))


def test_findings_are_sorted_out_by_kind() -> None:
    figure, plot = make_figure(), Plot("t", "x", "u", {})

    parts = sorted_out([plot, Remark("a word"), figure])

    assert parts == {"figures": [figure], "plots": [plot], "remarks": ["a word"]}
