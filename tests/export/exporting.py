"""Running `python -m export` in its own environment, on the packages that are in the cache."""

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venvs" / "export" / "bin" / "python"
CACHE = ROOT / "var" / "cache" / "packages"
REPOSITORY = ROOT / "model_repository"
DETECTOR, EMBEDDER = "face_detector.packaged.1", "face_embedder.packaged.1"
NAMES = (DETECTOR, EMBEDDER)
FACES = ("--role=face_detector", "--role=face_embedder")
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "npm_config_offline": "true"}


def need_built_models() -> None:
    """Skip where `make models` has not been run: it fetches what these tests work on."""
    if not all((REPOSITORY / name / "1" / "model.onnx").exists() for name in NAMES):
        pytest.skip("The models are not built: run `make models`.")


def export(
    *words: str | Path, cache: Path = CACHE, roles: Sequence[str] = FACES
) -> subprocess.CompletedProcess[str]:
    """Run `python -m export packaged WORDS` to its end, for the roles that are built fastest."""
    return python("-m", "export", "packaged", f"--cache={cache}", *roles, *words)


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
    return {str(path.relative_to(folder)): _content(path) for path in files}


def _content(file: Path) -> bytes:
    """Without what was measured, which is never twice the same."""
    content = file.read_bytes()
    if file.name != "built.json":
        return content
    return json.dumps(json.loads(content) | {"memory_bytes": 0}).encode()
