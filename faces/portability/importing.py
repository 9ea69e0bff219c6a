"""An owner's people from a document: names go to the same faces of the same photos.

What is said here goes before what the document says; what can't be had is reported. All that is
changed is one edit.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import chain
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from faces.models import Edit, Membership, Pair, Person, Rejection
from faces.people.changes import Changes
from faces.people.editing import editing
from faces.people.once import once
from faces.portability.document import At, Document, Theirs
from faces.portability.giving import Giving, Wish
from faces.portability.locating import Located, batches
from faces.portability.someone import People
from photos.idempotency import Idempotency
from photos.models import Owner

MAX_TOLD = 100  # conflicts of one import
_AT_ONCE = 1000  # entries
MATCHED = Membership.How.MATCHED
_KIND = Edit.Kind.IMPORT
_TOLD = "told"  # in what an edit was asked: what came of it


@dataclass
class Imported:
    """What an import has changed, or would change."""

    dry_run: bool
    edit: int | None = None  # by which it can be undone; None: nothing was changed
    people_created: int = 0
    people_known: int = 0
    faces_given: int = 0
    faces_known: int = 0
    photos_missing: int = 0  # the owner has none of this content
    faces_missing: int = 0  # in photos that the owner has
    rejections: int = 0  # new ones
    pairs: int = 0  # new ones
    conflict_count: int = 0
    conflicts: list[str] = field(default_factory=list)  # the first MAX_TOLD

    @property
    def counts(self) -> dict[str, int]:
        """What may be kept: names of people, which are in the rest, may have to be erased."""
        counted = asdict(self)
        for name in ("dry_run", "edit", "conflicts"):
            del counted[name]
        return counted

    def tell(self, conflict: str) -> None:
        self.conflict_count += 1
        if len(self.conflicts) < MAX_TOLD:
            self.conflicts.append(conflict)


def import_people(
    owner: Owner,
    document: Document,
    *,
    dry_run: bool = False,
    by: User | None = None,
    idempotency: Idempotency | None = None,
) -> Imported:
    """Have the owner's people and faces be as `document` says; doing it twice changes nothing.

    People are found by their contact id, or else by a name that they go by; others are made.
    What they lack is added; nothing that is known of them here is taken away. With an idempotency
    key that is known nothing is done: it tells the counts of the first time, and the conflicts of
    now. A `dry_run` neither knows nor keeps a key.

    Raises:
        TwiceInPhoto, Contradicted: the document contradicts itself; nothing was changed.
        IdempotencyKeyReused: something else was asked for with this key.
    """
    report = Imported(dry_run)
    asked: dict[str, Any] = {"people": len(document.people), "faces": len(document.faces)}
    if idempotency:
        asked[_TOLD] = {}
    changed: list[bool] = []
    with transaction.atomic():
        act = partial(_run, owner, document, report, by, asked, changed)
        if dry_run:
            act()
            transaction.set_rollback(True)
            return report
        edit = once(owner, idempotency, act, unchanged=Edit(kind=_KIND, actor=by, asked=asked))
    if not changed:
        return _again(owner, document, edit)
    report.edit = edit.pk if edit and changed[0] else None
    return report


def _run(
    owner: Owner,
    document: Document,
    report: Imported,
    by: User | None,
    asked: dict[str, Any],
    changed: list[bool],
) -> None:
    """`asked` has what came of it then, where that is to be told once more."""
    with editing(owner, _KIND, by, **asked) as changes:
        _Import(changes, document, report).run()
        changed.append(bool(changes.steps))
        if _TOLD in asked:
            asked[_TOLD].update(report.counts, changed=changed[0])


def _again(owner: Owner, document: Document, edit: Edit | None) -> Imported:
    assert edit  # noqa: S101  # whoever has not acted was told of one
    counts = dict(edit.asked[_TOLD])
    made = edit.pk if counts.pop("changed") else None
    report = Imported(dry_run=False, edit=made, **counts)
    if report.conflict_count:
        report.conflicts = import_people(owner, document, dry_run=True).conflicts
    return report


class _Import:
    """One import on its way. `people`: the owner's, by the ids of the document."""

    def __init__(self, changes: Changes, document: Document, report: Imported) -> None:
        self._changes, self._document, self._report = changes, document, report
        self._people: dict[int, Person] = {}
        self._located = Located(changes.owner, _places(document))
        report.photos_missing = self._located.photos_missing
        report.faces_missing = self._located.faces_missing

    def run(self) -> None:
        self._meet()
        self._give()
        self._reject()
        self._pair()
        self._cover()

    def _meet(self) -> None:
        people = People(self._changes, self._report.tell)
        for each in self._document.people:
            if people.is_unclear(each):
                continue
            person = people.find(each)
            if person is None:
                person = people.make(each)
                self._report.people_created += 1
            else:
                self._report.people_known += 1
            people.complete(person, each)
            self._people[each.id] = person

    def _give(self) -> None:
        giving = Giving(self._changes)
        name_of = {person.pk: person.name for person in self._people.values()}
        for some in _by_photos(self._document.faces):
            given = giving.give(list(self._wishes(some)))
            self._report.faces_given += len(given.given)
            self._report.faces_known += len(given.known)
            for wish, why in given.refused:
                self._report.tell(f"{name_of[wish.person]}: face {wish.face} is not given: {why}.")

    def _wishes(self, entries: list[Theirs]) -> Iterator[Wish]:
        for entry in entries:
            face, person = self._located[entry.at], self._people.get(entry.person)
            if face and person and (entry.similarity is None or person.is_matched):
                yield Wish(face, person.pk, entry.similarity)

    def _reject(self) -> None:
        wanted = {
            (face, person.pk): person
            for entry in self._document.rejections
            if (face := self._located[entry.at]) and (person := self._people.get(entry.person))
        }
        for some in batches(wanted, _AT_ONCE):
            faces = [face for face, _ in some]
            said = Rejection.objects.filter(face__in=faces).values_list("face", "person")
            known, surely = set(said), _surely(faces)
            for face, key in some:
                if surely.get(face) == key:
                    name = wanted[face, key].name
                    self._report.tell(f"{name}: face {face} is theirs here, and stays it.")
                elif (face, key) not in known:
                    self._changes.create(Rejection(face_id=face, person_id=key))
                    self._report.rejections += 1

    def _pair(self) -> None:
        wanted = {
            (min(first, second), max(first, second)): entry.same
            for entry in self._document.pairs
            if (first := self._located[entry.first]) and (second := self._located[entry.second])
            if first != second
        }
        for some in batches(wanted, _AT_ONCE):
            said = Pair.objects.filter(first__in=[first for first, _ in some])
            known = {(each.first_id, each.second_id): each.same for each in said}
            surely = _surely(list(chain.from_iterable(some)))
            for first, second in some:
                same = wanted[first, second]
                groups = (surely.get(first, 0), surely.get(second, 0))
                if known.get((first, second), same) != same or _contradicts(groups, same=same):
                    self._report.tell(f"Faces {first} and {second}: here the opposite was said.")
                elif (first, second) not in known:
                    both = {"first_id": first, "second_id": second}
                    self._changes.create(Pair(owner=self._changes.owner, same=same, **both))
                    self._report.pairs += 1

    def _cover(self) -> None:
        """For those who have none here."""
        wanted = {
            face: person
            for each in self._document.people
            if each.cover and (face := self._located[each.cover])
            if (person := self._people.get(each.id)) and person.cover_id is None
        }
        members = Membership.objects.filter(face__in=wanted).select_related("part__cluster")
        for member in members.order_by("face"):
            person = wanted[member.face_id]
            if member.cluster.person_id == person.pk and person.cover_id is None:
                self._changes.change(person, cover_id=member.face_id)


def _places(document: Document) -> Iterator[At]:
    yield from (each.at for each in document.faces)
    yield from (each.at for each in document.rejections)
    for pair in document.pairs:
        yield from (pair.first, pair.second)
    yield from (each.cover for each in document.people if each.cover)


def _by_photos(entries: list[Theirs]) -> Iterator[list[Theirs]]:
    """All of a photo together."""
    batch: list[Theirs] = []
    for entry in sorted(entries, key=lambda each: each.at.photo):
        if len(batch) >= _AT_ONCE and entry.at.photo != batch[-1].at.photo:
            yield batch
            batch = []
        batch.append(entry)
    yield batch


def _contradicts(groups: tuple[int, int], *, same: bool) -> bool:
    """Whether two faces that are surely in `groups` (0: in none) are said to be not as they are."""
    one, other = groups
    if same:
        return one != other and min(one, other) > 0  # two people
    return one == other != 0


def _surely(faces: list[int]) -> dict[int, int]:
    """Whose `faces` are, but for those that were only matched: people, or minus a cluster."""
    members = Membership.objects.filter(face__in=faces).exclude(how=MATCHED)
    rows = members.values_list("face", "part__cluster__person", "part__cluster")
    return {face: person or -cluster for face, person, cluster in rows}
