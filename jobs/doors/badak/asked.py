"""What clients of BADAK ask for."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from jobs.intake.batch import PlacesSerializer
from jobs.models import Item
from jobs.serializers.jobs import MAX_EXTERNAL_ID
from jobs.services import Source, fetch_policy
from photos.fetch import check_url

MOST_IMAGES = 1000  # of one job: its results come in one answer
_MOST_CLUSTERS = 100  # of one merge


class BadakImageSerializer(serializers.Serializer[None]):
    """A photo, by what the caller calls it and where it is."""

    file_id = serializers.CharField(max_length=MAX_EXTERNAL_ID, help_text="Your own id.")
    image_url = serializers.CharField(max_length=4096, help_text="http or https, such as presigned")
    link = "image_url"

    def validate_image_url(self, url: str) -> str:
        check_url(url, fetch_policy())
        return url

    @staticmethod
    def located(data: Mapping[str, Any]) -> Source:
        """Where the photo of this validated data comes from."""
        return Source(Item.Source.URL, data["image_url"], data["file_id"])


class BadakImagesSerializer(serializers.Serializer[None]):
    """Many photos, for one job."""

    images = PlacesSerializer(child=BadakImageSerializer(), min_length=1, max_length=MOST_IMAGES)


def _cluster() -> serializers.RegexField:
    return serializers.RegexField(r"^clu_[0-9a-f]{1,16}\Z")


class BadakMergeSerializer(serializers.Serializer[None]):
    """Which clusters show the same person."""

    source_cluster_ids = serializers.ListField(
        child=_cluster(),
        min_length=1,
        max_length=_MOST_CLUSTERS,
        help_text="Those whose faces the target gets, and that go.",
    )
    target_cluster_id = serializers.RegexField(
        r"^clu_[0-9a-f]{1,16}\Z", help_text="The cluster that stays."
    )

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        target = data["target_cluster_id"]
        sources = [each for each in data["source_cluster_ids"] if each != target]
        if not sources:
            raise serializers.ValidationError(
                {"source_cluster_ids": f"All are the same as the target {target}: give another."}
            )
        return {"into": target, "clusters": sources}
