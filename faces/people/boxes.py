"""Faces that somebody draws: adding, moving and deleting them."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from django.contrib.auth.models import User
from django.db.models import Q
from django.utils.translation import gettext

from faces import gone, grouping
from faces.errors import BoxUnusable, FaceThere
from faces.models import Edit, Face, Pair, Person, Rejection
from faces.people import places
from faces.people.changes import Changes
from faces.people.editing import editing
from faces.people.naming import called, checked_name
from faces.quality import Quality, quality
from faces.services import FindFaces, Look, keep_crop, portrait, remember, spaces_of
from inference.arrays import RGB, Array
from inference.faces import DetectedFace
from inference.geometry import CROP_SIDE, TEMPLATE, Box, align
from photos.errors import OriginalDiffers
from photos.models import Owner, Photo, Space

MIN_SIDE_PX = 8  # of a box: less shows nobody
_AROUND = 1.0  # of the box's longer side: what is looked at beside it, on each side
_MEANT = 0.3  # intersection over union of a drawn box and the face that it means
_SURE = 1.0  # somebody says that it is a face

Kind = Edit.Kind


@dataclass(frozen=True, eq=False)
class Drawn:
    """A face in a box that somebody drew, with all that is to be kept of it."""

    box: Box
    landmarks: Array  # (5, 2) pixels of the photo
    quality: Quality
    crop: str  # key of its file
    look: Look  # in each of `spaces`; empty: no model has looked at it
    spaces: Sequence[Space]


def checked(photo: Photo, box: Box) -> Box:
    """`box` to hundredths of a pixel.

    Raises:
        BoxUnusable: it is not inside of the photo, or too small.
    """
    edges = [box.x, box.y, box.right, box.bottom]
    if not all(map(math.isfinite, edges)):
        raise BoxUnusable(gettext("box: give numbers of pixels."))
    left, top, right, bottom = (round(edge, 2) for edge in edges)
    if min(left, top) < 0 or right > photo.width or bottom > photo.height:
        raise BoxUnusable(
            gettext(
                "box: it must lie inside of the photo, which is %(width)s pixels wide and "
                "%(height)s high."
            )
            % {"width": photo.width, "height": photo.height}
        )
    if min(right - left, bottom - top) < MIN_SIDE_PX:
        raise BoxUnusable(
            gettext("box: make it %(least)s pixels wide and high at least.")
            % {"least": MIN_SIDE_PX}
        )
    return Box(left, top, round(right - left, 2), round(bottom - top, 2))


def look(photo: Photo, image: RGB, box: Box, models: FindFaces | None) -> Drawn:
    """What is in `box` of `image`, the pixels of `photo`; writes the crop. In no transaction: slow.

    Where the detector sees a face there, it is aligned by its landmarks, else by the box.
    Without `models` nothing is known of what it looks like.

    Raises:
        OriginalDiffers: the box lies in the photo, and not in `image`.
        InferenceError: the server gave no answer, or a wrong one.
    """
    _check_shown(image, box)
    seen = _seen(image, box, models) if models else None
    landmarks = seen.landmarks if seen else _landmarks_of(box)
    aligned = align(image, landmarks)
    return Drawn(
        box=box,
        landmarks=landmarks,
        quality=quality(aligned, box, landmarks, seen.score if seen else 0.0),
        look=models.looks([aligned])[0] if models else (),
        spaces=spaces_of(models.identities) if models else (),
        crop=keep_crop(folder_of(photo), portrait(image, box)),
    )


def _check_shown(image: RGB, box: Box) -> None:
    height, width = image.shape[:2]
    if box.right > width or box.bottom > height:
        raise OriginalDiffers(
            gettext(
                "The photo's original in the storage has %(width)s x %(height)s pixels: it is not "
                "the picture that was stored, and the box lies outside of it."
            )
            % {"width": width, "height": height}
        )


def folder_of(photo: Photo) -> str:
    """Where its files lie."""
    return str(PurePosixPath(str(photo.original)).parent)


def _seen(image: RGB, box: Box, models: FindFaces) -> DetectedFace | None:
    """The face that the detector sees in `box`, with its surroundings."""
    margin = _AROUND * max(box.width, box.height)
    left, top = max(0, int(box.x - margin)), max(0, int(box.y - margin))
    part = image[top : math.ceil(box.bottom + margin), left : math.ceil(box.right + margin)]
    found = models.detector.detect(np.ascontiguousarray(part))
    best = max(found, key=lambda face: face.box.moved(left, top).iou(box), default=None)
    if best is None or best.box.moved(left, top).iou(box) < _MEANT:
        return None
    landmarks = best.landmarks + np.array([left, top], np.float32)
    return DetectedFace(box, landmarks, best.score)


def _landmarks_of(box: Box) -> Array:
    """Where they are in a face that fills the box."""
    shares: Array = TEMPLATE / CROP_SIDE
    return np.asarray(shares * [box.width, box.height] + [box.x, box.y], np.float32)


def add(
    photo: Photo,
    drawn: Drawn,
    *,
    person: Person | None = None,
    name: str = "",
    by: User | None = None,
) -> Face:
    """A new face of `photo`, which is `person`'s if that is said, or of who is called `name`.

    Raises:
        FaceThere: one is there already.
        NameTooLong, PersonMissing, TwiceInPhoto, Contradicted: as placing.assign().
    """
    name = checked_name(name) if name else ""
    asked = {"photo": photo.pk, "box": _numbers(drawn.box), "person": person and person.pk}
    with editing(photo.owner, Kind.FACE, by, **asked) as changes:
        person = called(changes, name) if name else person
        _check_free(photo.faces.all(), drawn.box)
        face = Face(photo=photo, **_columns(drawn))
        changes.create(face)
        if not (person and person.unrecognised):
            remember(photo.owner_id, [(face, drawn.look)], drawn.spaces, known=())
        if person:
            places.give(changes, [face.pk], places.person_there(person))
        elif drawn.spaces:
            grouping.ask(photo.owner_id, drawn.spaces[-1])
    return face


def move(face: Face, drawn: Drawn, *, by: User | None = None) -> Face:
    """Let `face` be what was drawn. It stays whose it is. Needs with_people().

    Raises:
        FaceMissing: it is gone.
        FaceThere: another one is there already.
    """
    owner = face.photo.owner
    with editing(owner, Kind.FACE, by, face=face.pk, box=_numbers(drawn.box)) as changes:
        face = _still_there(owner, face)
        _check_free(Face.objects.filter(photo=face.photo_id).exclude(pk=face.pk), drawn.box)
        changes.change(face, **_columns(drawn))
        remember(owner.pk, [(face, drawn.look)], drawn.spaces, known=[face.pk])
    return face


def delete(face: Face, *, by: User | None = None) -> None:
    """Say that there is no such face: no model's find is kept in its place again.

    Its file stays for as long as the clean-up leaves it, for whoever undoes that.

    Raises:
        FaceMissing: it is gone.
    """
    owner = face.photo.owner
    with editing(owner, Kind.FACE, by, face=face.pk, deleted=True) as changes:
        face = _still_there(owner, face)
        take_out(changes, [face])


def take_out(changes: Changes, faces: Iterable[Face]) -> None:
    """Delete `faces`, with all that is said of them."""
    faces = list(faces)
    keys = [face.pk for face in faces]
    changes.place(keys, None)
    places.drop_empty(changes)
    changes.delete(*Rejection.objects.filter(face__in=keys).order_by("pk"))
    changes.delete(*Pair.objects.filter(Q(first__in=keys) | Q(second__in=keys)).order_by("pk"))
    for person in Person.objects.filter(cover__in=keys).order_by("pk"):
        changes.change(person, cover_id=None)
    changes.delete(*faces)


def _still_there(owner: Owner, face: Face) -> Face:
    [pk] = places.chosen(owner, [face.pk])
    return Face.objects.with_people().select_related("photo").get(pk=pk)


def _check_free(faces: Iterable[Face], box: Box) -> None:
    for face in faces:
        if gone.box_of(face).iou(box) >= gone.SAME_FACE:
            raise FaceThere(
                gettext("box: face %(face)s is there already: move its box, or say whose it is.")
                % {"face": face.pk}
            )


def _columns(drawn: Drawn) -> dict[str, Any]:
    return {
        "x": drawn.box.x,
        "y": drawn.box.y,
        "width": drawn.box.width,
        "height": drawn.box.height,
        "landmarks": drawn.landmarks.astype(np.float64).round(2).tolist(),
        "confidence": _SURE,
        "quality": round(drawn.quality.value, 4),
        "quality_reasons": [str(each) for each in drawn.quality.reasons],
        "crop": drawn.crop,
        "drawn": True,
    }


def _numbers(box: Box) -> list[float]:
    return [box.x, box.y, box.width, box.height]
