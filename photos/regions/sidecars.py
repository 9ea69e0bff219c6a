"""Who is where, written beside a photo: the sidecar that other programs read."""

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element  # nosec B405  # the type; xmp.py parses

from photos.regions import xmp
from photos.regions.frames import Frame, Region
from photos.regions.schemas import MP, MWG, Named, Schema, applied_size, put_applied_size

NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def sidecar(
    regions: Sequence[Region],
    size: tuple[int, int],
    orientation: int,
    existing: bytes | None = None,
) -> bytes:
    """An XMP packet, UTF-8, with `regions` as both MWG-RS and Microsoft's, for a file beside.

    `size` and `orientation` are those of the photo, as for read(). Of an `existing` sidecar all
    stays but the named faces: `regions` take their place, so read() them first where they are to
    stay. A face that keeps its name keeps what else is said of it. Regions of another picture
    (see Frame.named) go, whatever they are of.

    Raises:
        XmpInvalid: `existing` can't be read.
    """
    root = xmp.parse(existing) if existing else xmp.empty()
    stored = Frame(*size, orientation)
    if regions or xmp.find(root, MWG.path[0]) is not None:
        _put_mwg(root, regions, stored)
    if regions or xmp.find(root, MP.path[0]) is not None:
        _put(xmp.find_or_add(root, MP.path[0]), MP, regions, stored)
    return xmp.serialise(root)


def _put_mwg(root: Element, regions: Sequence[Region], stored: Frame) -> None:
    """In the frame that is there, as pets and points of focus stay in it."""
    node = xmp.find_or_add(root, MWG.path[0])
    frame = Frame.named(applied_size(node), (stored.width, stored.height), stored.orientation)
    if frame is None:
        _array(node, MWG).clear()
    put_applied_size(node, (frame or stored).stored_size)
    _put(node, MWG, regions, frame or stored)


def _put(node: Element, schema: Schema, regions: Sequence[Region], frame: Frame) -> None:
    """Let the named faces of a list be `regions`, and leave all else in it as it is."""
    array = _array(node, schema)
    left = [Named(NO_XML.sub("", each.name), frame.from_upright(each.box)) for each in regions]
    kept = []
    for item in array:
        known = schema.read(item) if xmp.is_item(item) else None
        same = next((face for face in left if known and _is_same(face, known)), None)
        if same:
            left.remove(same)
            schema.write(item, same)
        if same or not known:
            kept.append(item)
    array[:] = kept
    for face in left:
        schema.write(xmp.add_item(array), face)


def _is_same(face: Named, known: Named) -> bool:
    return " ".join(face.name.split()) == known.name


def _array(node: Element, schema: Schema) -> Element:
    return xmp.array_or_new(xmp.structure_or_new(node, schema.path[1]))
