"""Which of an owner's faces a document means: those around the same places of the same photos."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from faces import gone
from faces.models import Face
from faces.portability.document import At
from faces.portability.overlap import same_faces
from photos.models import Owner, Photo

_AT_ONCE = 500  # photos

T = TypeVar("T")


class Located:
    """Where each of some places of a document is. Two queries for every 500 photos."""

    def __init__(self, owner: Owner, places: Iterable[At]) -> None:
        self._faces: dict[At, int] = {}
        self.photos_missing = self.faces_missing = 0
        by_photo: defaultdict[str, list[At]] = defaultdict(list)
        for place in dict.fromkeys(places):
            by_photo[place.photo].append(place)
        for contents in batches(sorted(by_photo), _AT_ONCE):
            there = _faces_of(owner, contents)
            for content in contents:
                self._look(by_photo[content], there.get(content))

    def _look(self, places: Sequence[At], faces: Sequence[Face] | None) -> None:
        if faces is None:
            self.photos_missing += 1
            return
        boxes = [gone.box_of(face) for face in faces]
        found = same_faces([place.box for place in places], boxes)
        self.faces_missing += len(places) - len(found)
        for row, column in found.items():
            self._faces[places[row]] = faces[column].pk

    def __getitem__(self, place: At) -> int | None:
        return self._faces.get(place)


def batches(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    left = iter(rows)
    while batch := list(islice(left, size)):
        yield batch


def _faces_of(owner: Owner, contents: Sequence[str]) -> dict[str, list[Face]]:
    """Of those photos that the owner has."""
    photos = Photo.objects.of(owner).filter(sha256__in=contents)
    content_of = dict(photos.values_list("pk", "sha256"))
    there: dict[str, list[Face]] = {content: [] for content in content_of.values()}
    for face in Face.objects.filter(photo__in=content_of).order_by("pk"):
        there[content_of[face.photo_id]].append(face)
    return there
