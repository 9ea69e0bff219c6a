"""Requests for work and jobs, as API callers see them."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from jobs.errors import OperationUnavailable
from jobs.models import HIGHEST_PRIORITY, STATUS, Item, Job, State
from jobs.operations import current_recipes, names_of
from jobs.services import Source, fetch_policy, upload
from photos.fetch import check_url
from photos.operations import ALL, OPERATIONS
from search.serializers import PhotoSerializer

STATUSES = list(STATUS.values())


def checked_operations(asked: list[str]) -> list[str]:
    """`asked`, which can be done here.

    Raises:
        ValidationError: one of them can't be, as no model does it.
    """
    try:
        if ALL not in asked:
            names_of(asked, current_recipes())
    except OperationUnavailable as exc:
        raise serializers.ValidationError(
            f"{exc} GET /api/v1/models lists the models.", code=exc.code
        ) from exc
    return asked


class ReindexSerializer(serializers.Serializer[None]):
    """Which operations are to be made up for on photos that lack them."""

    operations = serializers.ListField(
        child=serializers.ChoiceField(choices=[*OPERATIONS, ALL]),
        default=lambda: [ALL],
        min_length=1,
        max_length=20,
    )

    def validate_operations(self, asked: list[str]) -> list[str]:
        return checked_operations(asked)


class SubmissionSerializer(serializers.Serializer[None]):
    """One photo: exactly one of `url`, `storage_key` and `file`."""

    url = serializers.CharField(required=False, max_length=4096, help_text="http or https")
    storage_key = serializers.CharField(
        required=False, max_length=500, help_text="A key in the owner's folder of the intake."
    )
    file = serializers.FileField(
        required=False, allow_empty_file=True, help_text="multipart/form-data"
    )
    external_id = serializers.CharField(
        required=False, default="", max_length=255, allow_blank=True, help_text="Your own id."
    )
    operations = serializers.ListField(
        child=serializers.ChoiceField(choices=[*OPERATIONS, ALL]),
        required=False,
        min_length=1,
        max_length=20,
    )
    priority = serializers.IntegerField(
        required=False, default=5, min_value=0, max_value=HIGHEST_PRIORITY, help_text="10 is first."
    )

    def validate_operations(self, asked: list[str]) -> list[str]:
        return checked_operations(asked)

    def validate_url(self, url: str) -> str:
        check_url(url, fetch_policy())
        return url

    def validate_storage_key(self, key: str) -> str:
        parts = key.split("/")
        if "\\" in key or "\0" in key or not all(parts) or {".", ".."} & set(parts):
            raise serializers.ValidationError("Give a key inside your folder, without '..'.")
        return key

    def validate_file(self, file: Any) -> Any:
        if file.size > settings.MAX_PHOTO_BYTES:
            limit = f"{settings.MAX_PHOTO_BYTES / 2**20:.0f} MiB"
            raise serializers.ValidationError(f"The file is larger than {limit}.")
        return file

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        given = [name for name in ("url", "storage_key", "file") if name in data]
        if len(given) != 1:
            raise serializers.ValidationError(
                "Give exactly one of url, storage_key and file; there is "
                f"{' and '.join(given) or 'none of them'}."
            )
        data.setdefault("operations", [ALL])
        return data

    def photo_source(self) -> Source:
        """Where the photo comes from. An uploaded file is put into the intake storage."""
        data = self.validated_data
        if "file" in data:
            return upload(data["file"], external_id=data["external_id"])
        if "url" in data:
            return Source(Item.Source.URL, data["url"], data["external_id"])
        return Source(Item.Source.STORAGE, data["storage_key"], data["external_id"])


class ErrorSerializer(serializers.Serializer[Item]):
    code = serializers.CharField(source="error_code")
    detail = serializers.CharField(source="error_detail")


class ItemSerializer(serializers.ModelSerializer[Item]):
    """One photo of a job."""

    status = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    result = PhotoSerializer(source="photo", allow_null=True)

    class Meta:
        model = Item
        fields = (
            "external_id", "file_name", "status", "attempts", "error", "stage_ms", "result",
        )  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(choices=STATUSES))
    def get_status(self, item: Item) -> str:
        return STATUS[State(item.state)]

    @extend_schema_field(ErrorSerializer(allow_null=True))
    def get_error(self, item: Item) -> dict[str, Any] | None:
        return ErrorSerializer(item).data if item.error_code else None


class ProgressSerializer(serializers.Serializer[Job]):
    total = serializers.IntegerField(source="item_count")
    pending = serializers.IntegerField(source="queued_count")
    paused = serializers.IntegerField(source="paused_count")
    processing = serializers.IntegerField(source="processing_count")
    completed = serializers.IntegerField(source="succeeded_count")
    failed = serializers.IntegerField(source="failed_count")
    cancelled = serializers.IntegerField(source="cancelled_count")


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

    items = ItemSerializer(source="first_items", many=True)
    result = serializers.SerializerMethodField(help_text="Of the photo, where there is just one.")
    error = serializers.SerializerMethodField(help_text="Of the photo, where there is just one.")

    class Meta(JobSerializer.Meta):
        fields = (*JobSerializer.Meta.fields, "result", "error", "items")

    @extend_schema_field(PhotoSerializer(allow_null=True))
    def get_result(self, job: Job) -> dict[str, Any] | None:
        item = self._only(job)
        photo = item.photo if item else None
        return PhotoSerializer(photo, context=self.context).data if photo else None

    @extend_schema_field(ErrorSerializer(allow_null=True))
    def get_error(self, job: Job) -> dict[str, Any] | None:
        item = self._only(job)
        return ErrorSerializer(item).data if item and item.error_code else None

    def _only(self, job: Job) -> Item | None:
        return job.first_items[0] if job.item_count == 1 else None
