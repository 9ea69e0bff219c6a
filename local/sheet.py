"""The contact sheet: a row for each person, with the faces that were found to be theirs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageDraw, ImageOps

from local.report import Group, Report, Sighting, counted
from local.typography import ACCENT, FAINT, GREY, INK, LINE, PAPER, font, wrapped, written

# Limits, so that the sheet of a large folder can still be looked at.
MOST_ROWS = 60
MOST_FACES = 18  # of a row

# All in pixels.
MARGIN = 48
TITLES = 248  # the column of titles
TILE = 152
CORNER = 12
GAP = 20
PER_LINE = 6
CAPTION = 46
HEADING = 132
ROW_PADDING = 28
WIDTH = 2 * MARGIN + TITLES + PER_LINE * TILE + (PER_LINE - 1) * GAP


@dataclass(frozen=True)
class Row:
    """Some faces that belong together, and what is written beside them."""

    title: str
    note: str
    sightings: Sequence[Sighting]
    colour: str = INK
    label: str = ""  # what the service calls it

    @property
    def height(self) -> int:
        lines = -(-len(self.sightings) // PER_LINE)
        return lines * (TILE + CAPTION) + 2 * ROW_PADDING - GAP // 2


def rows(report: Report) -> list[Row]:
    """What the sheet shows: named people, then other groups, then the faces of no group."""
    titles = report.titles
    shown = [_row(group, titles[group.id]) for group in report.groups[:MOST_ROWS]]
    alone = report.alone
    if alone:
        note = f"{counted(len(alone), 'face')} like no other{_rest(alone)}"
        shown.append(Row("Seen once", note, alone[:MOST_FACES], GREY))
    return shown


def _row(group: Group, title: str) -> Row:
    faces = group.sightings
    size = f"{counted(len(faces), 'face')} in {counted(len(group.photos), 'photo')}"
    colour = ACCENT if group.person else INK
    return Row(title, size + _rest(faces), faces[:MOST_FACES], colour, group.label)


def _rest(sightings: Sequence[Sighting]) -> str:
    return f", the first {MOST_FACES} shown" if len(sightings) > MOST_FACES else ""


def _caption(sighting: Sighting) -> str:
    first, *copies = sighting.photos
    return f"{first} (and {counted(len(copies), 'copy', 'copies')})" if copies else first


def draw(rows: Sequence[Row], crops: Mapping[int, bytes], *, title: str, note: str) -> Image.Image:
    """The sheet as a picture; `crops` has the picture of each face, by the face's id."""
    height = HEADING + sum(row.height for row in rows) + MARGIN
    sheet = Image.new("RGB", (WIDTH, height), PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.text((MARGIN, 40), title, INK, font(34))
    pen.text((MARGIN, 86), note, GREY, font(18))
    top = HEADING
    for row in rows:
        pen.line([(MARGIN, top), (WIDTH - MARGIN, top)], LINE, 1)
        _draw_row(sheet, top + ROW_PADDING, row, crops)
        top += row.height
    return sheet


def _draw_row(sheet: Image.Image, top: int, row: Row, crops: Mapping[int, bytes]) -> None:
    _draw_title(ImageDraw.Draw(sheet), top, row)
    for number, sighting in enumerate(row.sightings):
        line, column = divmod(number, PER_LINE)
        corner = MARGIN + TITLES + column * (TILE + GAP), top + line * (TILE + CAPTION)
        _draw_tile(sheet, corner, crops[sighting.face.id], _caption(sighting))


def _draw_title(pen: ImageDraw.ImageDraw, top: int, row: Row) -> None:
    title = wrapped(written(row.title), font(24), TITLES - GAP, lines=2)
    note = wrapped(row.note, font(15), TITLES - GAP, lines=3)
    pen.multiline_text((MARGIN, top - 6), "\n".join(title), row.colour, font(24), spacing=4)
    below = top + 34 * len(title) - 4
    pen.multiline_text((MARGIN, below), "\n".join(note), GREY, font(15), spacing=5)
    label = wrapped(row.label, font(12), TITLES - GAP, lines=1)
    pen.text((MARGIN, below + 23 * len(note)), "".join(label), FAINT, font(12))


def _draw_tile(sheet: Image.Image, corner: tuple[int, int], crop: bytes, caption: str) -> None:
    left, top = corner
    with Image.open(BytesIO(crop)) as picture:
        tile = ImageOps.fit(picture.convert("RGB"), (TILE, TILE), Image.Resampling.LANCZOS)
    sheet.paste(tile, corner, _rounded())
    text = "\n".join(wrapped(written(caption), font(13), TILE, lines=2))
    pen = ImageDraw.Draw(sheet)
    pen.multiline_text((left, top + TILE + 7), text, GREY, font(13), spacing=2)


def _rounded() -> Image.Image:
    """A mask with round corners, drawn large and made small to be smooth."""
    large = Image.new("L", (4 * TILE, 4 * TILE))
    ImageDraw.Draw(large).rounded_rectangle(((0, 0), large.size), 4 * CORNER, 255)
    return large.resize((TILE, TILE), Image.Resampling.LANCZOS)
