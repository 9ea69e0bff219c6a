"""What is sent: filters; photos, by address as JSON or as files in a form."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

Picture = Path | bytes  # a file, or what is in one
Asked = dict[str, Any]


class Filters(TypedDict, total=False):
    """A photo passes all of them. Days are as 2026-11-22; things as dog, dog:2, dog:2-4."""

    person_ids: list[int]
    people: list[str]
    any_people: list[str]
    not_people: list[str]
    only_people: bool
    since: str
    until: str
    places: list[str]
    not_places: list[str]
    near: list[str]
    objects: list[str]
    min_confidence: float
    faces: str
    text: list[str]
    not_text: list[str]
    without: list[str]
    sort: str


def form(fields: Mapping[str, Any], **pictures: Picture) -> Asked:
    """What httpx takes. Files are read at once: they may have to be sent twice."""
    return {"data": fields, "files": [_part(name, each) for name, each in pictures.items()]}


def one(photo: str | Picture, order: Mapping[str, Any]) -> Asked:
    """A photo, by its address or as a file."""
    if isinstance(photo, str):
        return {"json": {"url": photo, **order}}
    return form(order, file=photo)


def many(
    photos: Sequence[str] | Sequence[Picture], external_ids: Sequence[str], order: Mapping[str, Any]
) -> Asked:
    """
    Raises:
        ValueError: some are addresses and others files; or ids are missing.
    """
    ids = external_ids or [""] * len(photos)
    if len(ids) != len(photos):
        raise ValueError("Give as many external ids as photos, or none.")
    addresses = [photo for photo in photos if isinstance(photo, str)]
    files = [photo for photo in photos if not isinstance(photo, str)]
    if addresses and files:
        raise ValueError("Give addresses or files, not both in one batch.")
    if files:
        named = {"external_id": list(ids)} if external_ids else {}
        return {"data": {**order, **named}, "files": [_part("file", each) for each in files]}
    listed = [{"url": url, "external_id": each} for url, each in zip(addresses, ids, strict=True)]
    return {"json": {"photos": listed, **order}}


def _part(field: str, picture: Picture) -> tuple[str, tuple[str, bytes]]:
    if isinstance(picture, Path):
        return field, (picture.name, picture.read_bytes())
    return field, ("photo", picture)
