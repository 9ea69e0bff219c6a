"""`python -m bench`: what it leaves, and what it says of it."""

import json
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from bench import __main__ as command
from bench import machine
from bench.figures import Asked, Bench, Finding, Remark
from bench.runs import Runs
from tests.bench.made import FASTER, MACHINE, VERSIONS, make_figure

NAME = "pipeline"  # of a benchmark that there is
NOTHING = Asked()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> command.Place:
    """Where nothing was measured, on a machine that nobody has to ask."""
    monkeypatch.setattr(machine, "facts", lambda: MACHINE)
    monkeypatch.setattr(machine, "versions", lambda *_: VERSIONS)
    return command.Place(tmp_path / "bench")


def benched(
    monkeypatch: pytest.MonkeyPatch,
    place: command.Place,
    *findings: Finding,
    asked: Asked = NOTHING,
) -> tuple[int, str]:
    """Run a benchmark that finds these: the exit status, and what was said."""

    def run(_asked: Asked, _console: Console) -> Sequence[Finding]:
        return findings

    bench = Bench(NAME, "Faces", run, [FASTER])
    monkeypatch.setattr(command, "BENCHES", {NAME: bench})
    said = StringIO()
    console = Console(file=said, width=200)
    return command.Session(place, asked, console).run([NAME]), said.getvalue()


class TestSession:
    def test_keeps_the_run_the_figures_and_the_page(
        self, place: command.Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        status, said = benched(monkeypatch, place, make_figure(10.0), Remark("a word"))

        [run] = place.runs.all()
        assert (status, run.bench, run.machine, run.remarks) == (0, NAME, MACHINE, ["a word"])
        [row] = json.loads((place.folder / "results.json").read_text())
        assert (row["name"], row["ratio"], row["n"]) == ("pipeline", 1.0, 1)
        assert "a word" in place.page.read_text()
        assert "pipeline" in said

    def test_says_that_a_figure_is_below_its_bar(
        self, place: command.Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        status, said = benched(monkeypatch, place, make_figure(1.0))

        assert status == 1
        assert "Below the bar: pipeline" in said

    def test_compares_with_the_run_before(
        self, place: command.Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        benched(monkeypatch, place, make_figure(10.0))
        benched(monkeypatch, place, make_figure(15.0))

        assert len(place.runs.all()) == 2
        assert "+50 %, better (was 10)" in place.page.read_text()

    def test_says_with_what_it_was_asked(
        self, place: command.Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        benched(monkeypatch, place, make_figure(), asked=Asked(minutes=2.0, photos=500))

        [run] = place.runs.all()
        assert run.command == "make bench NAME=pipeline MINUTES=2 PHOTOS=500"

    def test_keeps_what_is_done_when_the_next_one_fails(
        self, place: command.Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(_asked: Asked, _console: Console) -> Sequence[Finding]:
            raise RuntimeError("no models")

        benches = {
            NAME: Bench(NAME, "Faces", lambda *_: [make_figure()], [FASTER]),
            "broken": Bench("broken", "Broken", fail, [FASTER]),
        }
        monkeypatch.setattr(command, "BENCHES", benches)

        with pytest.raises(RuntimeError, match="no models"):
            command.Session(place, Asked(), Console(file=StringIO())).run([NAME, "broken"])

        assert [run.bench for run in Runs(place.folder / "runs.jsonl").all()] == [NAME]
        assert "faces of photos" in place.page.read_text()


class TestMain:
    def test_writes_the_page_alone_and_measures_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("VAR_DIR", str(tmp_path))

        assert command.main(["page"]) == 0

        assert "Nothing was measured here yet" in (tmp_path / "bench" / "index.html").read_text()
        assert not (tmp_path / "bench" / "runs.jsonl").exists()

    @pytest.mark.parametrize("words", [["nothing"], ["pipeline", "--data", "/nowhere/at/all"]])
    def test_refuses_what_there_is_not(
        self, words: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as refused:
            command.main(words)

        assert refused.value.code == 2
        assert "error:" in capsys.readouterr().err


class TestMachine:
    def test_says_what_it_is(self) -> None:
        facts = machine.facts()

        assert set(facts) == {"processor", "cores", "memory", "system", "kernel"}
        assert int(facts["cores"]) >= 1
        assert facts["memory"].endswith(" GB")
        assert "" not in facts.values()

    def test_names_the_models_that_are_built(self, tmp_path: Path) -> None:
        for name in ("b.packaged.1/1", "a.packaged.1/1", "c.packaged.1"):
            (tmp_path / name).mkdir(parents=True)
        for name in ("a", "b"):
            (tmp_path / f"{name}.packaged.1/1/model.onnx").touch()

        assert machine.models(tmp_path) == ["a.packaged.1", "b.packaged.1"]
