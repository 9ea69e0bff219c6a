"""The commands as processes of their own: killed, and started with something wrong."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests_training.running import FEW, run

ROOT = Path(__file__).parents[1]


class TestKilled:
    def test_goes_on_where_it_was_and_makes_the_same_head(
        self, faces: Path, trained: tuple[Path, list[dict[str, Any]]], tmp_path: Path
    ) -> None:
        words = (faces, tmp_path / "out", *FEW, "--checkpoint", tmp_path / "checkpoint")
        said = [begun_and_killed(words) for _ in range(3)]

        code, lines = run(*words)

        assert [line["epoch"] for line in said] == [1, 2, 3]
        assert (code, lines) == (0, trained[1][-1:])  # all epochs are done
        for name in ("model.onnx", "report.json"):
            assert (tmp_path / "out" / name).read_bytes() == (trained[0] / name).read_bytes()


def begun_and_killed(words: Sequence[str | Path]) -> Any:
    """What it says first, before it is killed."""
    with subprocess.Popen(
        [sys.executable, "-m", "training", *words], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        line = process.stdout.readline()
        process.kill()
    return json.loads(line)


class TestProcess:
    @pytest.mark.parametrize(
        ("words", "code"),
        [(("none.npz", "out"), "faces_unreadable"), (("publish", "out"), "report_unreadable")],
    )
    def test_says_what_is_wrong_in_a_line_of_json_and_nothing_else(
        self, tmp_path: Path, words: tuple[str, ...], code: str
    ) -> None:
        ran = subprocess.run(
            [sys.executable, "-m", "training", *words],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )

        assert (ran.returncode, ran.stderr) == (2, "")
        assert json.loads(ran.stdout)["code"] == code
        assert list(tmp_path.iterdir()) == []
