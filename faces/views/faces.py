"""Faces over HTTP: finding them, and saying where they belong."""

from typing import Any

from django.db.models import Q, QuerySet
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from faces.models import Edit, Face, Person
from faces.people import naming, placing
from faces.serializers import PlacedFaceSerializer
from faces.serializers.asked import (
    AnswerSerializer,
    AssignSerializer,
    FacesSerializer,
    IgnoreSerializer,
    MoveSerializer,
)
from faces.views.changing import Changing, changes
from faces.views.filters import FaceFilter
from photos.models import owners_of
from photos.pages import Pages


class FaceViewSet(
    Changing, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Face]
):
    """Faces that were found in photos, the newest first."""

    serializer_class = PlacedFaceSerializer
    pagination_class = Pages
    filterset_class = FaceFilter

    def get_queryset(self) -> QuerySet[Face]:
        mine = owners_of(self.request.user)
        return Face.objects.filter(photo__owner__in=mine).with_people()

    @changes(AssignSerializer)
    def assign(self, request: Request) -> Response:
        """Say whose `faces` these are: a `person`'s, or who is called `name`: new, perhaps."""
        asked = self.asked(AssignSerializer)
        if "person" in asked:
            whom = Q(pk=asked["person"])
        else:
            name = naming.tidy_name(asked["name"])
            whom = Q(name=name) | Q(aliases__contains=[name])
        return self.changed(Edit.Kind.ASSIGN, lambda: self._assign(**asked), person=whom)

    def _assign(self, faces: list[int], person: int | None = None, name: str = "") -> Any:
        if person is not None:
            [whom] = self.people([person])
            return placing.assign(self.owner, faces, whom, by=self.by)
        known = Person.objects.filter(owner=self.owner).called(naming.tidy_name(name)).first()
        if known:
            return placing.assign(self.owner, faces, known, by=self.by)
        return naming.create(self.owner, name, faces=faces, by=self.by)

    @changes(MoveSerializer)
    def move(self, request: Request) -> Response:
        """Say that `faces` belong to a `cluster`."""
        asked = self.asked(MoveSerializer)
        faces, cluster = asked["faces"], asked["cluster"]
        return self.changed(
            Edit.Kind.MOVE,
            lambda: placing.move(self.owner, faces, self.cluster(cluster), by=self.by),
            cluster=Q(public_id=cluster),
        )

    @changes(FacesSerializer)
    def remove(self, request: Request) -> Response:
        """Take `faces` out of their clusters. They may be matched again."""
        faces = self.asked(FacesSerializer)["faces"]
        return self.changed(Edit.Kind.REMOVE, lambda: placing.remove(self.owner, faces, by=self.by))

    @changes(FacesSerializer)
    def confirm(self, request: Request) -> Response:
        """Say that `faces` are where they belong. Others are compared with them then."""
        faces = self.asked(FacesSerializer)["faces"]
        return self.changed(
            Edit.Kind.CONFIRM, lambda: placing.confirm(self.owner, faces, by=self.by)
        )

    @changes(IgnoreSerializer)
    def ignore(self, request: Request) -> Response:
        """Leave `faces` out of clusters and matching; with `"ignored": false` no more."""
        asked = self.asked(IgnoreSerializer)
        return self.changed(Edit.Kind.MARK, lambda: placing.ignore(self.owner, **asked, by=self.by))

    @changes(AnswerSerializer)
    def answer(self, request: Request) -> Response:
        """Say whether two faces show one person. Clustering obeys. Null takes it back."""
        asked = self.asked(AnswerSerializer)
        return self.changed(Edit.Kind.ANSWER, lambda: self._answer(**asked))

    def _answer(self, first: int, second: int, *, same: bool | None) -> None:
        if same is None:
            placing.unanswer(self.owner, first, second, by=self.by)
        else:
            placing.answer(self.owner, first, second, same=same, by=self.by)
