"""Writes behind each tag of a foreign image the digest that its registry has for it.

python -m deploy.pin            asks the registries, and writes
python -m deploy.pin --check    only says which images lack one, and asks nobody
"""

import argparse
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from deploy.registries import Image, RegistryError, asking, digest

ROOT = Path(__file__).resolve().parents[1]
FILES = ("Dockerfile", "docker-compose.yml", "deploy/kubernetes/**/*.yaml")
# `image: NAME`, or `ARG X_IMAGE=NAME`; what we build ourselves has a `$` or no registry.
NAMED = re.compile(
    r"^(?P<before>\s*-?\s*(?:image:\s*|ARG \w+_IMAGE=))"
    r"(?P<name>[a-z0-9-]+(?:\.[a-z0-9-]+)*(?:\.[a-z]+|:\d+)/[a-z0-9._/-]+:[\w.-]+)"
    r"(?:@(?P<digest>sha256:[0-9a-f]{64}))?$",
    re.MULTILINE,
)
Ask = Callable[[Image], str]


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.pin", description=__doc__)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args(arguments)
    files = sorted(file for pattern in FILES for file in root.glob(pattern))
    if given.check:
        return _check(files)
    try:
        with asking() as client:
            pin(files, lambda image: digest(image, client))
    except RegistryError as exc:
        sys.stderr.write(f"{exc} Nothing was written.\n")
        return 1
    return 0


def pin(files: Sequence[Path], ask: Ask) -> None:
    """Write all files, or none of them.

    Raises:
        RegistryError: one of the images has no digest.
    """
    texts = {file: file.read_text() for file in files}
    names = sorted({found["name"] for text in texts.values() for found in NAMED.finditer(text)})
    digests = {name: ask(Image.of(name)) for name in names}
    for file, text in texts.items():
        file.write_text(NAMED.sub(lambda found: _pinned(found, digests), text))
    for name, found in digests.items():
        sys.stdout.write(f"{name}@{found}\n")


def unpinned(files: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    for file in files:
        for found in NAMED.finditer(file.read_text()):
            if not found["digest"]:
                yield file, found["name"]


def _check(files: Sequence[Path]) -> int:
    lacking = list(unpinned(files))
    for file, name in lacking:
        sys.stderr.write(f"{file.name}: {name} has no digest: run `make pin`.\n")
    return 1 if lacking else 0


def _pinned(found: re.Match[str], digests: dict[str, str]) -> str:
    return f"{found['before']}{found['name']}@{digests[found['name']]}"


if __name__ == "__main__":
    sys.exit(main())
