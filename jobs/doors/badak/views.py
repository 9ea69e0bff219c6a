"""BADAK's endpoints."""

from collections.abc import Sequence
from typing import Any

from django.http import FileResponse, Http404
from django.http.response import HttpResponseBase
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.generics import get_object_or_404
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

import photos.services
from faces.models import Cluster
from jobs import services
from jobs.doors.badak.asked import (
    MOST_IMAGES,
    BadakImageSerializer,
    BadakImagesSerializer,
    BadakMergeSerializer,
)
from jobs.doors.badak.shown import (
    BadakAcceptedSerializer,
    BadakClusterSerializer,
    BadakJobSerializer,
)
from jobs.errors import OperationUnavailable
from jobs.intake.parsers import LongJSONParser
from jobs.models import Item, Job, with_findings
from jobs.operations import current_recipes
from jobs.services import Source, Wishes
from jobs.views.tasks import merge_job
from photos.idempotency import HEADER, idempotency_of
from photos.models import owners_of
from photos.operations import FACES, OBJECTS, TAGS
from photos.views import OneAnswer

_WANTED = (FACES, OBJECTS, TAGS)  # what its results have


class _ProcessView(APIView):
    parser_classes = (LongJSONParser,)

    def submit(self, request: Request, sources: Sequence[Source]) -> Response:
        job = services.submit(
            photos.services.owner_of(request.user),
            sources,
            operations=_operations(),
            wishes=Wishes(idempotency=idempotency_of(request)),
        )
        return _accepted(request, job)


class BadakProcessView(_ProcessView):
    """Find who and what is in one photo."""

    @extend_schema(
        request=BadakImageSerializer, parameters=[HEADER], responses={202: BadakAcceptedSerializer}
    )
    def post(self, request: Request) -> Response:
        """Answers 202 with the id of a job, which has the result when it is done."""
        asked = BadakImageSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return self.submit(request, [asked.located(asked.validated_data)])


class BadakBatchView(_ProcessView):
    """Find who and what is in many photos."""

    @extend_schema(
        request=BadakImagesSerializer, parameters=[HEADER], responses={202: BadakAcceptedSerializer}
    )
    def post(self, request: Request) -> Response:
        """Answers 202 with the id of one job of all these photos, or refuses all of them."""
        asked = BadakImagesSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        images = asked.validated_data["images"]
        return self.submit(request, [BadakImageSerializer.located(each) for each in images])


class BadakMergeView(APIView):
    """Make one cluster of several that show the same person."""

    @extend_schema(
        request=BadakMergeSerializer, parameters=[HEADER], responses={202: BadakAcceptedSerializer}
    )
    def post(self, request: Request) -> Response:
        """Answers 202 with the id of a job."""
        asked = BadakMergeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return _accepted(request, merge_job(request, **asked.validated_data))


class BadakJobView(generics.GenericAPIView[Job]):
    """A job of photos, or of a merge."""

    serializer_class = BadakJobSerializer

    def get_queryset(self) -> Any:
        mine = Job.objects.filter(owner__in=owners_of(self.request.user))
        return mine.filter(kind__in=[Job.Kind.PHOTOS, Job.Kind.MERGE]).with_progress()

    def get(self, request: Request, pk: str) -> Response:
        """How far it is, and what was found so far."""
        job = self.get_object()
        items = with_findings(Item.objects.filter(job=job).order_by("pk"), current_recipes())
        context = {"items": list(items[:MOST_IMAGES])}
        return Response(BadakJobSerializer(job, context=context).data)


class Gallery(PageNumberPagination):
    """By page and size of page, as galleries are turned over."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def get_paginated_response(self, data: Any) -> Response:
        assert self.page is not None  # noqa: S101  # it was made before
        paginator = self.page.paginator
        return Response(
            {
                "clusters": data,
                "total": paginator.count,
                "page": self.page.number,
                "page_size": paginator.per_page,
                "total_pages": paginator.num_pages,
            }
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        numbers = ("total", "page", "page_size", "total_pages")
        properties = {"clusters": schema, **{name: {"type": "integer"} for name in numbers}}
        return {"type": "object", "required": [*properties], "properties": properties}


class BadakClustersView(generics.ListAPIView[Cluster]):
    """A gallery of who is in the photos: the largest groups of faces first, without hidden ones."""

    serializer_class = BadakClusterSerializer
    pagination_class = Gallery
    filter_backends = ()

    queryset = Cluster.objects.none()  # what the schema goes by

    def get_queryset(self) -> Any:
        mine = Cluster.objects.filter(owner__in=owners_of(self.request.user))
        seen = mine.filter(hidden=False).exclude(person__hidden=True)
        return seen.order_by("-tally__face_count", "pk")

    def paginate_queryset(self, queryset: Any) -> Any:
        """Faces are looked at for the clusters of the page alone."""
        page = super().paginate_queryset(queryset) or []
        shown = Cluster.objects.with_faces().in_bulk([each.pk for each in page])
        return [shown[each.pk] for each in page if each.pk in shown]


class BadakThumbnailView(APIView):
    """The face that stands for a cluster."""

    content_negotiation_class = OneAnswer

    @extend_schema(responses={(200, "image/jpeg"): bytes})
    def get(self, request: Request, public_id: str) -> HttpResponseBase:
        """A JPEG."""
        mine = Cluster.objects.filter(owner__in=owners_of(request.user)).with_faces()
        [*faces] = get_object_or_404(mine, public_id=public_id).sample
        try:
            picture = faces[0].crop.open()
        except (IndexError, OSError) as exc:
            raise Http404 from exc
        response = FileResponse(picture, content_type="image/jpeg")
        response["Cache-Control"] = "private, no-cache"
        return response


def _operations() -> list[str]:
    """
    Raises:
        OperationUnavailable: no model here does any of them.
    """
    there = current_recipes()
    if wanted := [name for name in _WANTED if name in there]:
        return wanted
    raise OperationUnavailable("No model here looks at photos: run `manage.py models sync`.")


def _accepted(request: Request, job: Job) -> Response:
    where = request.build_absolute_uri(reverse("badak-job", kwargs={"pk": job.pk}))
    body = BadakAcceptedSerializer(job).data
    return Response(body, status.HTTP_202_ACCEPTED, headers={"Location": where})
