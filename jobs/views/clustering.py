"""Who is who, found by itself: matching, clustering, and taking that back, over HTTP."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TypeVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

import photos.services
from faces import centroids
from faces.clustering import Method
from faces.grouping import POOL
from faces.people.clearing import clear
from faces.statistics import statistics
from jobs import maintenance, services
from jobs.clustering import current_space
from jobs.models import Job
from jobs.serializers.jobs import JobSerializer
from jobs.views.jobs import accepted
from photos.idempotency import HEADER, idempotency_of

F = TypeVar("F", bound=Callable[..., Any])

_LARGEST_MINIMUM = 100  # faces of a cluster


class ClusteringSerializer(serializers.Serializer[None]):
    """How faces are matched and clustered; what is left out is as the settings have it."""

    person_threshold = serializers.FloatField(
        min_value=0.01,
        max_value=0.999,
        required=False,
        help_text="Score from which on a face is a known person's.",
    )
    unknown_method = serializers.ChoiceField(
        [each.value for each in Method], required=False, help_text="How the rest is clustered."
    )
    min_cluster_size = serializers.IntegerField(
        min_value=2, max_value=_LARGEST_MINIMUM, required=False, help_text="Faces."
    )
    max_faces = serializers.IntegerField(
        min_value=1, max_value=POOL, required=False, help_text="That are looked at, the best ones."
    )
    dry_run = serializers.BooleanField(default=False, help_text="Only tell what would change.")
    queue = serializers.BooleanField(default=False, help_text="As a job: answer at once.")


class GroupedSerializer(serializers.Serializer[None]):
    """What matching and clustering changed, or would change."""

    joined = serializers.IntegerField(help_text="Faces that joined a cluster which was there.")
    clusters = serializers.IntegerField(help_text="New clusters.")
    faces = serializers.IntegerField(help_text="Faces in the new clusters.")


class MovedSerializer(serializers.Serializer[None]):
    cluster = serializers.CharField(allow_null=True, help_text="Null: a new one.")
    person = serializers.IntegerField(allow_null=True)
    stay = serializers.IntegerField()
    come = serializers.IntegerField()
    go = serializers.IntegerField()


class ReclusteredSerializer(serializers.Serializer[None]):
    """What clustering anew changed, or would change. Counts of faces."""

    faces = serializers.IntegerField(help_text="That were looked at.")
    moved = serializers.IntegerField(help_text="From one cluster to another.")
    joined = serializers.IntegerField(help_text="That were in no cluster.")
    left = serializers.IntegerField(help_text="That are in no cluster then.")
    new_clusters = serializers.IntegerField()
    gone_clusters = serializers.IntegerField()
    clusters = MovedSerializer(many=True, help_text="Those that change most.")
    edit = serializers.IntegerField(allow_null=True, help_text="To be undone, if you like.")


class _TaskView(APIView):
    """Something that is done at once, or as a job."""

    kind: Job.Kind

    def answer(self, request: Request) -> Response:
        asked = ClusteringSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        arguments: dict[str, Any] = dict(asked.validated_data)
        owner = photos.services.owner_of(request.user)
        if not arguments.pop("queue"):
            return Response(maintenance.at_once(owner, self.kind, arguments))
        wishes = services.Wishes(idempotency=idempotency_of(request))
        arguments["by"] = request.user.pk
        return accepted(request, services.submit_task(owner, self.kind, arguments, wishes=wishes))


def _schema(answer: type[serializers.Serializer[Any]]) -> Callable[[F], F]:
    return extend_schema(
        request=ClusteringSerializer,
        parameters=[HEADER],
        responses={200: answer, 202: JobSerializer},
    )


class ClusterView(_TaskView):
    kind = Job.Kind.CLUSTER

    @_schema(GroupedSerializer)
    def post(self, request: Request) -> Response:
        """Cluster the faces that belong nowhere yet. Workers do so by themselves."""
        return self.answer(request)


class DualView(_TaskView):
    kind = Job.Kind.DUAL

    @_schema(GroupedSerializer)
    def post(self, request: Request) -> Response:
        """Match faces with people (`person_…`), and cluster the rest (`unknown_cluster_…`)."""
        return self.answer(request)


class AssignView(_TaskView):
    kind = Job.Kind.ASSIGN

    @_schema(GroupedSerializer)
    def post(self, request: Request) -> Response:
        """Only match faces with the people and clusters that are known."""
        return self.answer(request)


class ReclusterView(_TaskView):
    kind = Job.Kind.RECLUSTER

    @_schema(ReclusteredSerializer)
    def post(self, request: Request) -> Response:
        """Cluster all faces anew; ids, names and all that somebody has said stay."""
        return self.answer(request)


class ClearingSerializer(serializers.Serializer[None]):
    dry_run = serializers.BooleanField(default=False, help_text="Only tell what would go.")


class ClearedSerializer(serializers.Serializer[None]):
    faces = serializers.IntegerField(help_text="That are in no cluster then.")
    clusters = serializers.IntegerField(help_text="That had nobody's name.")


class ClearView(APIView):
    @extend_schema(request=ClearingSerializer, responses=ClearedSerializer)
    def post(self, request: Request) -> Response:
        """Take back what clustering has made, and nothing that somebody has said or named."""
        asked = ClearingSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        owner = photos.services.owner_of(request.user)
        return Response(asdict(clear(owner, by=owner.user, **asked.validated_data)))


class CentroidsSerializer(serializers.Serializer[None]):
    clusters = serializers.IntegerField(help_text="Clusters whose mean is known now.")


class CentroidsView(APIView):
    @extend_schema(request=None, responses=CentroidsSerializer)
    def post(self, request: Request) -> Response:
        """Compute the means of all clusters anew. They are kept up to date without that."""
        owner, space = photos.services.owner_of(request.user), current_space()
        centroids.renew(owner)
        return Response({"clusters": len(centroids.of(owner, space)) if space else 0})


class FaceStatsView(APIView):
    @extend_schema(responses={200: {"type": "object"}})
    def get(self, request: Request) -> Response:
        """How far the naming of your faces is, in numbers."""
        return Response(statistics(photos.services.owner_of(request.user), current_space()))
