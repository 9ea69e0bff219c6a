"""Requests for work and jobs, as API callers see them."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.files import File
from django.utils.functional import cached_property
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from jobs.errors import OperationUnavailable
from jobs.intake import media_store
from jobs.models import HIGHEST_PRIORITY, STATUS, Delivery, Item, Job, State
from jobs.operations import current_recipes, names_of
from jobs.services import Source, Wishes, fetch_policy, upload
from photos.fetch import check_url
from photos.idempotency import Idempotency
from photos.operations import ALL, OPERATIONS
from search.serializers import PhotoSerializer

MAX_EXTERNAL_ID = 255  # letters
MAX_PHOTOS = 10_000  # of one request
STATUSES = list(STATUS.values())
SYNC_STATUS = {
    Delivery.State.PENDING: "pending",
    Delivery.State.DELIVERED: "synced",
    Delivery.State.FAILED: "failed",
}
SYNC_STATUSES = list(SYNC_STATUS.values())


class OperationsField(serializers.ListField):
    """Which operations are to be done: those that a model here does, or all of them."""

    def __init__(self, **kwargs: Any) -> None:
        choices = serializers.ChoiceField(choices=[*OPERATIONS, ALL])
        super().__init__(
            child=choices, default=lambda: [ALL], min_length=1, max_length=20, **kwargs
        )

    def to_internal_value(self, data: Any) -> list[str]:
        asked: list[str] = super().to_internal_value(data)
        try:
            if ALL not in asked:
                names_of(asked, current_recipes())
        except OperationUnavailable as exc:
            detail = f"{exc} GET /api/v1/models lists the models."
            raise serializers.ValidationError(detail, code=exc.code) from exc
        return asked


class ReindexSerializer(serializers.Serializer[None]):
    """Which operations are to be made up for on photos that lack them."""

    operations = OperationsField()


class RetrySerializer(serializers.Serializer[None]):
    """Which photos of a job are to be tried again; without `items` all that have failed."""

    items = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        required=False,
        min_length=1,
        max_length=MAX_PHOTOS,
    )


class OrderSerializer(serializers.Serializer[None]):
    """What is to be done on photos, and how."""

    operations = OperationsField()
    priority = serializers.IntegerField(
        default=5, min_value=0, max_value=HIGHEST_PRIORITY, help_text="10 is first."
    )
    result_files = serializers.BooleanField(
        default=None, allow_null=True, help_text="Results are written to files too."
    )

    def wishes(self, idempotency: Idempotency | None) -> Wishes:
        data = self.validated_data
        files = data["result_files"]
        return Wishes(
            data["priority"],
            idempotency,
            result_files=settings.RESULT_FILES if files is None else files,
        )


class PlaceSerializer(serializers.Serializer[None]):
    """Where one photo is, by exactly one of `url`, `storage_key` and `media_store_id`."""

    url = serializers.CharField(required=False, max_length=4096, help_text="http or https")
    storage_key = serializers.CharField(
        required=False, max_length=500, help_text="A key in the owner's folder of the intake."
    )
    media_store_id = serializers.CharField(
        required=False, max_length=255, help_text="Fetched from the media store, and told to it."
    )
    external_id = serializers.CharField(
        default="", max_length=MAX_EXTERNAL_ID, allow_blank=True, help_text="Your own id."
    )
    places: tuple[str, ...] = ("url", "storage_key", "media_store_id")

    def validate_url(self, url: str) -> str:
        check_url(url, fetch_policy())
        return url

    def validate_storage_key(self, key: str) -> str:
        parts = key.split("/")
        if "\\" in key or "\0" in key or not all(parts) or {".", ".."} & set(parts):
            raise serializers.ValidationError("Give a key inside your folder, without '..'.")
        return key

    def validate_media_store_id(self, media_id: str) -> str:
        if not media_store.is_there():
            raise serializers.ValidationError(
                "This service has no media store: its operator has to set MEDIA_STORE_URL."
            )
        if not media_store.is_id(media_id):
            raise serializers.ValidationError("Give an id of the media store, without slashes.")
        return media_id

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        given = [name for name in self.places if name in data]
        if len(given) != 1:
            *names, last = self.places
            raise serializers.ValidationError(
                f"Give exactly one of {', '.join(names)} and {last}; there is "
                f"{' and '.join(given) or 'none of them'}."
            )
        return data

    @staticmethod
    def located(data: Mapping[str, Any]) -> Source:
        """Where the photo of this validated data comes from."""
        if "url" in data:
            return Source(Item.Source.URL, data["url"], data["external_id"])
        if "media_store_id" in data:
            return Source(Item.Source.MEDIA_STORE, data["media_store_id"], data["external_id"])
        return Source(Item.Source.STORAGE, data["storage_key"], data["external_id"])


def check_size(file: File[bytes]) -> None:
    """Refuse a file that is too large.

    Raises:
        ValidationError: it is.
    """
    if file.size > settings.MAX_PHOTO_BYTES:
        limit = f"{settings.MAX_PHOTO_BYTES / 2**20:.0f} MiB"
        raise serializers.ValidationError(f"The file is larger than {limit}.")


class SubmissionSerializer(PlaceSerializer, OrderSerializer):
    """One photo: exactly one of `url`, `storage_key`, `media_store_id` and `file`."""

    file = serializers.FileField(
        required=False,
        allow_empty_file=True,
        validators=[check_size],
        help_text="multipart/form-data",
    )
    places = (*PlaceSerializer.places, "file")

    def photo_source(self) -> Source:
        """Where the photo comes from. An uploaded file is put into the intake storage."""
        data = self.validated_data
        if "file" in data:
            return upload(data["file"], external_id=data["external_id"])
        return self.located(data)


class ErrorSerializer(serializers.Serializer[Item]):
    code = serializers.CharField(source="error_code")
    detail = serializers.CharField(source="error_detail")


class SyncSerializer(serializers.Serializer[Item]):
    """Whether the media store has been told how its photo's work has ended."""

    status = serializers.ChoiceField(choices=SYNC_STATUSES)
    attempts = serializers.IntegerField()
    error = serializers.CharField(allow_blank=True, help_text="Of the last attempt.")
    synced_at = serializers.DateTimeField(allow_null=True)


