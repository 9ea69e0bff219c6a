"""Whose the faces of a photo are by its own file, or its sidecar, as other programs say there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from itertools import chain
from typing import Self

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import BigIntegerField, Exists, OuterRef, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from faces import gone
from faces.models import MAX_NAME, Edit, Face, Membership
from faces.people import boxes
from faces.people.changes import Changes
from faces.people.editing import editing, hold
from faces.people.naming import called, tidy_name
from faces.portability.giving import Giving, Wish
from faces.portability.overlap import covers, same_faces
from faces.services import FoundFaces, keep_crop, portrait
from inference.geometry import CROP_SIDE, TEMPLATE, Box
from photos.images import Decoded
from photos.models import Analysis, Owner, Photo
from photos.operations import FACES, Place, Store
from photos.regions import Region

Called = tuple[str, Box]  # whose face, and where

NAMES, BESIDE = "names", "sidecar"  # that names were read in a file, or beside: of its analyses
_DIGITS = 2  # of a pixel
_NOT_WHO = (Edit.Kind.FACE, Edit.Kind.CLUSTER, Edit.Kind.CLEAR)  # edits that say nothing of whom


@dataclass(frozen=True)
class Source:
    """Where names are from, as the analyses of a photo tell it when they were read."""

    operation: str
    recipe: str

    @classmethod
    def beside(cls, packet: bytes) -> Self:
        """A sidecar, by what it says."""
        return cls(BESIDE, sha256(packet).hexdigest())

    @property
    def asked(self) -> dict[str, str]:
        """What an edit says of it, where it is not the photo's own file."""
        return {self.operation: self.recipe} if self.operation == BESIDE else {}

    def was_read(self, photo: Photo) -> bool:
        return photo.analyses.filter(operation=self.operation, recipe=self.recipe).exists()

    def note(self, photo: Photo) -> None:
        noted = Analysis(photo=photo, operation=self.operation, recipe=self.recipe)
        Analysis.objects.bulk_create([noted], ignore_conflicts=True)


FILE = Source(NAMES, "xmp.1")  # the photo's own


@dataclass(frozen=True)
class Named:
    """What the names of a photo have come to."""

    faces: int = 0  # that were given to people
    drawn: int = 0  # of these, where none was found
    people: int = 0  # who were not known


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
        seen = [each.box for each in self.found.found]
        missing = _missing(self.regions, self.portraits, seen)
        return {number: keep_crop(place.folder, crop) for number, crop in missing.items()}


def _missing(
    regions: Sequence[Region], portraits: Sequence[bytes], seen: Sequence[Box]
) -> dict[int, bytes]:
    """The `portraits` of those of the `regions` in which no face was `seen`, by their places."""
    found = same_faces([each.box for each in regions], seen)
    return {number: each for number, each in enumerate(portraits) if number not in found}


def unread(owner: Owner) -> QuerySet[Photo]:
    """The owner's photos whose faces were found, and whose files were not asked for names yet."""
    done = Analysis.objects.filter(photo=OuterRef("pk"))
    found, read = (done.filter(operation=each) for each in (FACES, NAMES))
    photo = Cast(KeyTextTransform("photo", "asked"), BigIntegerField())
    edits = Edit.objects.of(owner).filter(kind=Edit.Kind.IMPORT, asked__has_key="photo")
    edits = edits.exclude(asked__has_key=BESIDE)
    named = edits.annotate(photo=photo).values("photo")  # also before that was noted
    return Photo.objects.of(owner).filter(Exists(found), ~Exists(read)).exclude(pk__in=named)


def read(photo: Photo, decoded: Decoded, *, source: Source = FILE, dry_run: bool = False) -> Named:
    """Have the faces of a stored photo go by the names in its `source`, as name() does. Once.

    `decoded` has the names. Writes the crops of those that are drawn. `dry_run`: only tells.
    """
    regions, folder = decoded.exif.regions, boxes.folder_of(photo)
    missing = _missing(regions, portraits(decoded), [gone.box_of(f) for f in photo.faces.all()])
    crops = {n: "" if dry_run else keep_crop(folder, crop) for n, crop in missing.items()}
    with transaction.atomic():
        hold(photo.owner)
        if source.was_read(photo):
            return Named()  # somebody was faster
        named = name(photo.owner, photo, regions, crops, source)
        if dry_run:
            transaction.set_rollback(True)
    return named


