"""The model repository: what lies there, and how a model comes into it.

    <role>/config.pbtxt            for the CPU      tracked
    <role>/configs/gpu.pbtxt       for the GPU      tracked
    <role>/manifest.json           what it is       tracked
    <role>/<version>/model.onnx                     built
    <role>/<version>/reference.npz what the original says of real photos     built
    <role>/<version>/built.json    from what, and how far from the original  built

A version is never seen half-written, nor beside the configuration of another model: the old one
leaves, the configuration changes, the new one comes, each in one step.
"""

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

import numpy as np

from export import configs
from export.build import Built
from export.packs import Model
from local.packages import digest

UNFINISHED = ".unfinished-"
SOURCES = Path(__file__).parent


@contextmanager
def locked(repository: Path) -> Iterator[None]:
    """One export at a time; a second waits for the first."""
    repository.mkdir(parents=True, exist_ok=True)
    handle = os.open(repository, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def is_current(model: Model, repository: Path) -> bool:
    """Whether `model` lies there whole, made from this row by this code."""
    folder = repository / model.role
    note = _read_json(folder / str(model.version) / "built.json")
    file = folder / str(model.version) / "model.onnx"
    if note.get("recipe") != recipe(model) or not file.exists():
        return False
    texts = _texts(model, note["model_sha256"])
    return digest(file) == note["model_sha256"] and all(
        path.exists() and path.read_text() == text
        for path, text in ((folder / name, text) for name, text in texts.items())
    )


def publish(model: Model, built: Built, repository: Path) -> None:
    """Have `built` in the repository, with what belongs to it. Call it inside `locked()`."""
    folder = repository / model.role
    folder.mkdir(exist_ok=True)
    for left in folder.glob(f"{UNFINISHED}*"):
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=folder) as unfinished:
        new, old = Path(unfinished) / "new", Path(unfinished) / "old"
        _write_version(model, built, new)
        version = folder / str(model.version)
        if version.exists():
            version.rename(old)
        for name, text in _texts(model, sha256(built.content).hexdigest()).items():
            _replace(folder / name, text, Path(unfinished))
        new.rename(version)


def recipe(model: Model) -> str:
    """Names what a model is made from: its row, and the code that turns it into a model."""
    made_from = sha256(repr(model).encode())
    for source in sorted(SOURCES.glob("*.py")):
        made_from.update(source.read_bytes())
    return made_from.hexdigest()


def _write_version(model: Model, built: Built, folder: Path) -> None:
    folder.mkdir()
    (folder / "model.onnx").write_bytes(built.content)
    np.savez_compressed(folder / "reference.npz", allow_pickle=False, **built.reference)
    note = {
        "recipe": recipe(model),
        "model_sha256": sha256(built.content).hexdigest(),
        "largest_difference": built.differences,
    }
    (folder / "built.json").write_text(_json(note))


def _texts(model: Model, model_sha256: str) -> dict[str, str]:
    """What is tracked, by its path below the model's folder."""
    served = (model.role, model.version, model.kind)
    parameters = _parameters(model)
    return {
        "config.pbtxt": configs.write(*served, model.serving.cpu, "CPU", parameters),
        "configs/gpu.pbtxt": configs.write(*served, model.serving.gpu, "GPU", parameters),
        "manifest.json": _json(_manifest(model) | {"model_sha256": model_sha256}),
    }


def _parameters(model: Model) -> dict[str, str]:
    """What a client learns of the model from the server, so that the two never go apart."""
    identity = {"space": model.space, "weights_sha256": model.weights.sha256}
    return identity | dict(model.kind.parameters)


def _manifest(model: Model) -> dict[str, object]:
    return {
        "role": model.role,
        "version": model.version,
        "space": model.space,
        "weights": asdict(model.weights),
        "parameters": dict(model.kind.parameters),
        "tolerance": dict(model.tolerance),
    }


def _json(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"


def _read_json(path: Path) -> dict[str, object]:
    return json.loads(path.read_text()) if path.exists() else {}


def _replace(path: Path, text: str, unfinished: Path) -> None:
    """Write a file whole or not at all."""
    copy = unfinished / path.name
    copy.write_text(text)
    path.parent.mkdir(exist_ok=True)
    copy.replace(path)
