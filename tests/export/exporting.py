"""Running `python -m export` in its own environment, on the packages that are in the cache."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venvs" / "export" / "bin" / "python"
CACHE = ROOT / "var" / "cache" / "packages"
REPOSITORY = ROOT / "model_repository"
ROLES = ("face_detector", "face_embedder")
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "npm_config_offline": "true"}


def need_built_models() -> None:
    """Skip where `make models` has not been run: it fetches what these tests work on."""
    if not all((REPOSITORY / role / "1" / "model.onnx").exists() for role in ROLES):
        pytest.skip("The models are not built: run `make models`.")


def export(*words: str | Path, cache: Path = CACHE) -> subprocess.CompletedProcess[str]:
    """Run `python -m export packaged WORDS` to its end."""
    return python("-m", "export", "packaged", f"--cache={cache}", *words)


def python(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  # words of the tests
        [PYTHON, *words],
        cwd=ROOT,
        env=os.environ | OFFLINE,
        capture_output=True,
        text=True,
        check=False,
    )


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below `folder`."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
