"""What was done to people, in words that callers know: public ids, and names of fields."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.db import connection
from django.db.models import Model, Q, QuerySet

from faces.models import Cluster, Edit, Membership
from faces.people.changes import TABLES, Place, Row, Step
from faces.people.merging import Merged, Moved
from photos.models import Owner

_INSIDE = {"id", "owner_id", "space_id", "public_id", "crop"}  # columns that are not told
_NAMES = {
    "person_id": "person",
    "cover_id": "cover",
    "face_id": "face",
    "photo_id": "photo",
    "first_id": "first",
    "second_id": "second",
}
# Those that have gone are known by the edits that made or deleted them.
_GONE = """
SELECT DISTINCT (step ->> 'key')::bigint,
    COALESCE(step -> 'before' ->> 'public_id', step -> 'after' ->> 'public_id')
FROM faces_edit, jsonb_array_elements(steps) AS step
WHERE owner_id = %(owner)s AND clusters && %(clusters)s::bigint[]
    AND step ->> 'row' = 'cluster' AND (step ->> 'key')::bigint = ANY (%(clusters)s)
    AND COALESCE(step -> 'before' ->> 'public_id', step -> 'after' ->> 'public_id') IS NOT NULL
"""
PublicIds = Mapping[int, str]  # of clusters, by their keys


@dataclass(frozen=True)
class Change:
    """A row, or where faces are, before and after an edit. None: it was not there."""

    what: str  # a table of changes.TABLES; "place" of faces
    id: str | None  # of the row
    faces: list[int]  # that have changed their place
    before: dict[str, Any] | None
    after: dict[str, Any] | None


def edits_of(owners: Iterable[Owner], *, whole: bool = False) -> QuerySet[Edit]:
    """The edits of `owners`; without what is long, or `whole`."""
    later = [f"undone_by__{name}" for name in ("steps", "faces", "asked")]
    return (
        Edit.objects.filter(owner__in=owners)
        .select_related("actor", "undone_by")
        .defer(*later, *(() if whole else ("steps", "faces")))
    )


def touching(face: int) -> Q:
    """The edits that touched a face (its key), by itself or with the others of its cluster."""
    edits = Q(faces__contains=[face])
    if member := Membership.objects.filter(face=face).first():
        carried = [{"row": "part", "key": member.part_id}]
        edits |= Q(
            clusters__contains=[member.part_id],
            steps__contains=carried,
            created_at__gte=member.created_at,
        )
    return edits


def faces_touched(edit: Edit) -> list[int]:
    """By `edit`; of those that went with their clusters, the ones that are there still."""
    return sorted({*edit.faces, *chain.from_iterable(edit.carried.values())})


def changes_of(edit: Edit) -> list[Change]:
    """What `edit` has changed, in its order. Nothing of whom was erased since."""
    ids = _public_ids(edit.owner_id, edit.clusters)
    return [change for step in edit.steps for change in _told(step, ids, edit.carried)]


def created(edit: Edit, model: type[Model]) -> int | None:
    """The key of the row of `model` that `edit` has made, if it has."""
    [table] = [name for name, each in TABLES.items() if each is model]
    return next((each["key"] for each in _rows(edit, table) if each["before"] is None), None)


def merged_of(edit: Edit) -> Merged:
    """What a merge has come to: that is told again to whom asks again."""
    into, wanted = edit.asked["into"], edit.asked["clusters"]
    faces: defaultdict[int, list[int]] = defaultdict(list)
    for step in _rows(edit, "part"):
        faces[step["before"]["cluster_id"]] += edit.carried[step["key"]]
    deleted = [step for step in _rows(edit, "cluster") if step["after"] is None]
    moved = [_moved(step["before"], faces[step["key"]]) for step in deleted]
    there = {each.cluster for each in moved}
    person = next(iter(edit.people), None)
    named = [step for step in _rows(edit, "cluster") if step["before"] and step["after"]]
    before = named[0]["before"].get("person_id") if named else person
    return Merged(into, person, before, moved, [each for each in wanted if each not in there])


def _rows(edit: Edit, table: str) -> list[Step]:
    return [step for step in edit.steps if step.get("row") == table]


def _moved(cluster: Row, faces: list[int]) -> Moved:
    return Moved(cluster["public_id"], cluster["person_id"], faces)


def _told(step: Step, ids: PublicIds, carried: Mapping[int, list[int]]) -> list[Change]:
    if "members" in step:
        return [
            Change("place", None, [face], _place(before, ids), _place(after, ids))
            for face, before, after in step["members"]
        ]
    if "from" in step:
        source, target = ({"cluster": ids.get(step[end])} for end in ("from", "to"))
        return [Change("place", None, step["faces"], source, target)]
    key = step["key"]
    if step["row"] == "part":
        if None in (step["before"], step["after"]):
            return []  # no face has changed its place
        source, target = (_cluster_of(step[end], ids) for end in ("before", "after"))
        return [Change("place", None, carried[key], source, target)]
    shown = ids.get(key) if step["row"] == "cluster" else str(key)
    return [Change(step["row"], shown, [], _row(step["before"]), _row(step["after"]))]


def _cluster_of(part: Row, ids: PublicIds) -> dict[str, Any]:
    return {"cluster": ids.get(part["cluster_id"])}


def _place(place: Place | None, ids: PublicIds) -> dict[str, Any] | None:
    if place is None:
        return None
    part, how, similarity, _since = place
    return {"cluster": ids.get(part), "how": how, "similarity": similarity}


def _row(row: Row | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {_NAMES.get(name, name): row[name] for name in row if name not in _INSIDE}


def _public_ids(owner_pk: int, clusters: Collection[int]) -> PublicIds:
    there = Cluster.objects.filter(owner=owner_pk, pk__in=clusters)
    known = dict(there.values_list("pk", "public_id"))
    gone = [key for key in clusters if key not in known]
    if gone:
        with connection.cursor() as cursor:
            cursor.execute(_GONE, {"owner": owner_pk, "clusters": gone})
            known |= dict(cursor.fetchall())
    return known
