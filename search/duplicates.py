"""One picture several times, in other sizes, formats or shades: found, grouped, and kept so.

A group is one photo, the best of the picture, and all that the rule takes for it: each is compared
with that one, so photos of which each is like the next make no chain.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from django.db import connection, transaction

from inference.arrays import Array
from photos.models import Owner
from search.hamming import Bands, bits_between
from search.looks import RECIPE, WORDS
from search.models import DifferentPhotos, PhotoLook

# The rule, in bits of the hash that differ: docs/search-duplicates.md has what it was chosen by.
SLOW_BITS = 7  # of the first 64
BITS = 24  # of all 256
_AT_ONCE = 5_000  # photos that are compared in one step
_LOCK = 4_718  # ours among PostgreSQL's advisory locks

_HASHES = """
SELECT COALESCE(string_agg(int8send(photo_id), '' ORDER BY photo_id), ''),
    COALESCE(string_agg(hash, '' ORDER BY photo_id), '')
FROM search_photolook WHERE owner_id = %s AND recipe = %s AND hash IS NOT NULL
"""
# The best first: the largest picture, the largest file, the oldest photo.
_CHOSEN = """
SELECT photo.id, look.hash,
    CASE WHEN photo.dated_by = 'exif' THEN extract(epoch FROM photo.dated_at)::float END
FROM search_photolook AS look JOIN photos_photo AS photo ON photo.id = look.photo_id
WHERE look.owner_id = %s AND look.recipe = %s AND look.hash IS NOT NULL
    AND look.photo_id = ANY (%s)
ORDER BY photo.width::bigint * photo.height DESC, photo.size_bytes DESC, photo.id
"""
_PUT = """
UPDATE search_photolook AS look SET leader_id = put.leader, distance = put.distance
FROM unnest(%s::bigint[], %s::bigint[], %s::smallint[]) AS put (photo, leader, distance)
WHERE look.photo_id = put.photo
    AND (look.leader_id, look.distance) IS DISTINCT FROM (put.leader, put.distance)
"""


def compare(owner: Owner) -> Iterator[int]:
    """Find the groups of the photos that wait for it, some in a step: yields how many.

    It does not matter in which order photos came, nor in how many steps: the groups are those of
    all at once. Killed anywhere and begun anew, it goes on with what waits still.
    """
    waiting = PhotoLook.objects.of(owner).filter(recipe=RECIPE).waiting()
    while some := list(waiting.order_by("photo").values_list("photo", flat=True)[:_AT_ONCE]):
        around = _Hashes.of(owner).around(some)
        count = waiting.filter(photo__in=around).count()
        group(owner, around)
        yield count


def group(owner: Owner, photos: Collection[int]) -> None:
    """Make the groups of `photos` anew, as if the owner had no others. Twice changes nothing."""
    with transaction.atomic():
        hold(owner)
        chosen = _Chosen.of(owner, photos)
        leaders, distances = chosen.grouped()
        keys = chosen.photos.tolist()
        own = [leader == row for row, leader in enumerate(leaders.tolist())]
        far = [
            None if is_own else bits for is_own, bits in zip(own, distances.tolist(), strict=True)
        ]
        with connection.cursor() as cursor:
            cursor.execute(_PUT, [keys, chosen.photos[leaders].tolist(), far])


def hold(owner: Owner) -> None:
    """Keep others from grouping the owner's photos until the caller's transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, owner.pk])


@dataclass(frozen=True)
class _Hashes:
    """Of all photos of an owner, as they are when they are read."""

    photos: Array  # (n,) int64, ascending
    bands: Bands  # (n, WORDS)

    @classmethod
    def of(cls, owner: Owner) -> "_Hashes":
        with connection.cursor() as cursor:
            cursor.execute(_HASHES, [owner.pk, RECIPE])
            [(photos, hashes)] = cursor.fetchall()
        return cls(np.frombuffer(photos, ">i8").astype(np.int64), Bands(_words(hashes)))

    def around(self, photos: Collection[int]) -> list[int]:
        """All that hang together with `photos`: like one of them, or like one that is, and so on.

        Their groups are the same whether they are made of them alone or of all photos.
        """
        reached = np.isin(self.photos, list(photos))
        fresh = np.flatnonzero(reached)
        while len(fresh):
            near = self.bands.near(self.bands.hashes[fresh], first=SLOW_BITS, all_words=BITS)
            fresh = near[~reached[near]]
            reached[fresh] = True
        there: list[int] = self.photos[reached].tolist()
        return there


@dataclass(frozen=True)
class _Chosen:
    """Photos to be grouped, the best first."""

    photos: Array  # (n,) int64
    hashes: Array  # (n, WORDS) uint64
    clocks: Array  # (n,) seconds that the camera's clock showed; not a number: nobody knows
    different: Mapping[int, set[int]]  # rows that are not to be in one group, by row

    @classmethod
    def of(cls, owner: Owner, photos: Collection[int]) -> "_Chosen":
        with connection.cursor() as cursor:
            cursor.execute(_CHOSEN, [owner.pk, RECIPE, list(photos)])
            rows = cursor.fetchall()
        keys, hashes, clocks = zip(*rows, strict=True) if rows else ((), (), ())
        return cls(
            np.array(keys, np.int64),
            _words(b"".join(hashes)),
            np.array(clocks, np.float64),
            _different(owner, keys),
        )

    def grouped(self) -> tuple[Array, Array]:
        """Of each photo the row that stands for it, and the bits between them: (n,) both."""
        leaders = np.full(len(self.photos), -1)
        distances = np.zeros(len(self.photos), np.int64)
        for row in range(len(self.photos)):
            if leaders[row] < 0:
                left = row + np.flatnonzero(leaders[row:] < 0)
                alike, bits = self._alike(row, left)
                leaders[alike], distances[alike] = row, bits
        return leaders, distances

    def _alike(self, row: int, left: Array) -> tuple[Array, Array]:
        """Those of `left` that are one picture with `row`, itself among them, and their bits."""
        slow, bits = bits_between(self.hashes[left], self.hashes[row])
        apart = np.abs(self.clocks[left] - self.clocks[row]) > 0  # never, where one is not known
        chosen = (slow <= SLOW_BITS) & (bits <= BITS) & ~apart
        alike, bits = left[chosen], bits[chosen]
        if self.different:
            agreed = np.isin(alike, self._agreed(alike.tolist()))
            alike, bits = alike[agreed], bits[agreed]
        return alike, bits

    def _agreed(self, rows: list[int]) -> list[int]:
        """Those of `rows`, which come first, that nobody calls different from one before."""
        agreed: set[int] = set()
        for row in rows:
            if agreed.isdisjoint(self.different.get(row, ())):
                agreed.add(row)
        return sorted(agreed)


def _different(owner: Owner, keys: tuple[int, ...]) -> dict[int, set[int]]:
    row_of = {key: row for row, key in enumerate(keys)}
    different: dict[int, set[int]] = {}
    for pair in DifferentPhotos.objects.of(owner).values_list("first", "second"):
        if row_of.keys() >= set(pair):
            first, second = (row_of[key] for key in pair)
            different.setdefault(first, set()).add(second)
            different.setdefault(second, set()).add(first)
    return different


def _words(hashes: bytes) -> Array:
    """Hashes, 32 bytes each, as (n, WORDS) uint64."""
    return np.frombuffer(hashes, np.uint64).reshape(-1, WORDS)