def name(
    owner: Owner,
    photo: Photo,
    regions: Sequence[Region],
    crops: Mapping[int, str],
    source: Source = FILE,
) -> Named:
    """Give the faces in `regions` of the owner's photo to the people of these names.

    People whom the owner does not have are made, also where a name is like another one: nobody is
    there to be asked, and the desk asks later. Where no face was found, one is drawn if it has
    a file in `crops`, which are by the place of the region. What somebody has said of a face, or
    of who is in the photo, goes before what the file says. Where a face was erased or deleted, or
    drawn by an import that was undone, there is none. In the caller's transaction, which holds the
    owner's lock.
    """
    deleted = gone.boxes(photo) + _undone(photo)
    named = {
        number: (tidy_name(each.name), each.box)
        for number, each in enumerate(regions)
        if len(tidy_name(each.name)) <= MAX_NAME and not covers(deleted, each.box)
    }
    for number, crop in crops.items():
        if crop and number not in named:
            transaction.on_commit(partial(default_storage.delete, crop))
    asked = {"photo": photo.pk, **source.asked}
    with editing(owner, Edit.Kind.IMPORT, None, **asked) as changes:
        giving = Giving(changes)
        given = giving.give(_wishes(changes, photo, named)).given
        drawn = giving.give(_drawn(changes, photo, named, crops)).given
    source.note(photo)
    new = [step for step in changes.steps if step.get("row") == "person" and not step["before"]]
    return Named(len(given) + len(drawn), len(drawn), len(new))


def _undone(photo: Photo) -> list[Box]:
    """Where faces were drawn for a name, and that was taken back."""
    undoing = Edit.objects.of(photo.owner).exclude(undoes=None)  # few, and in an index
    undone = undoing.filter(undoes__kind=Edit.Kind.IMPORT, undoes__asked__photo=photo.pk)
    drawn = [
        step["after"]
        for step in chain.from_iterable(undone.values_list("undoes__steps", flat=True))
        if step.get("row") == "face" and step["before"] is None
    ]
    return [Box(*(face[edge] for edge in ("x", "y", "width", "height"))) for face in drawn]


def _wishes(changes: Changes, photo: Photo, named: Mapping[int, Called]) -> list[Wish]:
    """Of the faces that were found, and that nobody has said anything of."""
    faces, regions = list(photo.faces.order_by("pk")), list(named.values())
    found = same_faces([box for _, box in regions], [gone.box_of(face) for face in faces])
    said = _said(changes.owner, photo) if found else set()
    return [
        Wish(faces[column].pk, called(changes, regions[row][0], another=True).pk)
        for row, column in sorted(found.items())
        if faces[column].pk not in said
    ]


def _said(owner: Owner, photo: Photo) -> set[int]:
    """Faces of `photo` that are surely somebody's, or of which an edit says whose they are, or are
    not; be it undone since.
    """
    edits = Edit.objects.of(owner).exclude(kind__in=_NOT_WHO).exclude(undoes__kind__in=_NOT_WHO)
    touched = photo.faces.filter(Exists(edits.filter(faces__contains=[OuterRef("pk")])))
    surely = Membership.objects.filter(face__photo=photo, part__cluster__person__isnull=False)
    surely = surely.exclude(how=Membership.How.MATCHED)
    return {*touched.values_list("pk", flat=True), *surely.values_list("face", flat=True)}


def _drawn(
    changes: Changes, photo: Photo, named: Mapping[int, Called], crops: Mapping[int, str]
) -> list[Wish]:
    """Of the others, which are drawn: one for each of the people who are not in the photo yet."""
    wishes = []
    taken = [gone.box_of(face) for face in photo.faces.all()]
    surely = Membership.objects.filter(face__photo=photo).exclude(how=Membership.How.MATCHED)
    there = set(surely.values_list("part__cluster__person", flat=True))
    for number, (word, box) in named.items():
        if number not in crops or covers(taken, box):
            continue
        person = called(changes, word, another=True)
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
