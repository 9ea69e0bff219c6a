"""Each request has an id, by which its answer, its errors and its log lines are known."""

import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from jobs.logged import about

HEADER = "X-Request-ID"
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def identified(
    answer: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """A middleware: the caller's own id, where it is fit to be logged, or else a new one."""

    def answered(request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get(HEADER, "")
        known = given if _ID.fullmatch(given) else new_id()
        request.request_id = known  # type: ignore[attr-defined]  # where others look for it
        with about(request_id=known):
            response = answer(request)
        response.headers[HEADER] = known
        return response

    return answered


def id_of(request: HttpRequest | None) -> str:
    """Empty: it came by another way, and has none."""
    return str(getattr(request, "request_id", ""))


def new_id() -> str:
    return uuid.uuid4().hex
