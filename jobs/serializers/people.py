"""Erased people, and faces that somebody draws, as API callers see them."""

from rest_framework import serializers

from faces.models import Erasure
from faces.serializers import BoxSerializer, PlacedFaceSerializer
from faces.serializers.edits import DoneSerializer
from inference.geometry import Box

_MOST_PHOTOS = 10_000  # of one request
_MAX_KEY = 2**63 - 1


class ErasingSerializer(serializers.Serializer[None]):
    """That somebody is really meant."""

    confirm = serializers.CharField(trim_whitespace=False, help_text="The person's name.")


class LeftSerializer(serializers.Serializer[None]):
    """Counted after all was done: 0."""

    rows = serializers.IntegerField()
    files = serializers.IntegerField()


class ErasureSerializer(serializers.ModelSerializer[Erasure]):
    """The receipt. It does not say who it was."""

    person = serializers.IntegerField(help_text="The id that the person had.")
    rows = serializers.DictField(
        source="counts.rows", child=serializers.IntegerField(), help_text="Deleted or changed."
    )
    files = serializers.IntegerField(source="counts.files", help_text="Deleted.")
    left = LeftSerializer(source="counts.left")
    finished_at = serializers.DateTimeField(
        allow_null=True, help_text="None: files are being written still. The clean-up removes them."
    )

    class Meta:
        model = Erasure
        fields = ("id", "person", "rows", "files", "left", "created_at", "finished_at")


class MovingSerializer(serializers.Serializer[None]):
    """Where a face is."""

    box = BoxSerializer()

    def validate_box(self, box: dict[str, float]) -> Box:
        return Box(**box)


class DrawingSerializer(MovingSerializer):
    """Where a face is, and whose it is, if that is known."""

    person = serializers.IntegerField(
        required=False, min_value=1, max_value=_MAX_KEY, help_text="Their id."
    )


class DrawnSerializer(DoneSerializer):
    """What drawing a face has come to."""

    face = PlacedFaceSerializer(
        allow_null=True, help_text="As it is now. Null: it is not there any more."
    )


class RedetectingSerializer(serializers.Serializer[None]):
    """In which photos faces are to be found again."""

    dry_run = serializers.BooleanField(
        default=True, help_text="Only tell what would change: the job's outcome."
    )
    photos = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=_MAX_KEY),
        required=False,
        min_length=1,
        max_length=_MOST_PHOTOS,
        help_text="Their ids; all of yours if it is left out.",
    )
