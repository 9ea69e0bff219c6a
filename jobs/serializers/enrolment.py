"""References of people, as API callers send and see them."""

from typing import Any

from rest_framework import serializers

from faces.models import MAX_CONTACT_ID, MAX_NAME, Face
from faces.serializers import BoxSerializer, PersonSerializer
from inference.geometry import Box
from jobs.enrolment import Enrolled
from jobs.serializers.recognition import (
    BoxField,
    IdField,
    PictureField,
)

MOST = 20  # references of one request


class ReferencesSerializer(serializers.Serializer[None]):
    """Pictures that show who somebody is, each by exactly one good face."""

    file = serializers.ListField(
        child=PictureField(), required=False, max_length=MOST, help_text="multipart/form-data"
    )
    box = serializers.ListField(
        child=BoxField(allow_null=True),
        required=False,
        help_text="Of the faces that are meant: one for each file, or empty where it shows one.",
    )
    photo_ids = serializers.ListField(child=IdField(), required=False, max_length=MOST)
    face_ids = serializers.ListField(child=IdField(), required=False, max_length=MOST)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        files = data.setdefault("file", [])
        boxes: list[Box | None] = data.setdefault("box", [None] * len(files))
        if len(boxes) != len(files):
            raise serializers.ValidationError(
                {"box": f"Give one for each of the {len(files)} files, or none."}
            )
        count = len(files) + sum(len(data.get(name, ())) for name in ("photo_ids", "face_ids"))
        if not 1 <= count <= MOST:
            raise serializers.ValidationError(
                f"Give 1 to {MOST} references, as file, photo_ids or face_ids: there are {count}."
            )
        return data


class EnrolmentSerializer(ReferencesSerializer):
    """Who is to be known, by a name or a contact id or both, and by which references."""

    name = serializers.CharField(required=False, max_length=MAX_NAME)
    contact_id = serializers.CharField(required=False, max_length=MAX_CONTACT_ID)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if "name" not in data and "contact_id" not in data:
            raise serializers.ValidationError({"name": "Give a name, or a contact_id, or both."})
        return super().validate(data)


class ReferenceSerializer(serializers.ModelSerializer[Face]):
    """A face that is theirs now."""

    face_id = serializers.IntegerField(source="pk")
    photo_id = serializers.IntegerField()
    box = BoxSerializer(source="*")

    class Meta:
        model = Face
        fields = ("face_id", "photo_id", "box", "quality", "crop")


class EnrolledSerializer(serializers.Serializer[Enrolled]):
    person = PersonSerializer()
    created = serializers.BooleanField(help_text="Whether they were not known before.")
    references = ReferenceSerializer(source="faces", many=True)
