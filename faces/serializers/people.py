"""Clusters and people, as API callers see them."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from faces.grouping import Grouped
from faces.models import Cluster, Person
from faces.serializers.faces import PersonSerializer, SampleSerializer


class PersonDetailSerializer(serializers.ModelSerializer[Person]):
    """All that is known of a person. Needs `with_counts()` and their covers."""

    cover = SampleSerializer(allow_null=True)
    face_count = serializers.IntegerField()
    cluster_count = serializers.IntegerField()

    class Meta:
        model = Person
        fields = (
            "id", "name", "aliases", "contact_id", "cover", "favourite", "hidden", "ignored",
            "unrecognised", "face_count", "cluster_count", "created_at",
        )  # fmt: skip


class ClusterSerializer(serializers.ModelSerializer[Cluster]):
    """Faces that look like one person. Needs `with_faces()`."""

    id = serializers.CharField(source="public_id")
    person = PersonSerializer(allow_null=True)
    face_count = serializers.IntegerField()
    faces = serializers.SerializerMethodField(help_text="The best faces, a few of them.")

    class Meta:
        model = Cluster
        fields = (
            "id", "label", "person", "face_count", "faces", "hidden", "ignored", "created_at",
        )  # fmt: skip

    @extend_schema_field(SampleSerializer(many=True))
    def get_faces(self, cluster: Cluster) -> list[dict[str, object]]:
        return list(SampleSerializer(cluster.sample, many=True, context=self.context).data)


class GroupedSerializer(serializers.Serializer[Grouped]):
    """What a grouping changed."""

    joined = serializers.IntegerField(help_text="Faces that joined a cluster which was there.")
    clusters = serializers.IntegerField(help_text="New clusters.")
    faces = serializers.IntegerField(help_text="Faces in the new clusters.")
