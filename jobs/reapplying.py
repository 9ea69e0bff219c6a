"""Erasing and deleting once more what an old backup has brought back."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress

from faces import gone
from faces.errors import PersonMissing
from faces.models import Face, Person
from inference.geometry import Box
from jobs import erasure, ledger, removal
from jobs.models import Removal
from photos.models import Owner, Photo
from search.errors import PhotoMissing

_AT_ONCE = 500  # places of one look at the database


def reapply() -> Iterator[ledger.Entry]:
    """Do again all that the ledger has and the database does not know of. Twice changes nothing.

    Killed in between, it goes on with what is left. Yields each entry that was of an owner here.

    Raises:
        StoreUnavailable: the ledger can't be read.
    """
    for entry in ledger.unknown():
        owner = ledger.owner_of(entry)
        if owner is None:
            continue
        if entry.person is None:
            _remove_photos(owner, entry)
        else:
            _erase_person(owner, entry)
        yield entry


def _remove_photos(owner: Owner, entry: ledger.Entry) -> None:
    back = Photo.objects.of(owner).filter(sha256__in=entry.photos, created_at__lte=entry.moment)
    keys = list(back.values_list("pk", flat=True))
    try:
        removal.remove(owner, keys, why=Removal.Why.RESTORED, receipt=entry.uuid)
    except PhotoMissing:  # it was not there yet, or is gone already
        removal.note_again(owner, entry)


def _erase_person(owner: Owner, entry: ledger.Entry) -> None:
    """The receipt comes last: by that it is known to be done."""
    keys = {entry.person or 0, *(key for key, _ in entry.people)}
    for person in Person.objects.filter(owner=owner, pk__in=keys).order_by("pk"):
        if _is_meant(person, entry):
            with suppress(PersonMissing):  # somebody else was faster
                erasure.erase(owner, person.pk)
    for faces in _back(owner, entry):
        erasure.erase_faces(owner, faces)
    erasure.note_again(owner, entry)


def _is_meant(person: Person, entry: ledger.Entry) -> bool:
    """Old receipts do not say when somebody was made."""
    if not entry.people:
        return person.created_at <= entry.moment
    return (person.pk, person.created_at.isoformat()) in entry.people


def _back(owner: Owner, entry: ledger.Entry) -> Iterator[list[int]]:
    """Faces at places where one was erased, some at a time."""
    places: dict[str, list[Box]] = defaultdict(list)
    for sha256, *box in entry.places:
        places[sha256].append(Box(*box))
    contents = sorted(places)
    for start in range(0, len(contents), _AT_ONCE):
        some = contents[start : start + _AT_ONCE]
        faces = Face.objects.filter(photo__owner=owner, photo__sha256__in=some)
        there = faces.select_related("photo").order_by("pk")
        covered = [each for each in there if _is_covered(each, places)]
        if covered:
            yield [face.pk for face in covered]


def _is_covered(face: Face, places: dict[str, list[Box]]) -> bool:
    return gone.covers(places[face.photo.sha256], gone.box_of(face))
