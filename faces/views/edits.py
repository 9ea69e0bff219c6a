"""What was done to people, over HTTP: looking at it, and taking it back."""

from django.db.models import Q, QuerySet
from rest_framework import generics, mixins, serializers, viewsets
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from faces.models import Cluster, Edit, Face, Person
from faces.people.editing import undo
from faces.people.history import edits_of, touching
from faces.serializers.edits import EditDetailSerializer, EditSerializer
from faces.views.changing import Changing, changes
from faces.views.filters import EditFilter
from photos.models import Owners, owners_of
from photos.pages import Pages


class EditViewSet(
    Changing, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Edit]
):
    """Operations on people, clusters and faces, the newest first."""

    pagination_class = Pages
    filterset_class = EditFilter

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Edit]]:
        return EditDetailSerializer if self.action == "retrieve" else EditSerializer

    def get_queryset(self) -> QuerySet[Edit]:
        owners = owners_of(self.request.user)
        return edits_of(owners, whole=self.action == "retrieve")

    @changes()
    def undo(self, request: Request, pk: str) -> Response:
        """Put everything back as it was before. That is an edit too, which can be undone.

        409 `overtaken` if a later edit has changed the same: its `detail` says which.
        """
        return self.changed(Edit.Kind.UNDO, lambda: undo(self.owner, int(pk), self.by))


class HistoryView(generics.ListAPIView[Edit]):
    """What was done to something, the newest first."""

    serializer_class = EditSerializer
    pagination_class = Pages
    filterset_class = None

    queryset = Edit.objects.none()  # what the schema goes by

    def get_queryset(self) -> QuerySet[Edit]:
        owners = owners_of(self.request.user)
        return edits_of(owners).filter(self.touching(owners))

    def touching(self, owners: Owners) -> Q:
        """Which edits. 404: what the address names is not there, or somebody else's."""
        raise NotImplementedError


class PersonHistoryView(HistoryView):
    """What was done to a person, the newest first."""

    def touching(self, owners: Owners) -> Q:
        mine = Person.objects.filter(owner__in=owners)
        return Q(people__contains=[get_object_or_404(mine, pk=self.kwargs["pk"]).pk])


class ClusterHistoryView(HistoryView):
    """What was done to a cluster, the newest first."""

    def touching(self, owners: Owners) -> Q:
        mine = Cluster.objects.filter(owner__in=owners)
        cluster = get_object_or_404(mine, public_id=self.kwargs["public_id"])
        return Q(clusters__contains=[cluster.pk])


class FaceHistoryView(HistoryView):
    """What was done to a face, the newest first."""

    def touching(self, owners: Owners) -> Q:
        mine = Face.objects.filter(photo__owner__in=owners)
        return touching(get_object_or_404(mine, pk=self.kwargs["pk"]).pk)
