"""The API of remote workers: they ask, as nobody can reach them. See docs/remote-workers.md."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs.errors import UploadTooLarge
from jobs.given import Given
from jobs.intake.parsers import LongJSONParser
from jobs.models import STATUS, Item, RemoteWorker, State, WorkerToken
from jobs.remote import services
from jobs.remote.answers import current
from jobs.remote.tokens import WorkerTokenAuthentication
from jobs.serializers.workers import (
    BeatSerializer,
    ClaimedSerializer,
    ClaimSerializer,
    EndedSerializer,
    FailSerializer,
    FindingsSerializer,
    HeartbeatSerializer,
    HeldSerializer,
    WordsOfWorker,
)
from jobs.telling.streams import Work
from jobs.views.streams import STREAM, StreamView, stream
from photos.views import OneAnswer

MAX_ANSWER_BYTES = 32 * 2**20  # findings of a poster of a thousand faces have 20 MB
LEFT = "Kindred-Operations"  # header of a photo: the operations that are left to do on it
_LEFT = OpenApiParameter(LEFT, location=OpenApiParameter.HEADER, response=[200])


class WorkerView(APIView):
    authentication_classes = (WorkerTokenAuthentication,)
    parser_classes: tuple[type[BaseParser], ...] = (JSONParser,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        size = request.META.get("CONTENT_LENGTH") or "0"
        chunked = "HTTP_TRANSFER_ENCODING" in request.META
        if chunked or not size.isdecimal() or int(size) > MAX_ANSWER_BYTES:
            raise UploadTooLarge("The request has no length, or is too long.")


class ClaimView(WorkerView):
    """Photos to work on."""

    @extend_schema(request=ClaimSerializer, responses=ClaimedSerializer)
    def post(self, request: Request) -> Response:
        """Leases the most urgent photos of which the worker can do all that is asked for.

        A worker that says no recipes gets none, and learns which models are active.
        """
        asked = ClaimSerializer.read(request.data).validated_data
        making = current()
        worker, _ = RemoteWorker.objects.update_or_create(
            token=_token(request),
            name=asked["worker_id"],
            defaults={
                "version": asked["version"],
                "operations": sorted(services.able(asked["recipes"], making.recipes)),
            },
        )
        items = services.claim(worker, limit=asked["limit"], recipes=making.recipes)
        return Response(ClaimedSerializer.of(worker, items, making).data)


class HeartbeatView(WorkerView):
    """That a worker is alive."""

    @extend_schema(request=BeatSerializer, responses=HeartbeatSerializer)
    def post(self, request: Request) -> Response:
        """Renews the leases of `items`. What is not listed is not the worker's any more."""
        asked = BeatSerializer.read(request.data).validated_data
        worker = _worker(request, asked["worker_id"])
        if worker.pk:
            worker.save(update_fields=["seen_at"])
        held = Item.objects.renew(
            worker=worker.worker, items=asked["items"], lease_s=settings.LEASE_S
        )
        items = [{"id": pk, "cancelling": cancelling} for pk, cancelling in held.items()]
        return Response(HeartbeatSerializer({"items": items, "lease_s": settings.LEASE_S}).data)


class PhotoView(WorkerView):
    """The file of a photo."""

    content_negotiation_class = OneAnswer

    @extend_schema(
        parameters=[HeldSerializer, _LEFT],
        responses={
            (200, "application/octet-stream"): OpenApiResponse(
                OpenApiTypes.BINARY, "The bytes, as they were sent to us."
            )
        },
    )
    def get(self, request: Request, pk: str) -> HttpResponse:
        """To who holds its lease. The header `Kindred-Operations` says what is left to do."""
        item = _held(request, pk, HeldSerializer.read(request.query_params))
        content, left = services.photo_of(item, current().recipes)
        return HttpResponse(
            content.data,
            content_type="application/octet-stream",
            headers={LEFT: ", ".join(left), "Cache-Control": "no-store"},
        )


class CompleteView(WorkerView):
    """What a worker has found."""

    parser_classes = (LongJSONParser,)

    @extend_schema(request=FindingsSerializer, responses=EndedSerializer)
    def post(self, request: Request, pk: str) -> Response:
        """Stores it, and ends the photo's work. A photo that is not the worker's stays as it is."""
        item = _held(request, pk, FindingsSerializer.read(request.data))
        error = services.complete(item, Given(request.data))
        return _ended(item, {"code": error.code, "detail": str(error)} if error else None)


class FailView(WorkerView):
    """That a photo can't be processed, or not now."""

    @extend_schema(request=FailSerializer, responses=EndedSerializer)
    def post(self, request: Request, pk: str) -> Response:
        """Ends the attempt. Whether there is another one depends on the error."""
        words = FailSerializer.read(request.data)
        item = _held(request, pk, words)
        error = {name: words.validated_data[name] for name in ("code", "detail")}
        services.fail(item, **error)
        return _ended(item, error)


class ReleaseView(WorkerView):
    """That a worker stops."""

    @extend_schema(request=HeldSerializer, responses=EndedSerializer)
    def post(self, request: Request, pk: str) -> Response:
        """Gives the photo back, as if it had not been claimed."""
        item = _held(request, pk, HeldSerializer.read(request.data))
        services.release(item)
        return _ended(item, None)


class WorkView(WorkerView, StreamView):
    """That there may be work."""

    @extend_schema(responses={(200, "text/event-stream"): STREAM})
    def get(self, request: Request) -> HttpResponseBase:
        """Server-Sent Events: `work` when photos wait. Claiming now and then does without."""
        return stream(request, Work(_token(request).owner_id))


def _token(request: Request) -> WorkerToken:
    token = request.auth
    assert isinstance(token, WorkerToken)  # noqa: S101  # as the table of permissions sees to
    return token


def _worker(request: Request, name: str) -> RemoteWorker:
    """The worker of this name. One that has never claimed holds nothing."""
    token = _token(request)
    return token.workers.filter(name=name).first() or RemoteWorker(token=token, name=name)


def _held(request: Request, pk: str, words: WordsOfWorker) -> Item:
    """
    Raises:
        Http404: there is no such photo, or not for this token.
        LeaseLost: it is not the worker's.
    """
    item = services.find(_token(request), int(pk))
    if item is None:
        raise Http404
    worker = RemoteWorker(token=_token(request), name=words.validated_data["worker_id"])
    services.check_held(item, worker, words.validated_data["lease"])
    return item


def _ended(item: Item, error: dict[str, str] | None) -> Response:
    state = State(Item.objects.values_list("state", flat=True).get(pk=item.pk))
    body = EndedSerializer({"status": STATUS[state], "error": error}).data
    return Response(body, status=status.HTTP_200_OK)
