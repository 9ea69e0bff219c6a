"""Writing in pictures: colours, the font, and making words fit."""

import re
import unicodedata
from bisect import bisect_right
from functools import cache

from PIL import ImageFont

PAPER = "#fbfaf7"
LINE = "#e4e1d9"
INK = "#22211f"
GREY = "#77736b"
FAINT = "#a8a399"
ACCENT = "#b4532a"

GAP = "\ufffc"  # where letters are missing, until all gaps of a text are known
NO_LETTER = "\uffff"  # of no font
BREAKS = " /_-"  # after which a line may end
PLAIN = str.maketrans(  # what has no accent to be taken from
    {"ß": "ss", "Æ": "AE", "æ": "ae", "Ø": "O", "ø": "o", "Œ": "OE", "œ": "oe"}
    | {"Đ": "D", "đ": "d", "\u0131": "i", "Ł": "L", "ł": "l", "„": "“", "\u00d7": "x"}
    | dict.fromkeys("\u2018\u2019", "'")
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
)

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@cache
def font(size: int) -> Font:
    """Pillow's own, so that pictures look the same everywhere."""
    return ImageFont.load_default(size)


def written(text: str) -> str:
    """`text` in letters that the font has: without accents, and with … for other alphabets."""
    letters = unicodedata.normalize("NFC", text.translate(PLAIN))
    return re.sub(f"{GAP}(\\s*{GAP})*", "…", "".join(map(_shown, letters)))


def _shown(letter: str) -> str:
    if letter.isspace():
        return " "
    if _has(letter):
        return letter
    parts = [part for part in unicodedata.normalize("NFKD", letter) if _has(part)]
    return "".join(parts) or GAP


@cache
def _has(letter: str) -> bool:
    """Whether the font does not draw it as it draws everything that it lacks."""
    lacking = font(24).getmask(NO_LETTER)
    drawn = font(24).getmask(letter)
    return letter.isprintable() and (drawn.size, bytes(drawn)) != (lacking.size, bytes(lacking))


def wrapped(text: str, font: Font, width: int, *, lines: int) -> list[str]:
    """`text` in at most so many lines of `width` pixels; what is too long loses its middle."""
    if font.getlength(text) > width * lines:
        text = _shortened(text, font, width * lines)
    found: list[str] = []
    while text and len(found) < lines:
        fits = _fitting(text, font, width)
        found.append(text[:fits].strip())
        text = text[fits:]
    return found


def _shortened(text: str, font: Font, width: int) -> str:
    def halves(each: int) -> str:
        return f"{text[:each]}…{text[len(text) - each :]}"

    lengths = range(1, len(text) // 2 + 1)
    return halves(
        bisect_right(lengths, float(width), key=lambda each: font.getlength(halves(each)))
    )


def _fitting(text: str, font: Font, width: int) -> int:
    """How many characters of `text` go into a line, to a good place to break if there is one."""
    lengths = range(1, len(text) + 1)
    fits = bisect_right(lengths, float(width), key=lambda length: font.getlength(text[:length]))
    if fits == len(text):
        return fits
    breaks = [place + 1 for place in range(fits) if text[place] in BREAKS]
    return breaks[-1] if breaks and breaks[-1] > fits // 3 else max(fits, 1)
