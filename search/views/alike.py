"""Near-duplicates, and photos that look like a photo, over HTTP."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from photos.models import Photo, owners_of
from photos.pages import Pages
from search import copies, different
from search.serializers.alike import (
    DifferenceSerializer,
    NearDuplicatesSerializer,
    OtherPhotosSerializer,
    PagesSerializer,
    SimilarQuerySerializer,
    SimilarSerializer,
)
from search.serializers.asked import checked, valid
from search.similar import similar


def _photo(request: Request, pk: str) -> Photo:
    """404: it is not there, or somebody else's."""
    mine = Photo.objects.filter(owner__in=owners_of(request.user))
    return get_object_or_404(mine.select_related("owner"), pk=pk)


def _group_of(photo: Photo) -> Photo:
    """The best photo of the group that `photo` is in."""
    photos = Photo.objects.filter(pk=copies.best_of(photo))
    return copies.with_copies(photos, shown=copies.MOST_SHOWN).get()


class NearDuplicatesView(generics.ListAPIView[Photo]):
    """Pictures that are there several times, in other sizes, formats or shades."""

    serializer_class = NearDuplicatesSerializer
    pagination_class = Pages
    filter_backends = ()

    queryset = Photo.objects.none()  # what the schema goes by

    def get_queryset(self) -> QuerySet[Photo]:
        checked(PagesSerializer, self.request.query_params)
        return copies.led(Photo.objects.filter(owner__in=owners_of(self.request.user)))


class GroupView(APIView):
    """The near-duplicates of a photo."""

    @extend_schema(responses=NearDuplicatesSerializer)
    def get(self, request: Request, pk: str) -> Response:
        """Its group, and the best photo of that: itself without any, if it has none."""
        group = _group_of(_photo(request, pk))
        return Response(NearDuplicatesSerializer(group, context={"request": request}).data)


class SayingView(APIView):
    """Saying of a photo that others are no duplicates of it, or taking that back."""

    def said(self, request: Request, pk: str, act: Any) -> Response:
        photo = _photo(request, pk)
        asked = valid(OtherPhotosSerializer(data=request.data, context={"photo": photo.pk}))
        changed = act(photo, asked.validated_data.get("others", ()))
        answer = {"changed": changed, "group": _group_of(photo)}
        return Response(DifferenceSerializer(answer, context={"request": request}).data)


class DifferentView(SayingView):
    @extend_schema(request=OtherPhotosSerializer, responses=DifferenceSerializer)
    def post(self, request: Request, pk: str) -> Response:
        """Say that a photo is no duplicate of others. Groups obey that for ever."""
        return self.said(request, pk, different.say)


class TakeBackView(SayingView):
    @extend_schema(request=OtherPhotosSerializer, responses=DifferenceSerializer)
    def post(self, request: Request, pk: str) -> Response:
        """Take back that a photo is no duplicate of others."""
        return self.said(request, pk, different.take_back)


class SimilarView(APIView):
    """Photos that look like a photo."""

    @extend_schema(parameters=[SimilarQuerySerializer], responses=SimilarSerializer)
    def get(self, request: Request, pk: str) -> Response:
        """Most alike first: its nearest 1,000 at most. 422 `vector_missing`: not embedded yet."""
        data = checked(SimilarQuerySerializer, request.query_params)
        page = similar(
            _photo(request, pk),
            limit=data["limit"],
            cursor=data.get("cursor", ""),
            duplicates=data["duplicates"] == "show",
        )
        there = Photo.objects.in_bulk([hit.photo for hit in page.hits])
        hits = [vars(hit) | {"photo": there[hit.photo]} for hit in page.hits if hit.photo in there]
        answer = {"next": page.next or None, "results": hits}
        return Response(SimilarSerializer(answer, context={"request": request}).data)
