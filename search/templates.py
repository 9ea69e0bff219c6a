"""Sentences about photos, made of what was found in them and of nothing else.

They say what is there and how many, never who does what with it: nobody has seen that.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from search.vocabulary import Vocabulary
from search.vocabulary_file import SentenceParts, Wording

PERSON = "person"  # the object detector's class
MAX_KINDS = 5  # of things in one sentence
MAX_TEXT = 80  # letters of the text in a photo


class Sighting(Protocol):
    """An object that was found: a row of DetectedObject is one."""

    @property
    def label(self) -> str: ...

    @property
    def confidence(self) -> float: ...


@dataclass(frozen=True)
class Seen:
    """What was found in one photo."""

    objects: Sequence[Sighting] = ()
    faces: int = 0
    tags: Sequence[str] = ()  # keys, best first
    context: str = ""  # the key of what is going on, if anything fits
    text: Sequence[str] = ()  # lines, as one reads them


@dataclass(frozen=True)
class Composed:
    sentence: str
    context: str  # a short phrase, or nothing


def compose(seen: Seen, vocabulary: Vocabulary, language: str) -> Composed:
    """A sentence about a photo in `language`, and a phrase of what is going on.

    The things it is surest of come first. A photo in which nothing was found has a sentence too.
    """
    parts = vocabulary.language(language).sentence
    sentences = [_scene(seen, vocabulary, language), _text(seen.text, parts)]
    return Composed(
        sentence=" ".join(_capitalised(each) for each in sentences if each),
        context=vocabulary.word(seen.context, language) if seen.context else "",
    )


def _scene(seen: Seen, vocabulary: Vocabulary, language: str) -> str:
    """Who and what is where: the template is the one for whatever of these there is."""
    parts = vocabulary.language(language).sentence
    found = {
        "people": _people(seen, vocabulary, language),
        "things": _listed(_things(seen.objects, vocabulary, language), parts),
    }
    wordings = [vocabulary.wording(key, language) for key in seen.tags]
    known = [wording for wording in wordings if wording]
    if any(found.values()):
        found["scene"] = next((each.scene for each in known if each.scene), "")
    else:
        found |= _subject(known)
    there = {name: value for name, value in found.items() if value}
    return parts.templates["_".join(there) or "nothing"].format(**there)


def _subject(tags: Sequence[Wording]) -> dict[str, str]:
    """What a photo is of that has nothing to count: its best tag that says so."""
    for tag in tags:
        if tag.subject:
            return {"subject": tag.subject}
        if tag.scene:
            return {"scene": tag.scene}
    return {}


def _people(seen: Seen, vocabulary: Vocabulary, language: str) -> str:
    """By their faces, as the tag counts them; where none is seen, by the people themselves."""
    count = seen.faces or sum(each.label == PERSON for each in seen.objects)
    return vocabulary.thing(PERSON, count, language) if count else ""


def _things(objects: Sequence[Sighting], vocabulary: Vocabulary, language: str) -> list[str]:
    """Counted, the kinds with the surest member first."""
    surest_first = sorted(objects, key=lambda each: -each.confidence)
    counts = Counter(each.label for each in surest_first if each.label != PERSON)
    kinds = list(counts.items())[:MAX_KINDS]
    return [vocabulary.thing(label, count, language) for label, count in kinds]


def _listed(things: Sequence[str], parts: SentenceParts) -> str:
    if len(things) <= 2:  # noqa: PLR2004  # a pair
        return parts.pair.join(things)
    return parts.separator.join(things[:-1]) + parts.last + things[-1]


def _text(lines: Sequence[str], parts: SentenceParts) -> str:
    text = " ".join(" ".join(lines).split())
    if not text:
        return ""
    if len(text) > MAX_TEXT:
        text = _shortened(text)
    return parts.templates["text"].format(text=text)


def _shortened(text: str) -> str:
    """Whole words where there are any, and a sign that there is more."""
    start = text[:MAX_TEXT]
    return f"{start.rpartition(' ')[0] or start}…"


def _capitalised(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
