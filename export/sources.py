"""Where weights come from that ride in no package: model hubs, and folders laid out as theirs.

A hub's files are not known here byte by byte. The first one that comes is pinned, in `pins.json`
of the cache; from then on no other one is taken for it. Files that can hold code are never asked
for.
"""

import json
import os
import re
import shutil
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.request import urlopen

from export import ExportError
from export.weights import Packaged
from inference import onnx_files
from inference.onnx_files import FileRefused
from local.packages import digest

LOCAL = "HUB_FOLDER"  # names a folder that is looked into first: ORGANISATION/REPOSITORY/FILE
SAFE = (".json", ".model", ".onnx", ".safetensors", ".txt")  # data; pickles (.bin, .pt) are code
PINS = "pins.json"
RAPIDOCR = "RapidAI/RapidOCR"  # where a folder of the user's own has its files
LISTED = "rapidocr/default_models.yaml"
FETCH_S = 60.0  # without a word from the zoo


@dataclass(frozen=True)
class Hub:
    """A repository of the Hugging Face hub, at a revision.

    Its own cache is used, and its own variables: HF_HOME, HF_HUB_OFFLINE, HF_ENDPOINT.
    """

    repository: str
    revision: str = "main"

    def __str__(self) -> str:
        return f"{self.repository} ({self.revision}) of the Hugging Face hub"

    def fetch(self, member: str, folder: Path, cache: Path) -> Path:
        check_safe(member, str(self))
        path = _local(self.repository, member) or self._from_hub(member)
        return _pinned(path, folder, f"{self.repository}@{self.revision}/{member}", cache)

    def _from_hub(self, member: str) -> Path:
        from huggingface_hub import hf_hub_download  # noqa: PLC0415  # of its environment alone
        from huggingface_hub.errors import (  # noqa: PLC0415
            HfHubHTTPError,
            HFValidationError,
            LocalEntryNotFoundError,
        )

        try:
            return Path(hf_hub_download(self.repository, member, revision=self.revision))
        except LocalEntryNotFoundError as exc:
            raise ExportError(
                f"{member} of {self} cannot be had: the hub is out of reach, or HF_HUB_OFFLINE is "
                f"set, and the file is not in its cache. {_by_hand(self.repository, member)}"
            ) from exc
        except (HfHubHTTPError, HFValidationError) as exc:
            raise ExportError(f"{member} of {self} cannot be had: {exc}") from exc


@dataclass(frozen=True)
class InsightFaceZoo:
    """A pack of models that the `insightface` package fetches, into ~/.insightface as it does."""

    pack: str  # buffalo_l and the like
    root: str = "~/.insightface"

    def __str__(self) -> str:
        return f"{self.pack} of insightface's model zoo"

    def fetch(self, member: str, folder: Path, cache: Path) -> Path:
        check_safe(member, str(self))
        path = _local(self.pack, member) or self._from_zoo() / member
        if not path.exists():
            raise ExportError(f"{self} has no file {member}: {path.parent} lacks it.")
        return _pinned(path, folder, f"insightface/{self.pack}/{member}", cache)

    def _from_zoo(self) -> Path:
        from insightface.utils import ensure_available  # noqa: PLC0415  # of its environment alone

        try:
            with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
                return Path(ensure_available("models", self.pack, root=self.root))
        except (OSError, RuntimeError) as exc:  # requests' errors are OSErrors
            raise ExportError(
                f"{self} cannot be had: it is out of reach. {_by_hand(self.pack, '*.onnx')}"
            ) from exc


