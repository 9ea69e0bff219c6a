"""What API callers ask for: changes of people, clusters and faces."""

from typing import Any

from rest_framework import serializers
from rest_framework.fields import empty

from faces.models import MAX_CONTACT_ID

MOST_FACES = 10_000  # of one request
MOST_PEOPLE = 100
MOST_ALIASES = 100
MAX_KEY = 2**63 - 1
_LETTERS = 1_000  # before names are made tidy, and measured


def _name(**values: Any) -> serializers.CharField:
    return serializers.CharField(max_length=_LETTERS, **values)


def _key(**values: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=MAX_KEY, **values)


def _keys(most: int, **values: Any) -> serializers.ListField:
    return serializers.ListField(child=_key(), max_length=most, **{"min_length": 1} | values)


class ExactlyOne(serializers.Serializer[None]):
    """Says the same thing in one of several ways: the fields of `choices`."""

    choices: tuple[str, str]

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if len(set(self.choices) & data.keys()) != 1:
            one, other = self.choices
            raise serializers.ValidationError({one: f"Give either {one} or {other}."})
        return data


class PersonChangesSerializer(serializers.Serializer[None]):
    """What is to be known of a person. What is left out stays as it is."""

    name = _name(required=False)
    aliases = serializers.ListField(child=_name(), max_length=MOST_ALIASES, required=False)
    contact_id = serializers.CharField(
        max_length=MAX_CONTACT_ID,
        allow_blank=True,
        required=False,
        help_text="Your own id of them.",
    )
    cover = _key(required=False, allow_null=True, help_text="One of their faces.")
    favourite = serializers.BooleanField(required=False)
    hidden = serializers.BooleanField(required=False)
    ignored = serializers.BooleanField(required=False)
    unrecognised = serializers.BooleanField(required=False)
    another = serializers.BooleanField(
        required=False,
        help_text="Somebody's name is like this one, and this is another person.",
    )


class NewPersonSerializer(serializers.Serializer[None]):
    name = _name()
    aliases = serializers.ListField(child=_name(), max_length=MOST_ALIASES, required=False)
    contact_id = serializers.CharField(
        max_length=MAX_CONTACT_ID,
        allow_blank=True,
        required=False,
        help_text="Your own id of them.",
    )
    faces = _keys(MOST_FACES, min_length=0, required=False)
    another = serializers.BooleanField(
        required=False,
        help_text="Somebody's name is like this one, and this is another person.",
    )


class PeopleSerializer(serializers.Serializer[None]):
    people = _keys(MOST_PEOPLE, help_text="Who are the same.")


class FacesSerializer(serializers.Serializer[None]):
    faces = _keys(MOST_FACES)


class ClusterMarksSerializer(serializers.Serializer[None]):
    hidden = serializers.BooleanField(required=False, help_text="Not shown in lists.")
    ignored = serializers.BooleanField(required=False, help_text="No face is matched with it.")


class LabelSerializer(serializers.Serializer[None]):
    name = _name(help_text="Somebody you know already, or new.")


class LinkSerializer(ExactlyOne):
    choices = ("contact_id", "person")

    contact_id = serializers.CharField(
        max_length=MAX_CONTACT_ID, required=False, help_text="Your own id of them."
    )
    person = _key(required=False)
    name = _name(required=False, help_text="Of the contact, if nobody has this id yet.")


class SplitSerializer(serializers.Serializer[None]):
    """Which faces become a cluster of their own: those that are chosen, or as they look."""

    faces = _keys(MOST_FACES, required=False)
    name = _name(required=False, help_text="Of whom the `faces` are.")
    automatic = serializers.BooleanField(
        default=False, help_text="Instead of `faces`: all that look like somebody else."
    )
    dry_run = serializers.BooleanField(
        default=False, help_text="Only tell the `parts` of an automatic split."
    )
    threshold = serializers.FloatField(
        required=False,
        min_value=0.01,
        max_value=0.999,
        help_text="Score from which on two faces are one person, of an automatic split.",
    )

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if data["automatic"] == ("faces" in data):
            raise serializers.ValidationError({"faces": "Give either faces or automatic."})
        wrong = {"name"} if data["automatic"] else {"dry_run", "threshold"}
        given = {name for name, value in data.items() if value is not False}
        if other := sorted(wrong & given):
            raise serializers.ValidationError({other[0]: "It does not go with the others."})
        return data


class AssignSerializer(ExactlyOne, FacesSerializer):
    choices = ("person", "name")

    person = _key(required=False)
    name = _name(required=False, help_text="Somebody you know already, or new.")


class MoveSerializer(FacesSerializer):
    cluster = serializers.CharField(max_length=20)


class IgnoreSerializer(FacesSerializer):
    ignored = serializers.BooleanField(default=True)


class RejectSerializer(FacesSerializer):
    rejected = serializers.BooleanField(
        default=True, help_text="False: what was said before is taken back."
    )


class SaidField(serializers.BooleanField):
    """True, false or null; where it is missing, nothing is taken for said, in forms neither."""

    def __init__(self, **values: Any) -> None:
        super().__init__(**values, allow_null=True)
        self.default_empty_html = empty


class AnswerSerializer(serializers.Serializer[None]):
    first = _key()
    second = _key()
    same = SaidField(
        help_text="Both show one person. Null: what was said before is taken back.",
    )
