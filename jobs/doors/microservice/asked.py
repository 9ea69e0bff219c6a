"""What clients of the inference microservice ask for."""

from django.db import models
from rest_framework import serializers
from rest_framework.request import Request

from jobs.models import DEFAULT_PRIORITY, HIGHEST_PRIORITY, Item, Job
from jobs.operations import current_recipes, names_of
from jobs.serializers.jobs import PlaceSerializer
from jobs.services import Source, Wishes
from photos.idempotency import idempotency_of
from photos.operations import EMBEDDING, FACES

AS = "task_type"  # of a job's arguments: as which task it was asked for


class Task(models.TextChoices):
    IMAGE_EMBEDDING = "image_embedding"
    FACE_DETECTION = "face_detection"
    FACE_EMBEDDING = "face_embedding"

    @classmethod
    def of(cls, job: Job) -> "Task":
        return cls(job.arguments[AS])

    def operations(self) -> list[str]:
        """
        Raises:
            OperationUnavailable: no model here does it.
        """
        name = EMBEDDING if self == Task.IMAGE_EMBEDDING else FACES
        return names_of([name], current_recipes())


class NewTaskSerializer(serializers.Serializer[None]):
    """A photo of the media store."""

    media_store_id = serializers.CharField(max_length=255)
    priority = serializers.IntegerField(
        default=DEFAULT_PRIORITY, min_value=0, max_value=HIGHEST_PRIORITY, help_text="10 is first."
    )

    validate_media_store_id = PlaceSerializer.validate_media_store_id

    def photo_source(self) -> Source:
        media_id = self.validated_data["media_store_id"]
        return Source(Item.Source.MEDIA_STORE, media_id, external_id=media_id)

    def wishes(self, request: Request, task: Task) -> Wishes:
        """With result files, as the document has them."""
        return Wishes(
            self.validated_data["priority"],
            idempotency_of(request),
            result_files=True,
            arguments={AS: task.value},
        )
