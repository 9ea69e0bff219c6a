"""Edits in pictures: which faces were together before, and which are after.

A few faces of each stand for all: those that are there still. Three queries for a whole list.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import OuterRef
from django.utils.translation import gettext as _

from faces.models import LOOKED_AT, Edit, Face, Membership, Part
from faces.people.changes import Step

FACES = 6  # of a group
GROUPS = 4  # of each side
Names = Mapping[int, str]  # of people, by their keys

# The first steps of each, and of long steps their first faces: some have touched thousands.
_STEPS = """
SELECT edit.id, jsonb_agg(CASE
    WHEN step ? 'members' THEN jsonb_build_object(
        'members', jsonb_path_query_array(step -> 'members', '$[0 to 23]'))
    WHEN step ? 'from' THEN step || jsonb_build_object(
        'faces', jsonb_path_query_array(step -> 'faces', '$[0 to 23]'))
    ELSE step END ORDER BY number)
FROM faces_edit AS edit
CROSS JOIN LATERAL jsonb_array_elements(jsonb_path_query_array(steps, '$[0 to 39]'))
    WITH ORDINALITY AS first (step, number)
WHERE edit.id = ANY (%s)
GROUP BY edit.id
"""


@dataclass(frozen=True)
class Group:
    """Faces that are together, and who they are said to be; empty: nothing is said of it."""

    caption: str
    faces: list[Face]


@dataclass(frozen=True)
class Pictured:
    """Both sides; `before` is empty where only words have changed."""

    before: list[Group]
    after: list[Group]


@dataclass(frozen=True)
class _Moved:
    """Faces, or all of a part of a cluster, and in which part or cluster they were and are."""

    faces: tuple[int, ...] = ()
    part: int | None = None
    before: int | None = None
    after: int | None = None
    is_placed: bool = True


@dataclass(frozen=True)
class _Part:
    """Of what is there now."""

    person: str
    faces: list[int]


def pictured(edits: Sequence[Edit], names: Names) -> dict[int, Pictured]:
    """Each of `edits` by its key. `names`: of the people whom they have touched."""
    steps = _steps(edit.pk for edit in edits)
    moved = {edit.pk: list(_moved(steps.get(edit.pk, []))) for edit in edits}
    every = [each for rows in moved.values() for each in rows]
    parts = _parts({key for each in every for key in (each.part, each.before, each.after) if key})
    wanted = {face for each in every for face in each.faces}
    wanted |= {face for part in parts.values() for face in part.faces}
    faces = Face.objects.only("crop").in_bulk(wanted)
    return {
        pk: _sides(rows, _Sayings(steps.get(pk, []), names, parts), parts, faces)
        for pk, rows in moved.items()
    }


def _steps(edits: Iterable[int]) -> dict[int, list[Step]]:
    with connection.cursor() as cursor:
        cursor.execute(_STEPS, [list(edits)])
        return {pk: json.loads(steps) for pk, steps in cursor.fetchall()}


def _moved(steps: list[Step]) -> Iterator[_Moved]:
    """Faces and parts, each once; verdicts where nothing else was done."""
    every = [each for step in steps for each in _moved_by(step)]
    placed = [each for each in every if each.is_placed]
    if not placed:
        yield from every
        return
    made = {step["key"] for step in steps if step.get("row") == "cluster" and not step["before"]}
    ways = _collapsed(each for each in placed if each.part is None)
    by_itself = [each for each in ways if each.before not in made]
    yield from by_itself
    others = {key: None for each in by_itself for key in (each.before, each.after) if key}
    stay = [_Moved(part=key, before=key, after=key) for key in others]
    seen = set(made)
    for each in (*(one for one in placed if one.part), *stay):
        if each.part and each.part not in seen:
            yield each
            seen.add(each.part)


def _collapsed(moved: Iterable[_Moved]) -> Iterator[_Moved]:
    """Faces from where they were first to where they are at last."""
    ways: dict[int, tuple[int | None, int | None]] = {}
    for each in moved:
        for face in each.faces:
            first = ways.get(face, (each.before, None))[0]
            ways[face] = (first, each.after)
    for face, (before, after) in ways.items():
        yield _Moved((face,), before=before, after=after)


def _moved_by(step: Step) -> list[_Moved]:
    """By faces that went by themselves, or by a row that changed."""
    if "members" in step:
        return [
            _Moved((face,), before=before and before[0], after=after and after[0])
            for face, before, after in step["members"]
        ]
    if "from" in step:
        return [_Moved(tuple(step["faces"]), before=step["from"], after=step["to"])]
    row = step["after"] or step["before"]
    match step["row"]:
        case "part" | "cluster":
            return _moved_whole(step) if step["before"] and step["after"] else []
        case "face":
            faces: tuple[int, ...] = (step["key"],)
        case "rejection":
            faces = (row["face_id"],)
        case "pair":
            faces = (row["first_id"], row["second_id"])
        case _:
            return []
    return [_Moved(faces, is_placed=False)]


def _moved_whole(step: Step) -> list[_Moved]:
    """By a part that went to another cluster, where others were; or by a cluster that changed."""
    key = step["key"]
    if step["row"] == "cluster":
        return [_Moved(part=key, before=key, after=key)]
    before, after = (step[side]["cluster_id"] for side in ("before", "after"))
    return [
        _Moved(part=key, before=before, after=after),
        _Moved(part=after, before=after, after=after),
    ]


def _parts(keys: set[int]) -> dict[int, _Part]:
    """The best faces of each, of very many those of some, and who its cluster is."""
    some = Membership.objects.filter(part=OuterRef(OuterRef("pk")))[:LOOKED_AT]
    best = ArraySubquery(Face.objects.best_of(some).values("pk")[:FACES])
    rows = Part.objects.filter(pk__in=keys).annotate(best=best)
    found = rows.values_list("pk", "cluster__person__name", "best")
    return {part: _Part(person or "", faces) for part, person, faces in found}


class _Sayings:
    """Who the clusters of an edit were said to be before it, and after."""

    def __init__(self, steps: list[Step], names: Names, parts: Mapping[int, _Part]) -> None:
        rows = [step for step in steps if step.get("row") == "cluster"]
        people = [step for step in steps if step.get("row") == "person"]
        told = {step["key"]: (step["before"] or step["after"]).get("name", "") for step in people}
        self._said = {
            side: {
                step["key"]: step[side]["person_id"]
                for step in rows
                if step[side] and "person_id" in step[side]
            }
            for side in ("before", "after")
        }
        self._names, self._parts = {**told, **names}, parts

    def of(self, key: int | None, side: str) -> str:
        """As the edit says, or else as it is now."""
        if key is None:
            return _("in no cluster")
        said = self._said[side]
        if key in said:
            name = self._names.get(said[key], "") if said[key] else ""
        else:
            name = self._parts[key].person if key in self._parts else ""
        return name or _("not named")


def _sides(
    rows: list[_Moved], sayings: _Sayings, parts: Mapping[int, _Part], faces: Mapping[int, Face]
) -> Pictured:
    before, after = (_groups(rows, side, sayings, parts, faces) for side in ("before", "after"))
    return Pictured([] if before == after else before, after)


def _groups(
    rows: list[_Moved],
    side: str,
    sayings: _Sayings,
    parts: Mapping[int, _Part],
    faces: Mapping[int, Face],
) -> list[Group]:
    found: dict[Any, Group] = {}
    for each in rows:
        key = each.before if side == "before" else each.after
        caption = sayings.of(key, side) if each.is_placed else ""
        group = found.setdefault((each.is_placed, key), Group(caption, []))
        part = parts.get(each.part) if each.part else None
        there = part.faces if part else each.faces
        new = [faces[face] for face in there if face in faces and faces[face] not in group.faces]
        group.faces.extend(new[: FACES - len(group.faces)])
    return [group for group in found.values() if group.faces][:GROUPS]
