"""What is told to those who watch: over HTTP."""

from secrets import compare_digest
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from rest_framework import exceptions, serializers, status
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.access.permission import Watcher, meets
from config.access.table import SEE_JOBS
from config.health import STATUSES
from config.monitoring import exposition
from config.monitoring.checks.findings import Level
from config.monitoring.looking import READINESS
from photos.views import OneAnswer

_SCHEME = "bearer"


class LivenessSerializer(serializers.Serializer[None]):
    status = serializers.CharField(help_text="ok")


class CheckSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    ok = serializers.BooleanField(source="is_well")
    level = serializers.ChoiceField(choices=[level.value for level in Level])
    says = serializers.CharField()
    mend = serializers.CharField(allow_blank=True)


class ReadinessSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=STATUSES)
    checks = CheckSerializer(many=True, required=False)


class LiveView(APIView):
    """Whether this process answers. It asks nobody: who restarts it could mend nothing else."""

    authentication_classes = ()

    @extend_schema(responses=LivenessSerializer)
    def get(self, request: Request) -> Response:
        return Response({"status": "ok"})


class ReadyView(APIView):
    """Whether photos can be taken in and looked at. Staff who may view jobs are told why not."""

    @extend_schema(responses={200: ReadinessSerializer, 503: ReadinessSerializer})
    def get(self, request: Request) -> Response:
        """200 or 503. What was seen is kept for some seconds."""
        found = READINESS.findings()
        ready = all(each.is_well for each in found)
        body: dict[str, Any] = {"status": "ok" if ready else "unavailable"}
        if _may_know(request):
            body["checks"] = CheckSerializer(found, many=True).data
        return Response(body, status.HTTP_200_OK if ready else status.HTTP_503_SERVICE_UNAVAILABLE)


class WatcherAuthentication(BaseAuthentication):
    """The token of whoever reads metrics, which opens nothing else."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Watcher] | None:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        wanted = settings.METRICS_TOKEN.encode()
        if scheme.lower() != _SCHEME or not wanted:
            return None
        return (AnonymousUser(), Watcher()) if compare_digest(secret.encode(), wanted) else None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class MetricsView(APIView):
    """Numbers for Prometheus: of all programs on this machine, and of the database."""

    authentication_classes = (WatcherAuthentication, *APIView.authentication_classes)
    content_negotiation_class = OneAnswer

    @extend_schema(
        responses={
            (200, "text/plain"): OpenApiResponse(OpenApiTypes.STR, "See docs/monitoring.md.")
        }
    )
    def get(self, request: Request) -> HttpResponse:
        """For METRICS_TOKEN, for METRICS_ALLOWED_IPS, and for staff who may view jobs."""
        return HttpResponse(exposition.text(), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _may_know(request: Request) -> bool:
    try:
        return meets(request, SEE_JOBS)
    except exceptions.PermissionDenied:
        return False
