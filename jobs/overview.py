"""How far the library is, for a page that is quick with a million photos in it.

What is dear to count is estimated from what PostgreSQL has noted of its tables, or was counted
some minutes ago. Either is said to be about so many.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.core.cache import cache
from django.db import connection

from faces.models import Cluster, Face, Inquiry, Membership, OpenQuestion, Person
from jobs.totals import Census
from photos.models import Analysis, Photo
from photos.operations import OPERATIONS
from photos.plots import share

REMEMBERED_S = 300  # what takes a second to count
SIZES = (5, 20, 100)  # faces from which on a cluster is of the next size

_YEARS = """
SELECT extract(year FROM dated_at AT TIME ZONE 'UTC')::int AS year, count(*)
FROM photos_photo GROUP BY year
"""
# Of the values that are not among the common ones: as many lie between any two bounds.
_BOUNDS = """
SELECT COALESCE(histogram_bounds::text::timestamptz[], '{}'),
    COALESCE(most_common_vals::text::timestamptz[], '{}'), COALESCE(most_common_freqs, '{}')
FROM pg_stats
WHERE schemaname = current_schema() AND tablename = 'photos_photo' AND attname = 'dated_at'
"""
_UNKNOWN = """
SELECT width_bucket(face_count, %(sizes)s::int[]), count(*)
FROM faces_cluster AS cluster JOIN faces_tally AS tally ON tally.cluster_id = cluster.id
WHERE person_id IS NULL AND NOT hidden AND NOT ignored AND face_count > 0
GROUP BY 1
"""


@dataclass(frozen=True)
class Count:
    number: int
    is_about: bool = False


@dataclass(frozen=True)
class Covered:
    """On how many photos an operation was done as it is done now."""

    operation: str
    photos: Count
    percent: int


def library(census: Census) -> dict[str, Count]:
    """Photos, faces, people and clusters."""
    tables: dict[str, tuple[Any, str]] = {
        "photos": (Photo, "photos_photo"),
        "faces": (Face, "faces_face"),
        "people": (Person, "faces_person"),
        "clusters": (Cluster, "faces_cluster"),
    }
    counts = {
        what: census.count(what, model.objects.all(), table)
        for what, (model, table) in tables.items()
    }
    return {what: Count(number, what in census.estimated) for what, number in counts.items()}


def coverage(census: Census, recipes: Mapping[str, str], photos: int) -> list[Covered]:
    """Of each operation that a model here does."""
    done = census.by_value("analyses", Analysis.objects.all(), "photos_analysis", "recipe")
    counts = {name: min(photos, done.get(recipe, 0)) for name, recipe in recipes.items()}
    about = "analyses" in census.estimated
    return [
        Covered(name, Count(counts[name], about), share(counts[name], photos))
        for name in OPERATIONS
        if name in counts
    ]


def matched(census: Census) -> Count:
    """Faces that came to somebody by themselves, which nobody has confirmed."""
    how = census.by_value("matched", Membership.objects.all(), "faces_membership", "how")
    return Count(how.get(Membership.How.MATCHED, 0), "matched" in census.estimated)


def questions() -> int | None:
    """How many wait at the review desk. None: none were looked for yet."""
    if not Inquiry.objects.exclude(found_at=None).exists():
        return None
    return OpenQuestion.objects.count()


def years(photos: Count) -> list[tuple[int, int]]:
    """How many photos are of each year, from the first to the last. About, as `photos` is."""
    with connection.cursor() as cursor:
        cursor.execute(_BOUNDS if photos.is_about else _YEARS)
        rows = cursor.fetchall()
    counts = _spread(photos.number, *rows[0]) if photos.is_about and rows else dict(rows)
    if not counts:
        return []
    return [(year, counts.get(year, 0)) for year in range(min(counts), max(counts) + 1)]


def _spread(
    photos: int, bounds: list[datetime], common: list[datetime], freqs: list[float]
) -> dict[int, int]:
    """Photos by year, of the statistics of a column of dates."""
    shares: defaultdict[int, float] = defaultdict(float)
    for moment, part in zip(common, freqs, strict=True):
        shares[moment.year] += part
    rest = max(0.0, 1 - sum(freqs))
    for first, last in pairwise(bounds):
        for year, part in _parts(first, last).items():
            shares[year] += part * rest / (len(bounds) - 1)
    return {year: round(photos * part) for year, part in shares.items()}


def _parts(first: datetime, last: datetime) -> dict[int, float]:
    """Which parts of a span of time are in which years."""
    span = (last - first).total_seconds()
    if first.year == last.year or span <= 0:
        return {first.year: 1.0}
    ends = [first.replace(year, 1, 1, 0, 0, 0, 0) for year in range(first.year + 1, last.year + 1)]
    edges = [first, *ends, last]
    return {begin.year: (end - begin).total_seconds() / span for begin, end in pairwise(edges)}


def unknown_clusters() -> list[tuple[str, int]]:
    """How many clusters nobody has named, by how many faces they have; counted minutes ago."""
    counts: dict[int, int] = _remembered("unknown-clusters", _count_unknown)
    edges = [1, *SIZES]
    names = [f"{low}-{high - 1}" for low, high in pairwise(edges)] + [f"{SIZES[-1]}+"]
    return [(name, counts.get(size, 0)) for size, name in enumerate(names)]


def _count_unknown() -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(_UNKNOWN, {"sizes": list(SIZES)})
        return dict(cursor.fetchall())


def _remembered(what: str, count: Callable[[], Any]) -> Any:
    return cache.get_or_set(f"overview-{what}", count, REMEMBERED_S)
