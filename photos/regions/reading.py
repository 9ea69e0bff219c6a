"""Who is where, by an XMP packet."""

import json
from collections.abc import Iterator, Sequence
from itertools import accumulate, islice
from xml.etree.ElementTree import Element  # nosec B405  # the type; xmp.py parses

import numpy as np

from inference.geometry import nms
from photos.regions import xmp
from photos.regions.frames import MAX_REGIONS, Frame, Region
from photos.regions.schemas import MP, MWG, Schema, applied_size

MAX_NAMES = 32_000  # letters that the names of a photo have in JSON
SAME_PLACE = 0.5  # intersection over union from which two regions are one face
LEAST_PX = 1.0  # of a side


def read(packet: bytes, size: tuple[int, int], orientation: int) -> list[Region]:
    """The named faces of a photo, each once, MAX_REGIONS at most.

    The packet is one that is inside of the photo's file, or a sidecar. `size` is (width, height)
    of the upright photo, `orientation` the EXIF one that it is stored in. Where MWG-RS and
    Microsoft's regions name the same person, or one face, MWG-RS is believed.

    Raises:
        XmpInvalid: the packet can't be read. Single regions that can't are left out.
    """
    root = xmp.parse(packet)
    mwg = _mwg(root, size, orientation)
    known = {each.name.casefold() for each in mwg}
    others = _regions(xmp.find(root, MP.path[0]), MP, Frame(*size, orientation))
    return _bounded(_apart([*mwg, *(each for each in others if each.name.casefold() not in known)]))


def _mwg(root: Element, size: tuple[int, int], orientation: int) -> list[Region]:
    node = xmp.find(root, MWG.path[0])
    applied = None if node is None else applied_size(node)
    frame = Frame.named(applied, size, orientation)
    return _regions(node, MWG, frame) if frame else []


def _regions(node: Element | None, schema: Schema, frame: Frame) -> list[Region]:
    listed = None if node is None else xmp.structure(node, schema.path[1])
    if listed is None:
        return []
    return list(islice(_inside(listed, schema, frame), MAX_REGIONS))


def _inside(listed: Element, schema: Schema, frame: Frame) -> Iterator[Region]:
    for face in filter(None, map(schema.read, xmp.items(listed))):
        box = frame.to_upright(face.shares)
        if min(box.width, box.height) >= LEAST_PX:
            yield Region(face.name, box)


def _apart(regions: Sequence[Region]) -> list[Region]:
    """Of those in one place the first."""
    first_is_best = -np.arange(len(regions), dtype=np.float32)
    kept = nms([each.box for each in regions], first_is_best, max_iou=SAME_PLACE)
    return [regions[n] for n in kept]


def _bounded(regions: Sequence[Region]) -> list[Region]:
    """As many as fit into a packet of the decoder."""
    letters = accumulate(len(json.dumps(each.name)) for each in regions)
    fitting = [each for each, sum_ in zip(regions, letters, strict=True) if sum_ <= MAX_NAMES]
    return fitting[:MAX_REGIONS]
