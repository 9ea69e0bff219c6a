"""The two ways of saying who is where: how a face is found in a packet, and written to it.

MWG-RS has the centre of a face and its size, and other regions than faces, in a picture of named
size. Microsoft's has the top left corner and the size. All are shares of the picture's sides.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from xml.etree.ElementTree import Element  # nosec B405  # the type; xmp.py parses

from inference.geometry import Box
from photos.regions import xmp
from photos.regions.frames import MAX_NAME, Size

_TYPE, _NAME, _AREA = (xmp.name_of("mwg-rs", each) for each in ("Type", "Name", "Area"))
_APPLIED = xmp.name_of("mwg-rs", "AppliedToDimensions")
_SIDES = tuple(xmp.name_of("stDim", each) for each in ("w", "h"))
_SIDES_UNIT = xmp.name_of("stDim", "unit")
_NUMBERS = tuple(xmp.name_of("stArea", each) for each in ("x", "y", "w", "h"))
_UNIT = xmp.name_of("stArea", "unit")
_RECTANGLE, _PERSON = (xmp.name_of("MPReg", each) for each in ("Rectangle", "PersonDisplayName"))
_FACE = "Face"
_SHARES = "normalized"
_PIXELS = "pixel"
_BOX = 4  # numbers


@dataclass(frozen=True)
class Named:
    """A face with a name; `shares` are of the picture's sides."""

    name: str
    shares: Box


@dataclass(frozen=True)
class Schema:
    """Where the list of regions is, what face one of them is, and how to make one that face."""

    path: tuple[str, str]  # a property, and its field
    read: Callable[[Element], Named | None]
    write: Callable[[Element, Named], None]


def applied_size(regions: Element) -> Size | None:
    """Of the picture that MWG regions were applied to, in pixels; None if it is not said."""
    applied = xmp.structure(regions, _APPLIED)
    if applied is None or (xmp.text(applied, _SIDES_UNIT) or _PIXELS) != _PIXELS:
        return None
    sides = _numbers([xmp.text(applied, side) or "" for side in _SIDES])
    return (sides[0], sides[1]) if sides and min(sides) > 0 else None


def put_applied_size(regions: Element, size: Size) -> None:
    applied = xmp.structure_or_new(regions, _APPLIED)
    for name, side in zip(_SIDES, size, strict=True):
        xmp.put(applied, name, f"{side:.0f}")
    xmp.put(applied, _SIDES_UNIT, _PIXELS)


def _read_mwg(item: Element) -> Named | None:
    area = xmp.structure(item, _AREA)
    if area is None or (xmp.text(item, _TYPE) or "").strip() != _FACE:
        return None
    if (xmp.text(area, _UNIT) or _SHARES).strip() != _SHARES:
        return None
    numbers = _numbers([xmp.text(area, name) or "" for name in _NUMBERS])
    if numbers is None:
        return None
    x, y, width, height = numbers
    return _named(xmp.text(item, _NAME), Box(x - width / 2, y - height / 2, width, height))


def _write_mwg(item: Element, face: Named) -> None:
    xmp.put(item, _NAME, face.name)
    xmp.put(item, _TYPE, _FACE)
    area, box = xmp.structure_or_new(item, _AREA), face.shares
    centre = (box.x + box.width / 2, box.y + box.height / 2)
    for name, value in zip(_NUMBERS, (*centre, box.width, box.height), strict=True):
        xmp.put(area, name, f"{value:.6f}")
    xmp.put(area, _UNIT, _SHARES)


def _read_mp(item: Element) -> Named | None:
    numbers = _numbers((xmp.text(item, _RECTANGLE) or "").split(","))
    if numbers is None or len(numbers) != _BOX:
        return None
    return _named(xmp.text(item, _PERSON), Box(*numbers))


def _write_mp(item: Element, face: Named) -> None:
    box = face.shares
    numbers = (box.x, box.y, box.width, box.height)
    xmp.put(item, _RECTANGLE, ", ".join(f"{each:.6f}" for each in numbers))
    xmp.put(item, _PERSON, face.name)


def _named(name: str | None, shares: Box) -> Named | None:
    """A region without a name tells nothing that looking at the photo doesn't."""
    words = " ".join((name or "").split())
    has_area = shares.width > 0 and shares.height > 0
    return Named(words, shares) if 0 < len(words) <= MAX_NAME and has_area else None


def _numbers(texts: list[str]) -> list[float] | None:
    try:
        numbers = [float(each) for each in texts]
    except ValueError:
        return None
    return numbers if all(map(math.isfinite, numbers)) else None


MWG = Schema(
    (xmp.name_of("mwg-rs", "Regions"), xmp.name_of("mwg-rs", "RegionList")), _read_mwg, _write_mwg
)
MP = Schema((xmp.name_of("MP", "RegionInfo"), xmp.name_of("MPRI", "Regions")), _read_mp, _write_mp)
