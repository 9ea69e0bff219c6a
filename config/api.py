"""How errors look to API callers: one shape, `{"code", "detail"}`.

`code` never changes and is for programs, `detail` is a sentence for people. Where the input
is wrong, `fields` says what is wrong with which field.
"""

import logging
from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, exception_handler

from config.statuses import HOUSE, status_of
from jobs.connections import LOST
from jobs.errors import UploadTooLarge
from photos.errors import StorageFull
from photos.storage import lacks_room

log = logging.getLogger(__name__)

_TOO_LARGE = "That is more than may be sent at once. Send a smaller photo, or fewer."
_FULL = "There is no room left for files. Nothing was stored; try again later."
_DATABASE = "The database gives no answer. Try again in a moment, with the same key if any."


def error_response(exc: Exception, context: dict[str, Any]) -> Response | None:
    """The answer to a request that raised `exc`; None lets Django answer with a 500."""
    match exc:
        case RequestDataTooBig() | TooManyFieldsSent() | TooManyFilesSent() | UploadTooLarge():
            return _answer(status.HTTP_413_REQUEST_ENTITY_TOO_LARGE, "too_large", _TOO_LARGE)
        case OSError() if lacks_room(exc):  # such as of a request's files, before anybody saw them
            return _of_the_house(StorageFull(_FULL))
        case Exception() if isinstance(exc, LOST):
            log.error("The database gave no answer: %s", exc)
            return _answer(status.HTTP_503_SERVICE_UNAVAILABLE, "database_unavailable", _DATABASE)
    if isinstance(exc, HOUSE):
        return _of_the_house(exc)
    response = exception_handler(exc, context)
    if response is not None:
        response.data = _body(exc, response.data)
    return response


class NothingHereView(APIView):
    """What is asked for at an address of the API that is none: an error of the API's shape."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise exceptions.NotFound


def _of_the_house(exc: Any) -> Response:
    body = {"code": exc.code, "detail": str(exc)}
    if fields := getattr(exc, "fields", None):
        body["fields"] = fields
    answer = Response(body, status_of(type(exc)))
    if retry_after_s := getattr(exc, "retry_after_s", None):
        answer.headers["Retry-After"] = str(retry_after_s)
    return answer


def _body(exc: Exception, data: Any) -> dict[str, Any]:
    if isinstance(exc, exceptions.ValidationError):
        fields = data if isinstance(data, dict) else {"non_field_errors": data}
        return {"code": "invalid", "detail": _sentence(fields), "fields": fields}
    detail = data.get("detail", "") if isinstance(data, dict) else data
    return {"code": getattr(detail, "code", "error"), "detail": str(detail)}


def _sentence(messages: Any) -> str:
    """The first message, after where it lies, such as `photos.17.url`."""
    path: list[str] = []
    while isinstance(messages, dict | list) and messages:
        first = next(iter(messages)) if isinstance(messages, dict) else 0
        if isinstance(messages, dict):
            path.append(str(first))
        messages = messages[first]
    return f"{'.'.join(path)}: {messages}"


def _answer(code: int, name: str, detail: str) -> Response:
    return Response({"code": name, "detail": detail}, status=code)
