"""Many photos in one request: all of them, or none."""

from collections.abc import Iterable, Mapping
from io import BytesIO
from itertools import islice
from typing import IO, Any, cast

import orjson
from django.core.files import File
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ParseError
from rest_framework.parsers import BaseParser, JSONParser

from jobs import services, uploads
from jobs.errors import UploadTooLarge
from jobs.serializers.jobs import (
    MAX_EXTERNAL_ID,
    MAX_PHOTOS,
    OrderSerializer,
    PlaceSerializer,
    check_size,
)
from jobs.services import Source
from photos.errors import PhotoError

_JSON_BYTES = 32 * 2**20  # three thousand for each photo: signed URLs are long
_SHOWN = 100  # photos whose errors are told at once


class LongJSONParser(BaseParser):
    """JSON that is longer than other requests may be."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        context = dict(parser_context or {})
        size = int(context["request"].META.get("CONTENT_LENGTH") or 0)
        if size > _JSON_BYTES:
            raise UploadTooLarge(f"The list has more than {_JSON_BYTES} bytes.")
        return self.read(stream, context)

    def read(self, stream: IO[Any], context: dict[str, Any]) -> Any:
        """
        Raises:
            ParseError: it is no JSON.
        """
        try:
            return JSONParser().parse(stream, self.media_type, context)
        except RecursionError as exc:
            raise ParseError("JSON parse error - too many lists in lists.") from exc


class NumbersJSONParser(LongJSONParser):
    """The same, where most of it is numbers: Python's own takes ten times as long for them.

    Whole numbers of more than 64 bits become floats.
    """

    def read(self, stream: IO[Any], context: dict[str, Any]) -> Any:
        data = stream.read()
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError:  # it is said as elsewhere, and by the field where that goes
            return super().read(BytesIO(data), context)


class PlacesSerializer(serializers.ListSerializer[Any]):
    """A list of photos. Errors come by the number of the photo, the first one is 0."""

    def to_internal_value(self, data: Any) -> list[Any]:
        try:
            return list(super().to_internal_value(data))
        except serializers.ValidationError as exc:
            errors = cast(dict[str, Any], exc.detail)
            raise serializers.ValidationError(dict(islice(errors.items(), _SHOWN))) from exc

    def run_child_validation(self, data: Any) -> Any:
        try:
            return super().run_child_validation(data)
        except PhotoError as exc:
            link = getattr(self.child, "link", "url")  # the field that it was found in
            raise serializers.ValidationError({link: [ErrorDetail(str(exc), exc.code)]}) from exc


class BatchSerializer(OrderSerializer):
    """Many photos by where they are."""

    photos = PlacesSerializer(child=PlaceSerializer(), min_length=1, max_length=MAX_PHOTOS)

    def sources(self) -> list[Source]:
        return [PlaceSerializer.located(each) for each in self.validated_data["photos"]]


class UploadsSerializer(OrderSerializer):
    """Many photos as files."""

    file = serializers.ListField(
        child=serializers.FileField(allow_empty_file=True, validators=[check_size]), min_length=1
    )
    external_id = serializers.ListField(
        child=serializers.CharField(max_length=MAX_EXTERNAL_ID, allow_blank=True),
        required=False,
        help_text="Your own ids, as many as there are files.",
    )

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        files = data["file"]
        ids = data.setdefault("external_id", [""] * len(files))
        if len(ids) != len(files):
            raise serializers.ValidationError(
                {"external_id": f"Give one for each of the {len(files)} files, or none."}
            )
        return data

    def sources(self) -> list[Source]:
        """Where the photos are. The files are put into the intake storage."""
        data = self.validated_data
        return _upload(zip(data["file"], data["external_id"], strict=True))


def _upload(files: Iterable[tuple[File[bytes], str]]) -> list[Source]:
    """Put all of `files`, each with an external id, into the intake storage, or none."""
    sources: list[Source] = []
    try:
        for file, external_id in files:
            sources.append(services.upload(file, external_id=external_id))
    except BaseException:
        uploads.discard(each.location for each in sources)
        raise
    return sources
