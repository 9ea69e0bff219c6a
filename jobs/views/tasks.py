"""Keeping an owner's faces in order, over HTTP: at once, or as a job."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

import photos.services
from faces.models import Cluster, Edit
from faces.people import merging
from faces.people.history import merged_of
from faces.people.merging import Merged
from faces.people.once import asked_before, once
from jobs import naming, services
from jobs.models import Job
from jobs.serializers.jobs import JobSerializer
from jobs.views.jobs import accepted
from photos.idempotency import HEADER, Idempotency, idempotency_of
from photos.models import Owner

_MOST_CLUSTERS = 100  # of one merge
_MOST_PHOTOS = 2**31 - 1


class MergingSerializer(serializers.Serializer[None]):
    """Which clusters show the same person. Clusters by their ids."""

    into = serializers.RegexField(r"^clu_[0-9a-f]{1,16}\Z", help_text="The cluster that stays.")
    clusters = serializers.ListField(
        child=serializers.RegexField(r"^clu_[0-9a-f]{1,16}\Z"),
        min_length=1,
        max_length=_MOST_CLUSTERS,
        help_text="Those whose faces it gets, and that go.",
    )
    queue = serializers.BooleanField(default=True, help_text="As a job: answer at once.")

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if data["into"] in data["clusters"]:
            raise serializers.ValidationError(
                {"clusters": f"{data['into']} can't be merged into itself: leave it out."}
            )
        return data


class PartSerializer(serializers.Serializer[None]):
    cluster = serializers.CharField()
    person = serializers.IntegerField(allow_null=True)
    faces = serializers.ListField(child=serializers.IntegerField())


class MergedSerializer(serializers.Serializer[None]):
    """What a merge changed: enough to take it back."""

    into = serializers.CharField()
    person = serializers.IntegerField(allow_null=True)
    person_before = serializers.IntegerField(allow_null=True)
    moved = PartSerializer(many=True)
    gone = serializers.ListField(
        child=serializers.CharField(), help_text="Clusters that were not there any more."
    )


class MergeView(APIView):
    """Make one cluster of several that show the same person."""

    @extend_schema(
        request=MergingSerializer,
        parameters=[HEADER],
        responses={200: MergedSerializer, 202: JobSerializer},
    )
    def post(self, request: Request) -> Response:
        """Answers 202 with the job, or 200 with what changed if you do not want to `queue`.

        Clusters that have different names, or are of different models, are not merged.
        """
        asked = MergingSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        owner, key = photos.services.owner_of(request.user), idempotency_of(request)
        if before := services.asked_before(owner, key):
            return accepted(request, before)  # its clusters may have gone since
        arguments = {name: asked.validated_data[name] for name in ("into", "clusters")}
        if not asked.validated_data["queue"]:
            return Response(asdict(_merged(owner, key, request.user, **arguments)))
        return accepted(request, merge_job(request, **arguments))


class ThumbnailsView(APIView):
    """Make the thumbnails, and pictures of faces, that have got lost."""

    @extend_schema(request=None, parameters=[HEADER], responses={202: JobSerializer})
    def post(self, request: Request) -> Response:
        """Answers 202 with the job."""
        owner = photos.services.owner_of(request.user)
        return _queue(request, owner, Job.Kind.THUMBNAILS, {})


class ReadingSerializer(serializers.Serializer[None]):
    """Of which photos names are read."""

    limit = serializers.IntegerField(
        required=False, min_value=1, max_value=_MOST_PHOTOS, help_text="So many photos at most."
    )
    dry_run = serializers.BooleanField(default=False, help_text="Only tell what would change.")


class ReadNamesView(APIView):
    """Names in the files of photos that were stored before these were read."""

    @extend_schema(request=ReadingSerializer, parameters=[HEADER], responses={202: JobSerializer})
    def post(self, request: Request) -> Response:
        """Answers 202 with the job. Each file is asked once; what somebody has said stays."""
        asked = ReadingSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        owner = photos.services.owner_of(request.user)
        return accepted(request, naming.ask(owner, asked.validated_data, idempotency_of(request)))


def merge_job(request: Request, *, into: str, clusters: Sequence[str]) -> Job:
    """Ask for a merge that workers do; asked again with the same key, the job of the first time.

    Raises:
        NotFound: one of the clusters is not there, or is somebody else's.
        IdempotencyKeyReused: something else was asked for with this key.
    """
    owner, key = photos.services.owner_of(request.user), idempotency_of(request)
    if before := services.asked_before(owner, key):
        return before  # its clusters may have gone since
    asked_before(owner, key)
    _check_clusters(owner, {into, *clusters})
    arguments = {"into": into, "clusters": list(clusters), "by": request.user.pk}
    wishes = services.Wishes(idempotency=key)
    return services.submit_task(owner, Job.Kind.MERGE, arguments, wishes=wishes)


def _merged(
    owner: Owner, key: Idempotency | None, by: Any, *, into: str, clusters: Collection[str]
) -> Merged:
    """Merge here and now; what was merged with this key before is told again."""
    told = []

    def act() -> None:
        _check_clusters(owner, {into, *clusters})
        told.append(merging.merge(owner, into, clusters, by=by))

    asked = {"into": into, "clusters": list(clusters)}
    nothing = Edit(kind=Edit.Kind.MERGE, actor=by, asked=asked)
    edit = once(owner, key, act, unchanged=nothing)
    return told[0] if told or edit is None else merged_of(edit)


def _check_clusters(owner: Owner, ids: set[str]) -> None:
    """Refuse ids of clusters that `owner` does not have.

    Raises:
        NotFound: one of them is not there, or is somebody else's.
    """
    if Cluster.objects.filter(owner=owner, public_id__in=ids).count() != len(ids):
        raise exceptions.NotFound


def _queue(
    request: Request, owner: Owner, kind: Job.Kind, arguments: Mapping[str, Any]
) -> Response:
    wishes = services.Wishes(idempotency=idempotency_of(request))
    return accepted(request, services.submit_task(owner, kind, arguments, wishes=wishes))
