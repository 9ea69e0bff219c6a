"""Names in and out, over HTTP: people as a document, and sidecars of photos."""

import tempfile
from collections.abc import Mapping
from io import TextIOWrapper
from typing import IO, Any

from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import get_object_or_404
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

import photos.services
from faces.portability.document import read
from faces.portability.exporting import export
from faces.portability.importing import Imported, import_people
from faces.portability.sidecars import SUFFIX, sidecar_of
from photos.idempotency import HEADER, idempotency_of
from photos.models import Photo, owners_of
from photos.regions.xmp import MAX_BYTES as MAX_SIDECAR_BYTES
from photos.views import OneAnswer

MAX_BYTES = 8 * 2**20  # of a document: some 50 thousand faces
_XMP = "application/rdf+xml"


class DocumentParser(BaseParser):
    """A document as the whole body: what export gives."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, ContentFile[bytes]]:
        return {"file": ContentFile(stream.read(MAX_BYTES + 1), "people.json")}


class DocumentSerializer(serializers.Serializer[None]):
    file = serializers.FileField(help_text="What people/export gives.")

    def validate_file(self, file: Any) -> Any:
        return _small_enough(file, MAX_BYTES)


class TriedSerializer(serializers.Serializer[None]):
    dry_run = serializers.BooleanField(default=False)


class SidecarSerializer(serializers.Serializer[None]):
    existing = serializers.FileField(
        required=False, help_text="The photo's sidecar, if it has one: what it says stays in it."
    )

    def validate_existing(self, file: Any) -> Any:
        return _small_enough(file, MAX_SIDECAR_BYTES)


class ImportedSerializer(serializers.Serializer[Imported]):
    """What an import has changed, or would change."""

    dry_run = serializers.BooleanField()
    edit = serializers.IntegerField(
        allow_null=True, help_text="By which it can be undone. Null: nothing was changed."
    )
    people_created = serializers.IntegerField()
    people_known = serializers.IntegerField()
    faces_given = serializers.IntegerField(help_text="To people, who did not have them before.")
    faces_known = serializers.IntegerField(help_text="That were like that already.")
    photos_missing = serializers.IntegerField(help_text="You have none of the same content.")
    faces_missing = serializers.IntegerField(help_text="In photos that you have.")
    rejections = serializers.IntegerField(help_text="New ones.")
    pairs = serializers.IntegerField(help_text="New ones.")
    conflict_count = serializers.IntegerField()
    conflicts = serializers.ListField(
        child=serializers.CharField(), help_text="What was left as it is here, and why: the first."
    )


class ExportView(APIView):
    """The owner's people, to be kept, or taken elsewhere."""

    content_negotiation_class = OneAnswer

    @extend_schema(responses={(200, "application/json"): OpenApiTypes.OBJECT})
    def get(self, request: Request) -> HttpResponseBase:
        """People, whose faces these are in which photos, and what was said against it: a file."""
        owner = photos.services.owner_of(request.user)
        # Written to the disk before it is sent: the database does not wait for slow callers.
        file = tempfile.TemporaryFile()  # noqa: SIM115  # closed when it is sent
        try:
            text = TextIOWrapper(file, encoding="utf-8")
            export(owner, text)
            text.detach().seek(0)
        except BaseException:
            file.close()
            raise
        return FileResponse(
            file, as_attachment=True, filename="people.json", content_type="application/json"
        )


class ImportView(APIView):
    """People from another library, or from a copy of this one."""

    parser_classes = (DocumentParser, MultiPartParser)

    @extend_schema(
        request={
            "application/json": OpenApiTypes.OBJECT,
            "multipart/form-data": DocumentSerializer,
        },
        parameters=[
            HEADER,
            OpenApiParameter("dry_run", bool, description="Only say what would change."),
        ],
        responses=ImportedSerializer,
    )
    def post(self, request: Request) -> Response:
        """Names go to the same faces of the same photos. Doing it twice changes nothing."""
        tried = TriedSerializer(data=request.query_params)
        tried.is_valid(raise_exception=True)
        asked = DocumentSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        owner = photos.services.owner_of(request.user)
        key = idempotency_of(request)
        document = read(asked.validated_data["file"])
        by = request.user if isinstance(request.user, User) else None
        only_tried = tried.validated_data["dry_run"]
        report = import_people(owner, document, dry_run=only_tried, by=by, idempotency=key)
        return Response(ImportedSerializer(report).data)


class SidecarView(APIView):
    """The names of a photo's faces, for other programs."""

    content_negotiation_class = OneAnswer
    parser_classes = (MultiPartParser,)

    @extend_schema(
        request={"multipart/form-data": SidecarSerializer}, responses={(200, _XMP): bytes}
    )
    def post(self, request: Request, pk: str) -> HttpResponse:
        """XMP to be kept beside the photo. Nothing is changed here."""
        asked = SidecarSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        mine = Photo.objects.filter(owner__in=owners_of(request.user))
        photo = get_object_or_404(mine, pk=pk)
        existing = asked.validated_data.get("existing")
        data = sidecar_of(photo, existing.read() if existing else None)
        name = f"{photo.sha256}{SUFFIX}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(data, content_type=_XMP, headers=headers)


def _small_enough(file: Any, most: int) -> Any:
    if file.size > most:
        raise serializers.ValidationError(f"Give {most // 2**20} MiB at most.")
    return file
