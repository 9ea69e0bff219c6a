"""Jobs and clusters, as clients of BADAK read them."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from faces.models import Cluster, Face
from jobs.models import STATUS, Item, Job, State
from jobs.serializers.jobs import STATUSES, ErrorSerializer, ItemSerializer
from photos.models import Photo
from search.models import PhotoTag
from search.vocabulary import DEFAULT_LANGUAGE, PEOPLE, load

_INDONESIAN = "id"


class BadakAcceptedSerializer(serializers.Serializer[Job]):
    """A job that was asked for."""

    job_id = serializers.UUIDField(source="id")
    status = serializers.ChoiceField(STATUSES, default=STATUS[State.QUEUED])


class BadakFaceSerializer(serializers.Serializer[Face]):
    face_id = serializers.SerializerMethodField(help_text="Its number, as a UUID.")
    cluster_id = serializers.CharField(
        source="cluster.public_id",
        default=None,
        allow_null=True,
        help_text="Null: it is like no other yet.",
    )
    bounding_box = serializers.SerializerMethodField(help_text="[x1, y1, x2, y2] in pixels.")
    confidence = serializers.FloatField()

    def get_face_id(self, face: Face) -> UUID:
        return UUID(int=face.pk)

    @extend_schema_field(
        serializers.ListField(child=serializers.FloatField(), min_length=4, max_length=4)
    )
    def get_bounding_box(self, face: Face) -> list[float]:
        return [face.x, face.y, face.x + face.width, face.y + face.height]


class BadakResultSerializer(serializers.Serializer[Item]):
    """What was found in a photo. Needs `with_findings()`."""

    file_id = serializers.CharField(source="external_id")
    faces = BadakFaceSerializer(source="photo.faces.all", many=True)
    tags = serializers.SerializerMethodField(help_text="In English; how many people in Indonesian.")
    objects = serializers.SerializerMethodField(help_text="Each class once, the surest first.")
    context = serializers.SerializerMethodField(  # type: ignore[assignment]  # DRF takes it off
        help_text="What is going on, in Indonesian; empty: nothing that has a name."
    )

    def get_tags(self, item: Item) -> list[str]:
        return [_word(each) for each in _found(item).tags_now if not each.is_context]

    def get_objects(self, item: Item) -> list[str]:
        return list(dict.fromkeys(each.label for each in _found(item).objects_now))

    def get_context(self, item: Item) -> str:
        contexts = (each for each in _found(item).tags_now if each.is_context)
        return next((_word(each, _INDONESIAN) for each in contexts), "")


class BadakMergedSerializer(serializers.Serializer[Any]):
    """What came of a merge."""

    success = serializers.BooleanField(default=True)
    merged_count = serializers.SerializerMethodField(help_text="Faces.")
    target_cluster_id = serializers.CharField(source="into")

    def get_merged_count(self, outcome: dict[str, Any]) -> int:
        return sum(len(each["faces"]) for each in outcome["moved"])


class BadakPhotoEndSerializer(ItemSerializer):
    """One photo of a job."""

    file_id = serializers.CharField(source="external_id")
    result = serializers.SerializerMethodField()  # type: ignore[assignment]  # in its own shape

    class Meta(ItemSerializer.Meta):
        fields = ("file_id", "status", "result", "error")  # type: ignore[assignment]  # fewer

    @extend_schema_field(BadakResultSerializer(allow_null=True))
    def get_result(self, item: Item) -> dict[str, Any] | None:
        return BadakResultSerializer(item).data if item.photo else None


class BadakJobSerializer(serializers.Serializer[Job]):
    """A job, with what was found. Needs `with_progress()`, and its `items` in the context."""

    job_id = serializers.UUIDField(source="id")
    status = serializers.SerializerMethodField()
    progress = serializers.SerializerMethodField(help_text="Photos that are done, of 100.")
    result = serializers.SerializerMethodField(
        help_text="Of the photo, where there is just one; of a merge, what it came to."
    )
    results = serializers.SerializerMethodField(help_text="Of each photo, as they were sent.")
    error = serializers.SerializerMethodField(help_text="Where there is just one photo.")
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(serializers.ChoiceField(choices=STATUSES))
    def get_status(self, job: Job) -> str:
        return STATUS[job.state]

    def get_progress(self, job: Job) -> int:
        done = job.succeeded_count + job.failed_count + job.cancelled_count
        return 100 * done // job.item_count

    @extend_schema_field(BadakResultSerializer(allow_null=True))
    def get_result(self, job: Job) -> Any:
        [item, *others] = self.context["items"]
        if job.kind == Job.Kind.MERGE:
            done = item.state == State.SUCCEEDED
            return BadakMergedSerializer(item.outcome).data if done else None
        return BadakResultSerializer(item).data if item.photo and not others else None

    @extend_schema_field(BadakPhotoEndSerializer(many=True))
    def get_results(self, job: Job) -> list[dict[str, Any]]:
        about_photos = job.kind == Job.Kind.PHOTOS
        return list(
            BadakPhotoEndSerializer(self.context["items"] if about_photos else [], many=True).data
        )

    @extend_schema_field(ErrorSerializer(allow_null=True))
    def get_error(self, job: Job) -> Any:
        [item, *others] = self.context["items"]
        return ErrorSerializer(item).data if item.error_code and not others else None


class BadakClusterSerializer(serializers.Serializer[Cluster]):
    """Faces that look like one person. Needs `with_faces()`."""

    cluster_id = serializers.CharField(source="public_id")
    face_count = serializers.IntegerField()
    name = serializers.CharField(source="person.name", default=None, allow_null=True)
    thumbnail_url = serializers.SerializerMethodField()

    def get_thumbnail_url(self, cluster: Cluster) -> str:
        path = reverse("badak-thumbnail", kwargs={"public_id": cluster.public_id})
        url: str = self.context["request"].build_absolute_uri(path)
        return url


def _found(item: Item) -> Any:
    """The item's photo, with the lists that with_findings() has made."""
    photo: Photo | None = item.photo
    return photo


def _word(tag: PhotoTag, language: str = DEFAULT_LANGUAGE) -> str:
    counts = tag.key.startswith(PEOPLE)
    return load(settings.VOCABULARY_DIR).word(tag.key, _INDONESIAN if counts else language)
