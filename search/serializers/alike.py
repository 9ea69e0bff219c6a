"""Photos that look like others, as API callers see them."""

from typing import Any

from rest_framework import serializers

from photos.models import Photo
from photos.pages import Pages
from search.models import PhotoLook
from search.serializers.asked import OnlyKnown, PageSerializer

_MOST_OTHERS = 200


class PagesSerializer(OnlyKnown):
    """Which page of a list."""

    page_size = serializers.IntegerField(required=False, min_value=1, max_value=Pages.max_page_size)
    cursor = serializers.CharField(required=False, max_length=1000)


class AlikePhotoSerializer(serializers.ModelSerializer[Photo]):
    """With what tells copies of a picture apart."""

    class Meta:
        model = Photo
        fields = (
            "id", "sha256", "media_type", "size_bytes", "width", "height", "taken_at",
            "created_at", "thumbnail",
        )  # fmt: skip


class NearDuplicateSerializer(serializers.ModelSerializer[PhotoLook]):
    photo = AlikePhotoSerializer()
    distance = serializers.IntegerField(help_text="Bits of 256 that are not as the best photo's.")

    class Meta:
        model = PhotoLook
        fields = ("photo", "distance")


class NearDuplicatesSerializer(serializers.Serializer[Photo]):
    """A picture: the best photo of it, and its near-duplicates. Needs `with_copies()`."""

    best = AlikePhotoSerializer(source="*", help_text="The largest, or else the oldest.")
    copy_count = serializers.IntegerField(help_text="Beside the best one.")
    copies = NearDuplicateSerializer(
        source="copies_shown", many=True, help_text="The nearest of them."
    )


class OtherPhotosSerializer(OnlyKnown):
    """Which photos are meant."""

    others = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        required=False,
        min_length=1,
        max_length=_MOST_OTHERS,
        help_text="Photos; all of the photo's group, if none are given.",
    )

    def validate_others(self, others: list[int]) -> list[int]:
        if self.context["photo"] in others:
            raise serializers.ValidationError("A photo is not compared with itself: leave it out.")
        return others


class DifferenceSerializer(serializers.Serializer[Any]):
    changed = serializers.IntegerField(help_text="Pairs of photos of which that is new.")
    group = NearDuplicatesSerializer(help_text="Of the photo, as it is now.")


class SimilarQuerySerializer(PageSerializer):
    duplicates = serializers.ChoiceField(
        choices=["show", "hide"], default="show", help_text="Near-duplicates of the photo."
    )


class SimilarHitSerializer(serializers.Serializer[Any]):
    photo = AlikePhotoSerializer()
    score = serializers.FloatField(help_text="0 to 1.")
    cosine = serializers.FloatField()
    duplicate = serializers.BooleanField(help_text="A near-duplicate of the photo.")


class SimilarSerializer(serializers.Serializer[Any]):
    """Photos, most alike first."""

    next = serializers.CharField(allow_null=True, help_text="The `cursor` of the next page.")
    results = SimilarHitSerializer(many=True)
