"""Many photos in one request: all of them, or none."""

from collections.abc import Iterable
from itertools import islice
from typing import Any, cast

from django.core.files import File
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from jobs import services, uploads
from jobs.serializers.jobs import (
    MAX_EXTERNAL_ID,
    MAX_PHOTOS,
    OrderSerializer,
    PlaceSerializer,
    check_size,
)
from jobs.services import Source
from photos.errors import PhotoError

_SHOWN = 100  # photos whose errors are told at once


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
