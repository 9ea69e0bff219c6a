"""From a question to photos: filtered, ranked, cut off where they don't fit, page by page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from django.db import connection
from django.db.models import Q

from photos.models import Owner, Photo
from photos.parallel import Begun
from search import facets, ranking
from search.among import Keys, is_among, resolved
from search.asking import Asked
from search.cursors import Cursor, digest
from search.facets import Facets
from search.filtering import Sieve, firm, is_open, narrowed, passing, wished
from search.questions import Question, Sort
from search.ranking import Meaning, Wanted

COUNTED = 10_000  # photos: of more it is said that there are more
Hits = list[tuple[float | str, int]]  # where they stand in the order, and which photos


@dataclass(frozen=True)
class Library:
    """Whose photos are searched, and how they are looked at now."""

    owner: Owner
    recipes: Mapping[str, str]  # operation -> how it is done
    meaning: Callable[[str, str], Meaning | None]  # of a text in a language; asks a model


@dataclass(frozen=True)
class Found:
    """A page of hits."""

    photos: Sequence[int]
    next: str  # the cursor of the page after it; empty: there is none
    total: int | None = None  # up to COUNTED, where there may be more; of the first page
    counting: Begun[Facets] | None = None  # of the first page, where facets are asked for
    relevance: Mapping[int, float] = field(default_factory=dict)  # of photos that look like it

    @property
    def facets(self) -> Facets | None:
        """Of all hits. They are waited for."""
        return self.counting.result() if self.counting else None


def find(library: Library, asked: Asked, cursor: str = "") -> Found:
    """The owner's photos that are what is asked for, best first. A fixed number of queries.

    Filters hold without exception. Things and numbers of faces that come from words are wishes:
    photos that have them come first, as models overlook some. What words say beside that ranks:
    by what photos look like and by what is written of them, fused; what fits neither is left out.

    Raises:
        CursorInvalid: the cursor is not of this question.
        InferenceError: the text encoder gave no answer, where the question needs it.
    """
    key = digest(asked.words, asked.filters, asked.sort, asked.min_confidence)
    begins = Cursor.read(cursor, asked=key) if cursor else None
    newest = begins.newest if begins else _newest(library.owner)
    search = _ranked if asked.description else _listed
    rest, relevance = search(library, asked, newest, begins)
    hits = rest[: asked.limit]
    position, last = hits[-1] if hits else (0.0, 0)
    more = len(rest) > len(hits)
    return Found(
        photos=[photo for _, photo in hits],
        next=Cursor(key, newest, position, last).written() if more else "",
        total=None if begins else len(rest),
        counting=_counting(library, rest) if asked.facets and not begins else None,
        relevance=relevance,
    )


# Written down, as Django takes longer to write it than the database to answer it.
_NEWEST = "SELECT max(id) FROM photos_photo WHERE owner_id = %s"


def _newest(owner: Owner) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, [owner.pk])
        [newest] = cursor.fetchone()
        return newest or 0


def _counting(library: Library, hits: Hits) -> Begun[Facets]:
    """Beside whatever the page is for."""
    photos = [photo for _, photo in hits]
    return Begun(partial(facets.of, library.owner, photos, library.recipes))


def _sieve(library: Library, asked: Asked) -> Sieve:
    unlike = [library.meaning(each, asked.words.language) for each in asked.words.not_semantic]
    return Sieve(
        library.owner,
        library.recipes,
        asked.where,
        asked.min_confidence,
        [each for each in unlike if each],
    )


def _firm(asked: Asked) -> list[Question]:
    """What has to hold, whatever else photos are."""
    return [firm(asked.words), asked.filters]


def _listed(
    library: Library, asked: Asked, newest: int, begins: Cursor | None
) -> tuple[Hits, Mapping[int, float]]:
    """By when they were taken: what comes after `begins`, or all of it, up to COUNTED."""
    photos = passing(_sieve(library, asked), _firm(asked)).filter(pk__lte=newest)
    oldest = asked.sort == Sort.OLDEST
    if begins:
        at, beyond = datetime.fromisoformat(str(begins.position)), "gt" if oldest else "lt"
        same = Q(**{"dated_at": at, f"pk__{beyond}": begins.photo})
        photos = photos.filter(Q(**{f"dated_at__{beyond}": at}) | same)
    order = ("dated_at", "pk") if oldest else ("-dated_at", "-pk")
    most = asked.limit + 1 if begins else COUNTED
    rows = photos.order_by(*order).values_list("dated_at", "pk")[:most]
    return [(dated_at.isoformat(), photo) for dated_at, photo in rows], {}


def _ranked(
    library: Library, asked: Asked, newest: int, begins: Cursor | None
) -> tuple[Hits, Mapping[int, float]]:
    """What comes after `begins`, or all of it, and how well it fits."""
    wishes, sieve = wished(asked.words), _sieve(library, asked)
    passed = passing(sieve, _firm(asked))
    photos = None if all(map(is_open, _firm(asked))) else resolved(passed)
    if photos == ():
        return [], {}
    if isinstance(photos, Keys):
        passed = Photo.objects.filter(is_among("pk", photos))
    found = ranking.ranked(
        Wanted(
            library.owner,
            asked.description,
            asked.words.language,
            meaning=library.meaning(asked.description, asked.words.language),
            photos=photos,
            having=None if wishes == Question() else narrowed(passed, sieve, wishes),
        )
    )
    hits = _in_order([hit for hit in found.hits if hit[1] <= newest], asked.sort)
    return _after(hits, begins, asked.sort) if begins else hits, found.relevance


def _in_order(ranked: Hits, sort: Sort) -> Hits:
    """Those that fit, by when they were taken if that is asked for. One query then."""
    if sort == Sort.RELEVANCE:
        return ranked
    found = Photo.objects.filter(pk__in=[photo for _, photo in ranked])
    dated = [(at.isoformat(), photo) for at, photo in found.values_list("dated_at", "pk")]
    return sorted(dated, reverse=sort == Sort.NEWEST)


def _after(ranked: Hits, begins: Cursor, sort: Sort) -> Hits:
    last = (begins.position, begins.photo)
    if sort == Sort.OLDEST:
        return [hit for hit in ranked if hit > last]
    return [hit for hit in ranked if hit < last]
