"""Clusters over HTTP."""

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, mixins, viewsets
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from faces import splitting
from faces.models import Cluster, Edit, Face
from faces.people import linking, naming, placing
from faces.people.once import asked_before
from faces.recognition import active_space
from faces.serializers import ClusterSerializer, SampleSerializer
from faces.serializers.asked import (
    ClusterMarksSerializer,
    LabelSerializer,
    LinkSerializer,
    SplitSerializer,
)
from faces.serializers.edits import Preview, SplitDoneSerializer
from faces.views.changing import Changing, changes
from faces.views.filters import ClusterFilter
from photos.idempotency import HEADER, idempotency_of
from photos.models import owners_of
from photos.pages import Pages


class ClusterViewSet(
    Changing, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Cluster]
):
    """Groups of faces that look like one person."""

    serializer_class = ClusterSerializer
    pagination_class = Pages
    lookup_field = "public_id"

    @property
    def filterset_class(self) -> type[ClusterFilter] | None:
        return ClusterFilter if self.action == "list" else None

    def get_queryset(self) -> QuerySet[Cluster]:
        mine = owners_of(self.request.user)
        return Cluster.objects.filter(owner__in=mine).with_faces()

    @changes(ClusterMarksSerializer)
    def partial_update(self, request: Request, public_id: str) -> Response:
        """Hide a cluster, or have no face matched with it; or take that back."""
        marks = self.asked(ClusterMarksSerializer)
        return self.changed(
            Edit.Kind.MARK,
            lambda: placing.mark(self.named(public_id), by=self.by, **marks),
            cluster=Q(public_id=public_id),
        )

    @changes(LabelSerializer)
    def label(self, request: Request, public_id: str) -> Response:
        """Say who the faces of a cluster are, by name."""
        name = self.asked(LabelSerializer)["name"]
        return self.changed(
            Edit.Kind.LABEL,
            lambda: naming.name_cluster(self.named(public_id), name, by=self.by),
            cluster=Q(public_id=public_id),
        )

    @changes(LinkSerializer)
    def assign(self, request: Request, public_id: str) -> Response:
        """Say who the faces of a cluster are: a `person`, or a contact of yours by `contact_id`.

        Nobody has the contact id yet? The cluster's person gets it, or else who is called `name`.
        """
        asked = self.asked(LinkSerializer)

        def act() -> None:
            cluster = self.named(public_id)
            if "person" in asked:
                [person] = self.people([asked["person"]])
                linking.give_cluster(cluster, person, by=self.by)
            else:
                linking.link(cluster, **asked, by=self.by)

        return self.changed(Edit.Kind.ASSIGN, act, cluster=Q(public_id=public_id))

    @extend_schema(request=SplitSerializer, parameters=[HEADER], responses=SplitDoneSerializer)
    def split(self, request: Request, public_id: str) -> Response:
        """Make a cluster of its own of some of the faces. It is the `cluster` of the answer.

        `automatic`: one of all faces that look like one person, and not like the others, for each
        of these people; the first one is the `cluster` of the answer. A `dry_run` only tells the
        `parts` that they would come to: the first one stays.
        """
        asked = self.asked(SplitSerializer)
        if not asked["automatic"]:
            faces, name = asked["faces"], asked.get("name", "")
            return self.changed(
                Edit.Kind.SPLIT,
                lambda: placing.split(self.named(public_id), faces, name=name, by=self.by),
            )
        if not asked["dry_run"] and asked_before(self.owner, idempotency_of(request)):
            return self.changed(Edit.Kind.SPLIT, lambda: None)
        cluster = self.mine(Cluster.objects.with_faces(), public_id=public_id)
        parts = splitting.parts(cluster, active_space(), threshold=asked.get("threshold"))
        if asked["dry_run"]:
            preview = Preview(None, None, cluster, splitting.shown(parts))
            return Response(SplitDoneSerializer(preview, context={"request": request}).data)
        _, *going = parts
        return self.changed(
            Edit.Kind.SPLIT, lambda: placing.split_apart(cluster, going, by=self.by)
        )

    def named(self, public_id: str) -> Cluster:
        return self.mine(Cluster.objects.select_related("owner"), public_id=public_id)


class ClusterFacesView(generics.ListAPIView[Face]):
    """All faces of a cluster, page by page."""

    serializer_class = SampleSerializer
    pagination_class = Pages

    queryset = Face.objects.none()  # what the schema goes by

    def get_queryset(self) -> QuerySet[Face]:
        mine = Cluster.objects.filter(owner__in=owners_of(self.request.user))
        cluster = get_object_or_404(mine, public_id=self.kwargs["public_id"])
        return Face.objects.filter(membership__part__cluster=cluster)
