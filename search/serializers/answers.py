"""What was found, and why, as API callers see it."""

from typing import Any

from rest_framework import serializers

from photos.models import Photo
from search.facets import Facets, Value


class FoundPhotoSerializer(serializers.ModelSerializer[Photo]):
    """A photo, as far as lists show it. Needs its place."""

    class Meta:
        model = Photo
        fields = ("id", "sha256", "width", "height", "taken_at", "thumbnail")


class PartSerializer(serializers.Serializer[Any]):
    """What was understood of a question, piece by piece."""

    key = serializers.CharField(help_text="Give it as `without` to ask without this part.")
    kind = serializers.CharField()
    words = serializers.ListField(child=serializers.CharField(), help_text="That say it.")
    label = serializers.CharField(help_text="A short line, in the question's language.")


class InterpretationSerializer(serializers.Serializer[Any]):
    language = serializers.CharField()
    parts = PartSerializer(many=True)
    people = serializers.JSONField()
    dates = serializers.JSONField(help_text="[from, to): `to` is not in it any more.")
    places = serializers.JSONField()
    objects = serializers.JSONField()
    faces = serializers.JSONField(allow_null=True)
    text = serializers.ListField(child=serializers.CharField())
    not_text = serializers.ListField(child=serializers.CharField())
    semantic = serializers.CharField()
    not_semantic = serializers.ListField(child=serializers.CharField())
    not_understood = serializers.ListField(child=serializers.CharField())


class ValueSerializer(serializers.Serializer[Value]):
    value = serializers.CharField()
    photos = serializers.IntegerField()


class FacetsSerializer(serializers.Serializer[Facets]):
    """Values that the photos have, the most frequent first; years, the latest first."""

    people = ValueSerializer(many=True)
    places = ValueSerializer(many=True)
    countries = ValueSerializer(many=True)
    objects = ValueSerializer(many=True)
    years = ValueSerializer(many=True)


class TotalSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    is_exact = serializers.BooleanField(help_text="False: there are at least so many.")


class ReasonSerializer(serializers.Serializer[Any]):
    """What of a photo matched, and where it is in the photo."""

    part = serializers.CharField(help_text="people, objects, text, caption, tags, looks, …")
    words = serializers.CharField()
    boxes = serializers.ListField(child=serializers.JSONField())
    quads = serializers.ListField(child=serializers.JSONField())


class FoundHitSerializer(serializers.Serializer[Any]):
    photo = FoundPhotoSerializer()
    relevance = serializers.FloatField(allow_null=True, help_text="0 to 1, of what it looks like.")
    why = ReasonSerializer(many=True)


class FoundSerializer(serializers.Serializer[Any]):
    interpretation = InterpretationSerializer()
    total = TotalSerializer(allow_null=True, help_text="On the first page.")
    facets = FacetsSerializer(allow_null=True, help_text="Of the first page's `total`.")
    next = serializers.CharField(allow_null=True, help_text="The `cursor` of the next page.")
    results = FoundHitSerializer(many=True)
