"""By what staff narrow down the lists of faces, clusters, people and edits."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest

from faces.models import Cluster, Edit, Face

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
