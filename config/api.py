"""How errors look to API callers: one shape, `{"code", "detail"}`.

`code` never changes and is for programs, `detail` is a sentence for people. Where the input
is wrong, `fields` says what is wrong with which field.
"""

import logging
from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import OperationalError
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, exception_handler

from faces.errors import (
    AlreadyUndone,
    ClusterMissing,
    Contradicted,
    EditErased,
    EditMissing,
    FaceError,
    FaceMissing,
    FaceThere,
    GroupingBusy,
    MatcherMissing,
    MatcherNotKept,
    MatcherOutdated,
    NameAlike,
    NameTaken,
    Overtaken,
    PeopleDiffer,
    PersonMissing,
    TrainerMissing,
    TrainingBusy,
    TwiceInPhoto,
)
from inference.errors import InferenceError
from jobs.errors import (
    Cancelled,
    CleanUpBusy,
    FindingsOutdated,
    JobError,
    JobFinished,
    JobUnfinished,
    LeaseLost,
    NothingFailed,
    QueueFull,
    StorageEventInvalid,
    TooManyStreams,
    TooManyWebhooks,
    UploadTooLarge,
    WebhookDisabled,
)
from photos.errors import (
    DecoderUnavailable,
    ModelUnknown,
    PhotoError,
    ServingError,
    StoreUnavailable,
    VectorUnfit,
)
from search.errors import (
    CollectionDiffers,
    CollectionMissing,
    PhotoMissing,
    PhotosLeft,
    PointInvalid,
    PointMissing,
    PointTaken,
    SavedNameTaken,
    SearchError,
    SpaceInUse,
    SpaceUnknown,
    VocabularyError,
)

log = logging.getLogger(__name__)

_CONFLICTS = (
    AlreadyUndone,
    Cancelled,
    CleanUpBusy,
    CollectionDiffers,
    Contradicted,
    EditErased,
    FaceThere,
    FindingsOutdated,
    GroupingBusy,
    JobFinished,
    JobUnfinished,
    LeaseLost,
    MatcherNotKept,
    MatcherOutdated,
    NameAlike,
    NameTaken,
    NothingFailed,
    Overtaken,
    PeopleDiffer,
    PointTaken,
    PhotosLeft,
    SavedNameTaken,
    ServingError,
    SpaceInUse,
    TooManyWebhooks,
    TrainingBusy,
    TwiceInPhoto,
    WebhookDisabled,
)
_MISSING = (
    ClusterMissing,
    CollectionMissing,
    EditMissing,
    FaceMissing,
    MatcherMissing,
    ModelUnknown,
    PersonMissing,
    PhotoMissing,
    PointMissing,
    SpaceUnknown,
)
_TOO_LARGE = "That is more than may be sent at once. Send a smaller photo, or fewer."
_DATABASE = "The database gives no answer. Nothing was stored; try again in a moment."


def error_response(exc: Exception, context: dict[str, Any]) -> Response | None:
    """The answer to a request that raised `exc`; None lets Django answer with a 500."""
    match exc:
        case RequestDataTooBig() | TooManyFieldsSent() | TooManyFilesSent() | UploadTooLarge():
            return _answer(status.HTTP_413_REQUEST_ENTITY_TOO_LARGE, "too_large", _TOO_LARGE)
        case PhotoError() | FaceError() | SearchError() | JobError() | VectorUnfit():
            answer = _answer(_status_of(exc), exc.code, str(exc))
            if retry_after_s := getattr(exc, "retry_after_s", None):
                answer.headers["Retry-After"] = str(retry_after_s)
            return answer
        case InferenceError() | ServingError():
            return _answer(_status_of(exc), exc.code, str(exc))
        case OperationalError():
            log.error("The database gave no answer: %s", exc)
            return _answer(status.HTTP_503_SERVICE_UNAVAILABLE, "database_unavailable", _DATABASE)
    response = exception_handler(exc, context)
    if response is not None:
        response.data = _body(exc, response.data)
    return response


class NothingHereView(APIView):
    """What is asked for at an address of the API that is none: an error of the API's shape."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise exceptions.NotFound


def _status_of(exc: Exception) -> int:
    """Of an error of the house: what is not there, is not the moment, or can't be processed."""
    if isinstance(exc, _MISSING):
        return status.HTTP_404_NOT_FOUND
    match exc:
        case StorageEventInvalid() | PointInvalid():
            return status.HTTP_400_BAD_REQUEST
        case QueueFull():
            return status.HTTP_429_TOO_MANY_REQUESTS
        case (
            InferenceError()
            | VocabularyError()
            | TooManyStreams()
            | DecoderUnavailable()
            | StoreUnavailable()
            | TrainerMissing()
        ):
            return status.HTTP_503_SERVICE_UNAVAILABLE
    conflict = isinstance(exc, _CONFLICTS)
    return status.HTTP_409_CONFLICT if conflict else status.HTTP_422_UNPROCESSABLE_ENTITY


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
