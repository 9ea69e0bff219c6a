"""The newest photos that words stand in: work that is bounded, however many photos have them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from photos.models import Owner
from search.among import Keys, Photos
from search.words.vector import all_of, literal
from search.words.wordings import owner_lexeme

WALKED = 20_000  # of the owner's newest photos, which are read one after the other
RANKED = 500  # photos of all that is wanted. Fewer of 20,000, and the index takes over
_FURTHER = 4  # times as many are read of what stands in so many that as many more will do
_ALL = 10**9  # rows: more than there are
_END = 2**63 - 1  # a key that no photo has

Values = Sequence[Any]
Statement = tuple[str, Values]  # and the values in it

# Written down, as Django takes longer to write one than the database to answer it.
_LAST = """
SELECT photo_id FROM search_photowords WHERE owner_id = %s
ORDER BY photo_id DESC LIMIT 1 OFFSET %s
"""
_OF_FEW = """
(SELECT %s::int, photo_id FROM search_photowords
WHERE owner_id = %s AND (words @@ %s::tsquery) IS TRUE AND {among}
ORDER BY photo_id DESC LIMIT %s)
"""  # `IS TRUE` is known to no index
_WALKED = """
(SELECT %s::int, photo_id FROM (
    SELECT photo_id, words FROM search_photowords
    WHERE owner_id = %s AND photo_id < %s ORDER BY photo_id DESC LIMIT %s
) AS read WHERE (words @@ %s::tsquery) IS TRUE AND {among}
ORDER BY photo_id DESC LIMIT %s)
"""
_BY_INDEX = """
(SELECT %s::int, photo_id FROM (
    SELECT photo_id + 0, words @@ %s::tsquery FROM search_photowords
    WHERE words @@ %s::tsquery AND owner_id + 0 = %s AND photo_id + 0 < %s
    ORDER BY 2 DESC, 1 DESC LIMIT %s
) AS found (photo_id) WHERE {among} LIMIT %s)
"""  # sorted before `among` is asked, which may take long; of `+ 0` no other index knows


@dataclass(frozen=True)
class _Among:
    """That the photo of a row is one of those that are asked for."""

    sql: str
    values: Values

    @classmethod
    def of(cls, photos: Photos | None) -> "_Among":
        """`OFFSET 0` keeps the planner from a join of all of them.

        Raises:
            EmptyResultSet: there are none, as Django knows without the database.
        """
        if photos is None:
            return cls("TRUE", ())
        if not isinstance(photos, QuerySet):
            return cls("photo_id = ANY(%s::bigint[])", (photos.written,))
        passing, values = photos.order_by().values("pk").query.sql_with_params()
        found = f"SELECT FROM ({passing}) AS wanted (key) WHERE key = photo_id OFFSET 0"
        return cls(f"EXISTS ({found})", values)


def newest(owner: Owner, photos: Photos | None, wanted: Sequence[str]) -> set[int]:
    """For each tsquery of `wanted`, photos of the owner's `photos` that have it: the newest ones.

    The last of `wanted` is what has all of the others. What is in many photos is found by reading
    the newest; what is in few, by the index, which looks at all of them, at a cost for each, and
    so gives those with all first. Of few keys, all are read. Three queries at most.
    """
    walk, most = WALKED // len(wanted), RANKED // len(wanted)
    try:
        search = _Search(owner, _Among.of(photos), wanted[-1], walk, most)
    except EmptyResultSet:
        return set()
    if isinstance(photos, Keys) and len(photos) <= walk:
        found = _found([search.of_few(each) for each in enumerate(wanted)])
    else:
        found = _found([search.walked(each, _END, walk, most) for each in enumerate(wanted)])
        counts = Counter(number for number, _ in found)
        left = {each: most - counts[each[0]] for each in enumerate(wanted)}
        if any(left.values()) and (end := search.last(walk)):
            found += _found(list(search.older(end, left)))
    return {photo for _, photo in found}


@dataclass(frozen=True)
class _Search:
    owner: Owner
    among: _Among
    all: str  # the tsquery of what has all that is wanted
    walk: int  # photos that are read for each
    most: int  # that are wanted of each

    def older(self, end: int, left: dict[tuple[int, str], int]) -> Iterator[Statement]:
        """What finds as many as are `left` of each, before `end`: that was not read yet."""
        by_index = False
        for wanted, limit in left.items():
            if limit and (self.most - limit) * _FURTHER >= self.most:
                yield self.walked(wanted, end, self.walk * _FURTHER, limit)
            elif limit and not (by_index and wanted[1] == self.all):
                by_index = True  # so what has all of it is found as well
                yield self._by_index(wanted, end, limit)

    def of_few(self, wanted: tuple[int, str]) -> Statement:
        """(the number, photo) of what has it, of those that are asked for: these are looked up."""
        number, query = wanted
        values = (number, self.owner.pk, query, *self.among.values, self.most)
        return _OF_FEW.format(among=self.among.sql), values

    def walked(self, wanted: tuple[int, str], end: int, rows: int, limit: int) -> Statement:
        """The same, of so many photos before `end`: one after the other from the newest on."""
        number, query = wanted
        values = (number, self.owner.pk, end, rows, query, *self.among.values, limit)
        return _WALKED.format(among=self.among.sql), values

    def _by_index(self, wanted: tuple[int, str], end: int, limit: int) -> Statement:
        """The same, of all before `end`, by the index: first those that have all."""
        number, query = wanted
        theirs = all_of([literal(owner_lexeme(self.owner.pk)), query])
        values = (number, self.all, theirs, self.owner.pk, end, _ALL, *self.among.values, limit)
        return _BY_INDEX.format(among=self.among.sql), values

    def last(self, count: int) -> int:
        """The oldest of the owner's `count` newest photos; 0: they have fewer."""
        with connection.cursor() as cursor:
            cursor.execute(_LAST, [self.owner.pk, count - 1])
            row = cursor.fetchone()
            return row[0] if row else 0


def _found(statements: Sequence[Statement]) -> list[tuple[int, int]]:
    """(the number of the rows, photo): one query for all of them."""
    if not statements:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(sql for sql, _ in statements),
            [value for _, values in statements for value in values],
        )
        return list(cursor.fetchall())
