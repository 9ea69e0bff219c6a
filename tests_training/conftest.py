"""What several modules of tests look at: faces, and what was learnt from them."""

from pathlib import Path
from typing import Any

import pytest

from tests_training.making import File, make_faces
from tests_training.running import FEW, run


@pytest.fixture(scope="session")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Faces with a nuisance."""
    made = make_faces(people=40, nuisance=2.0)
    return File(made).write(tmp_path_factory.mktemp("faces") / "faces.npz")


@pytest.fixture(scope="session")
def trained(faces: Path) -> tuple[Path, list[dict[str, Any]]]:
    """The folder that a training has written, and what it said."""
    out = faces.parent / "out"
    code, lines = run(faces, out, *FEW)
    assert code == 0, lines
    return out, lines