class ItemSerializer(serializers.ModelSerializer[Item]):
    """One photo of a job. Needs `with_findings()`."""

    status = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    sync = serializers.SerializerMethodField()
    result = PhotoSerializer(source="photo", allow_null=True)

    class Meta:
        model = Item
        fields = (
            "id", "external_id", "file_name", "status", "attempts", "error", "sync", "stage_ms",
            "result",
        )  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(choices=STATUSES))
    def get_status(self, item: Item) -> str:
        return STATUS[State(item.state)]

    @extend_schema_field(ErrorSerializer(allow_null=True))
    def get_error(self, item: Item) -> dict[str, Any] | None:
        return ErrorSerializer(item).data if item.error_code else None

    @extend_schema_field(SyncSerializer(allow_null=True))
    def get_sync(self, item: Item) -> dict[str, Any] | None:
        """Null: the photo is none of the media store's."""
        if item.source != Item.Source.MEDIA_STORE:
            return None
        told = item.sync or {"state": Delivery.State.PENDING, "attempts": 0, "error": ""}
        return {
            "status": SYNC_STATUS[Delivery.State(told["state"])],
            "attempts": told["attempts"],
            "error": told["error"],
            "synced_at": told.get("delivered_at"),
        }


class StepsSerializer(serializers.Serializer[Job]):
    done = serializers.IntegerField(source="steps_done")
    total = serializers.IntegerField(source="steps_total")


class ProgressSerializer(serializers.Serializer[Job]):
    """In photos; what is no photo counts as one, and has steps once it has begun."""

    total = serializers.IntegerField(source="item_count")
    pending = serializers.IntegerField(source="queued_count")
    paused = serializers.IntegerField(source="paused_count")
    processing = serializers.IntegerField(source="processing_count")
    completed = serializers.IntegerField(source="succeeded_count")
    failed = serializers.IntegerField(source="failed_count")
    cancelled = serializers.IntegerField(source="cancelled_count")
    steps = serializers.SerializerMethodField()

    @extend_schema_field(StepsSerializer(allow_null=True))
    def get_steps(self, job: Job) -> dict[str, Any] | None:
        return None if job.steps_total is None else StepsSerializer(job).data


class JobSerializer(serializers.ModelSerializer[Job]):
    """How far a job is. Needs `with_progress()`."""

    job_id = serializers.UUIDField(source="id")
    status = serializers.SerializerMethodField()
    progress = ProgressSerializer(source="*")
    started_at = serializers.DateTimeField(allow_null=True, help_text="When the first photo was.")

    class Meta:
        model = Job
        fields: tuple[str, ...] = (
            "job_id", "kind", "status", "operations", "progress",
            "created_at", "started_at", "finished_at",
        )  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(choices=STATUSES))
    def get_status(self, job: Job) -> str:
        return STATUS[job.state]


class JobDetailSerializer(JobSerializer):
    """A job with the results of its photos, the first ones. Needs `with_results()` as well."""

    items = serializers.SerializerMethodField(help_text="The first photos.")
    result = serializers.SerializerMethodField(help_text="Of the photo, where there is just one.")
    error = serializers.SerializerMethodField(help_text="Of the photo, where there is just one.")
    outcome = serializers.SerializerMethodField(help_text="Of a job that is not about photos.")

    class Meta(JobSerializer.Meta):
        fields = (*JobSerializer.Meta.fields, "result", "error", "outcome", "items")

    @extend_schema_field(ItemSerializer(many=True))
    def get_items(self, job: Job) -> list[dict[str, Any]]:
        return self._items

    @extend_schema_field(PhotoSerializer(allow_null=True))
    def get_result(self, job: Job) -> dict[str, Any] | None:
        return self._items[0]["result"] if job.item_count == 1 else None

    @extend_schema_field(ErrorSerializer(allow_null=True))
    def get_error(self, job: Job) -> dict[str, Any] | None:
        return self._items[0]["error"] if job.item_count == 1 else None

    @extend_schema_field(serializers.DictField(allow_null=True))
    def get_outcome(self, job: Job) -> dict[str, Any] | None:
        return job.first_items[0].outcome if job.item_count == 1 else None

    @cached_property
    def _items(self) -> list[dict[str, Any]]:
        """Rendered once: the only photo of a job is shown at the top as well."""
        assert isinstance(self.instance, Job)  # noqa: S101  # details are of one job
        return list(ItemSerializer(self.instance.first_items, many=True, context=self.context).data)
