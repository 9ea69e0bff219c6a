"""Deleting a photo, over HTTP."""

from drf_spectacular.utils import extend_schema
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs import removal
from jobs.models import Removal
from jobs.views.people import actor
from photos.models import Photo, owners_of


class StoredPhotoView(APIView):
    """A photo that is here."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: str) -> Response:
        """Delete it for good, with all that was found in it, its faces and its files.

        The same content may be sent again, and is a new photo then.
        """
        mine = Photo.objects.filter(owner__in=owners_of(request.user))
        photo = get_object_or_404(mine.select_related("owner"), pk=pk)
        removal.remove(photo.owner, [photo.pk], why=Removal.Why.ASKED, by=actor(request))
        return Response(status=204)
