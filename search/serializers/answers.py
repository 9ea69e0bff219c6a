"""What was found, and why, as API callers see it."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from faces.serializers import BoxSerializer
from photos.models import Photo
from search.facets import Facets, Value
from search.finding import COUNTED
from search.questions import Count, Part, Question
from search.serializers.photos import PlaceSerializer
from search.words.reasons import Reason

_SIDES = ("x", "y", "width", "height")
_TIME = serializers.DateTimeField()


class FoundPhotoSerializer(serializers.ModelSerializer[Photo]):
    """A photo, as far as lists show it."""

    # Written out, as hits are: a page has fifty, and to go through their fields takes longer than
    # to find them.

    place = PlaceSerializer(source="*", allow_null=True)

    class Meta:
        model = Photo
        fields = (
            "id", "sha256", "width", "height", "taken_at", "dated_at", "dated_by", "place",
            "thumbnail",
        )  # fmt: skip

    def to_representation(self, instance: Photo) -> Any:
        return {
            "id": instance.pk,
            "sha256": instance.sha256,
            "width": instance.width,
            "height": instance.height,
            "taken_at": instance.taken_at and _TIME.to_representation(instance.taken_at),
            "dated_at": _TIME.to_representation(instance.dated_at),
            "dated_by": instance.dated_by,
            "place": _place(instance),
            "thumbnail": self._address(instance),
        }

    def _address(self, photo: Photo) -> str | None:
        if not photo.thumbnail:
            return None
        request, path = self.context.get("request"), photo.thumbnail.url
        return request.build_absolute_uri(path) if request else path


def _place(photo: Photo) -> dict[str, Any] | None:
    """As PlaceSerializer."""
    place = photo.place
    if place is None:
        return None
    return {
        "city": place.name,
        "region": place.region,
        "country": place.country,
        "country_code": place.country_code,
        "inferred": photo.place_inferred,
    }


class QuestionPartSerializer(serializers.Serializer[Part]):
    """A piece of a question that was understood."""

    key = serializers.CharField(help_text="Give it as `without` to ask without this part.")
    kind = serializers.CharField()
    words = serializers.ListField(child=serializers.CharField(), help_text="That say it.")
    label = serializers.CharField(  # type: ignore[assignment]  # DRF takes it off
        help_text="A short line, in the question's language."
    )


class CountSerializer(serializers.Serializer[Count]):
    at_least = serializers.IntegerField()
    at_most = serializers.IntegerField(allow_null=True)


class PhotoQuestionSerializer(serializers.Serializer[Question]):
    """All that a photo has to be."""

    people = serializers.SerializerMethodField()
    dates = serializers.SerializerMethodField(help_text="[from, to): `to` is not in it any more.")
    places = serializers.SerializerMethodField()
    objects = serializers.SerializerMethodField()
    faces = CountSerializer(allow_null=True)
    text = serializers.ListField(child=serializers.CharField())
    not_text = serializers.ListField(child=serializers.CharField())
    semantic = serializers.CharField(help_text="What it is to look like, in words.")
    not_semantic = serializers.ListField(child=serializers.CharField())
    not_understood = serializers.ListField(child=serializers.CharField())

    @extend_schema_field(serializers.DictField())
    def get_people(self, question: Question) -> dict[str, Any]:
        people = question.people
        return {"all": people.all, "none": people.none, "only": people.only}

    @extend_schema_field(serializers.ListField(child=serializers.ListField()))
    def get_dates(self, question: Question) -> list[Any]:
        return [[day and day.isoformat() for day in days] for days in question.dates]

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_places(self, question: Question) -> list[dict[str, Any]]:
        return [
            {"name": each.name, "near": each.near, "not": each.excluded} for each in question.places
        ]

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_objects(self, question: Question) -> list[dict[str, Any]]:
        return [
            {"class": each.label, **CountSerializer(each.count).data} for each in question.objects
        ]


class InterpretationSerializer(serializers.Serializer[Any]):
    """How the words of a question were understood, without what was left out of them."""

    language = serializers.CharField(source="asked.words.language")
    parts = QuestionPartSerializer(source="asked.parts", many=True)
    question = PhotoQuestionSerializer(source="asked.words")
    filters = PhotoQuestionSerializer(source="asked.filters", help_text="Of the parameters.")
    only_as_text = serializers.ListField(
        source="unseen",
        child=serializers.CharField(),
        help_text="Words that no model here looks for: they can only stand in a photo, "
        "and leave nothing out.",
    )


class ValueSerializer(serializers.Serializer[Value]):
    value = serializers.CharField()
    photos = serializers.IntegerField()

    def to_representation(self, instance: Value) -> Any:
        return {"value": instance.value, "photos": instance.photos}


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


class ReasonSerializer(serializers.Serializer[Reason]):
    """Something of a photo that was asked for, and where it is: pixels of the upright photo."""

    part = serializers.CharField(help_text="names, tags, objects, captions or text")
    words = serializers.ListField(child=serializers.CharField(), help_text="Of the question.")
    said = serializers.CharField(
        help_text="A name, a tag's key, an object's class, a sentence, a line."
    )
    boxes = BoxSerializer(many=True)
    quad = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField()),
        help_text="Of a line: four [x, y].",
    )

    def to_representation(self, instance: Reason) -> Any:
        boxes = [{side: float(getattr(box, side)) for side in _SIDES} for box in instance.boxes]
        return {
            "part": instance.part,
            "words": list(instance.words),
            "said": instance.said,
            "boxes": boxes,
            "quad": [[float(x), float(y)] for x, y in instance.quad],
        }


class FoundHitSerializer(serializers.Serializer[Any]):
    photo = FoundPhotoSerializer()
    relevance = serializers.FloatField(
        allow_null=True, help_text="0 to 1: how well it looks like the words. Null: it does not."
    )
    why = ReasonSerializer(many=True)

    def to_representation(self, instance: Any) -> Any:
        photo, why = self.fields["photo"], self.fields["why"]
        return {
            "photo": photo.to_representation(instance.photo),
            "relevance": instance.relevance,
            "why": why.to_representation(instance.why),
        }


class FoundSerializer(serializers.Serializer[Any]):
    """A page of photos."""

    interpretation = InterpretationSerializer(source="*")
    total = serializers.SerializerMethodField(help_text="On the first page.")
    facets = FacetsSerializer(source="found.facets", allow_null=True, help_text="On the first.")
    next = serializers.SerializerMethodField(help_text="The `cursor` of the next page.")
    results = FoundHitSerializer(many=True)

    @extend_schema_field(TotalSerializer(allow_null=True))
    def get_total(self, answer: Any) -> dict[str, Any] | None:
        count = answer.found.total
        return None if count is None else {"count": count, "is_exact": count < COUNTED}

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_next(self, answer: Any) -> str | None:
        return answer.found.next or None
