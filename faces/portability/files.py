"""Whose the faces of a photo are by its own file, where other programs have written that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from faces import gone
from faces.models import MAX_NAME, Edit, Face, Membership
from faces.people.changes import Changes
from faces.people.editing import editing, hold
from faces.people.naming import called, tidy_name
from faces.portability.giving import Giving, Wish
from faces.portability.overlap import covers, same_faces
from faces.services import FoundFaces, keep_crop, portrait
from inference.geometry import CROP_SIDE, TEMPLATE, Box
from photos.images import Decoded
from photos.models import Owner, Photo
from photos.operations import FACES, Place, Store
from photos.regions import Region

Named = tuple[str, Box]  # whose face, and where

_DIGITS = 2  # of a pixel


def portraits(decoded: Decoded) -> tuple[bytes, ...]:
    """A JPEG of each face that the photo's file names."""
    return tuple(portrait(decoded.pixels, each.box) for each in decoded.exif.regions)


@dataclass(frozen=True)
class NamedFaces:
    """The faces of a photo, and whose they are by its file, on their way into the database."""

    found: FoundFaces
    regions: Sequence[Region]
    portraits: Sequence[bytes]  # of the regions, or none at all

    def keep(self, place: Place) -> Store:
        store, crops = self.found.keep(place), self._crops(place)

        def store_and_name(photo: Photo) -> None:
            is_first = photo.analyses.filter(operation=FACES).count() == 1  # this one
            if is_first:
                hold(place.owner)  # before store() shares it: two who share can't both hold it
            store(photo)
            if is_first:
                name(place.owner, photo, self.regions, crops)

        return store_and_name

    def _crops(self, place: Place) -> dict[int, str]:
        """Files for those of the regions in which no face was found."""
        boxes = [each.box for each in self.found.found]
        found = same_faces([each.box for each in self.regions], boxes)
        return {
            number: keep_crop(place.folder, crop)
            for number, crop in enumerate(self.portraits)
            if number not in found
        }


def name(owner: Owner, photo: Photo, regions: Sequence[Region], crops: Mapping[int, str]) -> None:
    """Give the faces in `regions` of the owner's photo to the people of these names.

    People whom the owner does not have are made. Where no face was found, one is drawn if it has
    a file in `crops`, which are by the place of the region. What somebody has said of a face, or
    of who is in the photo, goes before what the file says. Where a face was erased or deleted,
    there is none.
    """
    deleted = gone.boxes(photo)
    named = {
        number: (tidy_name(each.name), each.box)
        for number, each in enumerate(regions)
        if len(tidy_name(each.name)) <= MAX_NAME and not covers(deleted, each.box)
    }
    with editing(owner, Edit.Kind.IMPORT, None, photo=photo.pk) as changes:
        giving = Giving(changes)
        giving.give(_wishes(changes, photo, named))
        giving.give(_drawn(changes, photo, named, crops))


def _wishes(changes: Changes, photo: Photo, named: Mapping[int, Named]) -> list[Wish]:
    """Of the faces that were found."""
    faces, regions = list(photo.faces.order_by("pk")), list(named.values())
    found = same_faces([box for _, box in regions], [gone.box_of(face) for face in faces])
    return [
        Wish(faces[column].pk, called(changes, regions[row][0]).pk)
        for row, column in sorted(found.items())
    ]


def _drawn(
    changes: Changes, photo: Photo, named: Mapping[int, Named], crops: Mapping[int, str]
) -> list[Wish]:
    """Of the others, which are drawn: one for each of the people who are not in the photo yet."""
    wishes = []
    taken = [gone.box_of(face) for face in photo.faces.all()]
    surely = Membership.objects.filter(face__photo=photo).exclude(how=Membership.How.MATCHED)
    there = set(surely.values_list("part__cluster__person", flat=True))
    for number, (word, box) in named.items():
        if number not in crops or covers(taken, box):
            continue
        person = called(changes, word)
        if person.pk not in there:
            face = _face(photo, box, crops[number])
            changes.create(face)
            wishes.append(Wish(face.pk, person.pk))
            taken.append(box)
            there.add(person.pk)
    return wishes


def _face(photo: Photo, box: Box, crop: str) -> Face:
    x, y = round(box.x, _DIGITS), round(box.y, _DIGITS)
    return Face(
        photo=photo,
        x=x,
        y=y,
        width=round(round(box.right, _DIGITS) - x, _DIGITS),
        height=round(round(box.bottom, _DIGITS) - y, _DIGITS),
        landmarks=(TEMPLATE / CROP_SIDE * [box.width, box.height] + [x, y]).round(2).tolist(),
        confidence=1.0,
        quality=0.0,
        crop=crop,
        drawn=True,
    )
