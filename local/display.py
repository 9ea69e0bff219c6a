"""The demo's results, for a terminal."""

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Column, Table

from local.findings import Scene
from local.report import Report, counted

MOST_PHOTOS = 40
MOST_CLUSTERS = 20
MOST_NAMES = 12
MOST_FAILURES = 20
MOST_TEXT = 120  # letters, of what is read in a photo
NAME_WIDTH = 24  # columns


def overview(report: Report) -> str:
    """A line."""
    parts = [
        counted(len(report.outcomes), "photo"),
        counted(report.face_count, "face"),
        counted(len(report.groups), "person", "people"),
        f"{counted(len(report.alone), 'face')} seen once",
    ]
    if report.failed:
        parts.append(f"{counted(len(report.failed), 'photo')} failed")
    return " · ".join(parts)


def results(report: Report) -> list[RenderableType]:
    """What was found, what was not, and how long it took."""
    tables = [_photos(report), _people(report), _failures(report), _times(report)]
    return ["", overview(report), *(table for table in tables if table.row_count)]


def _photos(report: Report) -> Table:
    """Those with something in them beside faces."""
    table = Table(title="Photos", title_justify="left", show_lines=True)
    table.add_column("photo", max_width=NAME_WIDTH, overflow="fold")
    table.add_column("what is in it")
    contents = [(each.name, _contents(each.scene)) for each in report.outcomes]
    full = [(name, content) for name, content in contents if content.row_count]
    for name, content in full[:MOST_PHOTOS]:
        table.add_row(escape(name), content)
    if len(full) > MOST_PHOTOS:
        table.add_row("…", f"and {counted(len(full) - MOST_PHOTOS, 'more photo')} in the report")
    return table


def _contents(scene: Scene) -> Table:
    """What there is of it, one below the other: a table for a table's cell."""
    caption = scene.caption
    lines = {
        "caption": caption.sentence if caption else "",
        "context": caption.context if caption else "",
        "objects": scene.inventory,
        "tags": ", ".join(tag.word for tag in scene.tags),
        "text": _shortened(scene.text),
    }
    table = Table.grid("", Column(overflow="fold"), padding=(0, 2, 0, 0))
    for name, line in lines.items():
        if line:
            table.add_row(f"[dim]{name}[/dim]", escape(line))
    return table


def _shortened(text: str) -> str:
    return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT].rstrip()}…"


def _people(report: Report) -> Table:
    table = Table(title="People", title_justify="left")
    table.add_column("person", no_wrap=True)
    table.add_column("faces", justify="right")
    table.add_column("photos")
    for group in report.groups[:MOST_CLUSTERS]:
        names = _some(group.photos, MOST_NAMES)
        table.add_row(escape(group.person or group.label), str(len(group.sightings)), names)
    alone = sorted({sighting.photos[0] for sighting in report.alone})
    if alone:
        table.add_row("(seen once)", str(len(report.alone)), _some(alone, MOST_NAMES))
    return table


def _failures(report: Report) -> Table:
    table = Table("photo", "code", "why", title="Failed", title_justify="left")
    for outcome in report.failed[:MOST_FAILURES]:
        if outcome.error:
            table.add_row(escape(outcome.name), outcome.error.code, escape(outcome.error.detail))
    return table


def _times(report: Report) -> Table:
    table = Table(title="Time", title_justify="left")
    table.add_column("step")
    table.add_column("seconds", justify="right")
    for stage, seconds in report.stages.items():
        table.add_row(stage, f"{seconds:.1f}")
    table.add_row("total", f"{sum(report.stages.values()):.1f}", end_section=True)
    if report.photos_per_s:
        table.add_row("photos/s", f"{report.photos_per_s:.1f}")
    return table


def _some(names: list[str], most: int) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return escape(", ".join(names[:most])) + more
