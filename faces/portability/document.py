"""People as a JSON document: what it says, and reading it.

    {"format": "kindred-people", "version": 1,
     "people": [{"id": 1, "name": "Anna", "aliases": [], "contact_id": "", "favourite": false,
                 "hidden": false, "ignored": false, "unrecognised": false, "cover": FACE or null}],
     "faces": [FACE with "person": 1, "how": "manual" | "clustered" | "matched", "similarity"],
     "rejections": [FACE with "person": 1],
     "pairs": [{"first": FACE, "second": FACE, "same": true}]}

A FACE is {"photo": SHA-256 of the original in hex, "box": [x, y, width, height]}, the box in
pixels of the upright photo. The ids of people are the document's own.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn, TypeVar

from faces.errors import DocumentInvalid, FaceError
from faces.models import MAX_CONTACT_ID, Membership
from faces.people.naming import checked_name
from inference.geometry import Box

FORMAT = "kindred-people"
VERSION = 1
FLAGS = ("favourite", "hidden", "ignored", "unrecognised")
_MAX_ALIASES = 100  # of a person
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NO_TEXT = re.compile("[\0\ud800-\udfff]")  # what the database takes for no text
_HOW = frozenset(Membership.How.values)
_BOX = 4  # numbers

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class At:
    """A face, by its photo's content and its place there."""

    photo: str  # SHA-256, in hex
    box: Box


@dataclass(frozen=True, slots=True)
class SomeoneToBe:
    id: int
    name: str
    aliases: tuple[str, ...]
    contact_id: str
    flags: frozenset[str]  # those of FLAGS that are set
    cover: At | None


@dataclass(frozen=True, slots=True)
class Theirs:
    """That a face is somebody's. `similarity`: by a match that nobody has confirmed."""

    at: At
    person: int
    similarity: float | None


@dataclass(frozen=True, slots=True)
class NotTheirs:
    at: At
    person: int


@dataclass(frozen=True, slots=True)
class Two:
    first: At
    second: At
    same: bool


@dataclass(frozen=True)
class Document:
    people: list[SomeoneToBe]
    faces: list[Theirs]
    rejections: list[NotTheirs]
    pairs: list[Two]


def read(file: BinaryIO) -> Document:
    """
    Raises:
        DocumentInvalid: it is none, as the message says with the place.
    """
    try:
        given = json.load(file, parse_constant=_refuse)
    except (ValueError, RecursionError) as exc:
        raise DocumentInvalid(f"This is no JSON: {exc}.") from exc
    if not isinstance(given, Mapping) or given.get("format") != FORMAT:
        raise DocumentInvalid(f"format: this is no export of people: give {FORMAT!r}.")
    if given.get("version") != VERSION:
        raise DocumentInvalid(f"version: give {VERSION}, the one that is known here.")
    people = _each(given, "people", _person)
    ids = {each.id for each in people}
    if len(ids) < len(people):
        raise DocumentInvalid("people: two have the same id.")
    return Document(
        people,
        _each(given, "faces", lambda face: _theirs(face, ids)),
        _each(given, "rejections", lambda face: NotTheirs(_at(face), _known(face, ids))),
        _each(given, "pairs", _two),
    )


class _Wrong(Exception):
    """What is wrong with one entry."""


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def _each(given: Mapping[str, Any], name: str, read_one: Callable[[Any], T]) -> list[T]:
    listed = given.get(name, [])
    if not isinstance(listed, list):
        raise DocumentInvalid(f"{name}: give a list.")
    found = []
    for number, entry in enumerate(listed):
        try:
            found.append(read_one(_object(entry)))
        except _Wrong as exc:
            raise DocumentInvalid(f"{name}[{number}]: {exc}") from exc
    return found


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _Wrong("give an object.")
    return value


def _person(given: Mapping[str, Any]) -> SomeoneToBe:
    aliases = given.get("aliases", [])
    if not isinstance(aliases, list) or len(aliases) > _MAX_ALIASES:
        raise _Wrong(f"aliases: give a list of {_MAX_ALIASES} at most.")
    contact_id = _text(given.get("contact_id", ""), "contact_id")
    if len(contact_id) > MAX_CONTACT_ID:
        raise _Wrong(f"contact_id: give {MAX_CONTACT_ID} letters at most.")
    cover = given.get("cover")
    if cover is not None and not isinstance(cover, Mapping):
        raise _Wrong("cover: give a face, or null.")
    return SomeoneToBe(
        id=_whole(given.get("id"), "id"),
        name=_name(given.get("name"), "name"),
        aliases=tuple(dict.fromkeys(_name(each, "aliases") for each in aliases)),
        contact_id=contact_id,
        flags=frozenset(flag for flag in FLAGS if _flag(given.get(flag, False), flag)),
        cover=_at(cover) if cover else None,
    )


def _theirs(given: Mapping[str, Any], ids: set[int]) -> Theirs:
    how = given.get("how")
    similarity: Any = given.get("similarity")
    if not isinstance(how, str) or how not in _HOW:
        raise _Wrong(f"how: give one of {', '.join(sorted(_HOW))}.")
    if how != Membership.How.MATCHED:
        similarity = None
    elif not _is_number(similarity) or not -1 <= similarity <= 1:
        raise _Wrong("similarity: give a number from -1 to 1, as the face was matched.")
    return Theirs(_at(given), _known(given, ids), similarity)


def _two(given: Mapping[str, Any]) -> Two:
    both = [given.get(name) for name in ("first", "second")]
    if not all(isinstance(each, Mapping) for each in both):
        raise _Wrong("first, second: give two faces.")
    first, second = (_at(each) for each in both if isinstance(each, Mapping))
    return Two(first, second, _flag(given.get("same"), "same"))


def _at(given: Mapping[str, Any]) -> At:
    photo, box = given.get("photo"), given.get("box")
    if not isinstance(photo, str) or not _SHA256.fullmatch(photo):
        raise _Wrong("photo: give the SHA-256 of the original, as 64 digits of hex.")
    if not isinstance(box, list) or len(box) != _BOX or not all(map(_is_number, box)):
        raise _Wrong("box: give four numbers: x, y, width, height.")
    found = Box(*map(float, box))
    if not (found.width > 0 and found.height > 0):
        raise _Wrong("box: it has no area.")
    return At(photo, found)


def _known(given: Mapping[str, Any], ids: set[int]) -> int:
    person = _whole(given.get("person"), "person")
    if person not in ids:
        raise _Wrong(f"person: there is none with the id {person} among `people`.")
    return person


def _name(value: object, place: str) -> str:
    try:
        return checked_name(_text(value, place))
    except FaceError as exc:
        raise _Wrong(f"{place}: {exc}") from exc


def _text(value: object, place: str) -> str:
    if not isinstance(value, str) or _NO_TEXT.search(value):
        raise _Wrong(f"{place}: give text.")
    return value


def _whole(value: object, place: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _Wrong(f"{place}: give a whole number.")
    return value


def _flag(value: object, place: str) -> bool:
    if not isinstance(value, bool):
        raise _Wrong(f"{place}: give true or false.")
    return value


def _is_number(value: Any) -> bool:
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return known and abs(value) < math.inf
