"""Serving files of photos to those who may see them."""

import mimetypes
from typing import Any

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags
from drf_spectacular.utils import extend_schema
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.views import APIView

from photos.models import Owner


class OneAnswer(DefaultContentNegotiation):
    """There is one answer, whatever the caller says it accepts; errors are JSON."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> Any:
        return renderers[0], renderers[0].media_type


class MediaView(APIView):
    """A thumbnail, a face or an original. Keys begin with the owner's number.

    Staff who may view photos see all, others what is their own owner's. What somebody may
    not see looks like what does not exist.
    """

    content_negotiation_class = OneAnswer

    @extend_schema(responses={(200, "image/*"): bytes})
    def get(self, request: Request, key: str) -> HttpResponseBase:
        if not _may_see(request, key):
            raise Http404
        try:
            file = default_storage.open(key)
        except (OSError, ValueError, SuspiciousFileOperation) as exc:  # no such file, no file name
            raise Http404 from exc
        etag = f'"{key}"'  # content never changes under a key
        if etag in parse_etags(request.headers.get("If-None-Match", "")):
            file.close()
            return HttpResponseNotModified()
        media_type = mimetypes.guess_type(key)[0] or "application/octet-stream"
        response = FileResponse(file, content_type=media_type)
        response["ETag"] = etag
        response["Cache-Control"] = "private, max-age=3600"
        return response


def _may_see(request: Request, key: str) -> bool:
    if {"", ".", ".."} & set(key.split("/")):
        return False  # a way out of the owner's folder
    user = request.user
    if user.is_staff and user.has_perm("photos.view_photo"):
        return True
    folder, _, _ = key.partition("/")
    return folder.isdecimal() and Owner.objects.of(user).filter(pk=int(folder)).exists()
