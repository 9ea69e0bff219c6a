"""What a question looks for, in words that the text encoder of the moment understands."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from inference.identity import ModelIdentity
from search.tagging import ANY_LANGUAGE, known_languages, knows_deeds
from search.vocabulary import Vocabulary
from search.vocabulary_file import Language

_WORD = re.compile(r"\w+(?:['\u2019]\w+)*")
_LONG = 5  # so many words are a sentence, and not the name of a thing
# Words that stand for nothing one can see, by language.
_SAY_NOTHING: Mapping[str, str] = {
    "en": """
        a an the some this that these those of in on at with and or by for from to is are
        photo photos picture pictures image images
        one two three four five six seven eight nine ten
    """,
    "id": """
        yang di ke dari dan atau dengan pada dalam oleh untuk itu ini ada sedang saat para
        atas bawah depan belakang samping antara bersama
        sebuah seekor seorang sehelai sepasang sebilah sebatang setangkai selembar sepotong
        seikat sekelompok ekor helai pasang bilah batang tangkai lembar ikat foto
        satu dua tiga empat lima enam tujuh delapan sembilan sepuluh
    """,
}
_PARTICLES = {language: frozenset(words.split()) for language, words in _SAY_NOTHING.items()}
_ITS = "nya"  # Indonesian says "its", and often "the", at the end of a word

Phrase = tuple[str, ...]  # casefolded words


@dataclass(frozen=True)
class Worded:
    """A question as a text encoder is to read it."""

    text: str  # to be encoded; empty: there is nothing in it that the encoder understands
    left: tuple[str, ...] = ()  # words that it can't be told: they can only stand in a photo


def worded(text: str, language: str, images: ModelIdentity, vocabulary: Vocabulary) -> Worded:
    """`text`, which is in `language`, for the text encoder that belongs to `images`.

    One that knows the language gets it as it is, but for the bare names of things. For another
    one it is translated by the vocabulary's words and its classes of objects, longest first.

    Raises:
        InferenceCorrupt: the model's configuration does not say which languages it knows.
    """
    plain = language.partition("-")[0]
    known = known_languages(images)
    if not {ANY_LANGUAGE, language, plain}.isdisjoint(known):
        return Worded(text.strip() if knows_deeds(images) else _named(text, plain))
    source = next((each for each in (language, plain) if each in vocabulary.languages), None)
    target = next((each for each in known if each in vocabulary.languages), None)
    if source is None or target is None:
        return Worded("", tuple(dict.fromkeys(_WORD.findall(text))))
    return _translated(_WORD.findall(text), _meanings(vocabulary, source, target), plain)


def _named(text: str, language: str) -> str:
    """A short question as the bare name of its thing, which lies nearest to photos of it."""
    words = list(_WORD.finditer(text))
    name = words[_lead([word[0] for word in words], language) :]
    return text[name[0].start() :].strip() if 0 < len(name) < _LONG else text.strip()


@lru_cache(maxsize=8)
def _meanings(vocabulary: Vocabulary, source: str, target: str) -> Mapping[Phrase, str]:
    """What phrases of one language are in another, where they may be in that one already."""
    found: dict[Phrase, str] = {}
    theirs = vocabulary.languages[target]
    for language in (source, target):
        for phrase, meant in _pairs(vocabulary.languages[language], theirs, language):
            if phrase:
                found.setdefault(phrase, " ".join(_plainly(meant, target)) or meant)
    return found


def _pairs(ours: Language, theirs: Language, language: str) -> Iterator[tuple[Phrase, str]]:
    """Our phrases with their wordings of the same, the plainest first."""
    for label, thing in ours.objects.items():
        if label in theirs.objects:
            meant = theirs.objects[label].one
            yield _plainly(thing.one, language), meant
            yield _plainly(thing.many.replace("{count}", ""), language), meant
    for key, tag in ours.tags.items():
        if key in theirs.tags:
            yield _phrase(tag.word), theirs.tags[key].word
    for key, context in ours.contexts.items():
        if key in theirs.contexts:
            yield _plainly(context.word, language), theirs.contexts[key].word
    for key, tag in ours.tags.items():
        if key in theirs.tags:
            yield _plainly(tag.subject, language), theirs.tags[key].subject
            yield _plainly(tag.scene, language), theirs.tags[key].scene


def _phrase(text: str) -> Phrase:
    return tuple(word.casefold() for word in _WORD.findall(text))


def _plainly(text: str, language: str) -> Phrase:
    """Without the particles that lead to it."""
    phrase = _phrase(text)
    return phrase[_lead(phrase, language) :]


def _lead(words: Sequence[str], language: str) -> int:
    """How many of `words` come before the first that says something."""
    saying = (place for place, word in enumerate(words) if not _is_particle(word, language))
    return next(saying, len(words))


def _is_particle(word: str, language: str) -> bool:
    return word.isdecimal() or word.casefold() in _PARTICLES.get(language, frozenset())


def _translated(words: Sequence[str], meanings: Mapping[Phrase, str], language: str) -> Worded:
    found, left, start = [], [], 0
    longest = max(map(len, meanings), default=0)
    while start < len(words):
        meaning, length = _meaning(words[start : start + longest], meanings)
        if meaning:
            found.append(meaning)
        elif not _is_particle(words[start], language):
            left.append(words[start])
        start += length
    return Worded(" ".join(dict.fromkeys(found)), tuple(dict.fromkeys(left)))


def _meaning(words: Sequence[str], meanings: Mapping[Phrase, str]) -> tuple[str, int]:
    """What the first of `words` mean together, as many as can be, and how many these are."""
    asked = [word.casefold() for word in words]
    for length in range(len(asked), 0, -1):
        *before, last = asked[:length]
        for each in (last, last.removesuffix(_ITS)):
            if meaning := meanings.get((*before, each)):
                return meaning, length
    return "", 1
