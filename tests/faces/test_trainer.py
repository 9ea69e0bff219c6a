"""The program that trains: what it says, how it ends, and that it ends."""

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from faces.errors import TrainerMissing, TrainingFailed, TrainingRefused
from faces.trainer import Line, Saying, Trainer, Wanted
from tests.trainer import ROOT

PROGRAM = ROOT / "tests" / "trainer.py"


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    file = tmp_path / "faces.npz"
    fields: dict[str, Any] = {
        "vectors": np.eye(2, dtype=np.float32),
        "face": [1, 2],
        "rejected": np.empty((0, 2), int),
        "space": "a",
    }
    np.savez(file, allow_pickle=False, **fields)
    return file


def training(faces: Path, how: str) -> Saying:
    trainer = Trainer((sys.executable, PROGRAM, how), ROOT)
    wanted = Wanted(epochs=2, margin=0.2, min_faces=5)
    return trainer.train(faces, faces.with_name("out"), wanted, faces.with_name("checkpoint"))


def heard(saying: Saying) -> tuple[list[Line], Line]:
    """Its lines, and the one that it returns."""
    lines = list[Line]()
    while True:
        try:
            line = next(saying)
        except StopIteration as end:
            return lines, end.value
        if line:
            lines.append(line)


class TestTrainer:
    def test_says_each_epoch_and_what_came_of_it(self, faces: Path) -> None:
        lines, last = heard(training(faces, "worse"))

        assert [line.get("epoch") for line in lines] == [1, 2, None]
        assert (last["kept"], last["reason"]) == (False, "It is worse.")
        assert faces.with_name("out").is_dir()

    def test_refuses_with_its_own_code(self, faces: Path) -> None:
        with pytest.raises(TrainingRefused, match="Only 1 has") as refused:
            heard(training(faces, "refuses"))

        assert refused.value.code == "too_few_people"

    def test_that_dies_has_its_words_logged(
        self, faces: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        with pytest.raises(TrainingFailed, match="ended with 137"):
            heard(training(faces, "dies"))

        assert "out of memory" in caplog.text

    def test_that_says_what_is_no_json_fails(self, faces: Path) -> None:
        with pytest.raises(TrainingFailed, match="no JSON"):
            heard(training(faces, "raves"))

    def test_ends_when_nobody_listens_any_more(self, faces: Path) -> None:
        saying = training(faces, "hangs")
        line = next(saying)
        while line is None:  # it takes a moment to start
            line = next(saying)

        quiet = next(saying)
        saying.close()

        assert quiet is None
        with pytest.raises(ProcessLookupError):
            os.kill(line["pid"], 0)

    def test_needs_its_environment(self, faces: Path, tmp_path: Path) -> None:
        trainer = Trainer((tmp_path / "python", "-m", "training"), ROOT)

        with pytest.raises(TrainerMissing, match="run `make hub`"):
            heard(trainer.publish(faces, tmp_path))
