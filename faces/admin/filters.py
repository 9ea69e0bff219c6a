"""By what staff narrow down the lists of faces, clusters, people and edits."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from faces.models import Cluster, Edit, Face

STAFF_SHOWN = 50  # in the filter: the newest
_DIGITS = len(str(2**63 - 1))  # of a key that is too long


def key_of(text: str) -> int:
    """The key that is written there; 0, which no row has, if it is none."""
    return int(text) if text.isdecimal() and len(text) < _DIGITS else 0


class NamedFilter(admin.SimpleListFilter):
    title = "name"
    parameter_name = "named"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "Not named yet"), ("yes", "Named")]

    def queryset(self, request: HttpRequest, clusters: QuerySet[Cluster]) -> QuerySet[Cluster]:
        if self.value() is None:
            return clusters
        return clusters.filter(person__isnull=self.value() == "no")


class HiddenFilter(admin.SimpleListFilter):
    """Of clusters or people: the hidden ones are shown to who asks for them."""

    title = "hidden"
    parameter_name = "shown"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("hidden", "Hidden"), ("all", "All")]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield {**first, "display": "Not hidden"}
        yield from others

    def queryset(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows if self.value() == "all" else rows.filter(hidden=self.value() == "hidden")


class GroupedFilter(admin.SimpleListFilter):
    title = "cluster"
    parameter_name = "grouped"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "In a cluster"), ("no", "Alone")]

    def queryset(self, request: HttpRequest, faces: QuerySet[Face]) -> QuerySet[Face]:
        if self.value() is None:
            return faces
        return faces.filter(membership__isnull=self.value() == "no")


class KnownFilter(admin.SimpleListFilter):
    title = "person"
    parameter_name = "known"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Known"), ("no", "Unknown")]

    def queryset(self, request: HttpRequest, faces: QuerySet[Face]) -> QuerySet[Face]:
        if self.value() is None:
            return faces
        return faces.filter(membership__part__cluster__person__isnull=self.value() == "no")


class OfOneFilter(admin.SimpleListFilter):
    """What is of one row that a link has named by its key. Shown only then."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(given, f"Number {given}")] if (given := self.value()) else []

    @property
    def key(self) -> int:
        """The number that was given; 0, which no row has, if it is none."""
        return key_of(self.value() or "")


class OneClusterFilter(OfOneFilter):
    """Faces of a cluster."""

    title = "members of cluster"
    parameter_name = "cluster"

    def queryset(self, request: HttpRequest, faces: QuerySet[Face]) -> QuerySet[Face]:
        return faces.filter(membership__part__cluster=self.key) if self.value() else faces


class KindFilter(admin.SimpleListFilter):
    """What was done. Merges of clusters and those of people are merges."""

    title = _("what was done")
    parameter_name = "kind"
    MERGES = "merges"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, StrOrPromise]]:
        return [(self.MERGES, _("Merges of clusters or people")), *Edit.Kind.choices]

    def queryset(self, request: HttpRequest, edits: QuerySet[Edit]) -> QuerySet[Edit]:
        match self.value():
            case None:
                return edits
            case self.MERGES:
                return edits.filter(kind__in=[Edit.Kind.MERGE, Edit.Kind.MERGE_PEOPLE])
        return edits.filter(kind=self.value())


class ActorFilter(admin.SimpleListFilter):
    """Who has done it: the newest of the staff, or the service itself."""

    title = _("who did it")
    parameter_name = "actor"
    SERVICE = "service"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, StrOrPromise]]:
        newest = User.objects.filter(is_staff=True).order_by("-pk")[:STAFF_SHOWN]
        staff = sorted((each.get_username(), str(each.pk)) for each in newest)
        return [(self.SERVICE, _("The service")), *((pk, name) for name, pk in staff)]

    def queryset(self, request: HttpRequest, edits: QuerySet[Edit]) -> QuerySet[Edit]:
        given = self.value()
        if given == self.SERVICE:
            return edits.filter(actor=None)
        return edits.filter(actor=int(given)) if given and given.isdecimal() else edits


class UndoneFilter(admin.SimpleListFilter):
    title = "undone"
    parameter_name = "undone"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "Not undone"), ("yes", "Undone")]

    def queryset(self, request: HttpRequest, edits: QuerySet[Edit]) -> QuerySet[Edit]:
        if self.value() is None:
            return edits
        return edits.filter(undone_by__isnull=self.value() == "no")


class TouchedFilter(OfOneFilter):
    """Edits that have touched a row."""

    column: str  # of Edit, with keys

    def queryset(self, request: HttpRequest, edits: QuerySet[Edit]) -> QuerySet[Edit]:
        return edits.filter(**{f"{self.column}__contains": [self.key]}) if self.value() else edits


class TouchedPersonFilter(TouchedFilter):
    title, parameter_name, column = "person", "person", "people"


class TouchedClusterFilter(TouchedFilter):
    title, parameter_name, column = "cluster", "cluster", "clusters"


class TouchedFaceFilter(TouchedFilter):
    title, parameter_name, column = "face", "face", "faces"


class FirstFilter(admin.SimpleListFilter):
    """How clusters are sorted. Nothing is left out by it; the gallery shows it by itself."""

    title = "order"
    parameter_name = "first"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("doubt", "Most uncertain first")]

    def has_output(self) -> bool:
        return False

    def queryset(self, request: HttpRequest, clusters: QuerySet[Cluster]) -> QuerySet[Cluster]:
        return clusters
