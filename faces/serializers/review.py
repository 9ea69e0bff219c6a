"""What matching does and why, and what staff should look at, as API callers see it."""

from rest_framework import serializers

from faces.calibration import Scale, Source
from faces.explanation import Candidate, Explanation, Near, Why
from faces.matching import Least
from faces.models import Membership, Pair
from faces.report import Matching, Operating, Report, Said
from faces.review.questions import Kind, Question, Side
from faces.serializers.faces import PersonSerializer, PlacedFaceSerializer

WHY = [(why.value, why.value) for why in Why]


def _codes(codes: type[Source] | type[Kind]) -> list[tuple[str, str]]:
    return [(code.value, code.value) for code in codes]


class CalibrationSerializer(serializers.Serializer[Scale]):
    """score = 1 / (1 + exp(-slope * (cosine - middle)))"""

    slope = serializers.FloatField()
    middle = serializers.FloatField(help_text="The cosine whose score is one half.")
    origin = serializers.ChoiceField(
        _codes(Source),
        source="source",
        help_text="Whose it is: the model's, the space's or the owner's own.",
    )
    same = serializers.IntegerField(help_text="Pairs of one person that it was fitted to.")
    different = serializers.IntegerField(help_text="Pairs of two people.")


class OperatingSerializer(serializers.Serializer[Operating]):
    """A threshold, by the share of pairs of two people that it takes for one (FAR)."""

    far = serializers.FloatField(source="false_accepts")
    tar = serializers.FloatField(
        source="true_accepts", help_text="The share of pairs of one person that it finds."
    )
    cosine = serializers.FloatField()
    score = serializers.FloatField()


class MatchingSerializer(serializers.Serializer[Matching]):
    """What became of confirmed faces when each was matched with the others alone."""

    faces = serializers.IntegerField()
    people = serializers.IntegerField()
    right = serializers.IntegerField()
    wrong = serializers.IntegerField(help_text="Given to somebody else.")
    missed = serializers.IntegerField(help_text="Given to nobody, though they are known.")
    precision = serializers.FloatField(source="agreement.precision", help_text="Of pairs.")
    recall = serializers.FloatField(source="agreement.recall", help_text="Of pairs.")
    f1 = serializers.FloatField(source="agreement.f1")


class SaidSerializer(serializers.Serializer[Said]):
    confirmed = serializers.IntegerField(help_text="Faces of people.")
    rejections = serializers.IntegerField()
    pairs = serializers.IntegerField()


class ReportSerializer(serializers.Serializer[Report]):
    """How well matching does, by a sample of what staff have confirmed."""

    space = serializers.CharField()
    calibration = CalibrationSerializer(source="scale")
    threshold = serializers.FloatField(help_text="Score, 0 to 1.")
    cosine = serializers.FloatField(help_text="Whose score that is.")
    said = SaidSerializer()
    matching = MatchingSerializer()
    same_pairs = serializers.IntegerField(source="same")
    different_pairs = serializers.IntegerField(source="different")
    operating = OperatingSerializer(
        many=True, help_text="At FAR 1e-2, 1e-3 and 1e-4, where there are pairs enough to tell."
    )


class ReportQuerySerializer(serializers.Serializer[None]):
    threshold = serializers.FloatField(
        required=False, min_value=0.01, max_value=0.99, help_text="Score; the setting's if none."
    )


class NearSerializer(serializers.Serializer[Near]):
    """A face that is compared with."""

    face = serializers.IntegerField()
    cluster = serializers.CharField(source="cluster.public_id")
    person = PersonSerializer(source="cluster.person", allow_null=True)
    how = serializers.ChoiceField(Membership.How.choices)
    cosine = serializers.FloatField()
    score = serializers.FloatField()


class CandidateSerializer(serializers.Serializer[Candidate]):
    """Somebody whom the face is like, or a cluster of nobody."""

    cluster = serializers.CharField(source="cluster.public_id")
    person = PersonSerializer(allow_null=True)
    faces = serializers.IntegerField(help_text="That the face is compared with.")
    cosine = serializers.FloatField(help_text="Mean, to these faces.")
    needed = serializers.FloatField(
        source="required", help_text="What that has to be, with so many faces."
    )
    score = serializers.FloatField()
    against = serializers.ListField(
        child=serializers.ChoiceField(WHY), help_text="Why it is not theirs, if so."
    )


class PairSerializer(serializers.ModelSerializer[Pair]):
    """What somebody has said of two faces."""

    class Meta:
        model = Pair
        fields = ("first", "second", "same", "created_at")


class ConstraintsSerializer(serializers.Serializer[Explanation]):
    """What somebody has said of the face."""

    rejected = PersonSerializer(many=True, help_text="Whom it is not.")
    pairs = PairSerializer(many=True)


class ThresholdsSerializer(serializers.Serializer[Least]):
    """Cosines that two single faces of one person have; with more faces less is needed."""

    person = serializers.FloatField(help_text="Of somebody known.")
    cluster = serializers.FloatField(help_text="Of a cluster of nobody.")


class ExplanationSerializer(serializers.Serializer[Explanation]):
    """Why a face is where it is, or why it is in no cluster."""

    face = PlacedFaceSerializer()
    rule = serializers.ChoiceField(
        Membership.How.choices, source="how", allow_null=True, help_text="How it came there."
    )
    similarity = serializers.FloatField(allow_null=True)
    why = serializers.ListField(
        child=serializers.ChoiceField(WHY), help_text="Why it is in no cluster."
    )
    space = serializers.CharField(
        allow_null=True, help_text="Whose vectors are compared: role, weights, version."
    )
    spaces = serializers.ListField(
        child=serializers.CharField(), help_text="Of all models that have seen it."
    )
    calibration = CalibrationSerializer(source="scale", allow_null=True)
    thresholds = ThresholdsSerializer(source="least", allow_null=True)
    margin = serializers.FloatField(help_text="Of cosine, by which a runner-up has to be behind.")
    nearest = NearSerializer(many=True)
    candidates = CandidateSerializer(
        many=True, help_text="Best first; the second one is the runner-up."
    )
    constraints = ConstraintsSerializer(source="*")


class SideSerializer(serializers.Serializer[Side]):
    face = PlacedFaceSerializer(source="shown")
    face_count = serializers.IntegerField(source="count")
    faces = serializers.ListField(
        child=serializers.IntegerField(),
        help_text="Those that are meant, where it is not all of the person or the cluster.",
    )


class QuestionSerializer(serializers.Serializer[Question]):
    """Are the two faces of one person? The answer goes to `faces/answer`."""

    score = serializers.FloatField(help_text="How likely, 0 to 1.")
    settles = serializers.FloatField(
        help_text="What an answer is worth, beside others of this kind."
    )
    first = SideSerializer()
    second = SideSerializer()


class ReviewQuerySerializer(serializers.Serializer[None]):
    kind = serializers.ChoiceField(_codes(Kind), default=Kind.SAME.value)

    def validate_kind(self, kind: str) -> Kind:
        return Kind(kind)
