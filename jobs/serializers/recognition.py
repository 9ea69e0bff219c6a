"""Questions about faces, and the answers, as API callers see them."""

import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from faces.calibration import Scale
from faces.models import MAX_CONTACT_ID, Face, Membership
from faces.recognition import Candidate, Doubt, Identified, Probe
from faces.serializers import BoxSerializer, PersonSerializer
from inference.geometry import Box
from jobs.serializers.jobs import check_size
from search.serializers.answers import FoundPhotoSerializer
from search.serializers.asked import OnlyKnown

_MOST_CANDIDATES = 20
_MOST_PHOTOS = 200  # of a page
_DEEPEST = 100_000  # photos before a page
MAX_DIMENSION = 16_000  # of half vectors in PostgreSQL
_NO_BOX = 'Give pixels of the upright picture, as {"x": 10, "y": 20, "width": 80, "height": 90}.'


class IdField(serializers.IntegerField):
    """The number of a row."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=2**63 - 1, **kwargs)


class PictureField(serializers.FileField):
    """An uploaded picture."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", "multipart/form-data")
        super().__init__(allow_empty_file=True, validators=[check_size], **kwargs)


@extend_schema_field(BoxSerializer)
class BoxField(serializers.Field[Box | None, Any, Any, Any]):
    """Where a face is in a picture: an object with x, y, width and height, or the same as text."""

    def to_internal_value(self, data: Any) -> Box | None:
        if data == "" and self.allow_null:  # a form has no null
            return None
        try:
            edges = BoxSerializer(data=json.loads(data) if isinstance(data, str) else data)
        except ValueError as exc:
            raise serializers.ValidationError(_NO_BOX) from exc
        if not edges.is_valid():
            raise serializers.ValidationError(_NO_BOX)
        box = Box(**edges.validated_data)
        if not (box.width > 0 and box.height > 0):
            raise serializers.ValidationError(_NO_BOX)
        return box


class ThresholdSerializer(serializers.Serializer[None]):
    """From when on two faces are one person's: by a score, or by a cosine."""

    threshold = serializers.FloatField(
        required=False, min_value=0.01, max_value=0.99, help_text="A score, the same for any model."
    )
    min_cosine = serializers.FloatField(
        required=False, min_value=-1, max_value=1, help_text="Instead: a cosine of the model's own."
    )

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if "threshold" in data and "min_cosine" in data:
            raise serializers.ValidationError(
                {"min_cosine": "Give a threshold or a cosine: one follows from the other."}
            )
        return data

    def least_cosine(self, scale: Scale) -> float:
        asked = self.validated_data
        if "min_cosine" in asked:
            return float(asked["min_cosine"])
        return scale.cosine(asked.get("threshold", settings.FACE_PERSON_MATCH_THRESHOLD))


def only_one(data: Mapping[str, Any], *names: str) -> str:
    """Which one of the fields `names` was given.

    Raises:
        ValidationError: none, or several.
    """
    given = [name for name in names if name in data]
    if len(given) != 1:
        *others, last = names
        raise serializers.ValidationError(
            f"Give exactly one of {', '.join(others)} and {last}; there is "
            f"{' and '.join(given) or 'none of them'}."
        )
    return given[0]


class IdentifySerializer(ThresholdSerializer):
    """Whose faces a picture shows: exactly one of `file` and `photo_id`."""

    file = PictureField(required=False)
    photo_id = IdField(required=False)
    limit = serializers.IntegerField(
        default=5, min_value=1, max_value=_MOST_CANDIDATES, help_text="Candidates of each face."
    )

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        only_one(data, "file", "photo_id")
        return super().validate(data)


class VerifySerializer(ThresholdSerializer):
    """Two faces: of each side exactly one of its picture and its face."""

    first = PictureField(required=False)
    first_face_id = IdField(required=False)
    second = PictureField(required=False)
    second_face_id = IdField(required=False)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        only_one(data, "first", "first_face_id")
        only_one(data, "second", "second_face_id")
        return super().validate(data)


