"""Where faces are gone for good: nothing that a model finds there is kept."""

from collections.abc import Iterable

from faces.models import Edit, Erasure, Face
from inference.geometry import Box
from photos.models import Photo

SAME_FACE = 0.5  # intersection over union of two boxes on one photo


def boxes(photo: Photo) -> list[Box]:
    """Of `photo`: of people who were erased, and of what somebody has deleted. Two queries."""
    erased = Erasure.objects.filter(owner=photo.owner_id, places__contains=[[photo.sha256]])
    deleted = Edit.objects.filter(
        owner=photo.owner_id,
        kind=Edit.Kind.FACE,
        undone_by=None,
        asked__deleted=True,
        steps__contains=[{"row": "face", "after": None, "before": {"photo_id": photo.pk}}],
    )
    return [
        Box(*place[1:])
        for places in erased.values_list("places", flat=True)
        for place in places
        if place[0] == photo.sha256
    ] + [
        Box(*(step["before"][edge] for edge in ("x", "y", "width", "height")))
        for steps in deleted.values_list("steps", flat=True)
        for step in steps
        if step.get("row") == "face" and step["after"] is None
    ]


def box_of(face: Face) -> Box:
    return Box(face.x, face.y, face.width, face.height)


def covers(boxes: Iterable[Box], box: Box) -> bool:
    """Whether `box` is where one of `boxes` is."""
    return any(box.iou(each) >= SAME_FACE for each in boxes)
