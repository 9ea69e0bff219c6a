"""Searching photos over HTTP."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

import photos.services
from jobs.searching import Answer, answer
from search.asking import asked_of
from search.serializers.answers import FoundSerializer
from search.serializers.asked import ByObjectSerializer, SearchSerializer, checked


class SearchView(APIView):
    """Photos by words and by filters."""

    @extend_schema(request=SearchSerializer, responses=FoundSerializer)
    def post(self, request: Request) -> Response:
        """Find photos by what they show, whom, where, when, and by what is written in them.

        `q` is a question as people ask it, in English or Indonesian. `interpretation` says how it
        was understood, and what of it was not.
        """
        return found(request, checked(SearchSerializer, request.data))

    @extend_schema(parameters=[SearchSerializer], responses=FoundSerializer)
    def get(self, request: Request) -> Response:
        """The same; a parameter that takes several values is given several times."""
        return found(request, checked(SearchSerializer, request.query_params))


class ByObjectView(APIView):
    """Photos by the things in them."""

    @extend_schema(request=ByObjectSerializer, responses=FoundSerializer)
    def post(self, request: Request) -> Response:
        """Photos with all of `objects`, the newest first: each a class and how many of it."""
        return found(request, checked(ByObjectSerializer, request.data))

    @extend_schema(parameters=[ByObjectSerializer], responses=FoundSerializer)
    def get(self, request: Request) -> Response:
        """The same."""
        return found(request, checked(ByObjectSerializer, request.query_params))


def found(request: Request, data: Mapping[str, Any]) -> Response:
    owner = photos.services.owner_of(request.user)
    asked = asked_of(owner, data, now=timezone.localtime())
    return shown(request, answer(owner, asked, data.get("cursor", "")))


def shown(request: Request, given: Answer) -> Response:
    return Response(FoundSerializer(given, context={"request": request}).data)
