"""Serving files of photos to those who may see them."""

import mimetypes
from typing import Any

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import File
from django.core.files.storage import default_storage, storages
from django.core.signing import BadSignature
from django.http import FileResponse, Http404, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.views import APIView

from photos import pictures
from photos.models import Owner
from photos.storage import signed_key

_SIZE = OpenApiParameter(
    "size",
    enum=list(pictures.SIDES),
    description="Upright, as JPEG, no larger than the place needs it; left out: the file itself.",
)


class OneAnswer(DefaultContentNegotiation):
    """There is one answer, whatever the caller says it accepts; errors are JSON."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> Any:
        return renderers[0], renderers[0].media_type


class MediaView(APIView):
    """A thumbnail, a face or an original. Keys begin with the owner's number.

    Staff who may view photos see all, others what is their own owner's. What somebody may
    not see looks like what does not exist. Who has it already is told so, and sent nothing.
    """

    content_negotiation_class = OneAnswer

    @extend_schema(parameters=[_SIZE], responses={(200, "image/*"): bytes})
    def get(self, request: Request, key: str) -> HttpResponseBase:
        if not _may_see(request, key):
            raise Http404
        size = _size(request)
        file = _opened(key)
        etag = f'"{key}?{size}"' if size else f'"{key}"'  # content never changes under a key
        answer: HttpResponseBase
        if _has(request, etag):
            file.close()
            answer = HttpResponseNotModified()
        else:
            answer = _made(key, file, size) if size else _whole(key, file)
        answer.headers["ETag"] = etag
        answer.headers["Cache-Control"] = "private, max-age=3600"
        return answer


class SignedFileView(APIView):
    """A picture that is shown to whoever has its address. One that is too old is as none."""

    authentication_classes = ()
    content_negotiation_class = OneAnswer

    @extend_schema(responses={(200, "image/jpeg"): bytes})
    def get(self, request: Request, signed: str) -> FileResponse:
        try:
            file = storages["annotated"].open(signed_key(signed))
        except (BadSignature, OSError, ValueError, SuspiciousFileOperation) as exc:
            raise Http404 from exc
        answer = FileResponse(file, filename="photo.jpg", content_type="image/jpeg")
        answer.headers["Cache-Control"] = "private, no-store"
        return answer


def _may_see(request: Request, key: str) -> bool:
    if {"", ".", ".."} & set(key.split("/")):
        return False  # a way out of the owner's folder
    user = request.user
    if user.is_staff and user.has_perm("photos.view_photo"):
        return True
    folder, _, _ = key.partition("/")
    return folder.isdecimal() and Owner.objects.of(user).filter(pk=int(folder)).exists()


def _size(request: Request) -> str:
    """The one that is asked for; none: the file as it is.

    Raises:
        ValidationError: there is no such size.
    """
    size = request.query_params.get("size", "")
    if size and size not in pictures.SIDES:
        raise ValidationError({"size": f"Give one of {', '.join(pictures.SIDES)}."})
    return size


def _opened(key: str) -> File[bytes]:
    """
    Raises:
        Http404: there is no such file, or that is no name of a file.
    """
    try:
        return default_storage.open(key)
    except (OSError, ValueError, SuspiciousFileOperation) as exc:
        raise Http404 from exc


def _has(request: Request, etag: str) -> bool:
    """Whether the caller has it; proxies that compress mark an ETag as weak."""
    sent = parse_etags(request.headers.get("If-None-Match", ""))
    return bool({"*", etag} & {each.removeprefix("W/") for each in sent})


def _whole(key: str, file: File[bytes]) -> FileResponse:
    media_type = mimetypes.guess_type(key)[0] or "application/octet-stream"
    return FileResponse(file, content_type=media_type)


def _made(key: str, file: File[bytes], size: str) -> HttpResponse:
    with file:
        data = file.read()
    return HttpResponse(pictures.sized(key, data, size), content_type=pictures.MEDIA_TYPE)
