"""Taking somebody who is erased out of what jobs, events and the admin's log say."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import reduce
from itertools import chain
from operator import or_
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q, QuerySet, TextField
from django.db.models.functions import Cast

from faces.models import Cluster, Edit, Face, Person
from faces.people.erasing import Traces
from jobs.models import Delivery, Event, Item, Job

ERASED = "erased"  # what stands where a name was
_CLUSTER = r"\bclu_[0-9a-f]+\b"
# Words of ours, which name nobody, be somebody called so.
_OURS = ("kind", "status", "state", "code", "how", "operations")
# What an owner's rows say, in JSON or in words: what is counted, its table, and its column.
_TOLD: tuple[tuple[str, type[Model], str], ...] = (
    ("jobs", Job, "arguments"),
    ("items", Item, "outcome"),
    ("items", Item, "error_detail"),
    ("events", Event, "data"),
    ("deliveries", Delivery, "error"),
    ("reasons", Edit, "reason"),
)
# What the admin's log is about, and whose that is.
_LOGGED: tuple[tuple[type[Model], str], ...] = (
    (Person, "owner"),
    (Cluster, "owner"),
    (Face, "photo__owner"),
    (Edit, "owner"),
)
_BATCH = 500  # rows that are written at once


class Marks:
    """What somebody is known by, and saying the same without it."""

    def __init__(self, traces: Traces) -> None:
        self._theirs = traces.names | traces.public_ids
        self._faces, self._people = traces.faces, traces.people
        longest_first = sorted(traces.names | traces.others, key=len, reverse=True)
        words = [rf"(?<!\w){re.escape(name)}(?!\w)" for name in longest_first]
        self._pattern = re.compile("|".join([_CLUSTER, *words]))
        self._hints = {*traces.names, *(_escaped(name) for name in traces.names)}
        self._hints |= {'"face', '"person_id'}
        self._hints |= {"clu_"} if traces.public_ids else set()

    def hinted(self, column: str) -> Q:
        """Of rows, those whose `column` may tell of them: some do not."""
        return reduce(or_, (Q(**{f"{column}__contains": hint}) for hint in self._hints))

    def clean(self, value: Any, key: str = "") -> Any:
        """JSON, or words, as found under `key`: without names, clusters and faces of theirs."""
        match value:
            case str() if key not in _OURS:
                return self._pattern.sub(self._said, value)
            case dict() if self._is_theirs(value.get("face")):
                return {ERASED: True}
            case dict():
                return {name: self.clean(each, name) for name, each in value.items()}
            case list():
                return [self.clean(each, key) for each in value if not self._goes(each, key)]
        return value

    def _said(self, found: re.Match[str]) -> str:
        """Longer names of other people stay."""
        return ERASED if found[0] in self._theirs else found[0]

    def _goes(self, entry: Any, key: str) -> bool:
        """Whether an entry of a list found under `key` goes as a whole."""
        if isinstance(entry, dict):  # somebody in a photo, as events tell it
            person, face = entry.get("person_id"), entry.get("face_id")
            return person in self._people or self._is_theirs(face)
        return key == "faces" and self._is_theirs(entry)

    def _is_theirs(self, face: Any) -> bool:
        return isinstance(face, int) and face in self._faces


def _escaped(name: str) -> str:
    """As it stands in JSON."""
    return json.dumps(name, ensure_ascii=False)[1:-1]


def scrub(traces: Traces) -> dict[str, int]:
    """Take them out of the rows of jobs, and of the admin's log, in the caller's transaction.

    Returns how many rows were changed.
    """
    marks, counts = Marks(traces), Counter[str]()
    for name, table, column in _TOLD:
        rows = list(_telling(table, column, traces, marks))
        table._default_manager.bulk_update(rows, [column], batch_size=_BATCH)  # noqa: SLF001  # documented
        counts[name] += len(rows)
    entries = list(_logged(traces, marks))
    LogEntry.objects.bulk_update(entries, ["object_repr", "change_message"], batch_size=_BATCH)
    return {**counts, "log_entries": len(entries)}


def left(traces: Traces) -> int:
    """How many rows still tell of them, after scrub(): none."""
    marks = Marks(traces)
    rows = [_telling(table, column, traces, marks) for _, table, column in _TOLD]
    return sum(1 for _ in chain(*rows, _logged(traces, marks)))


def _telling(table: type[Model], column: str, traces: Traces, marks: Marks) -> Iterator[Any]:
    """The rows whose `column` tells of them, each with that changed, but not stored."""
    rows = table._default_manager.filter(owner=traces.owner)  # noqa: SLF001  # documented
    rows = rows.annotate(words=Cast(column, TextField())).filter(marks.hinted("words"))
    for row in rows.order_by("pk").only(column).iterator(chunk_size=_BATCH):
        said = getattr(row, column)
        cleaned = marks.clean(said)
        if cleaned != said:
            setattr(row, column, cleaned)
            yield row


def _logged(traces: Traces, marks: Marks) -> Iterator[LogEntry]:
    """What the admin's log has of them, changed, but not stored."""
    keys = {
        Person: traces.people,
        Cluster: traces.clusters | traces.former_clusters,
        Face: traces.faces,
        Edit: frozenset[int](),  # they tell of them by their names alone
    }
    named = marks.hinted("object_repr") | marks.hinted("change_message")
    for table, owner in _LOGGED:
        theirs = {str(key) for key in keys[table]}
        entries = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(table))
        entries = entries.filter(Q(object_id__in=theirs) | named).order_by("pk")
        foreign = _foreign(table, owner, entries, traces)
        for entry in entries:
            said = (entry.object_repr, entry.change_message)
            if entry.object_id in theirs:
                entry.object_repr, entry.change_message = ERASED, ""
            elif entry.object_id not in foreign:
                entry.object_repr, entry.change_message = map(marks.clean, said)
            if said != (entry.object_repr, entry.change_message):
                yield entry


def _foreign(
    table: type[Model], owner: str, entries: QuerySet[LogEntry], traces: Traces
) -> set[str]:
    """What `entries` are about that is another owner's."""
    about = {entry.object_id for entry in entries}
    rows = table._default_manager.filter(pk__in=about).exclude(**{owner: traces.owner})  # noqa: SLF001  # documented
    return set(map(str, rows.values_list("pk", flat=True)))
