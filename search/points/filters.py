"""What points are filtered by, as Qdrant writes it: conditions on payloads, as PostgreSQL's own.

What is not understood is refused, never left out. Source: https://qdrant.tech/documentation/concepts/filtering/
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import BooleanField, F, Func, Q, Value

from search.errors import PointInvalid
from search.points.plain import MOST_IDS, check_plain, point_id

MOST_CONDITIONS = 100
_MOST_VALUES = 1000  # that one condition may list
_DEEPEST = 8  # filters in filters
_LONGEST_KEY = 200  # letters
_SEGMENT = re.compile(r"([^.\[\]\"]+)(?:\[\])?")
_RANGE = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_CONDITIONS = "key with match or range, has_id, is_empty, is_null, or must, should, must_not"


class _Typed(Func):
    """A value as one of PostgreSQL's own types."""

    template = "(%(expressions)s)::%(type)s"


class _PathExists(Func):
    """Whether something in the payload is at a path, and fulfils its condition."""

    function = "jsonb_path_exists"
    output_field = BooleanField()


def condition(filter_: Any) -> Q:
    """The condition that `filter_`, the JSON of a filter, sets on rows with `number` and `payload`.

    Raises:
        PointInvalid: naming the place, what is wrong there, and what may stand there.
    """
    leaves = _Leaves()
    return _group(filter_, "filter", leaves, depth=0)


class _Leaves:
    """Counts the conditions of a filter, of which there may not be too many."""

    def __init__(self) -> None:
        self._count = 0

    def add(self, where: str) -> None:
        self._count += 1
        if self._count > MOST_CONDITIONS:
            raise PointInvalid(f"{where}: a filter may have {MOST_CONDITIONS} conditions.")


def _group(filter_: Any, where: str, leaves: _Leaves, *, depth: int) -> Q:
    if depth > _DEEPEST:
        raise PointInvalid(f"{where}: filters may lie in each other {_DEEPEST} deep.")
    given = _object(filter_, where, {"must", "must_not", "should"})
    parts = {
        name: [
            _one(each, f"{where}.{name}.{place}", leaves, depth=depth)
            for place, each in enumerate(_listed(listed))
        ]
        for name, listed in given.items()
    }
    every = reduce(and_, parts.get("must", []), Q())
    if parts.get("should"):
        every &= reduce(or_, parts["should"])
    return reduce(and_, (~each for each in parts.get("must_not", [])), every)


def _listed(conditions: Any) -> list[Any]:
    """One condition may stand without a list."""
    return conditions if isinstance(conditions, list) else [conditions]


def _one(given: Any, where: str, leaves: _Leaves, *, depth: int) -> Q:
    leaves.add(where)
    if not isinstance(given, dict):
        raise PointInvalid(f"{where}: give an object with {_CONDITIONS}.")
    match sorted(name for name, value in given.items() if value is not None):
        case ["has_id"]:
            return _has_id(given["has_id"], f"{where}.has_id")
        case ["is_empty"]:
            return ~_exists(_path(_key_of(given, "is_empty", where)) + "[*] ? (@ != null)")
        case ["is_null"]:
            return _exists(_path(_key_of(given, "is_null", where)) + " ? (@ == null)")
        case ["key", "match"]:
            return _match(_path((given["key"], f"{where}.key")), given["match"], f"{where}.match")
        case ["key", "range"]:
            return _range(_path((given["key"], f"{where}.key")), given["range"], f"{where}.range")
        case names if set(names) <= {"must", "must_not", "should"} and names:
            return _group(given, where, leaves, depth=depth + 1)
        case names:
            shown = ", ".join(names) or "nothing"
            raise PointInvalid(f"{where}: {shown} is not supported. Give {_CONDITIONS}.")


def _has_id(ids: Any, where: str) -> Q:
    if not isinstance(ids, list) or len(ids) > MOST_IDS:
        raise PointInvalid(f"{where}: give a list of {MOST_IDS} ids at most.")
    return Q(number__in=[point_id(each, f"{where}.{place}") for place, each in enumerate(ids)])


