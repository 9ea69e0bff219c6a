"""Questions that somebody keeps, as API callers see them."""

from typing import Any

from django.utils.translation import gettext
from rest_framework import serializers

from search.models import MAX_TITLE, SavedSearch
from search.serializers.asked import SearchSerializer


class SavedSearchSerializer(serializers.ModelSerializer[SavedSearch]):
    class Meta:
        model = SavedSearch
        fields = ("id", "name", "asked", "count", "counted_at", "created_at")


class SavingSerializer(serializers.Serializer[None]):
    """A name, and what is asked: as `POST /api/v1/search/` takes it, without `cursor`."""

    name = serializers.CharField(max_length=MAX_TITLE)
    asked = serializers.JSONField()

    def validate_asked(self, asked: Any) -> dict[str, Any]:
        """It is kept as it was sent, so that relative dates stay relative."""
        if not isinstance(asked, dict):
            raise serializers.ValidationError(
                gettext("Give an object, as POST /api/v1/search/ takes it.")
            )
        if "cursor" in asked:
            raise serializers.ValidationError(
                {"cursor": gettext("A page is not kept: leave it out.")}
            )
        question = SearchSerializer(data=asked)
        question.is_valid(raise_exception=True)
        return asked
