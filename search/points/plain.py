"""What callers may send with points: ids, payloads, and vectors of length 1."""

import json
from typing import Any

from inference.arrays import Array
from photos.errors import VectorUnfit
from photos.vectors import unit
from search.errors import PointInvalid

MOST_IDS = 1000  # that one request may name
MOST_ID = 2**63 - 1
PAYLOAD_BYTES = 2**16
_SHOWN = 60  # letters of what was given


def point_id(given: Any, where: str) -> int:
    """
    Raises:
        PointInvalid: it is none.
    """
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given <= MOST_ID:
        raise PointInvalid(f"{where}: {_shown(given)} is no id: give a whole number from 0 on.")
    return given


def check_plain(value: Any, where: str) -> None:
    """
    Raises:
        PointInvalid: PostgreSQL can't store this JSON.
    """
    try:
        written = json.dumps(value, allow_nan=False, ensure_ascii=False)
        written.encode()
    except (ValueError, RecursionError) as exc:
        raise PointInvalid(f"{where}: it has a number without an end, or half a letter.") from exc
    if "\\u0000" in written and _has_zero(value):
        raise PointInvalid(f"{where}: it has a letter with the number 0.")


def _has_zero(value: Any) -> bool:
    match value:
        case dict():
            return any(_has_zero(each) for each in (*value, *value.values()))
        case list():
            return any(_has_zero(each) for each in value)
    return isinstance(value, str) and "\0" in value


def payload(given: Any, where: str) -> dict[str, Any]:
    """
    Raises:
        PointInvalid: it is no JSON object, too large, or can't be stored.
    """
    if not isinstance(given, dict):
        raise PointInvalid(f"{where}: give an object.")
    check_plain(given, where)
    check_size(len(json.dumps(given, ensure_ascii=False).encode()), where)
    return given


def check_size(size_bytes: int, where: str) -> None:
    """
    Raises:
        PointInvalid: a payload may not have so many.
    """
    if size_bytes > PAYLOAD_BYTES:
        raise PointInvalid(f"{where}: it has {size_bytes} bytes; {PAYLOAD_BYTES} are the most.")


def vector(given: Any, dimension: int, where: str) -> Array:
    """(dimension,) float32 of length 1, whatever length was `given`: likeness is by the angle.

    Raises:
        PointInvalid: it is no list of so many finite numbers, or all of them are 0.
    """
    if not isinstance(given, list) or not set(map(type, given)) <= {int, float}:
        raise PointInvalid(
            f"{where}: give one list of {dimension} numbers. Vectors with names, sparse ones, and "
            "several of one point are not supported."
        )
    if len(given) != dimension:
        raise PointInvalid(f"{where}: it has {len(given)} numbers; here they have {dimension}.")
    try:
        return unit(given)
    except (OverflowError, VectorUnfit) as exc:
        raise PointInvalid(f"{where}: its numbers must be finite, and one must not be 0.") from exc


def _shown(given: Any) -> str:
    shown = repr(given)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
