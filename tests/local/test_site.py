"""The site of the documents: its order, its links, and that it is whole without the network."""

import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local import site
from local.site import SiteError
from local.stack import CHECKOUT
from tests.local.whole import without_network

DOCS = CHECKOUT / "docs"
NAV = tomllib.loads((DOCS / "site/zensical.toml").read_text())["project"]["nav"]
_HEADING = re.compile("^#+ (.+)$", re.MULTILINE)
_FENCE = re.compile("^```.*?^```$", re.MULTILINE | re.DOTALL)
KINDS = ["Home", "Tutorial", "How to", "Reference", "Explanation", "Contributing"]


def pages_of(entry: Any) -> Iterator[str]:
    """The pages of a part of the navigation, in their order."""
    if isinstance(entry, str):
        yield entry
    elif isinstance(entry, dict):
        entry = list(entry.values())
    if isinstance(entry, list):
        for each in entry:
            yield from pages_of(each)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of two pages."""
    (tmp_path / "docs/deep").mkdir(parents=True)
    (tmp_path / "tool").mkdir()
    shutil.copytree(DOCS / "site", tmp_path / "docs/site")
    (tmp_path / "config/static/kindred").mkdir(parents=True)
    shutil.copy(CHECKOUT / "config/static/kindred/mark.svg", tmp_path / "config/static/kindred")
    (tmp_path / "docs/README.md").write_text("# Home\n\n[Deep](deep/a.md#part)\n")
    (tmp_path / "docs/deep/a.md").write_text(
        "# A\n\n## Part\n\n![P](../p.webp) [T](../../tool/README.md)\n"
    )
    (tmp_path / "docs/p.webp").write_bytes(b"RIFF")
    (tmp_path / "tool/README.md").write_text(
        "# Tool\n\n[A](../docs/deep/a.md), [env](../.env.example)\n"
    )
    (tmp_path / ".env.example").write_text("A=1\n")
    for name, path in (("CHECKOUT", tmp_path), ("PARTS", tmp_path / "docs/site")):
        monkeypatch.setattr(site, name, path)
    return tmp_path


class TestOrder:
    def test_has_every_page_of_the_documents_once(self) -> None:
        there = {path.relative_to(CHECKOUT).as_posix() for path in DOCS.rglob("*.md")}
        others = (
            "CONTRIBUTING.md",
            "clients/python/README.md",
            "export/README.md",
            "training/README.md",
        )

        ordered = list(pages_of(NAV))

        assert sorted(ordered) == sorted(site.place(name) for name in (*there, *others))

    def test_is_tutorial_how_to_reference_explanation(self) -> None:
        assert [name for entry in NAV for name in entry] == KINDS


class TestPages:
    def test_have_no_link_that_leads_nowhere(self, tmp_path: Path) -> None:
        site.lay_out(tmp_path)

        assert (tmp_path / "pages/index.md").is_file()
        assert (tmp_path / "pages/repository/CONTRIBUTING.md").is_file()

    def test_have_no_link_to_a_heading_that_is_not_there(self, tmp_path: Path) -> None:
        """As the generator has them; where it is not installed, this alone looks."""
        site.lay_out(tmp_path)
        pages = list((tmp_path / "pages").rglob("*.md"))
        anchors = {page: set(_anchors(page)) for page in pages}

        broken = [
            (page.name, anchor)
            for page in pages
            for meant, anchor in _links_to_headings(page)
            if anchor not in anchors[meant]
        ]

        assert broken == []


class TestLayOut:
    def test_takes_along_what_is_linked_to_with_links_that_fit(self, checkout: Path) -> None:
        site.lay_out(checkout / "work")

        pages = checkout / "work/pages"
        assert (pages / "index.md").read_text() == "# Home\n\n[Deep](deep/a.md#part)\n"
        assert (
            "![P](../p.webp) [T](../repository/tool/index.md)" in (pages / "deep/a.md").read_text()
        )
        assert (pages / "p.webp").is_file()
        tool = (pages / "repository/tool/index.md").read_text()
        assert tool == "# Tool\n\n[A](../../deep/a.md), [env](../env.example.md)\n"
        assert (
            pages / "repository/env.example.md"
        ).read_text() == "# .env.example\n\n```text\nA=1\n```\n"

    def test_refuses_a_link_to_a_file_that_is_not_there(self, checkout: Path) -> None:
        (checkout / "docs/deep/a.md").write_text("[B](b.md)\n")

        with pytest.raises(SiteError, match=r"docs/deep/a\.md: no such file: b\.md"):
            site.lay_out(checkout / "work")

    def test_leaves_alone_what_only_looks_like_a_link(self, checkout: Path) -> None:
        text = "`[B](b.md)`\n\n```text\n[C](c.md)\n```\n\n[D](https://example.org/d.md)\n"
        (checkout / "docs/deep/a.md").write_text(text)

        site.lay_out(checkout / "work")

        assert (checkout / "work/pages/deep/a.md").read_text() == text


class TestLoadedFromElsewhere:
    @pytest.mark.parametrize(
        "text",
        [
            '<script src="https://cdn.example/a.js"></script>',
            '<link rel="stylesheet" href="//fonts.example/css">',
            '<img alt="" src="http://example.org/a.png">',
            '<iframe src="https://example.org/"></iframe>',
        ],
    )
    def test_is_seen_in_a_page(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "a.html").write_text(f"<html><body>{text}</body></html>")

        [(page, address)] = site.loaded_from_elsewhere(tmp_path)

        assert page == "a.html"
        assert address in text

    def test_is_seen_in_a_style_sheet(self, tmp_path: Path) -> None:
        (tmp_path / "a.css").write_text("@font-face{src:url('https://fonts.example/a.woff2')}")

        assert list(site.loaded_from_elsewhere(tmp_path)) == [
            ("a.css", "https://fonts.example/a.woff2")
        ]

    def test_is_not_a_link_that_somebody_may_follow(self, tmp_path: Path) -> None:
        (tmp_path / "a.html").write_text(
            '<a href="https://example.org/">there</a><img src="b.png">'
        )

        assert list(site.loaded_from_elsewhere(tmp_path)) == []


@pytest.mark.skipif(
    not site.PROGRAM.exists(), reason="The generator is not installed: `make docs`."
)
class TestBuild:
    def test_makes_a_whole_site_without_the_network(self, tmp_path: Path) -> None:
        built = tmp_path / "site"
        words = [*without_network(), sys.executable, "-m", "local.site", str(built)]
        (built / "old").mkdir(parents=True)

        ended = subprocess.run(words, cwd=CHECKOUT, capture_output=True, text=True, check=False)  # noqa: S603  # ours

        assert ended.returncode == 0, ended.stderr
        expected = {Path(page).with_suffix(".html").as_posix() for page in pages_of(NAV)}
        assert expected <= {path.relative_to(built).as_posix() for path in built.rglob("*.html")}
        assert (built / "search.json").stat().st_size > 100_000
        assert "default-src 'self'" in (built / "tutorial.html").read_text()
        assert list(site.loaded_from_elsewhere(built)) == []
        assert not (built / "old").exists()

    def test_refuses_a_link_to_a_heading_that_is_not_there(self, checkout: Path) -> None:
        (checkout / "docs/README.md").write_text("# Home\n\n[Deep](deep/a.md#nowhere)\n")

        with pytest.raises(SiteError, match="anchor does not exist"):
            site.build(checkout / "built")

        assert not (checkout / "built").exists()


def _links_to_headings(page: Path) -> Iterator[tuple[Path, str]]:
    """The page and the anchor that each of them means."""
    for link in re.findall(r"\]\(([^)\s:]*#[^)\s]+)\)", page.read_text()):
        name, _, anchor = link.partition("#")
        yield (page.parent / name).resolve() if name else page, anchor


def _anchors(page: Path) -> Iterator[str]:
    """Of the headings of a page, numbered where one is there already."""
    seen: Counter[str] = Counter()
    for heading in _HEADING.findall(_FENCE.sub("", page.read_text())):
        words = re.sub(r"[^\w\s-]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading))
        anchor = re.sub(r"[-\s]+", "-", words.strip().lower())
        yield f"{anchor}_{seen[anchor]}" if seen[anchor] else anchor
        seen[anchor] += 1
