"""Erasing somebody for good: no row of faces says any more who they were, or what they look like.

That can't be undone, and what it touched can't be either. jobs/erasure.py does the whole of it.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q

from faces.models import (
    Cluster,
    Edit,
    Face,
    FaceVector,
    Membership,
    OpenQuestion,
    Pair,
    Part,
    Person,
    Rejection,
    Sitting,
)
from faces.people.changes import Row
from photos.models import Owner, Photo

_BATCH = 500  # edits that are written at once
# Edits that touched them, and those in which a value is one of their names.
_TOLD = """
SELECT id FROM faces_edit
WHERE owner_id = %(owner)s AND (
    people && %(people)s::bigint[] OR clusters && %(clusters)s::bigint[]
    OR faces && %(faces)s::bigint[]
    OR jsonb_path_exists(asked, '$.** ? (@ == $names[*])', %(names)s::jsonb)
    OR jsonb_path_exists(steps, '$.** ? (@ == $names[*])', %(names)s::jsonb)
)
"""


@dataclass(frozen=True)
class Traces:
    """All that says who somebody is, or what they look like: by it they are found elsewhere."""

    owner: Owner
    person: int
    people: frozenset[int]  # keys: theirs, and of those who were merged into them
    made: list[list[Any]]  # [key, when it was made] of each of them, as far as that is known
    names: frozenset[str]  # also those that they have had
    others: frozenset[str]  # names of other people, which stay
    clusters: frozenset[int]
    parts: frozenset[int]  # that their faces lie in; keys of clusters that were merged into theirs
    public_ids: frozenset[str]  # of the clusters
    former_clusters: frozenset[int]  # that were there, and may have been theirs
    faces: frozenset[int]
    places: list[list[Any]]  # [sha256 of the photo, x, y, width, height] of each face
    crops: list[str]  # files of no other face


def traces(person: Person) -> Traces:
    """Of `person`, in the caller's transaction, which holds the owner's lock."""
    owner, people = person.owner, _people(person)
    rows = Face.objects.filter(membership__part__cluster__person=person).order_by("pk")
    faces = {face.pk: face for face in rows.select_related("photo")}
    clusters = dict(Cluster.objects.filter(person=person).values_list("pk", "public_id"))
    parts = Part.objects.filter(cluster__person=person).values_list("pk", flat=True)
    edits = _touching(owner, people, {*clusters, *parts}, faces)
    others = _names_of(Person.objects.filter(owner=owner).exclude(pk=person.pk))
    there = Cluster.objects.filter(owner=owner).exclude(pk__in=clusters)
    former = {cluster for edit in edits for cluster in edit.clusters}
    return Traces(
        owner=owner,
        person=person.pk,
        people=frozenset(people),
        made=_made(person, edits, people),
        names=frozenset({person.name, *person.aliases, *_names_in(edits, people)} - others),
        others=frozenset(others),
        clusters=frozenset(clusters),
        parts=frozenset(parts),
        public_ids=frozenset(clusters.values()),
        former_clusters=frozenset(former.difference(there.values_list("pk", flat=True))),
        faces=frozenset(faces),
        places=[
            *(
                [each.photo.sha256, each.x, each.y, each.width, each.height]
                for each in faces.values()
            ),
            *_deleted(edits),
        ],
        crops=_crops(faces.values(), edits),
    )


def _people(person: Person) -> set[int]:
    """The keys of `person`, and of all who were merged into them and are not there any more."""
    merges = Edit.objects.of(person.owner).filter(kind=Edit.Kind.MERGE_PEOPLE, erased=False)
    into = [(asked["into"], asked["people"]) for asked in merges.values_list("asked", flat=True)]
    known, left = {person.pk}, [person.pk]
    while left:
        target = left.pop()
        new = {each for one, others in into if one == target for each in others} - known
        known |= new
        left += new
    living = Person.objects.filter(pk__in=known).exclude(pk=person.pk)
    return known.difference(living.values_list("pk", flat=True))


def _touching(
    owner: Owner, people: Iterable[int], clusters: Iterable[int], faces: Iterable[int]
) -> list[Edit]:
    edits = Edit.objects.of(owner).filter(
        Q(people__overlap=list(people))
        | Q(clusters__overlap=list(clusters))
        | Q(faces__overlap=list(faces))
    )
    return list(edits.select_related("undone_by"))


def _deleted(edits: Iterable[Edit]) -> list[list[Any]]:
    """Places of faces that somebody deleted in `edits`, which forget that now."""
    rows = [
        step["before"]
        for edit in edits
        if edit.asked.get("deleted") and not edit.is_undone
        for step in edit.steps
        if step.get("row") == "face" and step["after"] is None
    ]
    photos = Photo.objects.filter(pk__in={row["photo_id"] for row in rows})
    sha256 = dict(photos.values_list("pk", "sha256"))
    return [
        [sha256[row["photo_id"]], row["x"], row["y"], row["width"], row["height"]]
        for row in rows
        if row["photo_id"] in sha256
    ]


def _names_of(people: Iterable[Person]) -> set[str]:
    return {name for each in people for name in (each.name, *each.aliases)}


def _names_in(edits: Iterable[Edit], people: Iterable[int]) -> set[str]:
    """Those that `people` have had before or after one of `edits`."""
    rows = [row for key, row in _rows("person", edits) if key in set(people)]
    return {name for row in rows for name in (row.get("name", ""), *row.get("aliases", [])) if name}


def _made(person: Person, edits: Iterable[Edit], people: set[int]) -> list[list[Any]]:
    rows = [(key, row) for key, row in _rows("person", edits) if key in people]
    made = {key: row["created_at"] for key, row in rows if "created_at" in row}
    return [
        [key, at] for key, at in sorted({**made, person.pk: person.created_at.isoformat()}.items())
    ]


def _crops(faces: Iterable[Face], edits: Iterable[Edit]) -> list[str]:
    """Of `faces`, as they are and were, and of faces that were deleted in one of `edits`."""
    rows = _rows("face", edits)
    crops = {str(face.crop) for face in faces} | {row["crop"] for _, row in rows if "crop" in row}
    gone = [face.pk for face in faces]
    used = Face.objects.filter(crop__in=crops).exclude(pk__in=gone)
    return sorted(crops - set(map(str, used.values_list("crop", flat=True))) - {""})


def _rows(table: str, edits: Iterable[Edit]) -> Iterator[tuple[int, Row]]:
    """Keys and columns of rows of `table`, before and after `edits`."""
    for edit in edits:
        for step in edit.steps:
            if step.get("row") == table:
                yield from ((step["key"], row) for row in (step["before"], step["after"]) if row)


def remove(traces: Traces) -> dict[str, int]:
    """Delete the rows, and what edits say of them. In the caller's transaction.

    Returns how many there were of each kind.
    """
    edits = _forget(traces)
    for asked in (Sitting, OpenQuestion):  # what was asked, or was to be, may be of them
        asked.objects.filter(owner=traces.owner).delete()
    gone: Counter[str] = Counter()
    for rows in (
        Face.objects.filter(pk__in=traces.faces),
        Cluster.objects.filter(pk__in=traces.clusters),
        Person.objects.filter(pk=traces.person),
    ):
        gone.update(rows.delete()[1])
    named = {name.partition(".")[2].lower(): count for name, count in gone.items()}
    return named | {"edits": edits}


def _forget(traces: Traces) -> int:
    """Have the edits say no more than that something was done, by whom, and when."""
    told = Edit.objects.filter(pk__in=_told(traces))
    edits = list(told.defer("steps", "asked"))
    for edit in edits:
        edit.asked, edit.steps, edit.erased = {}, [], True
        edit.reason, edit.fingerprint = "", ""
        edit.people = [each for each in edit.people if each not in traces.people]
        edit.clusters = [
            each
            for each in edit.clusters
            if each not in traces.clusters and each not in traces.former_clusters
        ]
        edit.faces = [each for each in edit.faces if each not in traces.faces]
    changed = ["asked", "steps", "erased", "reason", "fingerprint", "people", "clusters", "faces"]
    Edit.objects.bulk_update(edits, changed, batch_size=_BATCH)
    return len(edits)


def _told(traces: Traces) -> list[int]:
    values: dict[str, Any] = {
        "owner": traces.owner.pk,
        "people": sorted(traces.people),
        "clusters": sorted(traces.clusters | traces.parts),
        "faces": sorted(traces.faces),
        "names": json.dumps({"names": sorted(traces.names)}),
    }
    with connection.cursor() as cursor:
        cursor.execute(_TOLD, values)
        return [pk for (pk,) in cursor.fetchall()]


def left(traces: Traces) -> int:
    """How many rows there are still, after remove(): none."""
    faces = traces.faces
    rows = (
        Person.objects.filter(pk__in=traces.people),
        Cluster.objects.filter(pk__in=traces.clusters),
        Part.objects.filter(pk__in=traces.parts),
        Face.objects.filter(pk__in=faces),
        FaceVector.objects.filter(face__in=faces),
        Membership.objects.filter(Q(face__in=faces) | Q(part__cluster__in=traces.clusters)),
        Rejection.objects.filter(Q(face__in=faces) | Q(person__in=traces.people)),
        Pair.objects.filter(Q(first__in=faces) | Q(second__in=faces)),
        Sitting.objects.filter(owner=traces.owner),
        OpenQuestion.objects.filter(owner=traces.owner),
    )
    return sum(each.count() for each in rows) + len(_told(traces))
