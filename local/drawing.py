"""A photo with all that was found in it: boxes with labels, and words below."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from PIL import Image, ImageColor, ImageDraw

from local.findings import Scene
from local.marks import Area, Kind, Mark, place
from local.report import Outcome
from local.typography import ACCENT, FAINT, GREY, INK, PAPER, font, wrapped, written

# All in pixels.
SIDE = 1000  # the longer one of a photo, and the width of the picture
MARGIN = 36
LABEL = 17  # the size of its letters
PADDING = 4  # around them
LEADING = 0.4  # between lines, of the size of their letters

MOST_GROWTH = 4  # times, of a small photo
MOST_TEXT = 400  # letters, of what is read in a photo
BRIGHT = 140  # of 255: on brighter colours letters are dark
VEIL = 50  # of 255: how opaque the colour over text is

THICKNESS = {Kind.FACE: 5, Kind.THING: 3, Kind.TEXT: 2}
EDGE = "#00000090"  # beside lines, to be seen on any colour


@dataclass(frozen=True)
class Paragraph:
    """Some lines below the photo."""

    text: str
    size: int
    colour: str = INK
    lines: int = 3

    @cached_property
    def wrapped(self) -> list[str]:
        return wrapped(written(self.text), font(self.size), SIDE - 2 * MARGIN, lines=self.lines)

    @property
    def leading(self) -> int:
        return round(self.size * (1 + LEADING))

    @property
    def height(self) -> int:
        return len(self.wrapped) * self.leading + self.size // 3


def draw(photo: Image.Image, scale: float, marks: Sequence[Mark], outcome: Outcome) -> Image.Image:
    """The picture of a photo, SIDE pixels wide.

    `marks` are in pixels of the original, whose size times `scale` is that of `photo`.
    """
    growth = min(SIDE / max(photo.size), MOST_GROWTH)
    size = (max(1, round(photo.width * growth)), max(1, round(photo.height * growth)))
    shown = photo.resize(size, Image.Resampling.LANCZOS)
    draw_marks(shown, [mark.scaled(scale * growth) for mark in marks])
    words = paragraphs(outcome)
    height = shown.height + 2 * MARGIN + sum(each.height for each in words)
    picture = Image.new("RGB", (SIDE, height), PAPER)
    picture.paste(shown, ((SIDE - shown.width) // 2, 0))
    _write(picture, shown.height + MARGIN, words)
    return picture


def paragraphs(outcome: Outcome) -> list[Paragraph]:
    """What is written below a photo."""
    scene = outcome.scene
    lines = {
        "Objects": scene.inventory,
        "Tags": ", ".join(f"{tag.word} {tag.confidence:.0%}" for tag in scene.tags),
        "Text": _shortened(scene.text),
    }
    return [
        *_captions(scene),
        *(Paragraph(f"{name}: {line}", 18, INK) for name, line in lines.items() if line),
        Paragraph(outcome.name, 15, FAINT, lines=1),
    ]


def _captions(scene: Scene) -> list[Paragraph]:
    """The main one, what is going on, and what other languages say."""
    main = scene.caption
    if main is None:
        return []
    others = [each for each in scene.captions if each.source == main.source and each != main]
    return [
        Paragraph(main.sentence, 26),
        *([Paragraph(main.context, 19, ACCENT)] if main.context else []),
        *(Paragraph(f"{each.language}: {each.sentence}", 18, GREY) for each in others),
    ]


def _shortened(text: str) -> str:
    return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT].rstrip()}…"


def _write(picture: Image.Image, top: int, words: Sequence[Paragraph]) -> None:
    pen = ImageDraw.Draw(picture)
    for paragraph in words:
        for number, line in enumerate(paragraph.wrapped):
            where = MARGIN, top + number * paragraph.leading
            pen.text(where, line, paragraph.colour, font(paragraph.size))
        top += paragraph.height


def draw_marks(photo: Image.Image, marks: Sequence[Mark]) -> None:
    """Draw `marks` into `photo`, which must be RGB, in its own pixels; then their labels."""
    pen = ImageDraw.Draw(photo, "RGBA")
    for mark in marks:
        _outline(pen, mark)
    labels = [written(mark.label) for mark in marks]
    places = place(marks, [_size(label) for label in labels], photo.size)
    for mark, label, area in zip(marks, labels, places, strict=True):
        if area and label:
            _label(pen, mark.colour, label, area)


def _outline(pen: ImageDraw.ImageDraw, mark: Mark) -> None:
    thickness = THICKNESS[mark.kind]
    if mark.kind is Kind.TEXT:
        pen.polygon(list(mark.corners), (*_rgb(mark.colour), VEIL))
    ring = [*mark.corners, *mark.corners[:2]]  # once around, and the first corner is joined too
    pen.line(ring, EDGE, thickness + 2, joint="curve")
    pen.line(ring, mark.colour, thickness, joint="curve")


def _size(label: str) -> tuple[float, float]:
    return font(LABEL).getlength(label) + 2 * PADDING, LABEL + 2 * PADDING


def _label(pen: ImageDraw.ImageDraw, colour: str, label: str, area: Area) -> None:
    pen.rectangle((area.left, area.top, area.right, area.bottom), colour)
    pen.text((area.left + PADDING, area.top + PADDING / 2), label, _ink(colour), font(LABEL))


def _ink(colour: str) -> str:
    """The colour of letters that can be read on `colour`."""
    red, green, blue = _rgb(colour)
    bright = 0.299 * red + 0.587 * green + 0.114 * blue > BRIGHT
    return "black" if bright else "white"


def _rgb(colour: str) -> tuple[int, ...]:
    return ImageColor.getrgb(colour)[:3]
