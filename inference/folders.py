"""The folder of a model, looked at before the model server is told to load what lies there.

    <name>/config.pbtxt, configs/*.pbtxt    name no program and no other file
    <name>/manifest.json                    says which sha256 model.onnx has
    <name>/<version>/model.onnx             is that file, and a model that stands alone
    <name>/<version>/built.json             says which sha256 the files beside it have

Of a file whose size, times and inode are as before nothing is read again.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import file_digest
from pathlib import Path
from typing import Any, Self

from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from inference import onnx_files
from inference.errors import ModelRefused
from inference.onnx_files import FileRefused

BACKENDS = frozenset({"onnxruntime", "onnxruntime_onnx"})  # others run programs that lie there
MODEL = "model.onnx"
_REMEMBERED = 1000  # files


@dataclass(frozen=True)
class Stamp:
    """A file as it is now: another one has another stamp."""

    path: Path
    size: int
    modified_ns: int
    changed_ns: int  # as the system notes it: nobody can set that one back
    inode: int

    @classmethod
    def of(cls, path: Path) -> Self:
        """
        Raises:
            OSError: there is no such file.
        """
        found = path.stat()
        times = (found.st_mtime_ns, found.st_ctime_ns)
        return cls(path, found.st_size, *times, found.st_ino)


def check(folder: Path) -> None:
    """
    Raises:
        ModelRefused: the model of this folder is not what was built, or could do harm.
    """
    if why := fault(folder):
        raise ModelRefused(f"{folder.name}: it is not loaded: {why}.")


def fault(folder: Path) -> str:
    """Why the model of this folder is not to be loaded, half a sentence; empty if it may be.

    The first look at a file takes as long as reading it, the next ones some microseconds.
    """
    try:
        return next(_faults(folder), "")
    except OSError as exc:
        return f"{Path(exc.filename or folder).name} can't be read: {exc.strerror}"
    except ValueError as exc:
        return f"what describes it can't be read: {exc}"


def faults(folders: Mapping[str, Path]) -> dict[str, str]:
    """Of these models (name -> folder) those that are not to be loaded, with the reason."""
    found = {name: fault(folder) for name, folder in folders.items()}
    return {name: why for name, why in found.items() if why}


def _faults(folder: Path) -> Iterator[str]:
    configs = [folder / "config.pbtxt", *sorted((folder / "configs").glob("*.pbtxt"))]
    yield from filter(None, (_fault_of_config(Stamp.of(each)) for each in configs))
    versions = [each for each in folder.iterdir() if each.name.isdecimal()]
    if not versions:
        yield "it was not built"
        return
    version = max(versions, key=lambda each: int(each.name))  # the one that the server takes
    for name, sha256 in _recorded(folder, version).items():
        if _digest(Stamp.of(version / name)) != sha256:
            yield f"{name} is not the one that was built, by its sha256: build it again"
    yield from filter(None, [_fault_of_model(Stamp.of(version / MODEL))])


def _recorded(folder: Path, version: Path) -> dict[str, str]:
    """The sha256 of each file of `version`, as it was built."""
    sha256 = _read(Stamp.of(folder / "manifest.json")).get("model_sha256")
    files = _read(Stamp.of(version / "built.json")).get("files")
    beside = dict(_below(version.name, files if isinstance(files, dict) else {}))
    return {**beside, MODEL: str(sha256)}  # without one it is none


def _below(version: str, files: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for path, sha256 in files.items():
        place, _, name = path.partition("/")
        if place == version and name and "/" not in name:
            yield name, str(sha256)


@lru_cache(_REMEMBERED)
def _read(stamp: Stamp) -> Mapping[str, Any]:
    content = json.loads(stamp.path.read_text("utf-8"))
    return content if isinstance(content, dict) else {}


@lru_cache(_REMEMBERED)
def _digest(stamp: Stamp) -> str:
    with stamp.path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


@lru_cache(_REMEMBERED)
def _fault_of_model(stamp: Stamp) -> str:
    try:
        onnx_files.check(stamp.path)
    except FileRefused as exc:
        return f"{stamp.path.name}: {exc}"
    return ""


@lru_cache(_REMEMBERED)
def _fault_of_config(stamp: Stamp) -> str:
    name = stamp.path.name
    try:
        text = stamp.path.read_text("utf-8")
        config = text_format.Parse(text, model_config_pb2.ModelConfig())
    except (ValueError, text_format.ParseError):
        return f"{name} can't be read: build it again"
    why = _trouble(config)
    return why and f"{name} {why}"


def _trouble(config: Any) -> str:
    """What a configuration asks for that no model of ours needs; empty: nothing."""
    backend = config.backend or config.platform
    files = {config.default_model_filename, *config.cc_model_filenames.values()} - {"", MODEL}
    if backend not in BACKENDS:
        return f"has it run by {backend or 'no backend'}, and not by onnxruntime"
    if config.runtime or config.model_operations.op_library_filename:
        return "has a library of its own loaded"
    if config.model_repository_agents.agents:
        return "has a program of its own run before it is loaded"
    if files:
        return f"names other files than {MODEL}: {', '.join(sorted(files))}"
    return "chooses among versions" if config.HasField("version_policy") else ""
