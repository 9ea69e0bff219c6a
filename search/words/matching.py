"""Photos by the words of a question: those that have most of them first."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from django.db.models import F, FloatField, Func, QuerySet, Value

from faces.models import Membership, Person
from photos.models import Owner
from photos.parallel import Begun
from search.among import Keys, Photos, is_among
from search.models import PhotoWords
from search.words.asked import Word, asked_words, has, names_asked
from search.words.candidates import RANKED, newest
from search.words.vector import all_of, any_of

_NAMED = 0.5  # the closeness of a name, which is that of one tag
_BY_LENGTH, _BELOW_1 = 1, 32  # of ts_rank_cd: divided by 1 + log of the words; r / (r + 1)


@dataclass(frozen=True)
class Hit:
    """A photo in which some words of the question stand."""

    photo: int
    rank: float  # words that stand in it, and less than 1 more for where and how often they do
    matched: int  # how many words of the question
    asked: int  # how many it has that say something


def matching(
    owner: Owner,
    question: str,
    *,
    photos: Photos | None = None,
    limit: int,
    language: str,
) -> list[Hit]:
    """The owner's photos, of those in `photos`, in which words of `question` stand: best first.

    First those that have most of its words, be it by their stems, in captions, tags, objects,
    text or the names of people who are not hidden; then by where they stand; then the newest.
    Of a word that stands in very many photos, the newest `RANKED` are looked at, or those that
    have all other words too. Any text is a question: nothing in it is syntax.
    Seven queries at most.
    """
    words = asked_words(question, language)
    if not words:
        return []
    naming = Begun(partial(_named, owner, words, photos))
    found = newest(owner, photos, _wanted(words))
    named = naming.result()
    candidates = found | named.keys()
    rows = PhotoWords.objects.filter(is_among("photo_id", Keys(candidates)), owner=owner)
    hits = _ranked(rows, words, named)
    return sorted(hits, key=lambda hit: (-hit.rank, -hit.photo))[:limit]


def _named(owner: Owner, words: Sequence[Word], photos: Photos | None) -> Mapping[int, set[str]]:
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
        shown = shown.filter(is_among("photo_id", photos))
    found: dict[int, set[str]] = defaultdict(set)
    pairs = shown.values_list("photo", "part__cluster__person").distinct()
    for photo, person in pairs.order_by("-photo")[:RANKED]:
        found[photo].update(asked[person])
    return found


def _wanted(words: Sequence[Word]) -> list[str]:
    """What is looked for: each word, and all of them together."""
    each = [word.query for word in words]
    return list(dict.fromkeys([*each, all_of(each)]))


def _ranked(
    rows: QuerySet[PhotoWords], words: Sequence[Word], named: Mapping[int, set[str]]
) -> Iterator[Hit]:
    flags = [has("words", word.query) for word in words]
    there: dict[int, tuple[float, set[str]]] = dict.fromkeys(named, (_NAMED, set()))
    for photo, closeness, *stand in rows.values_list("photo_id", _closeness(words), *flags):
        said = {word.word for word, stands in zip(words, stand, strict=True) if stands}
        there[photo] = (max(closeness, _NAMED) if photo in named else closeness, said)
    for photo, (closeness, said) in there.items():
        count = len(said | named.get(photo, set()))
        yield Hit(photo, count + closeness, count, len(words))


def _closeness(words: Sequence[Word]) -> Func:
    """0 to 1: the more and the weightier words there are, among few others."""
    return Func(
        F("words"),
        Value(any_of(form for word in words for form in word.forms)),
        function="ts_rank_cd",
        template=f"%(function)s(%(expressions)s::tsquery, {_BY_LENGTH | _BELOW_1})",
        output_field=FloatField(),
    )
