"""Which face of a picture is meant, and whether it will do to know somebody by."""

from collections.abc import Sequence

from faces.errors import FaceTooPoor, NoFace, SeveralFaces
from faces.quality import CORE_QUALITY
from faces.recognition import Probe
from inference.geometry import Box

_MEANT = 0.3  # intersection over union of a face and the box that means it
_SHOWN = 10  # boxes, in an answer


def the_only(probes: Sequence[Probe], *, box: Box | None = None, picture: str = "file") -> Probe:
    """The face in `box` if that is given; else the only one that can be recognised well.

    Poor ones, such as those in the background, do not count beside a good one. `picture`: what the
    sender calls it.

    Raises:
        NoFace: there is none, or none in `box`.
        SeveralFaces: there is no telling which one is meant.
    """
    if not probes:
        raise NoFace(f"{picture}: the picture shows no face.")
    if box is not None:
        return _in_box(probes, box, picture)
    good = [probe for probe in probes if probe.quality >= CORE_QUALITY] or probes
    if len(good) > 1:
        raise SeveralFaces(
            f"{picture}: the picture shows several faces, at {_places(good)} (x, y, width, "
            "height): send one that shows a single face, or give the box of the one that is meant."
        )
    return good[0]


def _in_box(probes: Sequence[Probe], box: Box, picture: str) -> Probe:
    best = max(probes, key=lambda probe: probe.box.iou(box))
    if best.box.iou(box) < _MEANT:
        raise NoFace(f"{picture}: no face is in this box; faces are at {_places(probes)}.")
    return best


def check_good(probe: Probe, *, picture: str = "file") -> None:
    """
    Raises:
        FaceTooPoor: others should not be compared with it.
    """
    if probe.quality < CORE_QUALITY:
        raise FaceTooPoor(
            f"{picture}: the face can't be recognised well ({', '.join(probe.reasons)}): its "
            f"quality is {probe.quality:.2f}, and {CORE_QUALITY} is the least."
        )


def _places(probes: Sequence[Probe]) -> str:
    boxes = [probe.box for probe in probes[:_SHOWN]]
    numbers = ([round(n) for n in (box.x, box.y, box.width, box.height)] for box in boxes)
    more = f" and {len(probes) - _SHOWN} more" if len(probes) > _SHOWN else ""
    return ", ".join(map(str, numbers)) + more
