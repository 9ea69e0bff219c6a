"""Asking for work over HTTP, and looking how far it is."""

import re

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

import photos.services
from jobs import services
from jobs.errors import UploadTooLarge
from jobs.models import Job, State
from jobs.operations import current_recipes
from jobs.serializers import (
    JobDetailSerializer,
    JobSerializer,
    ReindexSerializer,
    SubmissionSerializer,
)
from photos.models import Owner
from photos.pages import Pages

# Beside those of the model server: what somebody here has to mend.
_OURS = {"foreign_vectors", "no_prompts", "vocabulary_broken", "database_unavailable"}
_FORM_BYTES = 2**20  # of a request, beside its photo


class NewestFirst(Pages):
    ordering = ("-created_at", "-pk")


class JobViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Job]):
    """Jobs of the caller's owner."""

    pagination_class = NewestFirst

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Job]]:
        return JobDetailSerializer if self.action == "retrieve" else JobSerializer

    def get_queryset(self) -> QuerySet[Job]:
        jobs = Job.objects.filter(owner__in=Owner.objects.of(self.request.user)).with_progress()
        return jobs.with_results(current_recipes()) if self.action == "retrieve" else jobs


class ProcessImageView(APIView):
    """Find who and what is in one photo."""

    parser_classes = (JSONParser, MultiPartParser)

    @extend_schema(
        request={
            "application/json": SubmissionSerializer,
            "multipart/form-data": SubmissionSerializer,
        },
        parameters=[
            OpenApiParameter(
                "Prefer",
                location=OpenApiParameter.HEADER,
                description="`respond-async`: answer at once. `wait=N`: wait N seconds at most.",
            )
        ],
        responses={200: JobDetailSerializer, 202: JobDetailSerializer},
    )
    def post(self, request: Request) -> Response:
        """Waits for the result and answers 200 with it; when that takes long, 202 with the job."""
        _check_size(request)
        submission = SubmissionSerializer(data=request.data)
        submission.is_valid(raise_exception=True)
        current_recipes()  # a broken vocabulary is told before anything is asked for
        job = services.submit(
            photos.services.owner_of(request.user),
            [submission.photo_source()],
            operations=submission.validated_data["operations"],
            wishes=services.Wishes(submission.validated_data["priority"]),
        )
        services.wait(job, timeout_s=_patience_s(request))
        return self._answer(job)

    def _answer(self, job: Job) -> Response:
        job = Job.objects.with_progress().with_results(current_recipes()).get(pk=job.pk)
        body = JobDetailSerializer(job, context={"request": self.request}).data
        if job.state == State.FAILED:
            return Response(
                {**body["error"], "job_id": body["job_id"]}, _status_of(body["error"]["code"])
            )
        if job.state == State.SUCCEEDED:
            return Response(body)
        where = self.request.build_absolute_uri(reverse("job-detail", kwargs={"pk": job.pk}))
        headers = {"Location": where}
        if "respond-async" in self.request.headers.get("Prefer", ""):
            headers["Preference-Applied"] = "respond-async"
        return Response(body, status.HTTP_202_ACCEPTED, headers=headers)


class ReindexView(APIView):
    """Do on the caller's photos what was not done yet by the models that are active now."""

    @extend_schema(
        request=ReindexSerializer,
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
        owner = photos.services.owner_of(request.user)
        job = services.reindex(owner, asked.validated_data["operations"], current_recipes())
        if job is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        body = JobSerializer(Job.objects.with_progress().get(pk=job.pk)).data
        return Response(body, status.HTTP_202_ACCEPTED)


def _check_size(request: Request) -> None:
    """Refuse what is too large before it is read.

    Raises:
        UploadTooLarge: the request says that it has more than a photo may have.
    """
    size = request.META.get("CONTENT_LENGTH") or "0"
    if not size.isdecimal() or int(size) > settings.MAX_PHOTO_BYTES + _FORM_BYTES:
        raise UploadTooLarge("The request has no length, or is too long.")


def _patience_s(request: Request) -> float:
    """How long the caller wants to wait. Source: RFC 7240."""
    prefer = request.headers.get("Prefer", "")
    if "respond-async" in prefer:
        return 0.0
    wish = re.search(r"\bwait=(\d{1,6})\b", prefer)
    limit: float = settings.SYNC_WAIT_S
    return min(float(wish[1]), limit) if wish else limit


def _status_of(code: str) -> int:
    """The caller's photo is at fault (422), a server (503), or we (500)."""
    if code.startswith("inference_") or code in _OURS:
        return status.HTTP_503_SERVICE_UNAVAILABLE
    if code in {"internal_error", "worker_died"}:
        return status.HTTP_500_INTERNAL_SERVER_ERROR
    return status.HTTP_422_UNPROCESSABLE_ENTITY
