"""One edit at a time: beginning it, keeping the rules, and taking it back."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils.translation import gettext

from faces.errors import AlreadyUndone, EditErased, EditMissing, Overtaken
from faces.models import Cluster, Edit, Face, Membership, Pair, Part, Person
from faces.models.edits import EditQuerySet
from faces.people import rules
from faces.people.changes import (
    TABLES,
    Changes,
    Place,
    Row,
    Step,
    any_of,
    as_place,
    built,
    places_of,
    row_of,
)
from photos.models import Owner

_LOCK = 4_716  # ours among PostgreSQL's advisory locks


@contextmanager
def editing(owner: Owner, kind: Edit.Kind, by: User | None, **asked: Any) -> Iterator[Changes]:
    """What is changed inside the block is one edit, or nothing at all where the rules forbid it.

    Raises:
        TwiceInPhoto, Contradicted: what was asked for breaks a rule; nothing has changed.
    """
    with transaction.atomic():
        hold(owner)
        changes = Changes(owner)
        yield changes
        rules.keep(changes)
        changes.save(kind, actor=by, asked=asked)


def hold(owner: Owner) -> None:
    """Keep everybody else from editing until the caller's transaction ends. Edits are short."""
    _lock("pg_advisory_xact_lock", owner.pk)


def share(owner_pk: int) -> None:
    """Keep edits away until the caller's transaction ends, but not others who only add faces."""
    _lock("pg_advisory_xact_lock_shared", owner_pk)


def undo(owner: Owner, pk: int, by: User | None) -> Edit:
    """Put everything back as it was before the edit; that is an edit as well.

    What came by itself since stays, such as faces that were found and matched. Where that breaks
    a rule, what somebody has said goes before it.

    Raises:
        EditMissing, AlreadyUndone, EditErased: there is nothing to be undone.
        Overtaken: a later edit has changed the same; undo that one first. Nothing has changed.
        TwiceInPhoto, Contradicted: as editing().
    """
    with transaction.atomic():
        hold(owner)
        edit = Edit.objects.of(owner).filter(pk=pk).first()
        _check(edit, pk)
        assert edit  # noqa: S101  # checked
        changes = Changes(owner)
        try:
            with transaction.atomic():
                for step in reversed(edit.steps):
                    _revert(changes, step, edit)
                connection.check_constraints()  # foreign keys would be looked at by the commit only
        except (_Changed, IntegrityError) as exc:
            raise Overtaken(_overtaken(edit)) from exc
        rules.keep(changes)
        undone = changes.save(Edit.Kind.UNDO, actor=by, asked={"edit": pk}, undoes=edit)
        assert undone  # noqa: S101  # one that undoes is always written down
        return undone


def _check(edit: Edit | None, pk: int) -> None:
    if edit is None or edit.kind == Edit.Kind.ERASE:
        raise EditMissing(
            gettext("There is no edit %(number)s that could be undone.") % {"number": pk}
        )
    if edit.is_undone:
        raise AlreadyUndone(gettext("Edit %(number)s was undone before.") % {"number": pk})
    if edit.erased:
        raise EditErased(
            gettext("What edit %(number)s changed was erased for good, with a person.")
            % {"number": pk}
        )


def _revert(changes: Changes, step: Step, edit: Edit) -> None:
    if "members" in step:
        _revert_members(changes, step["members"])
    elif "from" in step:
        _revert_move(changes, step)
    else:
        if step["row"] == "part" and _have_changed(step, edit):
            raise _Changed
        _revert_row(changes, step)


class _Changed(Exception):
    """Something is not as the edit has left it."""


