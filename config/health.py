"""Is the service able to work? Load balancers need no login, and are told no details."""

from collections.abc import Sequence
from typing import Any

from django.db import DatabaseError
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.machine import GpuSerializer, MachineSerializer, cards_shown, machine
from faces.models import Cluster, Face, Person
from inference.control import State as ModelState
from jobs.models import UNFINISHED, Item
from photos import standing
from photos.models import Owner, Photo
from photos.standing import Standing

STATUSES = ["ok", "unavailable"]
DEVICES = ["cpu", "cuda", standing.MIXED, standing.UNKNOWN]


class HealthStatsSerializer(serializers.Serializer[None]):
    """How much of the caller's owner's there is."""

    photos = serializers.IntegerField()
    faces = serializers.IntegerField()
    clusters = serializers.IntegerField()
    people = serializers.IntegerField()
    unfinished = serializers.IntegerField(help_text="Photos, and other work, that wait or run.")
    loaded_models = serializers.ListField(child=serializers.CharField())


class HealthSerializer(serializers.Serializer[None]):
    status = serializers.ChoiceField(choices=STATUSES)
    database = serializers.BooleanField()
    models = serializers.BooleanField()
    device = serializers.ChoiceField(
        choices=DEVICES, help_text="What models run on, or ran on last."
    )
    stats = HealthStatsSerializer(required=False)
    system = MachineSerializer(required=False)
    gpus = GpuSerializer(many=True, required=False)


class HealthView(APIView):
    """200 when photos can be processed; 503 with what is missing when they can't.

    Models need not be loaded for it: the first photo loads them. Whoever says who they are gets
    numbers as well.
    """

    @extend_schema(responses={200: HealthSerializer, 503: HealthSerializer})
    def get(self, request: Request) -> Response:
        seen = standing.overview()
        try:
            active, database = standing.active(seen), True
        except DatabaseError:
            active, database = [], False
        models = not standing.problem(active, seen)
        healthy = database and models
        body: dict[str, Any] = {
            "status": "ok" if healthy else "unavailable",
            "database": database,
            "models": models,
            "device": standing.device(active),
        }
        known = request.user.is_authenticated
        if known:
            body |= {"system": machine(), "gpus": cards_shown()}
        if database and known and (owner := Owner.objects.of(request.user).first()):
            body["stats"] = _stats(owner, active)
        return Response(
            body,
            status=status.HTTP_200_OK if healthy else status.HTTP_503_SERVICE_UNAVAILABLE,
        )


def _stats(owner: Owner, active: Sequence[Standing]) -> dict[str, Any]:
    return {
        "photos": Photo.objects.of(owner).count(),
        "faces": Face.objects.filter(photo__owner=owner).count(),
        "clusters": Cluster.objects.filter(owner=owner).count(),
        "people": Person.objects.filter(owner=owner).count(),
        "unfinished": Item.objects.filter(owner=owner, state__in=UNFINISHED).count(),
        "loaded_models": [each.model.name for each in active if each.state == ModelState.LOADED],
    }