class ByFaceSerializer(OnlyKnown, ThresholdSerializer):
    """Whom photos are to show: exactly one of these."""

    file = PictureField(required=False, help_text="A picture that shows one face.")
    box = BoxField(required=False, help_text="Of the face that is meant, where it shows several.")
    face_id = IdField(required=False)
    person_id = IdField(required=False)
    cluster_id = serializers.RegexField(r"^clu_[0-9a-f]{1,16}\Z", required=False)
    contact_id = serializers.CharField(required=False, max_length=MAX_CONTACT_ID)
    vector = serializers.ListField(
        child=serializers.FloatField(),
        required=False,
        max_length=MAX_DIMENSION,
        help_text="What a face looks like to the active model: as many numbers as its space has.",
    )
    limit = serializers.IntegerField(default=50, min_value=1, max_value=_MOST_PHOTOS)
    offset = serializers.IntegerField(default=0, min_value=0, max_value=_DEEPEST)
    whom = ("file", "face_id", "person_id", "cluster_id", "contact_id", "vector")

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        only_one(data, *self.whom)
        return super().validate(data)


class ProbeSerializer(serializers.Serializer[Probe]):
    """A face: of a picture that was sent, or, with its `face_id`, of a photo that is here."""

    face_id = serializers.IntegerField(source="face", allow_null=True)
    box = BoxSerializer()
    confidence = serializers.FloatField()
    quality = serializers.FloatField()
    quality_reasons = serializers.ListField(source="reasons", child=serializers.CharField())


class LikelyPersonSerializer(serializers.Serializer[Candidate]):
    person = PersonSerializer()
    cosine = serializers.FloatField(help_text="To all that is confirmed of them, as of one pair.")
    score = serializers.FloatField()


class IdentifiedSerializer(serializers.Serializer[Identified]):
    face = ProbeSerializer(source="probe")
    accepted = serializers.SerializerMethodField()
    person = PersonSerializer(allow_null=True)
    reason = serializers.ChoiceField(
        source="doubt",
        choices=[each.value for each in Doubt],
        allow_null=True,
        help_text="Why nobody is accepted.",
    )
    margin = serializers.FloatField(allow_null=True, help_text="Cosine ahead of the runner-up.")
    candidates = LikelyPersonSerializer(many=True)

    @extend_schema_field(serializers.BooleanField())
    def get_accepted(self, identified: Identified) -> bool:
        return identified.person is not None


class YardstickSerializer(serializers.Serializer[Any]):
    """What was compared with what."""

    space = serializers.CharField(help_text="Of the model that compared.")
    threshold = serializers.FloatField(help_text="The score from which on it is accepted.")
    min_cosine = serializers.FloatField(help_text="The cosine that has this score.")


class IdentificationSerializer(YardstickSerializer):
    """The faces of a picture, best detected first, and whose they are."""

    faces = IdentifiedSerializer(many=True)


class VerificationSerializer(YardstickSerializer):
    """Whether two faces are one person's."""

    same = serializers.BooleanField()
    cosine = serializers.FloatField()
    score = serializers.FloatField()
    first = ProbeSerializer()
    second = ProbeSerializer()


class FoundFaceSerializer(serializers.ModelSerializer[Face]):
    box = BoxSerializer(source="*")
    person = PersonSerializer(allow_null=True)

    class Meta:
        model = Face
        fields = ("id", "box", "crop", "person")


class HitSerializer(serializers.Serializer[Any]):
    """A photo, by the face in it that is most like whom was asked for."""

    photo = FoundPhotoSerializer()
    face = FoundFaceSerializer()
    how = serializers.ChoiceField(
        choices=Membership.How.choices, allow_null=True, help_text="Null: it only looks like them."
    )
    cosine = serializers.FloatField(allow_null=True, help_text="Null: no model has seen the face.")
    score = serializers.FloatField(allow_null=True)


class HitsSerializer(YardstickSerializer):
    """Photos, best first."""

    next_offset = serializers.IntegerField(allow_null=True, help_text="Null: there are no more.")
    results = HitSerializer(many=True)
