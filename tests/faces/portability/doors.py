"""What doors for people's documents are tried with: photos, and another owner."""

import pytest

from faces.people import naming
from photos.models import Owner, Photo
from photos.regions import read
from tests.factories import make_face, make_owner, make_photo, make_user

SIZE = (640, 480)
SHA = "a" * 64
DATA = bytes(range(256))


@pytest.fixture
def photo(owner: Owner) -> Photo:
    """Anna's."""
    return photo_of(owner, "Anna")


def photo_of(owner: Owner, name: str = "") -> Photo:
    photo = make_photo(owner=owner, sha256=SHA, size_bytes=len(DATA))
    face = make_face(photo=photo, x=100)
    if name:
        naming.create(owner, name, faces=[face.pk])
    return photo


def names(packet: bytes) -> list[str]:
    return [each.name for each in read(packet, SIZE, 1)]


@pytest.fixture
def other() -> Owner:
    return make_owner(user=make_user())
