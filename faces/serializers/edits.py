"""What was done to people, as API callers see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from faces.models import Cluster, Edit, Person
from faces.people.changes import TABLES
from faces.people.history import Change, changes_of, faces_touched
from faces.serializers.faces import SampleSerializer
from faces.serializers.people import ClusterSerializer, PersonDetailSerializer
from faces.splitting import LookAlikes


class EditSerializer(serializers.ModelSerializer[Edit]):
    """One operation. Needs what history.edits_of() gives."""

    actor = serializers.CharField(source="actor.username", default=None, allow_null=True)
    asked = serializers.SerializerMethodField(help_text="What was asked for, without the faces.")
    face_count = serializers.IntegerField(help_text="Faces that it has touched.")
    undoes = serializers.IntegerField(
        source="undoes_id", allow_null=True, help_text="The edit that this one took back."
    )
    undone_by = serializers.IntegerField(
        source="undone_by.pk",
        default=None,
        allow_null=True,
        help_text="The edit that took this one back.",
    )

    class Meta:
        model = Edit
        fields = (
            "id", "kind", "actor", "reason", "created_at", "asked", "people", "face_count",
            "undoes", "undone_by", "erased",
        )  # fmt: skip

    def get_asked(self, edit: Edit) -> dict[str, Any]:
        return {name: value for name, value in edit.asked.items() if name != "faces"}


WHAT = [*(each for each in TABLES if each != "part"), "place"]


class ChangeSerializer(serializers.Serializer[Change]):
    """A row, or the place of faces, before and after."""

    what = serializers.ChoiceField(WHAT, help_text="`place`: where `faces` are.")
    id = serializers.CharField(allow_null=True, help_text="Of the row; null: of a `place`.")
    faces = serializers.ListField(child=serializers.IntegerField())
    before = serializers.DictField(allow_null=True, help_text="Null: it was not there.")
    after = serializers.DictField(allow_null=True, help_text="Null: it is not there any more.")


class EditDetailSerializer(EditSerializer):
    """One operation, and all that it has changed."""

    faces = serializers.SerializerMethodField(help_text="Those that it has touched.")
    changes = serializers.SerializerMethodField()

    class Meta(EditSerializer.Meta):
        fields = (*EditSerializer.Meta.fields, "faces", "changes")  # type: ignore[assignment]  # more

    def get_asked(self, edit: Edit) -> dict[str, Any]:
        return dict(edit.asked)

    def get_faces(self, edit: Edit) -> list[int]:
        return faces_touched(edit)

    @extend_schema_field(ChangeSerializer(many=True))
    def get_changes(self, edit: Edit) -> list[dict[str, Any]]:
        return [vars(change) for change in changes_of(edit)]  # plain already, and may be many


@dataclass(frozen=True)
class Done:
    """What a change has come to, and how things are now."""

    edit: Edit | None
    person: Person | None
    cluster: Cluster | None


@dataclass(frozen=True)
class Preview(Done):
    """What a change would come to: the parts of a cluster, the first of which stays."""

    parts: Sequence[LookAlikes]


class DoneSerializer(serializers.Serializer[Done]):
    """What a change has come to."""

    edit = EditSerializer(allow_null=True, help_text="Null: nothing was to be changed.")
    person = PersonDetailSerializer(
        allow_null=True, help_text="Whom it was about, as they are now."
    )
    cluster = ClusterSerializer(allow_null=True, help_text="What it was about, as it is now.")


class AlikeSerializer(serializers.Serializer[LookAlikes]):
    """Faces that look like one person."""

    face_count = serializers.IntegerField()
    faces = serializers.ListField(
        child=serializers.IntegerField(), help_text="Their ids, the clearest ones first."
    )
    sample = SampleSerializer(many=True, help_text="The clearest faces, a few of them.")


class SplitDoneSerializer(DoneSerializer):
    """What splitting a cluster has come to, or would."""

    parts = AlikeSerializer(many=True, required=False, help_text="Of a dry run; the first stays.")
