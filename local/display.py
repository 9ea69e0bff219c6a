"""The demo's results, for a terminal."""

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from local.report import Report, counted

MOST_CLUSTERS = 20
MOST_NAMES = 12
MOST_FAILURES = 20


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
    tables = [_people(report), _failures(report), _times(report)]
    return ["", overview(report), *(table for table in tables if table.row_count)]


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
    table.add_row("photos/s", f"{report.photos_per_s:.1f}")
    return table


def _some(names: list[str], most: int) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return escape(", ".join(names[:most])) + more
