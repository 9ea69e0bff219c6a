"""A photo and all that was found in it, as API callers see it.

Needs `results.prefetches()`, and the photo's place with it.
"""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from faces.serializers import BoxSerializer, FaceSerializer
from photos.models import Analysis, Photo
from search.models import Caption, DetectedObject, ImageVector, PhotoTag, TextLine
from search.vocabulary import load


class ObjectSerializer(serializers.ModelSerializer[DetectedObject]):
    """A thing of one of the detector's classes."""

    box = BoxSerializer(source="*")

    class Meta:
        model = DetectedObject
        fields = ("label", "confidence", "box")


class TextLineSerializer(serializers.ModelSerializer[TextLine]):
    quad = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField(), min_length=2, max_length=2),
        help_text="Four [x, y], clockwise from the text's top left.",
    )

    class Meta:
        model = TextLine
        fields = ("text", "confidence", "quad")


class TagSerializer(serializers.ModelSerializer[PhotoTag]):
    """A word of the vocabulary that fits the photo."""

    words = serializers.SerializerMethodField(help_text="The tag's wording by language.")

    class Meta:
        model = PhotoTag
        fields = ("key", "words", "confidence")

    @extend_schema_field(serializers.DictField(child=serializers.CharField()))
    def get_words(self, tag: PhotoTag) -> dict[str, str]:
        vocabulary = load(settings.VOCABULARY_DIR)
        return {language: vocabulary.word(tag.key, language) for language in vocabulary.languages}


class CaptionSerializer(serializers.ModelSerializer[Caption]):
    class Meta:
        model = Caption
        fields = ("language", "sentence", "context", "source")


class EmbeddingSerializer(serializers.ModelSerializer[ImageVector]):
    """That the photo can be found by likeness, and in which space."""

    space = serializers.CharField(source="space.name")
    dimension = serializers.IntegerField(source="space.dimension")

    class Meta:
        model = ImageVector
        fields = ("space", "dimension")


class AnalysisSerializer(serializers.ModelSerializer[Analysis]):
    """That an operation was done, and with which models."""

    class Meta:
        model = Analysis
        fields = ("operation", "recipe", "created_at")


class PlaceSerializer(serializers.ModelSerializer[Photo]):
    """Where a photo was taken; null where that is not known."""

    city = serializers.CharField(source="place.name")
    region = serializers.CharField(source="place.region", allow_blank=True)
    country = serializers.CharField(source="place.country")
    country_code = serializers.CharField(source="place.country_code")
    inferred = serializers.BooleanField(
        source="place_inferred",
        help_text="From photos that were taken shortly before and after: it has no position.",
    )

    class Meta:
        model = Photo
        fields = ("city", "region", "country", "country_code", "inferred")

    def to_representation(self, instance: Photo) -> Any:
        return super().to_representation(instance) if instance.place else None


class PhotoSerializer(serializers.ModelSerializer[Photo]):
    """A photo, and what was found in it by the models that are active now."""

    faces = FaceSerializer(many=True)
    objects = ObjectSerializer(source="objects_now", many=True)
    tags = serializers.SerializerMethodField()
    context = serializers.SerializerMethodField(  # type: ignore[assignment]  # DRF takes it off
        help_text="A tag of what happens in the photo, if any fits."
    )
    text = TextLineSerializer(source="text_now", many=True)
    captions = CaptionSerializer(source="captions_now", many=True)
    embeddings = EmbeddingSerializer(source="vectors_now", many=True)
    analyses = AnalysisSerializer(many=True)
    thumbnail = serializers.FileField(use_url=True)
    place = PlaceSerializer(source="*", allow_null=True)

    class Meta:
        model = Photo
        fields = (
            "id", "sha256", "media_type", "width", "height", "taken_at", "taken_offset_minutes",
            "dated_at", "dated_by", "latitude", "longitude", "place", "thumbnail", "faces",
            "objects", "tags", "context", "text", "captions", "embeddings", "analyses",
        )  # fmt: skip

    @extend_schema_field(TagSerializer(many=True))
    def get_tags(self, photo: Any) -> list[dict[str, Any]]:
        return [TagSerializer(tag).data for tag in photo.tags_now if not tag.is_context]

    @extend_schema_field(TagSerializer(allow_null=True))
    def get_context(self, photo: Any) -> dict[str, Any] | None:
        context = next((tag for tag in photo.tags_now if tag.is_context), None)
        return TagSerializer(context).data if context else None
