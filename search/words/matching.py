"""Photos by the words of a question: those that have most of them first."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import F, FloatField, Func, QuerySet, Value

from faces.models import Membership, Person
from photos.models import Owner, Photo
from search.models import PhotoWords
from search.words.asked import Word, asked_words, has, names_asked
from search.words.vector import all_of, any_of, literal
from search.words.wordings import owner_lexeme

RANKED = 1000  # photos that have all words, and as many again that have some, at most: the newest
_NAMED = 0.5  # the closeness of a name, which is that of one tag
_BY_LENGTH, _BELOW_1 = 1, 32  # of ts_rank_cd: divided by 1 + log of the words; r / (r + 1)


@dataclass(frozen=True)
class Hit:
    """A photo in which some words of the question stand."""

    photo: int
    rank: float  # words that stand in it, and less than 1 more for where and how often they do
    matched: int  # how many words of the question


def matching(
    owner: Owner,
    question: str,
    *,
    photos: QuerySet[Photo] | None = None,
    limit: int,
    language: str,
) -> list[Hit]:
    """The owner's photos, of those in `photos`, in which words of `question` stand: best first.

    First those that have most of its words, be it by their stems, in captions, tags, objects,
    text or the names of people who are not hidden; then by where they stand; then the newest.
    Of a word that stands in very many photos, the newest `RANKED` are looked at, or those that
    have all other words too. Any text is a question: nothing in it is syntax. At most 5 queries.
    """
    words = asked_words(question, language)
    if not words:
        return []
    rows = PhotoWords.objects.filter(owner=owner)
    rows = rows if photos is None else rows.filter(photo__in=photos.order_by().values("pk"))
    named = _named(owner, words, photos)
    candidates = {*_candidates(rows, owner, words), *named}
    hits = _ranked(owner, candidates, words, named)
    return sorted(hits, key=lambda hit: (-hit.rank, -hit.photo))[:limit]


def _candidates(rows: QuerySet[PhotoWords], owner: Owner, words: Sequence[Word]) -> list[int]:
    """Photos with all words, and with each of them: the newest. One query."""
    mine = literal(owner_lexeme(owner.pk))
    share = RANKED // len(words)
    wanted = {all_of([mine, *(word.query for word in words)]): RANKED}
    wanted |= {all_of([mine, word.query]): share for word in words if len(words) > 1}
    newest = [
        rows.filter(has("words", query)).order_by("-photo_id").values_list("photo_id")[:most]
        for query, most in wanted.items()
    ]
    return [photo for (photo,) in newest[0].union(*newest[1:])]


def _named(
    owner: Owner, words: Sequence[Word], photos: QuerySet[Photo] | None
) -> Mapping[int, set[str]]:
    """The newest photos that show people with these words in their names: which words."""
    people = Person.objects.filter(owner=owner, hidden=False)
    asked = {
        pk: names
        for pk, name, aliases in people.values_list("pk", "name", "aliases")
        if (names := names_asked([name, *aliases], words))
    }
    if not asked:
        return {}
    shown = Membership.objects.filter(part__cluster__person__in=asked, part__cluster__hidden=False)
    if photos is not None:
        shown = shown.filter(face__photo__in=photos.order_by().values("pk"))
    found: dict[int, set[str]] = defaultdict(set)
    pairs = shown.values_list("face__photo", "part__cluster__person").distinct()
    for photo, person in pairs.order_by("-face__photo")[:RANKED]:
        found[photo].update(asked[person])
    return found


def _ranked(
    owner: Owner,
    photos: Collection[int],
    words: Sequence[Word],
    named: Mapping[int, set[str]],
) -> list[Hit]:
    rows = PhotoWords.objects.filter(owner=owner, photo__in=photos)
    flags = [has("words", word.query) for word in words]
    stand = {
        photo: ({word.word for word, flag in zip(words, found, strict=True) if flag}, closeness)
        for photo, closeness, *found in rows.values_list("photo_id", _closeness(words), *flags)
    }
    hits = []
    for photo in photos:
        found, closeness = stand.get(photo, (set(), 0.0))
        if names := named.get(photo):
            found, closeness = found | names, max(closeness, _NAMED)
        hits.append(Hit(photo, len(found) + closeness, len(found)))
    return hits


def _closeness(words: Sequence[Word]) -> Func:
    """0 to 1: the more and the weightier words there are, among few others."""
    return Func(
        F("words"),
        Value(any_of(form for word in words for form in word.forms)),
        function="ts_rank_cd",
        template=f"%(function)s(%(expressions)s::tsquery, {_BY_LENGTH | _BELOW_1})",
        output_field=FloatField(),
    )
