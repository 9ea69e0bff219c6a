"""Qdrant's protocol as tests speak it."""

from typing import Any

from photos.models import Owner
from tests.factories import make_owner, unit
from tests.search.points.arranged import IMAGES, bring, make_named_photo, place_of

VECTOR = unit(0.6, 0.8).tolist()


def arrange(owner: Owner) -> None:
    """A photo of `owner`, 123; one of somebody else, 7, and a point of theirs, 8."""
    make_named_photo(owner, "123", looks=unit(1))
    foreign = make_owner()
    make_named_photo(foreign, "7", looks=unit(1))
    bring(place_of(foreign), 8)


def url(path: str = "", collection: str = IMAGES) -> str:
    return f"/collections/{collection}/points{f'/{path}' if path else ''}"


def error_of(answer: Any, status: int) -> str:
    body = answer.json()
    assert (answer.status_code, body.keys()) == (status, {"status", "time"})
    return str(body["status"]["error"])
