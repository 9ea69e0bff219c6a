"""Where faces are gone for good: nothing that a model finds there is kept."""

from collections.abc import Iterable
from itertools import chain
from typing import Any

from faces.models import Edit, Erasure, Face
from inference.geometry import Box
from photos.models import Owner, Photo

SAME_FACE = 0.5  # intersection over union of two boxes on one photo


def any_of(owner: Owner) -> bool:
    """Whether there may be any such places in the owner's photos. Two queries at most."""
    edited = Edit.objects.filter(owner=owner, kind=Edit.Kind.FACE)
    return Erasure.objects.filter(owner=owner).exists() or edited.exists()


def boxes(photo: Photo) -> list[Box]:
    """Of `photo`: of people who were erased, and of what somebody has deleted. One query."""
    erased = Erasure.objects.filter(owner=photo.owner_id, places__contains=[[photo.sha256]])
    deleted = Edit.objects.filter(
        owner=photo.owner_id,
        kind=Edit.Kind.FACE,
        undone_by=None,
        asked__deleted=True,
        steps__contains=[{"row": "face", "after": None, "before": {"photo_id": photo.pk}}],
    )
    told = erased.values_list("places", flat=True).union(
        deleted.values_list("steps", flat=True), all=True
    )
    return [box for each in chain.from_iterable(told) if (box := _box(each, photo))]


def _box(told: list[Any] | dict[str, Any], photo: Photo) -> Box | None:
    """That of an erased face's place, or of a step in which a face was deleted."""
    if isinstance(told, list):
        return Box(*told[1:]) if told[0] == photo.sha256 else None
    if told.get("row") == "face" and told["after"] is None:
        return Box(*(told["before"][edge] for edge in ("x", "y", "width", "height")))
    return None


def box_of(face: Face) -> Box:
    return Box(face.x, face.y, face.width, face.height)


def covers(boxes: Iterable[Box], box: Box) -> bool:
    """Whether `box` is where one of `boxes` is."""
    return any(box.iou(each) >= SAME_FACE for each in boxes)
