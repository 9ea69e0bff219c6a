"""All pages that are made from the code, by where they lie below docs/."""

from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

from config.access import listing
from config.monitoring import document
from config.reference import codes, commands, rest

FOLDER = Path(settings.BASE_DIR) / "docs"


def pages() -> Mapping[str, str]:
    return {
        "permissions.md": listing.as_markdown(),
        "reference/commands.md": commands.as_markdown(),
        "reference/errors.md": codes.as_markdown(),
        "reference/metrics.md": document.as_markdown(),
        **{f"reference/rest/{name}.md": text for name, text in rest.pages().items()},
    }


def written() -> Mapping[str, str]:
    """The pages as they are: those of `pages()`, and whatever lies beside them."""
    found = [FOLDER / "permissions.md", *sorted((FOLDER / "reference").rglob("*.md"))]
    return {path.relative_to(FOLDER).as_posix(): path.read_text("utf-8") for path in found}


def write() -> list[str]:
    """Write what has changed, remove what is no page any more, and say which ones these are."""
    new, old = pages(), written()
    changed = [name for name in sorted({*new, *old}) if new.get(name) != old.get(name)]
    for name in changed:
        path = FOLDER / name
        if name in new:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(new[name], "utf-8")
        else:
            path.unlink()
    return changed