@dataclass(frozen=True)
class RapidOcrZoo:
    """Nets that the package `rapidocr` fetches: where they lie stands in the package itself."""

    package: Packaged

    def __str__(self) -> str:
        return f"the model zoo of {self.package}"

    def fetch(self, member: str, folder: Path, cache: Path) -> Path:
        """The row knows the file's sha256, as the package states it: nothing is pinned."""
        check_safe(member, str(self))
        target = folder / PurePosixPath(member).name
        if local := _local(RAPIDOCR, member):
            check_harmless(local, member)
            target.symlink_to(local.resolve())
            return target
        address = self._address(member, folder, cache)
        try:
            with urlopen(address, timeout=FETCH_S) as answer, target.open("wb") as file:  # noqa: S310  # https
                shutil.copyfileobj(answer, file)
        except OSError as exc:
            raise ExportError(
                f"{member} of {self} cannot be had: it is out of reach. "
                f"{_by_hand(RAPIDOCR, member)}"
            ) from exc
        check_harmless(target, member)
        return target

    def _address(self, member: str, folder: Path, cache: Path) -> str:
        listed = self.package.fetch(LISTED, folder, cache).read_text("utf-8")
        found = re.search(rf"https://\S+/{re.escape(member)}$", listed, re.MULTILINE)
        if not found:
            raise ExportError(f"{self} has no file {member}.")
        return found[0]


def check_safe(member: str, source: str) -> None:
    """
    Raises:
        ExportError: `member` leads out of its repository, or is a format that can hold code.
    """
    path = PurePosixPath(member)
    if path.is_absolute() or ".." in path.parts or not path.name:
        raise ExportError(f"{member!r} is no name of a file in {source}.")
    if path.suffix not in SAFE:
        raise ExportError(
            f"{member} of {source} is not taken: {path.suffix or 'a file without a suffix'} may be "
            f"a pickle, which can run code. Take one of {', '.join(SAFE)}."
        )


def check_harmless(path: Path, name: str) -> None:
    """
    Raises:
        ExportError: whatever its name says, the file may run code, asks for code, or names weights
            that lie elsewhere. Nothing has read it by then.
    """
    try:
        match PurePosixPath(name).suffix:
            case ".onnx":
                onnx_files.check(path)
            case ".json":
                _check_asks_for_no_code(json.loads(path.read_text("utf-8")))
            case _:
                onnx_files.check_no_program(path)
    except FileRefused as exc:
        raise ExportError(f"{name} is not taken: {exc}.") from exc
    except (OSError, ValueError) as exc:
        raise ExportError(f"{name} can't be read: {exc}") from exc


def _check_asks_for_no_code(said: Any) -> None:
    """Of a configuration: libraries fetch and run what such words of it name, if they are let."""
    values = [said]
    while values:
        match values.pop():
            case {"trust_remote_code": True} | {"hf_trust_remote_code": True}:
                raise FileRefused("it asks for code to be trusted (trust_remote_code)")
            case {"auto_map": {}}:
                raise FileRefused("it names code to be run (auto_map)")
            case dict() as inside:
                values += inside.values()
            case list() as inside:
                values += inside


def _local(repository: str, member: str) -> Path | None:
    """The file as it lies in the user's own folder, if there is one and it has it."""
    root = os.environ.get(LOCAL)
    path = Path(root).expanduser() / repository / member if root else None
    return path if path and path.is_file() else None


def _by_hand(repository: str, member: str) -> str:
    return f"Or put it to $HUB_FOLDER/{repository}/{member} by hand, and run again."


def _pinned(path: Path, folder: Path, name: str, cache: Path) -> Path:
    """A link to `path` in `folder`, if the file is what it was when it first came."""
    check_harmless(path, name)
    pins, found = cache / PINS, digest(path)
    known: Mapping[str, str] = json.loads(pins.read_text()) if pins.exists() else {}
    if known.get(name, found) != found:
        raise ExportError(
            f"{name} is not what it was when it first came (sha256 {found}, pinned {known[name]}). "
            f"It is not used. If that is meant to be, take its line out of {pins}."
        )
    if name not in known:
        _write(pins, {**known, name: found})
    link = folder / PurePosixPath(name).name
    link.unlink(missing_ok=True)
    link.symlink_to(path.resolve())  # weights are large
    return link


def _write(pins: Path, known: Mapping[str, str]) -> None:
    pins.parent.mkdir(parents=True, exist_ok=True)
    copy = pins.with_suffix(".unfinished")
    copy.write_text(json.dumps(dict(sorted(known.items())), indent=2) + "\n")
    copy.replace(pins)
