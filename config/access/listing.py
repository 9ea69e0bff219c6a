"""The table of permissions by address, as docs/permissions.md shows it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.admindocs.views import simplify_regex
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.views import APIView

from config.access.table import CALLS, Need, Way, need_of

_METHODS = {"get", "post", "put", "patch", "delete"}
_HEAD = """# Who may do what over HTTP

What each address asks of whoever comes. Written by `manage.py reference`, of the table that the
service itself reads (`config/access/table.py`). [Scopes](access.md#api-keys) are those of a key; a
right is one of Django's, which the user must have besides, as one of the staff. What belongs to
another owner looks like what is not there, whoever asks.

| address | methods | comes with | scope | right |
| --- | --- | --- | --- | --- |
"""
_CALLS = """
## Over gRPC

| call | comes with | scope |
| --- | --- | --- |
"""


@dataclass(frozen=True)
class Endpoint:
    path: str  # as documents write it
    method: str
    view: type[Any]
    act: str  # the view's action or method
    need: Need | None


def endpoints() -> Iterator[Endpoint]:
    """All of the API, wherever it is: what the resolver knows."""
    return _within(get_resolver().url_patterns, "")


def views() -> set[type[Any]]:
    """The classes of all of them, also of those that have no method at all."""
    return {view for _, _, view in _patterns(get_resolver().url_patterns, "")}


def as_markdown() -> str:
    """Those that a caller may ask, by their address."""
    rows: dict[tuple[str, Need | None], list[str]] = {}
    for each in endpoints():
        rows.setdefault((each.path, each.need), []).append(each.method.upper())
    lines = [_line(path, sorted(methods), need) for (path, need), methods in rows.items()]
    return _HEAD + "".join(sorted(lines)) + _CALLS + "".join(sorted(_calls()))


def _calls() -> Iterator[str]:
    for service, row in CALLS.items():
        for need, acts in row.items():
            for act in acts.split():
                yield f"| `{service}.{act}` | {need.way} | {need.scope} |\n"


def _line(path: str, methods: list[str], need: Need | None) -> str:
    way, scope, right = (need.way, need.scope or "", need.right) if need else (Way.ANYHOW, "", "")
    return f"| `{path}` | {' '.join(methods)} | {way} | {scope} | {right} |\n"


def _within(patterns: list[Any], prefix: str) -> Iterator[Endpoint]:
    for path, pattern, view in _patterns(patterns, prefix):
        acts = getattr(pattern.callback, "actions", None)
        acts = acts or {method: method for method in _METHODS if hasattr(view, method)}
        for method in sorted(acts.keys() & _METHODS):  # HEAD is GET
            yield Endpoint(path, method, view, acts[method], need_of(view, acts[method]))


def _patterns(
    patterns: list[URLPattern | URLResolver], prefix: str
) -> Iterator[tuple[str, URLPattern, type[Any]]]:
    for each in patterns:
        path = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from _patterns(each.url_patterns, path)
        elif issubclass(view := getattr(each.callback, "cls", object), APIView):
            yield _as_written(path), each, view


def _as_written(pattern: str) -> str:
    """As documents write it; of several ways to write it the first one."""
    first = re.sub(r"\(\?:(\w+)\|[^)]*\)", r"\1", pattern)
    return simplify_regex(first).replace("\\", "")
