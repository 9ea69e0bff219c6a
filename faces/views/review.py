"""How well matching does, why a face is where it is, and what staff should look at, over HTTP."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.generics import get_object_or_404
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

import photos.services
from faces.errors import NothingFound
from faces.explanation import explain
from faces.models import Face
from faces.report import report
from faces.review import questions
from faces.review.queue import questions as queue
from faces.serializers.review import (
    ExplanationSerializer,
    QuestionSerializer,
    ReportQuerySerializer,
    ReportSerializer,
    ReviewQuerySerializer,
)
from photos.models import owners_of

_ROLE = "face_embedder"


class Ranked(PageNumberPagination):
    """What is worth most comes first. Answers change the pages that follow: begin anew."""

    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 100


class ReportView(APIView):
    """How well matching does in the caller's library."""

    @extend_schema(parameters=[ReportQuerySerializer], responses=ReportSerializer)
    def get(self, request: Request) -> Response:
        """Held against what staff have confirmed: a sample of it, the same one each time."""
        asked = ReportQuerySerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        owner = photos.services.owner_of(request.user)
        space = photos.services.current_space(_ROLE)
        if space is None:
            raise NothingFound("No face was found yet: have photos processed first.")
        threshold = asked.validated_data.get("threshold", settings.FACE_PERSON_MATCH_THRESHOLD)
        return Response(ReportSerializer(report(owner, space, threshold)).data)


class ExplanationView(APIView):
    """Why a face is where it is, or why it is in no cluster."""

    @extend_schema(responses=ExplanationSerializer)
    def get(self, request: Request, pk: str) -> Response:
        mine = Face.objects.filter(photo__owner__in=owners_of(request.user))
        face = get_object_or_404(mine.with_people().select_related("photo__owner"), pk=pk)
        explanation = explain(face, photos.services.current_space(_ROLE))
        return Response(ExplanationSerializer(explanation, context={"request": request}).data)


class ReviewView(generics.GenericAPIView[Any]):
    """What staff should look at next."""

    serializer_class = QuestionSerializer
    pagination_class = Ranked
    filter_backends = ()

    @extend_schema(
        parameters=[ReviewQuerySerializer], responses=QuestionSerializer(many=True), filters=True
    )
    def get(self, request: Request) -> Response:
        """Questions of a kind, the ones first whose answers settle most: at most 500.

        `same`: two that may be one person. `merges`: two that very likely are. `assignments`: a
        face that was matched, just so. `mixed`: a cluster that falls into two.
        """
        asked = ReviewQuerySerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        owner = photos.services.owner_of(request.user)
        space = photos.services.current_space(_ROLE)
        found = queue(owner, space, asked.validated_data["kind"]) if space else []
        page: Any = self.paginate_queryset(found)
        shown = questions.shown(page)
        return self.get_paginated_response(self.get_serializer(shown, many=True).data)
