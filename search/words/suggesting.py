"""What may be meant by the beginning of a word: people, tags and things in the owner's photos."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Exists, OuterRef, TextField, Value

from faces.models import Membership, Person
from photos.letters import words_of
from photos.models import Owner
from photos.places import known_places
from search.models import PhotoWords
from search.vocabulary import Vocabulary, load
from search.words.asked import has
from search.words.vector import all_of, literal
from search.words.wordings import label_lexeme, owner_lexeme, tag_lexeme

PEOPLE, PLACES, TAGS, OBJECTS = "people", "places", "tags", "objects"
MOST = 50  # suggestions of people, and as many others, that are looked for in photos


@dataclass(frozen=True)
class Suggestion:
    kind: str  # people, places, tags or objects
    key: str  # a person's or a place's name, a tag's key, an object's class
    words: str  # what to ask for: of a person or a place it may be another of their names


def suggest(owner: Owner, prefix: str, *, limit: int) -> list[Suggestion]:
    """Up to `limit` of what is in the owner's photos and has a word that begins with `prefix`.

    In any language of the vocabulary; once each, what begins with it first, shorter ones before.
    People who are hidden are not told. Five queries at most.

    Raises:
        VocabularyError: a file of it is broken.
    """
    start = " ".join(words_of(prefix))
    if not start:
        return []
    people = _best(_people(owner, start), start)
    things = _best(_things(load(settings.VOCABULARY_DIR), start), start)
    found = [*_shown(owner, people), *_places(owner, start), *_seen(owner, things)]
    return _best(found, start)[:limit]


def _begin(text: str, start: str) -> int:
    """Where in `text`, as words_of() has it, a word begins with `start`; -1 if none does."""
    return f" {' '.join(words_of(text))}".find(f" {start}")


def _best(found: Collection[Suggestion], start: str) -> list[Suggestion]:
    """The first `MOST`; of those with one key the best."""
    ordered = sorted(
        found, key=lambda each: (_begin(each.words, start) > 0, len(each.words), each.words)
    )
    once: dict[tuple[str, str], Suggestion] = {}
    for each in ordered:
        once.setdefault((each.kind, each.key), each)
    return list(once.values())[:MOST]


def _people(owner: Owner, start: str) -> list[Suggestion]:
    people = Person.objects.filter(owner=owner, hidden=False)
    return [
        Suggestion(PEOPLE, name, called)
        for name, aliases in people.values_list("name", "aliases")
        for called in (name, *aliases)
        if _begin(called, start) >= 0
    ]


def _places(owner: Owner, start: str) -> list[Suggestion]:
    return [
        Suggestion(PLACES, name, called)
        for name, others in known_places(owner).names.items()
        for called in (name, *others)
        if _begin(called, start) >= 0
    ]


def _things(vocabulary: Vocabulary, start: str) -> list[Suggestion]:
    tags = [
        Suggestion(TAGS, concept.key, word)
        for concept in vocabulary.concepts
        for word in concept.words.values()
        if _begin(word, start) >= 0
    ]
    return tags + list(_objects(vocabulary, start))


def _objects(vocabulary: Vocabulary, start: str) -> Iterator[Suggestion]:
    """By the class itself, and by what it is called without "a" or "seekor" before it."""
    for language in vocabulary.languages.values():
        for label, counted in language.objects.items():
            alone = counted.one.partition(" ")[2] or counted.one
            for words in (label, alone):
                if _begin(words, start) >= 0:
                    yield Suggestion(OBJECTS, label, words)


def _shown(owner: Owner, people: Sequence[Suggestion]) -> list[Suggestion]:
    """Those who are in photos."""
    if not people:
        return []
    members = Membership.objects.filter(
        part__cluster__person=OuterRef("pk"), part__cluster__hidden=False
    )
    named = Person.objects.filter(owner=owner, name__in={each.key for each in people})
    there = set(named.filter(Exists(members)).values_list("name", flat=True))
    return [each for each in people if each.key in there]


def _seen(owner: Owner, things: Sequence[Suggestion]) -> list[Suggestion]:
    """Those that are in photos: each is looked for by itself, in one query."""
    if not things:
        return []
    first, *others = [
        PhotoWords.objects.filter(
            has("words", all_of([literal(owner_lexeme(owner.pk)), literal(_lexeme(each))])),
            owner=owner,
        ).values_list(Value(_lexeme(each), output_field=TextField()))[:1]
        for each in things
    ]
    there = {lexeme for (lexeme,) in first.union(*others, all=True)}
    return [each for each in things if _lexeme(each) in there]


def _lexeme(thing: Suggestion) -> str:
    return tag_lexeme(thing.key) if thing.kind == TAGS else label_lexeme(thing.key)