def _revert_members(
    changes: Changes, members: list[tuple[int, Place | None, Place | None]]
) -> None:
    now = places_of(face for face, _, _ in members)
    free = _by_itself([face for face, _, after in members if after is None])
    if any(now.get(face) != after and face not in free for face, _, after in members):
        raise _Changed
    if Face.objects.filter(pk__in=[face for face, _, _ in members]).count() != len(members):
        raise _Changed
    places: Mapping[int, Row | None] = {face: as_place(before) for face, before, _ in members}
    parts = {place["part_id"] for place in places.values() if place}
    if Part.objects.filter(pk__in=parts).count() != len(parts):
        raise _Changed
    left = [place[0] for face in free if (place := now.get(face))]
    emptied = list(Part.objects.filter(pk__in=left).values_list("cluster_id", flat=True))
    changes.put(places)
    changes.drop_empty(emptied)


def _by_itself(faces: Collection[int]) -> set[int]:
    """Those that nobody has put where they are since: that gives way to an undo."""
    there = Membership.objects.by_itself().filter(face__in=faces)
    return set(there.values_list("face_id", flat=True))


def _revert_move(changes: Changes, step: Step) -> None:
    there = Membership.objects.filter(part=step["to"], face__in=any_of(step["faces"]))
    is_back = Part.objects.filter(pk=step["from"]).exists()
    if not is_back or there.count() != len(step["faces"]):
        raise _Changed
    changes.carry(step["faces"], step["to"], step["from"])


def _have_changed(step: Step, edit: Edit) -> bool:
    """Whether somebody has said something of the faces of a part since, or taken some away."""
    later = _later(edit).filter(clusters__contains=[step["key"]])
    left = Membership.objects.filter(part=step["key"]).count() < step["faces"]
    return (later if left else later.filter(undoes=None)).exists()


def _later(edit: Edit) -> EditQuerySet:
    return Edit.objects.filter(owner=edit.owner_id, pk__gt=edit.pk, undone_by=None)


def _revert_row(changes: Changes, step: Step) -> None:
    model = TABLES[step["row"]]
    row = model._default_manager.filter(pk=step["key"]).first()  # noqa: SLF001  # documented
    before, after = step["before"], step["after"]
    if after is None:
        if row is not None:
            raise _Changed
        changes.create(built(model, before))
        return
    if row is None or not _has(row, after):
        raise _Changed
    if before is None:
        if isinstance(row, Face) and _has_verdicts(row):
            raise _Changed
        if not _is_used(row):
            if isinstance(row, Face):
                changes.put({row.pk: None})  # where it came by itself: written down
            changes.delete(row)
    else:
        old = built(model, row_of(row) | before)
        changes.change(row, **{name: getattr(old, name) for name in before})


def _has(row: Any, values: Row) -> bool:
    now = row_of(row)
    return all(now[name] == value for name, value in values.items())


def _has_verdicts(face: Face) -> bool:
    """Whether somebody has said something of the face since, which would go with it."""
    pairs = Pair.objects.filter(Q(first=face) | Q(second=face))
    members = Membership.objects.filter(face=face)
    placed = members.exclude(pk__in=members.by_itself().values("pk"))
    cover = Person.objects.filter(cover=face)
    return any(each.exists() for each in (face.rejections, pairs, placed, cover))


def _is_used(row: Any) -> bool:
    """Whether something that came later needs it: then it stays."""
    match row:
        case Person():
            return row.clusters.exists() or row.rejections.exists()
        case Cluster() | Part():
            return row.memberships.exists()
    return False


def _overtaken(edit: Edit) -> str:
    later = _later(edit)
    touched = (
        later.filter(faces__overlap=edit.faces)
        | later.filter(clusters__overlap=edit.clusters)
        | later.filter(people__overlap=edit.people)
    )
    newest = touched.order_by("-pk").values_list("pk", flat=True)
    numbers = ", ".join(map(str, newest.filter(undoes=None)[:5] or newest[:5]))
    if not numbers:
        return gettext(
            "Edit %(number)s can't be undone: the same faces have been clustered anew since."
        ) % {"number": edit.pk}
    return gettext(
        "Edit %(number)s can't be undone: the same was changed later. Undo first: %(numbers)s."
    ) % {"number": edit.pk, "numbers": numbers}


def _lock(function: str, owner_pk: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [_LOCK, owner_pk])
