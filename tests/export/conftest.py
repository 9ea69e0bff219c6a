from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.export.exporting import export, need_built_models
from tests.shared import folder_of_all, shared


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A repository that was built just now, from nothing. Tests do not change it."""
    need_built_models()
    folder = folder_of_all(tmp_path_factory) / "fresh"
    with shared(folder, lambda: _built(folder / "repository")) as repository:
        yield Path(repository)


@contextmanager
def _built(repository: Path) -> Iterator[str]:
    ran = export("--repository", repository)
    assert (ran.returncode, ran.stderr) == (0, "")
    yield str(repository)
