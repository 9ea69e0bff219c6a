"""The snippets of a page of the documentation, run as a reader would who begins at its top."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from local.stack import CHECKOUT

_FENCE = re.compile(r"^```(bash|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_MARK = "\x1e"  # between what two snippets write
_CURL = "silent\nshow-error\nfail-with-body\nnoproxy = *\n"  # what goes wrong ends the script
_CLIENT = CHECKOUT / "clients/python"


@dataclass(frozen=True)
class Snippet:
    heading: str
    language: str
    text: str

    @property
    def name(self) -> str:
        """Such as `Search, python: kindred_client.recognition`."""
        over = ", gRPC" if "recognition" in self.text else ""
        return f"{self.heading}, {self.language}{over}"


def snippets(page: Path) -> list[Snippet]:
    """Those in fences that say their language, in the order of the page."""
    text = page.read_text()
    headings = [(each.start(), each[1]) for each in _HEADING.finditer(_FENCE.sub(_blank, text))]
    return [
        Snippet([name for at, name in headings if at < each.start()][-1], each[1], each[2])
        for each in _FENCE.finditer(text)
    ]


def _blank(match: re.Match[str]) -> str:
    """As long, without what looks like headings: comments of the snippets."""
    return " " * len(match[0])


def run(
    page: Path, folder: Path, variables: Mapping[str, str], places: Mapping[str, str]
) -> list[tuple[str, str]]:
    """What each snippet writes, by name: in `folder`, all in one shell.

    `places`: what stands in the page for what is there.

    Raises:
        AssertionError: one of them fails; the others are not run.
    """
    found = snippets(page)
    (folder / ".curlrc").write_text(_CURL)
    script = "\n".join(["set -euo pipefail", *_lines(found, folder, places)])
    ran = subprocess.run(  # noqa: S603  # our own words
        ["bash", "-c", script],  # noqa: S607  # wherever it is
        cwd=folder,
        env={**_environment(folder), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    said = ran.stdout.split(_MARK)[1:]
    named = [each.name for each in found]
    kept = "".join(f"\n{file.name}: {file.read_text()}" for file in folder.glob("*.json"))
    assert ran.returncode == 0, f"{named[len(said) - 1]}:\n{said[-1]}\n{ran.stderr}{kept}"
    return list(zip(named, said, strict=True))


def _lines(found: list[Snippet], folder: Path, places: Mapping[str, str]) -> Iterator[str]:
    for number, snippet in enumerate(found):
        text = snippet.text
        for theirs, ours in places.items():
            text = text.replace(theirs, ours)
        yield f"printf '{_MARK}'"
        if snippet.language == "python":
            file = folder / f"snippet_{number}.py"
            file.write_text(text)
            yield f"python {file.name}"
        else:
            yield text


def _environment(folder: Path) -> dict[str, str]:
    """Of somebody who has installed the client."""
    programs = Path(sys.executable).parent
    return {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(_CLIENT),
        "PYTHONWARNINGS": "error",
        "NO_PROXY": "*",
        "CURL_HOME": str(folder),
        "HOME": str(folder),
    }
