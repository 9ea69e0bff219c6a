"""Photos with their faces marked, over HTTP."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs.annotation import Published, annotated, published
from photos.models import Photo, owners_of
from photos.views import OneAnswer


class LookSerializer(serializers.Serializer[None]):
    """How a photo is to be marked."""

    names = serializers.BooleanField(default=True, help_text="Names beside the faces.")


class PublishedSerializer(serializers.Serializer[Published]):
    """An address that needs no sign-in, and until when it is good."""

    url = serializers.URLField()
    expires_at = serializers.DateTimeField()


class AnnotatedView(APIView):
    """A photo with a box around each face, and the names of those who are known."""

    content_negotiation_class = OneAnswer

    @extend_schema(parameters=[LookSerializer], responses={(200, "image/jpeg"): bytes})
    def get(self, request: Request, pk: str) -> HttpResponse:
        """A JPEG of 1600 pixels at most, drawn as things are now. Who was matched has a cosine."""
        asked = LookSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        picture = annotated(_photo(request, pk), names=asked.validated_data["names"])
        response = HttpResponse(picture, content_type="image/jpeg")
        response["Cache-Control"] = "private, no-store"
        return response

    @extend_schema(request=LookSerializer, responses={201: PublishedSerializer})
    def post(self, request: Request, pk: str) -> Response:
        """The same picture for somebody who can't sign in, at an address that is good for a while.

        Whoever has the address may see it: `SIGNED_URL_S` seconds long, 15 minutes if not set.
        """
        asked = LookSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = published(_photo(request, pk), names=asked.validated_data["names"])
        url = request.build_absolute_uri(given.url)
        return Response(PublishedSerializer(Published(url, given.expires_at)).data, status=201)


def _photo(request: Request, pk: str) -> Photo:
    mine = Photo.objects.filter(owner__in=owners_of(request.user))
    return get_object_or_404(mine, pk=pk)
