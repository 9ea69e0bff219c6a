"""Jobs, as clients of the inference microservice read them: moments in milliseconds."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import UUIDField, Value
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from faces.models import Face
from jobs.doors.microservice.asked import Task
from jobs.models import STATUS, Item, State
from jobs.serializers.jobs import STATUSES, ErrorSerializer
from photos.models import Photo
from search.errors import CollectionMissing
from search.models import Point
from search.points import finding
from search.points.collections import Place, Told
from search.points.numbers import of_faces, of_photo
from search.points.sources import LANDMARKS

_UNTOLD = Told(job=Value(None, UUIDField()))


@extend_schema_field({"type": "integer", "format": "int64"})
class Moment(serializers.Field[datetime, int, int, Any]):
    """In milliseconds since 1970."""

    def to_representation(self, value: datetime) -> int:
        return int(value.timestamp() * 1000)


class MicroserviceJobSerializer(serializers.Serializer[Any]):
    """The item of a job; what is not known yet is left out."""

    job_id = serializers.UUIDField()
    task_type = serializers.SerializerMethodField()
    media_store_id = serializers.CharField(source="location")
    status = serializers.SerializerMethodField()
    priority = serializers.IntegerField()
    created_at = Moment(source="job.created_at")
    started_at = Moment(required=False)
    completed_at = Moment(source="finished_at", required=False)
    result = serializers.SerializerMethodField(required=False)
    error = serializers.SerializerMethodField(required=False)

    def to_representation(self, instance: Item) -> dict[str, Any]:
        shown = super().to_representation(instance)
        return {name: value for name, value in shown.items() if value is not None}

    @extend_schema_field(serializers.ChoiceField(choices=Task.choices))
    def get_task_type(self, item: Item) -> str:
        return Task.of(item.job).value

    @extend_schema_field(serializers.ChoiceField(choices=STATUSES))
    def get_status(self, item: Item) -> str:
        return STATUS[State(item.state)]

    def get_result(self, item: Item) -> dict[str, Any] | None:
        if item.state != State.SUCCEEDED or item.photo is None:
            return None
        return result_of(Task.of(item.job), item.photo, item.external_id)

    @extend_schema_field(ErrorSerializer)
    def get_error(self, item: Item) -> dict[str, Any] | None:
        return ErrorSerializer(item).data if item.error_code else None


def result_of(task: Task, photo: Photo, external_id: str) -> dict[str, Any]:
    """What the task has found in `photo`, which the caller calls `external_id`.

    Raises:
        TooManyFaces: the photo has more faces than can be points.
    """
    match task:
        case Task.IMAGE_EMBEDDING:
            return _embedding(photo, external_id)
        case Task.FACE_DETECTION:
            faces = [_face(each) for each in _faces_of(photo)]
            return {"faces": faces, "face_count": len(faces)}
        case Task.FACE_EMBEDDING:
            return _embeddings(photo, external_id)


def _embedding(photo: Photo, external_id: str) -> dict[str, Any]:
    number = of_photo(photo, external_id)
    dimension, stored = _stored(photo, Point.Collection.IMAGES, [number])
    return {
        "embedding_dimension": dimension,
        "stored_in_vector_db": number in stored,
        "collection": Point.Collection.IMAGES.value,
        "point_id": number,
    }


def _embeddings(photo: Photo, external_id: str) -> dict[str, Any]:
    faces, numbers = _faces_of(photo), of_faces(photo, external_id)
    dimension, stored = _stored(photo, Point.Collection.FACES, numbers.values())
    shown = [
        {
            **_face(each),
            "embedding_dimension": dimension,
            "point_id": numbers[each.pk],
            "stored_in_vector_db": numbers[each.pk] in stored,
        }
        for each in faces
    ]
    all_stored = bool(shown) and stored.issuperset(numbers.values())
    return {"faces": shown, "face_count": len(shown), "stored_in_vector_db": all_stored}


def _faces_of(photo: Photo) -> list[Face]:
    return list(photo.faces.select_related("numbered").order_by("numbered__number"))


def _face(face: Face) -> dict[str, Any]:
    box = {name: getattr(face, name) for name in ("x", "y", "width", "height")}
    return {
        "face_index": face.numbered.number,
        "bbox": box,
        "confidence": face.confidence,
        "landmarks": dict(zip(LANDMARKS, face.landmarks, strict=True)),
    }


def _stored(
    photo: Photo, collection: Point.Collection, numbers: Iterable[int]
) -> tuple[int | None, set[int]]:
    """How long vectors are in `collection`, and which of `numbers` are points of it."""
    try:
        place = Place.of(photo.owner, collection, _UNTOLD)
    except CollectionMissing:
        return None, set()
    return place.space.dimension, set(finding.retrieve(place, list(numbers)))
