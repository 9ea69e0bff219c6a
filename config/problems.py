"""Errors as programs read them: problem details. Source: RFC 9457.

Settings need it: so it knows nothing of the REST framework, which needs settings.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse

from config.requests import id_of

MEDIA_TYPE = "application/problem+json"
_TYPE = "urn:kindred:problem:"  # and the code


def problem(request: HttpRequest, status: int, said: Mapping[str, Any]) -> dict[str, Any]:
    """`said` has a `code` and a `detail`, and perhaps more."""
    return {
        "type": f"{_TYPE}{said['code']}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        **said,
        "request_id": id_of(request),
    }


def answer(request: HttpRequest, status: int, code: str, detail: str) -> HttpResponse:
    """Of what is refused before any view is asked."""
    body = problem(request, status, {"code": code, "detail": detail})
    return HttpResponse(json.dumps(body), content_type=MEDIA_TYPE, status=status)
