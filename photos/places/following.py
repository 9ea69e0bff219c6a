"""What follows from a photo for places: its own, and those that neighbours in time inherit.

A photo without a position is taken to be where the nearest photos before and after it, of the
same owner, within NEIGHBOUR of time by the clock, were taken by their own positions: where these
two agree, or where there is but one. What was inherited is never handed on.

Whoever stores a photo only notes that (PlaceDue). What follows is found afterwards, from all rows
that are there: so it is the same whichever photo came first, and however often it is done.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from photos.locks import alone
from photos.models import Photo, PlaceDue
from photos.places.keeping import place_of

NEIGHBOUR = timedelta(hours=2)
_BATCH = 200  # photos of one transaction
_LOCK = 4_717  # ours among PostgreSQL's advisory locks

# Photos whose clock is known and whose position is not, around those with the keys %(due)s: where
# they should be, if that is not where they are. Equal times are told apart by content, not by
# which came first.
_WANTED = """
    WITH spans AS (
        SELECT owner_id, unnest(range_agg(
            tstzrange(dated_at - %(near)s, dated_at + %(near)s, '[]')
        )) AS span
        FROM photos_photo WHERE id = ANY(%(due)s) AND taken_at IS NOT NULL GROUP BY owner_id
    ), homeless AS (
        SELECT photo.* FROM spans CROSS JOIN LATERAL (
            SELECT id, owner_id, dated_at, place_id FROM photos_photo
            WHERE owner_id = spans.owner_id AND dated_at BETWEEN lower(span) AND upper(span)
            AND latitude IS NULL AND taken_at IS NOT NULL
            OFFSET 0  -- one look at the index a span: joined freely, all photos are read
        ) photo
    ), wanted AS (
        SELECT homeless.id, CASE
            WHEN before.place_id IS NULL THEN after.place_id
            WHEN after.place_id IS NULL OR after.place_id = before.place_id THEN before.place_id
        END AS place_id
        FROM homeless
        LEFT JOIN LATERAL (
            SELECT place_id FROM photos_photo near
            WHERE near.owner_id = homeless.owner_id AND near.taken_at IS NOT NULL
            AND near.place_id IS NOT NULL AND NOT near.place_inferred
            AND near.dated_at <= homeless.dated_at
            AND near.dated_at >= homeless.dated_at - %(near)s
            ORDER BY near.dated_at DESC, near.sha256 LIMIT 1
        ) before ON true
        LEFT JOIN LATERAL (
            SELECT place_id FROM photos_photo near
            WHERE near.owner_id = homeless.owner_id AND near.taken_at IS NOT NULL
            AND near.place_id IS NOT NULL AND NOT near.place_inferred
            AND near.dated_at >= homeless.dated_at
            AND near.dated_at <= homeless.dated_at + %(near)s
            ORDER BY near.dated_at, near.sha256 LIMIT 1
        ) after ON true
    )
    SELECT wanted.id, wanted.place_id FROM wanted JOIN homeless USING (id)
    WHERE wanted.place_id IS DISTINCT FROM homeless.place_id
"""


def note(photo: Photo) -> None:
    """That `photo` is new, or has another date, in the caller's transaction."""
    PlaceDue.objects.create(photo=photo)


def heard_from(photo: Photo) -> list[Photo]:
    """Whose place `photo` has inherited: of the nearest before it, and after it. Two queries.

    None where its place is its own, or where it has none.
    """
    if not photo.place_inferred:
        return []
    near = Photo.objects.filter(
        owner=photo.owner_id, taken_at__isnull=False, place=photo.place_id, place_inferred=False
    )
    at = photo.dated_at
    before = near.filter(dated_at__range=(at - NEIGHBOUR, at)).order_by("-dated_at", "sha256")
    after = near.filter(dated_at__range=(at, at + NEIGHBOUR)).order_by("dated_at", "sha256")
    return list(dict.fromkeys([*before[:1], *after[:1]]))


def is_due() -> bool:
    return PlaceDue.objects.exists()


def follow(stopping: Callable[[], bool] = lambda: False) -> int:
    """Find the places that follow from all photos that were noted. Returns how many photos changed.

    One process does it at a time; another that comes returns at once. What is in work elsewhere
    just now stays noted. Killed anywhere it goes on there the next time.
    """
    changed = 0
    with alone(_LOCK) as ours:
        last = 0
        while ours and not stopping():
            due = list(PlaceDue.objects.filter(pk__gt=last).order_by("pk")[:_BATCH])
            if not due:
                break
            last = due[-1].pk
            changed += _follow(due)
    return changed


def _follow(notes: Sequence[PlaceDue]) -> int:
    due = [each.photo_id for each in notes]
    located = {photo.pk: place.pk for photo in _lost(due) if (place := place_of(photo))}
    with transaction.atomic():
        moved = _move(located)
        wanted = _wanted(due)
        moved += _move(wanted)
        if moved == len(located) + len(wanted):
            # These and no others: a photo may have been noted again meanwhile.
            PlaceDue.objects.filter(pk__in=[each.pk for each in notes]).delete()
    return moved


def _lost(due: Sequence[int]) -> QuerySet[Photo]:
    """Those with a position, and without a place of their own: from before there were places."""
    return Photo.objects.filter(pk__in=due, latitude__isnull=False, place=None)


def _wanted(due: Sequence[int]) -> dict[int, int | None]:
    """The places that photos around `due` should have inherited, and have not."""
    parameters: dict[str, Any] = {"due": list(due), "near": NEIGHBOUR}
    with connection.cursor() as cursor:
        cursor.execute(_WANTED, parameters)
        return dict(cursor.fetchall())


def _move(places: Mapping[int, int | None]) -> int:
    """Let photos be at `places`; returns how many. Those in work elsewhere are passed over: nobody
    waits for anybody."""
    photos = Photo.objects.select_for_update(skip_locked=True, no_key=True)
    free = list(photos.filter(pk__in=places).only("pk", "latitude"))
    for photo in free:
        photo.place_id = places[photo.pk]
        photo.place_inferred = photo.place_id is not None and photo.latitude is None
    Photo.objects.bulk_update(free, ["place", "place_inferred"], batch_size=_BATCH)
    return len(free)