def _key_of(given: Mapping[str, Any], name: str, where: str) -> tuple[Any, str]:
    field = _object(given[name], f"{where}.{name}", {"key"})
    return field.get("key"), f"{where}.{name}.key"


def _path(key_at: tuple[Any, str]) -> str:
    """The path of a payload's key, such as `bbox.x` or `tags[].name`, in SQL's language of paths.

    Lists on the way are looked into, as Qdrant does.
    """
    key, where = key_at
    parts = key.split(".") if isinstance(key, str) and len(key) <= _LONGEST_KEY else []
    segments = [_SEGMENT.fullmatch(part) for part in parts]
    if not segments or not all(segments):
        raise PointInvalid(
            f"{where}: give the name of a payload's field, such as bbox.x or tags[]."
        )
    check_plain(key, where)
    return "$" + "".join(f".{_quoted(segment[1])}" for segment in segments if segment)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _exists(path: str, **values: Any) -> Q:
    return Q(
        _PathExists(
            F("payload"),
            _Typed(Value(path), type="jsonpath"),
            _Typed(Value(json.dumps(values)), type="jsonb"),
        )
    )


def _match(path: str, given: Any, where: str) -> Q:
    """Fields that have a list match by any of its values."""
    kinds: Mapping[str, Callable[[Any, str], Q]] = {
        "value": lambda value, at: _exists(
            f"{path} ? (@ == $value)", value=_scalars([value], at)[0]
        ),
        "any": lambda values, at: _exists(
            f"{path} ? (@ == $values[*])", values=_scalars(values, at)
        ),
        "except": lambda values, at: _exists(
            f"{path} ? (@ != null && ((@ == $values[*]) is unknown || !(@ == $values[*])))",
            values=_scalars(values, at),
        ),
        "text": lambda text, at: _exists(
            f'{path} ? (@ like_regex {_quoted(_text(text, at))} flag "q")'
        ),
    }
    asked = _object(given, where, set(kinds))
    if len(asked) != 1:
        raise PointInvalid(f"{where}: give exactly one of {', '.join(kinds)}.")
    [(kind, value)] = asked.items()
    return kinds[kind](value, f"{where}.{kind}")


def _scalars(values: Any, where: str) -> Sequence[Any]:
    """Of what a payload is compared with: whole numbers, texts, true and false."""
    if not isinstance(values, list) or len(values) > _MOST_VALUES:
        raise PointInvalid(f"{where}: give a list of {_MOST_VALUES} values at most.")
    if not all(isinstance(each, str | int) for each in values):
        raise PointInvalid(f"{where}: give texts, whole numbers, true or false; else a range.")
    check_plain(values, where)
    return values


def _text(text: Any, where: str) -> str:
    if not isinstance(text, str) or not text:
        raise PointInvalid(f"{where}: give a text that is part of the field.")
    check_plain(text, where)
    return text


def _range(path: str, given: Any, where: str) -> Q:
    limits = _object(given, where, set(_RANGE))
    if not limits:
        raise PointInvalid(f"{where}: give one of {', '.join(_RANGE)}.")
    for name, limit in limits.items():
        if isinstance(limit, bool) or not isinstance(limit, int | float):
            raise PointInvalid(f"{where}.{name}: give a number.")
    check_plain(list(limits.values()), where)
    terms = " && ".join(f"@ {_RANGE[name]} ${name}" for name in limits)
    return _exists(f'{path} ? (@.type() == "number" && {terms})', **limits)


def _object(given: Any, where: str, names: set[str]) -> dict[str, Any]:
    """What is said in an object that may have these names alone; null says nothing."""
    known = ", ".join(sorted(names))
    if not isinstance(given, dict):
        raise PointInvalid(f"{where}: give an object with {known}.")
    said = {name: value for name, value in given.items() if value is not None}
    for name in said.keys() - names:
        raise PointInvalid(f"{where}.{name} is not supported. Give {known}.")
    return said
