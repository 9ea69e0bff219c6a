"""What is known of a person, as their page shows it: each function in a few queries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber, TruncMonth

from faces import centroids
from faces.calibration import score_of
from faces.models import LOOKED_AT_ALONE, Face, Membership, Pair, Person, Rejection
from faces.review.assignments import least_likely
from photos.models import Photo, Space
from photos.one_of import one_of

SURE = 0.9  # the score from which on a matched face is not called uncertain
MONTHS = range(1, 13)

_HOW = Membership.How


@dataclass(frozen=True)
class Row:
    """Faces of one kind: some of them, and how many there are."""

    faces: Sequence[Face]
    count: int


@dataclass(frozen=True)
class Rows:
    """A person's faces: what somebody has said; what looks like them; what only just does."""

    confirmed: Row  # the clearest first, of very many those of some
    matched: Row  # so, too
    uncertain: Row  # the least likely first


@dataclass(frozen=True)
class Companion:
    """Somebody who is in photos with a person."""

    person: Person  # with_pictures()
    photos: int


@dataclass(frozen=True)
class Year:
    """How many photos there are of each of its months."""

    year: int
    months: Sequence[int]

    @property
    def photos(self) -> int:
        return sum(self.months)


@dataclass(frozen=True)
class Said:
    """What somebody has said of a person's faces, which matching and clustering obey."""

    rejections: Sequence[Rejection]  # faces that are not theirs
    different: Sequence[Pair]  # of which one is theirs
    same: Sequence[Pair]


def rows_of(person: Person, space: Space | None, most: int) -> Rows:
    """At most `most` of each kind, of a person with_counts(). What no model can be asked about is
    not uncertain."""
    theirs = _theirs(person)
    confirmed, matched = theirs.exclude(how=_HOW.MATCHED), theirs.filter(how=_HOW.MATCHED)
    uncertain: QuerySet[Any, Any] = matched.none()
    if space:
        centroids.complete(person.owner, space, list(person.clusters.values_list("pk", flat=True)))
        least = score_of(space, person.owner).cosine(SURE)
        likely = least_likely(person.owner, space).filter(part__cluster__person=person)
        uncertain, matched = likely.filter(likeness__lt=least), likely.filter(likeness__gte=least)
        uncertain = uncertain.order_by("likeness", "face")
    look = _row(_best(matched)[:most], matched, most)
    look_twice = _row(_least_likely(uncertain, most), uncertain, most)
    sure = list(_best(confirmed)[:most])
    rest = person.face_count - look.count - look_twice.count  # there may be very many of them
    return Rows(Row(sure, max(len(sure), rest)), look, look_twice)


def _best(members: QuerySet[Any, Any]) -> QuerySet[Face]:
    return Face.objects.best_of(members.order_by()[:LOOKED_AT_ALONE])


def _least_likely(members: QuerySet[Any, Any], most: int) -> list[Face]:
    """Found by an index alone, which has no more of a membership than this."""
    keys = list(members.values_list("face", flat=True)[:most])
    faces = Face.objects.in_bulk(keys)
    return [faces[key] for key in keys if key in faces]


def _row(shown: Iterable[Face], members: QuerySet[Any, Any], most: int) -> Row:
    """Counts `members` only where more are theirs than are shown."""
    faces = list(shown)
    return Row(faces, len(faces) if len(faces) < most else members.count())


def timeline(person: Person) -> list[Year]:
    """Their photos by the clock where they were taken, the newest year first."""
    photos = Photo.objects.filter(one_of("pk", _theirs(person).values("photo")))
    dated: QuerySet[Any, Any] = photos.annotate(month=TruncMonth("dated_at", tzinfo=UTC)).order_by()
    found: dict[int, dict[int, int]] = {}
    for row in dated.values("month").annotate(photos=Count("pk")):
        found.setdefault(row["month"].year, {})[row["month"].month] = row["photos"]
    return [Year(each, _by_month(found[each])) for each in sorted(found, reverse=True)]


def _by_month(photos: Mapping[int, int]) -> list[int]:
    return [photos.get(month, 0) for month in MONTHS]


def _theirs(person: Person) -> QuerySet[Membership]:
    return Membership.objects.filter(part__cluster__person=person)


def company(person: Person, most: int) -> list[Companion]:
    """Who is in most photos with them; nobody who is hidden. Two queries."""
    others = Membership.objects.filter(
        photo__in=_theirs(person).values("photo"),
        part__cluster__person__isnull=False,
        part__cluster__person__hidden=False,
    ).exclude(part__cluster__person=person)
    counted = others.values("part__cluster__person").order_by()
    shared: QuerySet[Any, Any] = counted.annotate(photos=Count("photo", distinct=True))
    counts = dict(
        shared.order_by("-photos", "part__cluster__person").values_list(
            "part__cluster__person", "photos"
        )[:most]
    )
    people = Person.objects.with_pictures().in_bulk(counts)
    return [Companion(people[pk], photos) for pk, photos in counts.items() if pk in people]


def said_of(person: Person, most: int) -> Said:
    """At most `most` of each, the newest first."""
    rejections = person.rejections.select_related("face").order_by("-pk")
    theirs = Q(first__membership__part__cluster__person=person) | Q(
        second__membership__part__cluster__person=person
    )
    place = Window(RowNumber(), partition_by="same", order_by=F("pk").desc())
    pairs = Pair.objects.of(person.owner).filter(theirs).annotate(place=place)
    said = _with_faces(list(pairs.filter(place__lte=most).order_by("-pk")))
    different, same = ([pair for pair in said if pair.same is same] for same in (False, True))
    return Said(list(rejections[:most]), different, same)


def _with_faces(pairs: Sequence[Pair]) -> list[Pair]:
    """Those of `pairs` whose faces are still there, with them: one query."""
    keys = {key for pair in pairs for key in (pair.first_id, pair.second_id)}
    faces = Face.objects.with_people().in_bulk(keys)
    there = [pair for pair in pairs if {pair.first_id, pair.second_id} <= faces.keys()]
    for pair in there:
        pair.first, pair.second = faces[pair.first_id], faces[pair.second_id]
    return there
