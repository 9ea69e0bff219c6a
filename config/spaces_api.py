"""The space in which photos are searched, over HTTP: how far they follow a new model, and when to
stop waiting."""

from dataclasses import dataclass

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

import photos.services
from config.access.permission import meets
from config.access.table import STEER
from jobs import reembedding
from photos.models import Owner
from search.models import Unembedded
from search.reembedding import TOLD, Progress, failures, progress
from search.spaces import change


class FailureSerializer(serializers.ModelSerializer[Unembedded]):
    """A photo that can't follow, and why."""

    class Meta:
        model = Unembedded
        fields = ("photo", "code", "detail")


@dataclass(frozen=True)
class Shown:
    now: Progress
    failures: QuerySet[Unembedded]  # the first


class SpacesSerializer(serializers.Serializer[Shown]):
    current = serializers.CharField(
        source="now.current",
        allow_null=True,
        help_text="The space in which photos are searched; null: there are none.",
    )
    next = serializers.CharField(
        source="now.next",
        allow_null=True,
        help_text="The space that they follow into; null: nothing is going on.",
    )
    photos = serializers.IntegerField(
        source="now.photos", help_text="that can be found in the current space"
    )
    done = serializers.IntegerField(source="now.done", help_text="of them, that have followed")
    failed = serializers.IntegerField(source="now.failed", help_text="of them, that can't")
    percent = serializers.FloatField(
        source="now.percent", help_text="of photos that have followed, rounded down"
    )
    failures = FailureSerializer(many=True, help_text=f"the first {TOLD}")


class AskedSerializer(serializers.Serializer[None]):
    all = serializers.BooleanField(default=False)


class SpacesView(APIView):
    """In which space photos are searched, and how far they have followed into another one."""

    @extend_schema(
        parameters=[OpenApiParameter("all", bool, description="Of all owners: for staff.")],
        responses=SpacesSerializer,
    )
    def get(self, request: Request) -> Response:
        """Counts the caller's own photos, or for staff those of `all` owners."""
        asked = AskedSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        of_all = asked.validated_data["all"]
        if of_all and not meets(request, STEER):
            raise exceptions.PermissionDenied
        return _answer(None if of_all else photos.services.owner_of(request.user))


class SwitchView(APIView):
    """Search photos in the new space without those that can't follow."""

    @extend_schema(request=None, responses=SpacesSerializer)
    def post(self, request: Request) -> Response:
        """409 `photos_left` while others have still to follow. Done twice it changes nothing."""
        if following := change():
            reembedding.switch(following, without_failed=True)
        return _answer(None)


def _answer(owner: Owner | None) -> Response:
    shown = Shown(progress(owner), failures(owner)[:TOLD])
    return Response(SpacesSerializer(shown).data)
