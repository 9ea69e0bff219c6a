"""Faces and clusters, as API callers see them."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from faces.grouping import Grouped
from faces.models import Cluster, Face, Person


class BoxSerializer(serializers.Serializer[Face]):
    """In pixels of the upright photo, from its top left corner."""

    x = serializers.FloatField()
    y = serializers.FloatField()
    width = serializers.FloatField()
    height = serializers.FloatField()


class PersonSerializer(serializers.ModelSerializer[Person]):
    class Meta:
        model = Person
        fields = ("id", "name")


class FaceSerializer(serializers.ModelSerializer[Face]):
    """A face of a photo. Needs `with_people()`."""

    box = BoxSerializer(source="*")
    landmarks = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField(), min_length=2, max_length=2),
        help_text="Five [x, y]: left eye, right eye, nose, left and right corner of the mouth.",
    )
    cluster = serializers.CharField(source="cluster.public_id", default=None, allow_null=True)
    person = PersonSerializer(allow_null=True)
    crop = serializers.FileField(use_url=True)

    class Meta:
        model = Face
        fields = (
            "id", "box", "landmarks", "confidence", "quality", "quality_reasons", "cluster",
            "person", "crop",
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


class ClusterSerializer(serializers.ModelSerializer[Cluster]):
    """Faces that look like one person. Needs `with_faces()`."""

    id = serializers.CharField(source="public_id")
    person = PersonSerializer(allow_null=True)
    face_count = serializers.IntegerField()
    faces = serializers.SerializerMethodField(help_text="The best faces, a few of them.")

    class Meta:
        model = Cluster
        fields = ("id", "label", "person", "face_count", "faces", "created_at")

    @extend_schema_field(SampleSerializer(many=True))
    def get_faces(self, cluster: Cluster) -> list[dict[str, object]]:
        faces = [membership.face for membership in cluster.sample]
        return list(SampleSerializer(faces, many=True, context=self.context).data)


class GroupedSerializer(serializers.Serializer[Grouped]):
    """What a grouping changed."""

    joined = serializers.IntegerField(help_text="Faces that joined a cluster which was there.")
    clusters = serializers.IntegerField(help_text="New clusters.")
    faces = serializers.IntegerField(help_text="Faces in the new clusters.")
