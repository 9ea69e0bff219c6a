"""Is the service able to work? For load balancers: no login, and no details."""

from django.db import DatabaseError
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from photos import standing

DEVICES = ["cpu", "cuda", standing.MIXED, standing.UNKNOWN]


class HealthView(APIView):
    """200 when photos can be processed; 503 with what is missing when they can't.

    Models need not be loaded for it: the first photo loads them.
    """

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        responses=inline_serializer(
            "Health",
            {
                "status": serializers.ChoiceField(choices=["ok", "unavailable"]),
                "database": serializers.BooleanField(),
                "models": serializers.BooleanField(),
                "device": serializers.ChoiceField(
                    choices=DEVICES, help_text="What models run on, or ran on last."
                ),
            },
        )
    )
    def get(self, request: Request) -> Response:
        seen = standing.overview()
        try:
            active, database = standing.active(seen), True
        except DatabaseError:
            active, database = [], False
        models = not standing.problem(active, seen)
        healthy = database and models
        return Response(
            {
                "status": "ok" if healthy else "unavailable",
                "database": database,
                "models": models,
                "device": standing.device(active),
            },
            status=status.HTTP_200_OK if healthy else status.HTTP_503_SERVICE_UNAVAILABLE,
        )
