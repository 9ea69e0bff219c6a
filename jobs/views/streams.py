"""Listening to what happens, over HTTP."""

import select
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpResponseBase, StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

import photos.services
from jobs.models import Event, Job
from jobs.models.positions import BEGINNING, Position
from jobs.telling import streams
from jobs.telling.streams import Source, Stream
from photos.models import owners_of
from photos.views import OneAnswer


class StreamedSerializer(serializers.Serializer[None]):
    """One of the Server-Sent Events of a stream, as docs/events.md has them."""

    event = serializers.CharField()
    data = serializers.CharField(help_text="JSON.")  # type: ignore[assignment]  # so it is called
    id = serializers.CharField(required=False, help_text="To go on after it.")
    retry = serializers.IntegerField(required=False, help_text="ms, until one comes again.")


STREAM = OpenApiResponse(StreamedSerializer, "Such events, one after the other.")
_AFTER = "Go on after this event: the `id` of the last one that came."
_LAST_EVENT_ID = [
    OpenApiParameter("Last-Event-ID", location=OpenApiParameter.HEADER, description=_AFTER),
    OpenApiParameter("last_event_id", description=_AFTER),
]
_KINDS = OpenApiParameter("kinds", description="Only these, with commas between them.")


class ListeningSerializer(serializers.Serializer[None]):
    """From where on somebody listens, and to what."""

    last_event_id = serializers.CharField(required=False)
    kinds = serializers.CharField(required=False, help_text="With commas between them.")

    @classmethod
    def read(cls, request: Request) -> dict[str, Any]:
        """What `request` asks for. The header, which a browser sends by itself, is the newer."""
        asked = request.query_params.dict()
        if header := request.headers.get("Last-Event-ID"):
            asked["last_event_id"] = header
        listening = cls(data=asked)
        listening.is_valid(raise_exception=True)
        return dict(listening.validated_data)

    def validate_last_event_id(self, words: str) -> Position:
        position = Position.parse(words)
        if position is None or position.end > streams.now().end:
            raise serializers.ValidationError(
                "No event has this id: send the id of the last event as it came, or none."
            )
        return position

    def validate_kinds(self, words: str) -> list[str]:
        kinds = words.split(",")
        if unknown := sorted(set(kinds) - set(Event.Kind.values)):
            known = ", ".join(Event.Kind.values)
            raise serializers.ValidationError(f"{unknown[0]!r} is none of: {known}.")
        return kinds


class StreamView(APIView):
    """One whose answer goes on. There is no HEAD: it would wait for nothing."""

    http_method_names = ("get", "options")
    content_negotiation_class = OneAnswer


class JobEventsView(StreamView):
    """What happens to one job of the caller's owner."""

    @extend_schema(parameters=_LAST_EVENT_ID, responses={(200, "text/event-stream"): STREAM})
    def get(self, request: Request, pk: str) -> HttpResponseBase:
        """All that has happened to the job, and then what happens, until it is finished.

        204 to who asks for more of a finished job than there is: a browser asks no more then.
        """
        job = get_object_or_404(Job.objects.filter(owner__in=owners_of(request.user)), pk=pk)
        after: Position | None = ListeningSerializer.read(request).get("last_event_id")
        source = streams.of_job(job, after or BEGINNING)
        first = source.look() if after else streams.News()
        if first.over:
            return Response(status=status.HTTP_204_NO_CONTENT)
        return stream(request, source, streams.ready(after or BEGINNING) + first.text)


class EventsView(StreamView):
    """What happens to the jobs of the caller's owner."""

    @extend_schema(
        parameters=[*_LAST_EVENT_ID, _KINDS], responses={(200, "text/event-stream"): STREAM}
    )
    def get(self, request: Request) -> HttpResponseBase:
        """What happens from now on, or after an event that the caller names."""
        asked = ListeningSerializer.read(request)
        after = asked.get("last_event_id") or streams.now()
        owner = photos.services.owner_of(request.user)
        source = streams.of_owner(owner, after, asked.get("kinds", Event.Kind.values))
        return stream(request, source, streams.ready(after))


def stream(request: Request, source: Source, first: str = "") -> StreamingHttpResponse:
    """The answer that tells `first`, then what `source` finds.

    Raises:
        TooManyStreams: this process has as many as it may.
    """
    lines = Stream(
        source,
        first,
        heartbeat_s=settings.EVENTS_HEARTBEAT_S,
        seats=settings.EVENT_STREAMS,
        there=_presence(request.META.get("gunicorn.socket")),
    )
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return StreamingHttpResponse(lines, content_type="text/event-stream", headers=headers)


def _presence(socket: Any) -> Callable[[], bool]:
    """Whether the other end of `socket` is open, as far as this system can tell."""
    if socket is None:
        return lambda: True
    ends = select.poll()
    ends.register(socket, getattr(select, "POLLRDHUP", 0))
    return lambda: not ends.poll(0)
