"""Faces, as API callers see them."""

from rest_framework import serializers

from faces.models import Face, Membership, Person


class BoxSerializer(serializers.Serializer[Face]):
    """In pixels of the upright photo, from its top left corner."""

    x = serializers.FloatField()
    y = serializers.FloatField()
    width = serializers.FloatField()
    height = serializers.FloatField()


class PersonSerializer(serializers.ModelSerializer[Person]):
    class Meta:
        model = Person
        fields = ("id", "name", "contact_id")


class FaceSerializer(serializers.ModelSerializer[Face]):
    """A face of a photo. Needs `with_people()`."""

    box = BoxSerializer(source="*")
    landmarks = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField(), min_length=2, max_length=2),
        help_text="Five [x, y]: left eye, right eye, nose, left and right corner of the mouth.",
    )
    cluster = serializers.CharField(source="cluster.public_id", default=None, allow_null=True)
    person = PersonSerializer(allow_null=True)
    how = serializers.ChoiceField(
        Membership.How.choices, source="membership.how", default=None, allow_null=True
    )
    similarity = serializers.FloatField(
        source="membership.similarity",
        default=None,
        allow_null=True,
        help_text="Mean cosine to the cluster's other faces when it came there, -1 to 1.",
    )
    crop = serializers.FileField(use_url=True)

    class Meta:
        model = Face
        fields = (
            "id", "box", "landmarks", "confidence", "quality", "quality_reasons", "cluster",
            "person", "how", "similarity", "crop",
        )  # fmt: skip
        read_only_fields = ("quality_reasons",)


class SampleSerializer(serializers.ModelSerializer[Face]):
    """A face of a cluster."""

    box = BoxSerializer(source="*")
    photo = serializers.IntegerField(source="photo_id")
    crop = serializers.FileField(use_url=True)

    class Meta:
        model = Face
        fields = ("id", "photo", "box", "confidence", "quality", "quality_reasons", "crop")
        read_only_fields = ("quality_reasons",)


class PlacedFaceSerializer(FaceSerializer):
    """A face of the library. Needs `with_people()`."""

    photo = serializers.IntegerField(source="photo_id")

    class Meta(FaceSerializer.Meta):
        fields = (  # type: ignore[assignment]  # more of them
            *FaceSerializer.Meta.fields, "photo", "ignored", "drawn", "created_at",
        )  # fmt: skip
