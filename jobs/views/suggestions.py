"""What can be asked for, over HTTP: while somebody types, and the things that are in photos."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

import photos.services
from jobs.operations import current_recipes
from search import things
from search.serializers.asked import OnlyKnown, checked
from search.words.suggesting import Suggestion, suggest


class SuggestingSerializer(OnlyKnown):
    q = serializers.CharField(max_length=100, help_text="The beginning of a word.")
    limit = serializers.IntegerField(default=10, min_value=1, max_value=50)


class SuggestionSerializer(serializers.Serializer[Suggestion]):
    kind = serializers.CharField(help_text="people, places, tags or objects")
    key = serializers.CharField(help_text="A name, a tag's key, an object's class.")
    words = serializers.CharField(help_text="What to ask for.")


class SuggestionsSerializer(serializers.Serializer[None]):
    results = SuggestionSerializer(many=True)


class ThingsInPhotosSerializer(serializers.Serializer[things.InPhotos]):
    label = serializers.CharField(  # type: ignore[assignment]  # DRF takes it off
        help_text="The class."
    )
    photos = serializers.IntegerField(help_text="That show one or more.")
    objects = serializers.IntegerField(help_text="Of the class, in all photos.")


class AllThingsSerializer(serializers.Serializer[None]):
    results = ThingsInPhotosSerializer(many=True)


class SuggestView(APIView):
    """What may be meant, while somebody types."""

    @extend_schema(parameters=[SuggestingSerializer], responses=SuggestionsSerializer)
    def get(self, request: Request) -> Response:
        """People, places, tags and things that are in the photos, and begin so."""
        asked = checked(SuggestingSerializer, request.query_params)
        owner = photos.services.owner_of(request.user)
        found: Any = suggest(owner, asked["q"], limit=asked["limit"])
        return Response({"results": SuggestionSerializer(found, many=True).data})


class ObjectsView(APIView):
    """The classes of things in the photos."""

    @extend_schema(responses=AllThingsSerializer)
    def get(self, request: Request) -> Response:
        """With how many photos show them, the most frequent first: of the detector of now."""
        checked(OnlyKnown, request.query_params)
        owner = photos.services.owner_of(request.user)
        found: Any = things.in_photos(owner, current_recipes())
        return Response({"results": ThingsInPhotosSerializer(found, many=True).data})
