"""Is the service able to work? For load balancers: no login, and no details."""

from django.conf import settings
from django.db import DatabaseError, connection
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from inference.client import TritonClient
from inference.errors import InferenceError
from inference.roles import FACE_DETECTOR, FACE_EMBEDDER

_TIMEOUT_S = 2.0


class HealthView(APIView):
    """200 when photos can be processed; 503 with what is missing when they can't."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        responses=inline_serializer(
            "Health",
            {
                "status": serializers.ChoiceField(choices=["ok", "unavailable"]),
                "database": serializers.BooleanField(),
                "models": serializers.BooleanField(),
            },
        )
    )
    def get(self, request: Request) -> Response:
        parts = {"database": _database_answers(), "models": _models_are_ready()}
        healthy = all(parts.values())
        return Response(
            {"status": "ok" if healthy else "unavailable", **parts},
            status=status.HTTP_200_OK if healthy else status.HTTP_503_SERVICE_UNAVAILABLE,
        )


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _models_are_ready() -> bool:
    try:
        with TritonClient(settings.TRITON_URL, timeout_s=_TIMEOUT_S) as triton:
            return all(triton.ready(model) for model in (FACE_DETECTOR, FACE_EMBEDDER))
    except InferenceError:
        return False
