"""Photos with their faces marked, over HTTP."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.views import APIView

from jobs.annotation import annotated
from photos.models import Owner, Photo
from photos.views import OneAnswer


class AnnotatedView(APIView):
    """A photo with a box around each face, and the names of those who are known."""

    content_negotiation_class = OneAnswer

    @extend_schema(responses={(200, "image/jpeg"): bytes})
    def get(self, request: Request, pk: str) -> HttpResponse:
        """A JPEG of 1600 pixels at most, drawn as things are now. Who was matched has a cosine."""
        mine = Photo.objects.filter(owner__in=Owner.objects.of(request.user))
        picture = annotated(get_object_or_404(mine, pk=pk))
        response = HttpResponse(picture, content_type="image/jpeg")
        response["Cache-Control"] = "private, no-store"
        return response
