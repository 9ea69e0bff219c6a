"""By what staff narrow down the lists of faces, clusters, people and edits."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from faces.models import Cluster, Edit, Face, Membership

STAFF_SHOWN = 50  # in the filter: the newest
_DIGITS = len(str(2**63 - 1))  # of a key that is too long


def key_of(text: str) -> int:
    """The key that is written there; 0, which no row has, if it is none."""
    return int(text) if text.isdecimal() and len(text) < _DIGITS else 0


class NamedFilter(admin.SimpleListFilter):
    title = _("name")
    parameter_name = "named"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, StrOrPromise]]:
        return [("no", _("Not named yet")), ("yes", _("Named"))]

    def queryset(self, request: HttpRequest, clusters: QuerySet[Cluster]) -> QuerySet[Cluster]:
        if self.value() is None:
            return clusters
        return clusters.filter(person__isnull=self.value() == "no")


class HiddenFilter(admin.SimpleListFilter):
    """Of clusters or people: the hidden ones are shown to who asks for them."""

    title = _("hidden")
    parameter_name = "shown"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, StrOrPromise]]:
        return [("hidden", _("Hidden")), ("all", _("All"))]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield {**first, "display": _("Not hidden")}
        yield from others

    def queryset(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows if self.value() == "all" else rows.filter(hidden=self.value() == "hidden")


class GroupedFilter(admin.SimpleListFilter):
    title = _("cluster")
    parameter_name = "grouped"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, StrOrPromise]]:
        return [("yes", _("In a cluster")), ("no", _("Alone"))]

    def queryset(self, request: HttpRequest, faces: QuerySet[Face]) -> QuerySet[Face]:
        if self.value() is None:
            return faces
        there = Exists(Membership.objects.filter(face=OuterRef("pk")))  # one that stops early
        return faces.filter(~there if self.value() == "no" else there)


class KnownFilter(admin.SimpleListFilter):
    title = _("person")
    parameter_name = "known"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, StrOrPromise]]:
        return [("yes", _("Known")), ("no", _("Unknown"))]

    def queryset(self, request: HttpRequest, faces: QuerySet[Face]) -> QuerySet[Face]:
        if self.value() is None:
            return faces
        known = Membership.objects.exclude(part__cluster__person=None)
        is_known = Exists(known.filter(face=OuterRef("pk")))
        return faces.filter(~is_known if self.value() == "no" else is_known)


class OfOneFilter(admin.SimpleListFilter):
    """What is of one row that a link has named by its key. Shown only then."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, StrOrPromise]]:
        return [(given, _("Number %(key)s") % {"key": given})] if (given := self.value()) else []

    @property
    def key(self) -> int:
        """The number that was given; 0, which no row has, if it is none."""
        return key_of(self.value() or "")


class OneClusterFilter(OfOneFilter):
    """Faces of a cluster."""

    title = _("members of cluster")
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
    title = _("undone")
    parameter_name = "undone"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, StrOrPromise]]:
        return [("no", _("Not undone")), ("yes", _("Undone"))]

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
    title, parameter_name, column = _("person"), "person", "people"


class TouchedClusterFilter(TouchedFilter):
    title, parameter_name, column = _("cluster"), "cluster", "clusters"


class TouchedFaceFilter(TouchedFilter):
    title, parameter_name, column = _("face"), "face", "faces"


class FirstFilter(admin.SimpleListFilter):
    """How clusters are sorted. Nothing is left out by it; the gallery shows it by itself."""

    title = _("order")
    parameter_name = "first"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, StrOrPromise]]:
        return [("doubt", _("Most uncertain first"))]

    def has_output(self) -> bool:
        return False

    def queryset(self, request: HttpRequest, clusters: QuerySet[Cluster]) -> QuerySet[Cluster]:
        return clusters
