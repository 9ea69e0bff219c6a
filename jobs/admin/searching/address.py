"""What the search page is asked, as its address says it, and the addresses that ask otherwise."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Self
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from rest_framework.serializers import ListField

from photos.models import Owner
from search.asking import FILTERS
from search.serializers.asked import SearchSerializer

_PAGE = frozenset({"owner", "cursor"})  # say which page is shown, and nothing of the question
_HOW = frozenset({"sort", "limit", "facets", "min_confidence", "without"})
_SAID = {  # filter -> what its chip says
    "person_ids": _("person {}"),
    "people": _("with {}"),
    "any_people": _("with {}, or another"),
    "not_people": _("without {}"),
    "only_people": _("nobody else"),
    "since": _("since {}"),
    "until": _("until {}"),
    "places": _("in {}"),
    "not_places": _("not in {}"),
    "near": _("near {}"),
    "min_confidence": _("objects surer than {}"),
    "faces": _("faces: {}"),
    "text": _("text “{}”"),
    "not_text": _("no text “{}”"),
}
_YEAR = re.compile(r"(?P<year>[0-9]{4})-01-01 (?P=year)-12-31")


@dataclass(frozen=True)
class Chip:
    """A part of the question, or a filter, which one can do without."""

    words: str
    away: str  # the address that asks without it
    kind: str = "filter"
    said: str = ""  # by which words of the question


@dataclass(frozen=True)
class Address:
    given: QueryDict  # nothing blank

    @classmethod
    def of(cls, sent: QueryDict, owner: Owner) -> Self:
        given = QueryDict(mutable=True)
        for name, values in sent.lists():
            if kept := [value for value in values if value.strip()]:
                given.setlist(name, kept)
        given["owner"] = str(owner.pk)
        return cls(given)

    @staticmethod
    def to_ask(asked: Mapping[str, Any], owner: Owner) -> str:
        """Of what POST /api/v1/search/ takes."""
        return f"?{urlencode({**asked, 'owner': owner.pk}, doseq=True)}"

    @property
    def asks(self) -> bool:
        """Whether anything is looked for."""
        return bool(self.given.keys() - _PAGE - _HOW)

    @property
    def asked(self) -> dict[str, Any]:
        """As POST /api/v1/search/ takes it, less the page."""
        fields = SearchSerializer().fields
        return {
            name: values if isinstance(fields.get(name), ListField) else values[-1]
            for name, values in self.given.lists()
            if name not in _PAGE
        }

    def kept(self, *, less: frozenset[str] = frozenset()) -> list[tuple[str, str]]:
        """Names and values for a form that asks the same, but for the page and `less`."""
        return [
            (name, value)
            for name, values in self.given.lists()
            for value in values
            if name not in less | {"cursor"}
        ]

    @property
    def cursor(self) -> str:
        return self.given.get("cursor", "")

    @property
    def same(self) -> str:
        """The first page of it."""
        return self._written({})

    def to(self, **values: str) -> str:
        """With these values in the place of what was there."""
        return self._written({name: [value] for name, value in values.items()})

    def also(self, name: str, value: str) -> str:
        """With one more value."""
        return self._written({name: [*self.given.getlist(name), value]})

    def less(self, *names: str, value: str = "") -> str:
        """Without all values of these names, or without `value` alone."""
        return self._written(
            {
                name: [each for each in self.given.getlist(name) if value and each != value]
                for name in names
            }
        )

    def _written(self, changes: dict[str, list[str]]) -> str:
        changed = self.given.copy()
        changed.pop("cursor", None)
        for name, values in changes.items():
            changed.setlist(name, values)
        return f"?{changed.urlencode()}"

    def filters(self) -> Iterator[Chip]:
        """Those that are on."""
        year = _YEAR.fullmatch(f"{self.given.get('since')} {self.given.get('until')}")
        if year:
            yield Chip(year["year"], self.less("since", "until"))
        for name, value in self.kept():
            if name in FILTERS and not (year and name in {"since", "until"}):
                yield Chip(_SAID.get(name, "{}").format(value), self.less(name, value=value))


def in_year(address: Address, year: str) -> str:
    """The same, of one year."""
    first, last = date(int(year), 1, 1), date(int(year), 12, 31)
    return address.to(since=first.isoformat(), until=last.isoformat())
