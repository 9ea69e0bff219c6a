"""The documentation as a site in var/docs: `make docs`.

Pages are read on forges as well, where links may lead to any file of the repository. So the pages
are laid out first, with whatever they link to beside them, and built from there. It takes no
package but those of .venvs/docs: whoever only reads needs no service.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath

from local import LocalError

CHECKOUT = Path(__file__).resolve().parents[1]
PROGRAM = CHECKOUT / ".venvs/docs/bin/zensical"
SITE = CHECKOUT / "var/docs"
PARTS = CHECKOUT / "docs/site"  # how it looks, and in which order the pages are
_BESIDE = "repository"  # where in the site files are that lie outside of docs/
_PICTURES = (".webp", ".png", ".svg")
_LINK = re.compile(r"(?<=\]\()([^)\s#]+)(?=[#)])")
_CODE = re.compile(r"^```.*?^```$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
_ELSEWHERE = re.compile(r"(?:[a-z]+:|//)", re.IGNORECASE)
_PAINT = re.compile("\x1b\\[[0-9;]*m")  # of a terminal
_LANGUAGES = {".py": "python", ".yml": "yaml", ".yaml": "yaml", ".toml": "toml", ".proto": "proto"}
_LOADS = {"img": "src", "script": "src", "iframe": "src", "source": "src", "link": "href"}


class SiteError(LocalError):
    """The site is not as it has to be; the message says where."""


def main(words: list[str]) -> int:
    """`words`: where the site goes, if not to var/docs."""
    site = Path(words[0]) if words else SITE
    try:
        build(site)
    except SiteError as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    sys.stdout.write(f"Built: {site / 'index.html'}\n")
    return 0


def build(site: Path) -> None:
    """Put the site into the folder `site`; what was there goes.

    Raises:
        SiteError: a link leads nowhere, or a page would load something from elsewhere.
    """
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        lay_out(work)
        _generate(work)
        if foreign := [f"{page}: {url}" for page, url in loaded_from_elsewhere(work / "built")]:
            raise SiteError("\n".join(["Pages would load from elsewhere:", *foreign]))
        shutil.rmtree(site, ignore_errors=True)
        shutil.copytree(work / "built", site)


def _generate(work: Path) -> None:
    words = [str(PROGRAM), "build", "--strict", "--config-file", str(work / "zensical.toml")]
    ran = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603  # pinned
    if ran.returncode:
        raise SiteError(_PAINT.sub("", f"{ran.stdout}{ran.stderr.partition('Traceback')[0]}"))


def lay_out(work: Path) -> None:
    """All pages, pictures and files that pages link to, with links that fit where they are now."""
    left = [path.relative_to(CHECKOUT).as_posix() for path in (CHECKOUT / "docs").rglob("*.md")]
    done: set[str] = set()
    while left:
        name = left.pop()
        if name not in done:
            done.add(name)
            left += _lay(name, work / "pages")
    shutil.copytree(PARTS, work, dirs_exist_ok=True)
    shutil.copy(CHECKOUT / "config/static/kindred/mark.svg", work / "pages")
    shutil.copy(PARTS / "look.css", work / "pages")


def place(name: str) -> str:
    """Where in the site a file of the repository is. A README is the page of its folder."""
    name = name if name.endswith((".md", *_PICTURES)) else f"{name.lstrip('.')}.md"
    inside = name.startswith("docs/")
    name = name.removeprefix("docs/") if inside else f"{_BESIDE}/{name}"
    return re.sub(r"\bREADME\.md$", "index.md", name)


def links(name: str, text: str) -> Iterator[str]:
    """The files of the repository that a page links to, by their names.

    Raises:
        SiteError: one is not there.
    """
    for found in _LINK.finditer(_without_code(text)):
        if not _ELSEWHERE.match(found[0]):
            yield _target(name, found[0])


def loaded_from_elsewhere(site: Path) -> Iterator[tuple[str, str]]:
    """What pages and style sheets would load from another host: (file, address)."""
    for path in sorted(site.rglob("*.html")):
        loads = _Loads()
        loads.feed(path.read_text("utf-8"))
        yield from ((path.relative_to(site).as_posix(), each) for each in loads.foreign)
    for path in sorted(site.rglob("*.css")):
        for each in re.findall(r"url\(\s*['\"]?((?:https?:)?//[^)'\"]+)", path.read_text("utf-8")):
            yield path.relative_to(site).as_posix(), each


class _Loads(HTMLParser):
    """What a page loads by itself, as far as that is elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.foreign: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = dict(attrs).get(_LOADS.get(tag, "")) or ""
        if re.match("(?:https?:)?//", address):
            self.foreign.append(address)


def _lay(name: str, pages: Path) -> list[str]:
    """Put one file where it belongs, and say which others it links to."""
    target = pages / place(name)
    target.parent.mkdir(parents=True, exist_ok=True)
    if name.endswith(_PICTURES):
        shutil.copy(CHECKOUT / name, target)
        return []
    text = (CHECKOUT / name).read_text("utf-8")
    if not name.endswith(".md"):
        target.write_text(_as_page(name, text), "utf-8")
        return []
    target.write_text(_with_links(name, text), "utf-8")
    return list(links(name, text))


def _as_page(name: str, text: str) -> str:
    """A file that is no page, to be read as one."""
    language = _LANGUAGES.get(PurePosixPath(name).suffix, "text")
    return f"# {name}\n\n```{language}\n{text.rstrip()}\n```\n"


def _with_links(name: str, text: str) -> str:
    """The page, with links from where it is in the site."""
    parts, end = [], 0
    for found in _LINK.finditer(_without_code(text)):
        if not _ELSEWHERE.match(found[0]):
            there = place(_target(name, found[0]))
            parts += [text[end : found.start()], os.path.relpath(there, Path(place(name)).parent)]
            end = found.end()
    return "".join((*parts, text[end:]))


def _target(name: str, link: str) -> str:
    """Which file of the repository a link of a page means."""
    found = os.path.normpath(PurePosixPath(name).parent / link)
    if not (CHECKOUT / found).is_file():
        raise SiteError(f"{name}: no such file: {link}")
    return found


def _without_code(text: str) -> str:
    """As long, with nothing in it that only looks like a link."""
    return _CODE.sub(lambda code: " " * len(code[0]), text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
