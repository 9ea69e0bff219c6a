"""Lists of the admin of any length: a page begins where the one before has ended.

Nothing is read but the rows of the page, and nothing is counted to its end.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.core import signing
from django.db.models import Model, Q
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from photos.estimates import estimated

MOST_COUNTED = 1000  # rows; of more it is told about how many they are


@dataclass(frozen=True)
class Edge:
    """Where a page begins (or, going back, where it ends): beyond a row with these values."""

    values: list[Any]  # by which the list is sorted
    backwards: bool = False

    def written(self, ordering: Sequence[str]) -> str:
        what = [self.values, self.backwards]
        return signing.dumps(what, salt=_salt(ordering), serializer=_Json)

    @classmethod
    def read(cls, text: str, ordering: Sequence[str]) -> "Edge | None":
        """None: it is none, or one of a list that is sorted otherwise."""
        try:
            return cls(*signing.loads(text, salt=_salt(ordering), serializer=_Json))
        except signing.BadSignature:
            return None


class LongList(ChangeList):
    """Sorted by columns that are never null, named as text."""

    next_query: str | None = None
    previous_query: str | None = None
    counted: str  # how many rows there are, in words

    def get_results(self, request: HttpRequest) -> None:
        ordering = _to_the_key(map(str, self.get_ordering(request, self.root_queryset)))
        edge = Edge.read(request.GET.get(PAGE_VAR, ""), ordering)
        rows, more = self._rows(ordering, edge)
        back = edge is not None and edge.backwards
        if rows and (more or back):
            self.next_query = self._query(Edge(rows[-1][1:]), ordering)
        if rows and (more if back else edge is not None):
            self.previous_query = self._query(Edge(rows[0][1:], backwards=True), ordering)
        self.result_list = self._shown([row[0] for row in rows])
        self._count(len(rows), whole=not more and edge is None)
        self.show_all = self.can_show_all = self.multi_page = False
        self.show_admin_actions, self.show_full_result_count = True, False
        self.full_result_count = self.result_count  # so that it is told once, by `counted`

    def _rows(self, ordering: list[str], edge: Edge | None) -> tuple[list[list[Any]], bool]:
        """Keys and sorting values of the rows of the page, and whether there are more that way."""
        found, way = self.queryset, ordering
        if edge:
            way = [_turned(each) for each in ordering] if edge.backwards else ordering
            found = found.filter(_beyond(way, edge.values))
        names = [each.removeprefix("-") for each in ordering]
        keys = found.order_by(*way).values_list("pk", *names)
        rows = [list(row) for row in keys[: self.list_per_page + 1]]
        more, rows = len(rows) > self.list_per_page, rows[: self.list_per_page]
        return (rows[::-1] if edge and edge.backwards else rows), more

    def _shown(self, keys: list[Any]) -> list[Model]:
        found = self.root_queryset
        if not found.query.select_related:
            found = self.apply_select_related(found)
        rows = found.in_bulk(keys)
        return [rows[key] for key in keys if key in rows]

    def _query(self, edge: Edge, ordering: list[str]) -> str:
        return str(self.get_query_string({PAGE_VAR: edge.written(ordering)}))

    def _count(self, shown: int, *, whole: bool) -> None:
        """`whole`: what is shown is all that there is."""
        rows = self.queryset.order_by()
        self.result_count = shown if whole else rows[: MOST_COUNTED + 1].count()
        about = self.result_count > MOST_COUNTED
        if about:
            self.result_count = max(estimated(rows), MOST_COUNTED)
        names = self.opts.verbose_name, self.opts.verbose_name_plural
        self.counted = _told(self.result_count, *map(str, names), about=about)


class _Json:
    """How values go into an address: of moments and the like their text, which is exact."""

    def dumps(self, values: Any) -> bytes:
        return json.dumps(values, separators=(",", ":"), default=str).encode()

    def loads(self, text: bytes) -> Any:
        return json.loads(text)


def _salt(ordering: Sequence[str]) -> str:
    return f"photos.long_lists:{' '.join(ordering)}"


def _to_the_key(columns: Iterable[str]) -> list[str]:
    """Up to the primary key: what follows it sorts nothing."""
    ordering = []
    for column in columns:
        ordering.append(column)
        if column in {"pk", "-pk"}:
            break
    return ordering


def _turned(column: str) -> str:
    return column.removeprefix("-") if column.startswith("-") else f"-{column}"


def _beyond(ordering: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows that come after one with these `values`; in a form that an index can be used for."""
    column, *others = ordering
    name, way = column.removeprefix("-"), "lt" if column.startswith("-") else "gt"
    beyond = Q(**{f"{name}__{way}": values[0]})
    if not others:
        return beyond
    return Q(**{f"{name}__{way}e": values[0]}) & (beyond | _beyond(others, values[1:]))


def _told(count: int, name: str, names: str, *, about: bool) -> str:
    if about:
        rounded = round(count, 2 - len(str(count)))  # two digits are all that an estimate is worth
        return _("about %(count)s %(names)s") % {"count": f"{rounded:,}", "names": names}
    words = ngettext("%(count)s %(name)s", "%(count)s %(names)s", count)
    return words % {"count": f"{count:,}", "name": name, "names": names}
