"""Clusters over HTTP."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework import generics, mixins, viewsets
from rest_framework.generics import get_object_or_404

from faces.models import Cluster, Face
from faces.serializers import ClusterSerializer, SampleSerializer
from photos.models import Owner
from photos.pages import Pages


class ClusterFilter(filters.FilterSet):  # type: ignore[misc]  # django-filter has no types
    person = filters.NumberFilter("person_id")
    named = filters.BooleanFilter("person", "isnull", exclude=True, label="Has a person's name.")

    class Meta:
        model = Cluster
        fields = ("person", "named")


class ClusterViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Cluster]
):
    """Groups of faces that look like one person."""

    serializer_class = ClusterSerializer
    pagination_class = Pages
    filterset_class = ClusterFilter
    lookup_field = "public_id"

    def get_queryset(self) -> QuerySet[Cluster]:
        mine = Owner.objects.of(self.request.user)
        return Cluster.objects.filter(owner__in=mine).with_faces()


class ClusterFacesView(generics.ListAPIView[Face]):
    """All faces of a cluster, page by page."""

    serializer_class = SampleSerializer
    pagination_class = Pages

    queryset = Face.objects.none()  # what the schema goes by

    def get_queryset(self) -> QuerySet[Face]:
        mine = Cluster.objects.filter(owner__in=Owner.objects.of(self.request.user))
        cluster = get_object_or_404(mine, public_id=self.kwargs["public_id"])
        return Face.objects.filter(membership__cluster=cluster)
