"""The newest photos that words stand in: work that is bounded, however many photos have them."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, IntegerField, QuerySet, Subquery, Value

from photos.models import Owner
from search.among import Photos, is_among
from search.models import PhotoWords
from search.words.asked import has
from search.words.vector import all_of, literal
from search.words.wordings import owner_lexeme

WALKED = 20_000  # of the owner's newest photos, which are read one after the other
RANKED = 500  # photos of all that is wanted. Fewer of 20,000, and the index takes over
_FURTHER = 4  # times as many are read of what stands in so many that as many more will do
_ALL = 10**9  # rows: more than there are

Statement = tuple[str, Sequence[Any]]  # and the values in it


def newest(owner: Owner, photos: Photos | None, wanted: Collection[str]) -> set[int]:
    """For each tsquery of `wanted`, photos of the owner's `photos` that have it: the newest ones.

    What is in many photos is found by reading the newest; what is in few, by the index, which
    gives all of them, at a cost for each. Three queries at most.
    """
    walk, most = WALKED // len(wanted), RANKED // len(wanted)
    bound = next(iter(_after(owner, walk)), 0)
    new = _of(owner, photos).filter(photo__gte=bound)
    try:
        found = _found([_walked(number, new, each, most) for number, each in enumerate(wanted)])
        counts = Counter(number for number, _ in found)
        left = {number: most - counts[number] for number in range(len(wanted))}
        if bound:
            found += _found(list(_older(owner, photos, bound, list(wanted), left)))
    except EmptyResultSet:  # as Django knows without the database
        return set()
    return {photo for _, photo in found}


def _older(
    owner: Owner,
    photos: Photos | None,
    bound: int,
    wanted: Sequence[str],
    left: dict[int, int],
) -> Iterator[Statement]:
    """What finds as many as are `left` of each, among what was not read yet."""
    walk, most = WALKED // len(wanted), RANKED // len(wanted)
    old = _of(owner, photos).filter(photo__lt=bound)
    read_on = old.filter(photo__gte=Subquery(_after(owner, walk * (_FURTHER + 1))))
    for number, query in enumerate(wanted):
        if not left[number]:
            continue
        if (most - left[number]) * _FURTHER >= most:
            yield _walked(number, read_on, query, left[number])
        else:
            yield _by_index(owner, photos, bound, (number, query), left[number])


def _of(owner: Owner, photos: Photos | None) -> QuerySet[PhotoWords]:
    rows = PhotoWords.objects.filter(owner=owner)
    return rows if photos is None else rows.filter(is_among("photo_id", photos))


def _after(owner: Owner, count: int) -> QuerySet[PhotoWords, int]:
    """The owner's `count` newest photos have at least this key; none if there are no more."""
    keys = PhotoWords.objects.filter(owner=owner).order_by("-photo_id")
    return keys.values_list("photo_id", flat=True)[count : count + 1]


def _walked(number: int, rows: QuerySet[PhotoWords], query: str, limit: int) -> Statement:
    """(the number, photo) of those `rows` that have it, one after the other from the newest on."""
    having = rows.filter(has("words", query, by_index=False)).order_by("-photo_id")
    return _numbered(number, having[:limit])


def _by_index(
    owner: Owner, photos: Photos | None, bound: int, wanted: tuple[int, str], limit: int
) -> Statement:
    """The same, from `bound` on. Sorted before any other filter is asked: that may take long.

    `+ 0` keeps the planner from indexes that would be read to their end: of the owner's photos.
    """
    number, query = wanted
    mine = literal(owner_lexeme(owner.pk))
    rows = PhotoWords.objects.annotate(whose=F("owner_id") + 0, key=F("photo_id") + 0)
    having = rows.filter(has("words", all_of([mine, query])), whose=owner.pk, key__lt=bound)
    if not isinstance(photos, QuerySet):
        among = having if photos is None else having.filter(is_among("photo_id", photos))
        return _numbered(number, among.order_by("-key")[:limit])
    found, values = _numbered(number, having.order_by("-key")[:_ALL])
    passing, more = photos.order_by().values("pk").query.sql_with_params()
    sql = f"""
        SELECT number, photo FROM ({found}) AS found (number, photo)
        WHERE EXISTS (SELECT FROM ({passing}) AS wanted (key) WHERE key = photo OFFSET 0)
        LIMIT %s
    """  # noqa: S608  # what Django made
    return sql, [*values, *more, limit]


def _numbered(number: int, rows: QuerySet[PhotoWords]) -> Statement:
    columns = rows.values_list(Value(number, output_field=IntegerField()), "photo_id")
    sql, values = columns.query.sql_with_params()
    return sql, values


def _found(statements: Sequence[Statement]) -> list[tuple[int, int]]:
    """(the number of the rows, photo): one query for all of them."""
    if not statements:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(f"({sql})" for sql, _ in statements),
            [value for _, values in statements for value in values],
        )
        return list(cursor.fetchall())
