"""What is told of hits is what the serializers' fields say."""

from datetime import UTC, datetime
from typing import Any

import pytest
from rest_framework import serializers

from inference.geometry import Box
from jobs.searching import Result
from search.facets import Value
from search.serializers.answers import (
    FoundHitSerializer,
    FoundPhotoSerializer,
    ReasonSerializer,
    ValueSerializer,
)
from search.words.reasons import Reason
from tests.factories import make_photo, make_place

pytestmark = pytest.mark.django_db

TAKEN = datetime(2019, 7, 1, 12, 30, tzinfo=UTC)
QUAD = [[0, 0], [9, 0], [9, 9], [0, 9]]
REASONS = [
    Reason("text", ("dog",), "A DOG", quad=QUAD),
    Reason("objects", ("dog", "big"), "dog", boxes=(Box(1, 2, 3, 4.5), Box(0, 0, 1, 1))),
]


def by_fields(serializer: "serializers.Serializer[Any]", told: Any) -> Any:
    """As Django REST framework goes through a serializer's fields."""
    return serializers.Serializer.to_representation(serializer, told)


@pytest.mark.parametrize("taken", [TAKEN, None])
@pytest.mark.parametrize("located", [True, False])
def test_photos(*, taken: datetime | None, located: bool) -> None:
    photo = make_photo(taken_at=taken, place=make_place() if located else None)
    serializer = FoundPhotoSerializer()

    assert serializer.to_representation(photo) == by_fields(serializer, photo)


def test_values() -> None:
    serializer, value = ValueSerializer(), Value("Anna", 3)

    assert serializer.to_representation(value) == by_fields(serializer, value)


@pytest.mark.parametrize("reason", REASONS)
def test_reasons(reason: Reason) -> None:
    serializer = ReasonSerializer()

    assert serializer.to_representation(reason) == by_fields(serializer, reason)


@pytest.mark.parametrize("relevance", [0.5, None])
def test_hits(relevance: float | None) -> None:
    serializer, hit = FoundHitSerializer(), Result(make_photo(), relevance, REASONS)

    assert serializer.to_representation(hit) == by_fields(serializer, hit)
