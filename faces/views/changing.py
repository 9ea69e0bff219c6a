"""What all doors have in common that change people, clusters or faces."""

from collections.abc import Callable, Collection
from functools import cached_property
from typing import Any, TypeVar

from django.contrib.auth.models import User
from django.db.models import Model, Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response
from rest_framework.views import APIView

import photos.services
from faces.errors import ClusterMissing, PersonMissing
from faces.models import Cluster, Edit, Person
from faces.people.history import created, edits_of
from faces.people.once import once
from faces.serializers.edits import Done, DoneSerializer
from photos.idempotency import HEADER, idempotency_of
from photos.models import Owner

Row = TypeVar("Row", bound=Model)


def changes(asked: Any = None, code: int = status.HTTP_200_OK) -> Callable[[Any], Any]:
    """How the schema shows a door that changes something: what is asked for."""
    return extend_schema(request=asked, parameters=[HEADER], responses={code: DoneSerializer})


class Changing(APIView):
    """One edit for one request, and one for all that have the same idempotency key.

    What is to be changed is looked up where it is changed: when a request comes again, it may be
    gone.
    """

    @cached_property
    def owner(self) -> Owner:
        return photos.services.owner_of(self.request.user)

    @property
    def by(self) -> User:
        user = self.request.user
        assert isinstance(user, User)  # noqa: S101  # others are not let in
        return user

    def asked(self, serializer: type[serializers.Serializer[None]]) -> dict[str, Any]:
        asked = serializer(data=self.request.data)
        asked.is_valid(raise_exception=True)
        return dict(asked.validated_data)

    def mine(self, rows: QuerySet[Row], **key: Any) -> Row:
        """What the address names. 404: it is not there, or somebody else's."""
        return get_object_or_404(rows.filter(owner=self.owner), **key)

    def people(self, keys: Collection[int]) -> list[Person]:
        """
        Raises:
            PersonMissing: one of them is not there, or is somebody else's.
        """
        there = Person.objects.filter(owner=self.owner).in_bulk(keys)
        for key in keys:
            if key not in there:
                raise PersonMissing(f"There is no person {key}.")
        return list(there.values())

    def cluster(self, public_id: str) -> Cluster:
        """
        Raises:
            ClusterMissing: it is not there, or is somebody else's.
        """
        rows = Cluster.objects.select_related("owner")
        if cluster := rows.filter(owner=self.owner, public_id=public_id).first():
            return cluster
        raise ClusterMissing(f"There is no cluster {public_id}.")

    def changed(
        self,
        kind: Edit.Kind,
        act: Callable[[], Any],
        *,
        person: Q | None = None,
        cluster: Q | None = None,
        code: int = status.HTTP_200_OK,
    ) -> Response:
        """Have `act` make an edit, and tell what has come of it.

        `person`, `cluster`: which one it is about, if that is not one that the edit makes.
        """
        owner, nothing = self.owner, Edit(kind=kind, actor=self.by)
        edit = once(owner, idempotency_of(self.request), act, unchanged=nothing)
        done = _done(owner, edit, person, cluster)
        return Response(DoneSerializer(done, context={"request": self.request}).data, code)


def _done(owner: Owner, edit: Edit | None, person: Q | None, cluster: Q | None) -> Done:
    shown = _made(owner, edit, Cluster.objects.with_faces(), cluster)
    if person is None and shown and shown.person_id:
        person = Q(pk=shown.person_id)
    people = Person.objects.select_related("cover").with_counts()
    whom = _made(owner, edit, people, person)
    told = edit and edits_of([owner]).get(pk=edit.pk)
    return Done(told, whom, shown)


def _made(owner: Owner, edit: Edit | None, rows: QuerySet[Row], which: Q | None) -> Row | None:
    """The row that is meant, or else the one that was made. None: there is none, or no more."""
    if which is None and edit:
        key = created(edit, rows.model)
        which = Q(pk=key) if key else None
    return None if which is None else rows.filter(which, owner=owner).first()
