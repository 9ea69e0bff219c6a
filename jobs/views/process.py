"""Asking for work on photos, over HTTP."""

import re

from django.conf import settings
from django.http import QueryDict
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

import photos.services
from jobs import services, waiting
from jobs.errors import UploadTooLarge
from jobs.intake.batch import BatchSerializer, UploadsSerializer
from jobs.intake.parsers import LongJSONParser
from jobs.models import Job, State
from jobs.operations import current_recipes
from jobs.serializers.jobs import (
    JobDetailSerializer,
    JobSerializer,
    ReindexSerializer,
    SubmissionSerializer,
)
from jobs.views.jobs import accepted
from photos.errors import StorageFull
from photos.idempotency import HEADER, idempotency_of

# Beside those of the model server: what somebody here has to mend.
_OURS = {
    "database_unavailable",
    "decoder_unavailable",
    "foreign_vectors",
    "no_prompts",
    "store_unavailable",
    "vocabulary_broken",
}
_FORM_BYTES = 2**20  # of a request, beside its photos
_PREFER = OpenApiParameter(
    "Prefer",
    location=OpenApiParameter.HEADER,
    description="`respond-async`: answer at once. `wait=N`: wait N seconds at most.",
)


class ProcessImageView(APIView):
    """Find who and what is in one photo."""

    parser_classes = (JSONParser, MultiPartParser)

    @extend_schema(
        request={
            "application/json": SubmissionSerializer,
            "multipart/form-data": SubmissionSerializer,
        },
        parameters=[_PREFER, HEADER],
        responses={200: JobDetailSerializer, 202: JobDetailSerializer},
    )
    def post(self, request: Request) -> Response:
        """Waits for the result and answers 200 with it; when that takes long, 202 with the job."""
        check_length(request, settings.MAX_PHOTO_BYTES)
        asked = SubmissionSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wishes = asked.wishes(idempotency_of(request))
        current_recipes()  # a broken vocabulary is told before anything is asked for
        job = services.submit(
            photos.services.owner_of(request.user),
            [asked.photo_source()],
            operations=asked.validated_data["operations"],
            wishes=wishes,
        )
        waiting.wait(job, timeout_s=_patience_s(request))
        return self._answer(job)

    def _answer(self, job: Job) -> Response:
        job = Job.objects.with_progress().with_results(current_recipes()).get(pk=job.pk)
        body = JobDetailSerializer(job, context={"request": self.request}).data
        if job.state == State.FAILED:
            return Response(
                {**body["error"], "job_id": body["job_id"]}, status_of(body["error"]["code"])
            )
        if job.state == State.SUCCEEDED:
            return Response(body)
        answer = accepted(self.request, job)
        answer.data = body
        if "respond-async" in self.request.headers.get("Prefer", ""):
            answer.headers["Preference-Applied"] = "respond-async"
        return answer


class BatchView(APIView):
    """Find who and what is in many photos."""

    parser_classes = (LongJSONParser, MultiPartParser)

    @extend_schema(
        request={"application/json": BatchSerializer, "multipart/form-data": UploadsSerializer},
        parameters=[HEADER],
        responses={202: JobSerializer},
    )
    def post(self, request: Request) -> Response:
        """Answers 202 with one job of all these photos, or refuses all of them."""
        check_length(request, settings.BATCH_MAX_BYTES)
        form = isinstance(request.data, QueryDict)
        asked = (UploadsSerializer if form else BatchSerializer)(data=request.data)
        asked.is_valid(raise_exception=True)
        wishes = asked.wishes(idempotency_of(request))
        current_recipes()  # as for one photo
        job = services.submit(
            photos.services.owner_of(request.user),
            asked.sources(),
            operations=asked.validated_data["operations"],
            wishes=wishes,
        )
        return accepted(request, job)


class ReindexView(APIView):
    """Do on the caller's photos what was not done yet by the models that are active now."""

    @extend_schema(
        request=ReindexSerializer,
        parameters=[HEADER],
        responses={
            202: JobSerializer,
            204: OpenApiResponse(description="No photo lacks anything."),
        },
    )
    def post(self, request: Request) -> Response:
        """Answers 202 with a job of the photos that lack something, 204 if there are none.

        Results of other models stay; who is who and all names stay as well.
        """
        asked = ReindexSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        job = services.reindex(
            photos.services.owner_of(request.user),
            asked.validated_data["operations"],
            current_recipes(),
            idempotency=idempotency_of(request),
        )
        if job is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        return accepted(request, job)


def check_length(request: Request, limit: int) -> None:
    """Refuse what is too large before it is read.

    Raises:
        UploadTooLarge: the request says that its photos have more than `limit` bytes.
    """
    size = request.META.get("CONTENT_LENGTH") or "0"
    if not size.isdecimal() or int(size) > limit + _FORM_BYTES:
        raise UploadTooLarge("The request has no length, or is too long.")


def _patience_s(request: Request) -> float:
    """How long the caller wants to wait. Source: RFC 7240."""
    prefer = request.headers.get("Prefer", "")
    if "respond-async" in prefer:
        return 0.0
    wish = re.search(r"\bwait=(\d{1,6})\b", prefer)
    limit: float = settings.SYNC_WAIT_S
    return min(float(wish[1]), limit) if wish else limit


def status_of(code: str) -> int:
    """The caller's photo is at fault (422), a server (503, 507), or we (500)."""
    if code.startswith("inference_") or code in _OURS:
        return status.HTTP_503_SERVICE_UNAVAILABLE
    if code == StorageFull.code:
        return status.HTTP_507_INSUFFICIENT_STORAGE
    if code in {"internal_error", "worker_died"}:
        return status.HTTP_500_INTERNAL_SERVER_ERROR
    return status.HTTP_422_UNPROCESSABLE_ENTITY
