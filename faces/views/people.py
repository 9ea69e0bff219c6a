"""People over HTTP."""

from typing import Any

from django.db.models import Q, QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework import filters, generics, mixins, status, viewsets
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from faces.models import Cluster, Edit, Face, Person
from faces.people import merging, naming, placing
from faces.serializers import ClusterSerializer, PersonDetailSerializer, PlacedFaceSerializer
from faces.serializers.asked import (
    NewPersonSerializer,
    PeopleSerializer,
    PersonChangesSerializer,
    RejectSerializer,
)
from faces.views.changing import Changing, changes
from faces.views.filters import PersonFilter
from photos.models import owners_of
from photos.pages import Pages


class ByName(Pages):
    ordering = ("name", "pk")
    offset_cutoff = None  # type: ignore[assignment]  # however many people have as many faces


class Order(filters.OrderingFilter):
    """People with as many faces are in an order too: pages are cut by it."""

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> Any:
        ordering = super().get_ordering(request, queryset, view)
        return ordering and (*ordering, "pk")


class PersonViewSet(
    Changing, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Person]
):
    """People whom staff know by name."""

    serializer_class = PersonDetailSerializer
    pagination_class = ByName
    filter_backends = (DjangoFilterBackend, Order)
    ordering_fields = ("name", "face_count")

    @property
    def filterset_class(self) -> type[PersonFilter] | None:
        return PersonFilter if self.action == "list" else None

    def get_queryset(self) -> QuerySet[Person]:
        mine = Person.objects.filter(owner__in=owners_of(self.request.user))
        return mine.select_related("cover").with_counts()

    @changes(NewPersonSerializer, status.HTTP_201_CREATED)
    def create(self, request: Request) -> Response:
        """A new person; `faces`, if any, are theirs."""
        asked = self.asked(NewPersonSerializer)
        return self.changed(
            Edit.Kind.CREATE,
            lambda: naming.create(self.owner, **asked, by=self.by),
            code=status.HTTP_201_CREATED,
        )

    @changes(PersonChangesSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Set some of what is known of a person."""
        details = self.asked(PersonChangesSerializer)
        if details.get("cover"):
            details["cover"] = Face(pk=details["cover"])
        return self.changed(
            Edit.Kind.CHANGE,
            lambda: naming.change(self.named(pk), **details, by=self.by),
            person=Q(pk=pk),
        )

    @changes()
    def destroy(self, request: Request, pk: str) -> Response:
        """Forget who somebody is; their clusters and faces stay."""
        return self.changed(
            Edit.Kind.DELETE, lambda: naming.delete(self.named(pk), by=self.by), person=Q(pk=pk)
        )

    @changes(PeopleSerializer)
    def merge(self, request: Request, pk: str) -> Response:
        """Make one person of several: this one gets all that the other `people` have."""
        keys = self.asked(PeopleSerializer)["people"]
        return self.changed(
            Edit.Kind.MERGE_PEOPLE,
            lambda: merging.merge_people(self.owner, self.named(pk), self.people(keys), by=self.by),
            person=Q(pk=pk),
        )

    @changes(RejectSerializer)
    def reject(self, request: Request, pk: str) -> Response:
        """Say that `faces` are not this person's. They never will be, unless you say so.

        With `"rejected": false` that is taken back.
        """
        asked = self.asked(RejectSerializer)
        say = placing.reject if asked["rejected"] else placing.unreject
        return self.changed(
            Edit.Kind.REJECT,
            lambda: say(self.owner, asked["faces"], self.named(pk), by=self.by),
            person=Q(pk=pk),
        )

    def named(self, pk: str) -> Person:
        return self.mine(Person.objects.select_related("owner"), pk=pk)


class PersonFacesView(generics.ListAPIView[Face]):
    """All faces of a person, page by page."""

    serializer_class = PlacedFaceSerializer
    pagination_class = Pages

    queryset = Face.objects.none()  # what the schema goes by

    def get_queryset(self) -> QuerySet[Face]:
        mine = Person.objects.filter(owner__in=owners_of(self.request.user))
        person = get_object_or_404(mine, pk=self.kwargs["pk"])
        return Face.objects.filter(membership__part__cluster__person=person).with_people()


class PersonClustersView(generics.ListAPIView[Cluster]):
    """All clusters of a person, page by page."""

    serializer_class = ClusterSerializer
    pagination_class = Pages

    queryset = Cluster.objects.none()  # what the schema goes by

    def get_queryset(self) -> QuerySet[Cluster]:
        mine = Person.objects.filter(owner__in=owners_of(self.request.user))
        person = get_object_or_404(mine, pk=self.kwargs["pk"])
        return Cluster.objects.filter(person=person).with_faces()
