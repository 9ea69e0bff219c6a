from pathlib import Path

import pytest

from tests.export.exporting import export, need_built_models


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository that was built just now, from nothing. Tests do not change it."""
    need_built_models()
    repository = tmp_path_factory.mktemp("fresh")
    ran = export("--repository", repository)
    assert (ran.returncode, ran.stderr) == (0, "")
    return repository
