"""For staff, over HTTP: how everything stands, and cleaning up now."""

from django.conf import settings
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs import cleanup
from jobs.totals import totals

_CLEAN_UP_S = 2.0  # for each kind of thing: somebody waits for the answer


class WaitingSerializer(serializers.Serializer[None]):
    waiting = serializers.IntegerField()
    oldest_s = serializers.FloatField(help_text="since the oldest was asked for", allow_null=True)


class QueueSerializer(WaitingSerializer):
    by_priority = serializers.DictField(child=WaitingSerializer())
    is_bounded = serializers.BooleanField(help_text="Of some priority more wait than are counted.")


class TimesSerializer(serializers.Serializer[None]):
    p50 = serializers.FloatField()
    p95 = serializers.FloatField()


class LastHourSerializer(serializers.Serializer[None]):
    completed = serializers.IntegerField(help_text="10,000 of each minute at most")
    failed = serializers.IntegerField()
    stages_ms = serializers.DictField(child=TimesSerializer(), help_text="of the last 1,000 photos")


class WorkingSerializer(serializers.Serializer[None]):
    name = serializers.CharField()
    items = serializers.IntegerField(help_text="in work")
    lease_s = serializers.FloatField(allow_null=True, help_text="until the first lease ends")
    longest_s = serializers.FloatField(allow_null=True, help_text="on one item")
    remote = serializers.BooleanField()
    seen_at = serializers.DateTimeField(allow_null=True, help_text="of remote ones")


class DiskSerializer(serializers.Serializer[None]):
    free_bytes = serializers.IntegerField()
    total_bytes = serializers.IntegerField()


class StatsSerializer(serializers.Serializer[None]):
    """What `totals()` says."""

    paused = serializers.BooleanField()
    jobs = serializers.DictField(child=serializers.IntegerField(), help_text="by status")
    items = serializers.DictField(child=serializers.IntegerField(), help_text="by status")
    queue = QueueSerializer()
    last_hour = LastHourSerializer()
    failures = serializers.DictField(
        child=serializers.IntegerField(), help_text="by code, of the last week's newest 10,000"
    )
    workers = WorkingSerializer(many=True)
    deliveries = serializers.DictField(child=serializers.IntegerField(), help_text="by state")
    photos = serializers.IntegerField()
    faces = serializers.IntegerField()
    original_bytes = serializers.IntegerField()
    disks = serializers.DictField(child=DiskSerializer(), help_text="by what is stored there")
    estimated = serializers.ListField(
        child=serializers.CharField(), help_text="Numbers that are no exact counts."
    )


class CleaningSerializer(serializers.Serializer[None]):
    dry_run = serializers.BooleanField(default=False)


class CleanedSerializer(serializers.Serializer[cleanup.Cleaned]):
    dry_run = serializers.BooleanField(help_text="Nothing was removed.")
    removed = serializers.DictField(child=serializers.IntegerField(), help_text="by kind")
    complete = serializers.BooleanField(help_text="False: there was no time for all.")


class StatsView(APIView):
    """How much of everything there is, and how the queue stands."""

    @extend_schema(responses=StatsSerializer)
    def get(self, request: Request) -> Response:
        return Response(totals())


class CleanUpView(APIView):
    """Remove what nobody needs any more now, and not when its hour comes."""

    @extend_schema(
        parameters=[OpenApiParameter("dry_run", bool, description="Count, and remove nothing.")],
        responses=CleanedSerializer,
    )
    def delete(self, request: Request) -> Response:
        asked = CleaningSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        dry_run = asked.validated_data["dry_run"]
        order = cleanup.Order(
            settings.JOB_RETENTION_DAYS,
            settings.EVENT_RETENTION_DAYS,
            settings.SEARCH_LOG_DAYS,
            dry_run,
        )
        cleaned = cleanup.run(order, limit_s=_CLEAN_UP_S)
        return Response(
            {"dry_run": dry_run, "removed": cleaned.removed, "complete": cleaned.complete}
        )
