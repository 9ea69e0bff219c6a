"""The model repository: what lies there, and how a model comes into it.

    <name>/config.pbtxt            for the CPU      tracked, of the pack `packaged`
    <name>/configs/gpu.pbtxt       for the GPU      tracked
    <name>/manifest.json           what it is       tracked
    <name>/1/model.onnx                             built
    <name>/1/reference.npz         what the original says of real samples    built
    <name>/1/built.json            from what, and how far from the original  built
    <name>/1/...                   what belongs to it, as a tokenizer.json   built

A model's name is its role, pack and version, so what lies under a name never changes its answers.
It is never seen half-written, nor beside the configuration of another one: the old one leaves,
the configuration changes, the new one comes, each in one step.
"""

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

import numpy as np

from export import ExportError, configs
from export.build import Built
from export.configs import Served
from export.models import Model
from export.recipes import recipe
from export.weights import Weights
from local.packages import digest

UNFINISHED = ".unfinished-"
VERSION = "1"  # as Triton counts; ours is in the name


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
    folder = repository / model.name
    note = _read_json(folder / VERSION / "built.json")
    files: dict[str, str] = note.get("files", {})
    return (
        bool(files)
        and note.get("recipe") == recipe(model)
        and all(
            (folder / name).exists() and digest(folder / name) == sha for name, sha in files.items()
        )
    )


def publish(model: Model, built: Built, repository: Path) -> None:
    """Have `built` in the repository, with what belongs to it. Call it inside `locked()`.

    Raises:
        ExportError: a model of that name is there, which is made of other weights.
    """
    folder = repository / model.name
    _check_space(model, built, folder)
    folder.mkdir(exist_ok=True)
    for left in folder.glob(f"{UNFINISHED}*"):
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=folder) as unfinished:
        new, old = Path(unfinished) / "new", Path(unfinished) / "old"
        texts = _texts(model, built)
        _write_version(model, built, texts, new)
        version = folder / VERSION
        if version.exists():
            version.rename(old)
        for name, text in texts.items():
            _replace(folder / name, text, Path(unfinished))
        new.rename(version)


def _check_space(model: Model, built: Built, folder: Path) -> None:
    """Photos were looked at by name: what lies under a name never changes its answers."""
    before = (
        _read_json(folder / "manifest.json").get("space") if (folder / VERSION).exists() else None
    )
    now = _parameters(model, built)["space"]
    if before not in (None, now):
        raise ExportError(
            f"{model.name} is there already, with other weights ({before}, not {now}): "
            "raise the version in its row, or remove its folder."
        )


def _write_version(model: Model, built: Built, texts: Mapping[str, str], folder: Path) -> None:
    folder.mkdir()
    contents = {"model.onnx": built.content, **built.converted.beside}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    np.savez_compressed(folder / "reference.npz", allow_pickle=False, **built.reference)
    files = {f"{VERSION}/{name}": content for name, content in contents.items()}
    files |= {name: text.encode() for name, text in texts.items()}
    note = {
        "recipe": recipe(model),
        "files": {name: sha256(content).hexdigest() for name, content in files.items()},
        "largest_difference": built.differences,
        "memory_bytes": built.memory_bytes,
    }
    (folder / "built.json").write_text(_json(note))


def _texts(model: Model, built: Built) -> dict[str, str]:
    """What describes the model, by its path below the model's folder."""
    parameters = _parameters(model, built)
    served = Served.of(model.name, built.converted, parameters, model.precision)
    return {
        "config.pbtxt": configs.write(served, model.serving.cpu, "CPU"),
        "configs/gpu.pbtxt": configs.write(served, model.serving.gpu, "GPU"),
        "manifest.json": _json(_manifest(model, built, served)),
    }


def _parameters(model: Model, built: Built) -> dict[str, str]:
    """What a client learns of the model from the server, so that the two never go apart.

    Vectors of two spaces never meet.
    """
    precision = "" if model.precision == "fp32" else f"-{model.precision}"
    space = f"{model.role}:{built.weights_sha256[:16]}:{model.version}{precision}"
    identity = {"space": space, "weights_sha256": built.weights_sha256}
    return identity | dict(built.converted.parameters)


def _manifest(model: Model, built: Built, served: Served) -> dict[str, object]:
    return {
        "role": model.role,
        "pack": model.pack,
        "version": model.version,
        "precision": model.precision,
        "space": served.parameters["space"],
        "weights": [_source(each) for each in model.weights],
        "parameters": dict(built.converted.parameters),
        "tolerance": dict(model.tolerance),
        "model_sha256": sha256(built.content).hexdigest(),
    }


def _source(weights: Weights) -> dict[str, object]:
    return asdict(weights) | {"source": str(weights.source)}


def _json(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"


def _read_json(path: Path) -> dict[str, object]:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):  # not there, or cut off when the power went
        return {}


def _replace(path: Path, text: str, unfinished: Path) -> None:
    """Write a file whole or not at all."""
    copy = unfinished / path.name
    copy.write_text(text)
    path.parent.mkdir(exist_ok=True)
    copy.replace(path)
