"""What is to be in a photo, and how much of it: objects and faces."""

from dataclasses import dataclass
from itertools import pairwise

from search.questions import ENGLISH, Count, Question, Things
from search.understanding.counting import count_at, number_at
from search.understanding.names import Names
from search.understanding.pieces import link
from search.understanding.sentence import Mention, Sentence

_ADJECTIVES = 2  # between a number and what it counts
_DOING = ("ing", "ed")  # ends a word that an English noun does not describe


@dataclass(frozen=True)
class _Noun:
    at: tuple[int, ...]
    label: str  # the class; empty: people


def recognise(sentence: Sentence, objects: Names) -> None:
    """Take objects and faces, with their numbers. `objects`: words for classes."""
    for at in sentence.each_free():
        _refuse_numbers(sentence, objects, at)
        found = (
            _group(sentence, at)
            or _others(sentence, at)
            or _counted(sentence, objects, at)
            or _plain(sentence, objects, at)
        )
        if found:
            sentence.take(found)
            sentence.refuse_before("roughly", found.start)


def _refuse_numbers(sentence: Sentence, objects: Names, at: int) -> None:
    """Refuse numbers in a row that are no number together: "five thousand people"."""
    end, last = at, None if number_at(sentence, at - 1) else number_at(sentence, at)
    numbers = 0
    while last:
        numbers, end = numbers + 1, last[0]
        last = number_at(sentence, end)
    if numbers > 1 and _noun(sentence, objects, end):
        sentence.refuse(range(at, end))


def _others(sentence: Sentence, at: int) -> Mention | None:
    """Two other people: with those who are named."""
    counted = count_at(sentence, at)
    end = sentence.after("others", counted.end) if counted else at
    named = [each for each in sentence.mentions if each.asks.people.all]
    if not counted or end == counted.end or not named:
        return None
    either = sum(
        link(sentence, one.end, other.start) == "or"
        for one, other in pairwise(sorted(named, key=lambda each: each.at))
    )
    count = Count(counted.count.at_least + len(named) - either)
    return Mention("faces", tuple(range(at, end)), Question(faces=count))


def _group(sentence: Sentence, at: int) -> Mention | None:
    """A group of five."""
    start = sentence.after("people_groups", at)
    counted = count_at(sentence, start) if start > at else None
    if not counted:
        return None
    end = sentence.after("people_nouns", counted.end)
    return Mention("faces", tuple(range(at, end)), Question(faces=counted.count))


def _counted(sentence: Sentence, objects: Names, at: int) -> Mention | None:
    """Two dogs; dua ekor kucing."""
    counted = count_at(sentence, at)
    if not counted:
        return None
    start = sentence.after("classifiers", counted.end)
    noun = _noun(sentence, objects, start)
    if not noun and start > counted.end:  # "dua orang": a classifier, and what is counted
        start, noun = counted.end, _noun(sentence, objects, counted.end)
    if not noun:
        start = counted.end
        for _ in range(_ADJECTIVES):
            start = sentence.after("adjectives", start)
        noun = _noun(sentence, objects, start)
    if not noun or (noun.label and _describes_next(sentence, noun)):
        return None
    number = tuple(range(at, counted.end))
    between = tuple(range(counted.end, start)) if sentence.has("classifiers", counted.end) else ()
    return _mention(sentence, noun, (*number, *between, *noun.at), counted.count)


def _plain(sentence: Sentence, objects: Names, at: int) -> Mention | None:
    """A dog; kucing tiga ekor; people, whom only a denial makes faces."""
    noun = _noun(sentence, objects, at)
    if not noun:
        return None
    if not noun.label:
        return Mention("faces", noun.at, Question(faces=Count(1)), only_denied=True)
    counted = count_at(sentence, noun.at[-1] + 1)
    end = sentence.after("classifiers", counted.end) if counted else 0
    if counted and end > counted.end:
        return _mention(sentence, noun, (*noun.at, *range(noun.at[-1] + 1, end)), counted.count)
    if _describes_next(sentence, noun) or _describes_last(sentence, noun):
        return None
    return _mention(sentence, noun, noun.at, Count(at_least=1))


def _mention(sentence: Sentence, noun: _Noun, at: tuple[int, ...], count: Count) -> Mention:
    if not noun.label:
        return Mention("faces", at, Question(faces=count))
    asks = Question(objects=(Things(noun.label, count),))
    return Mention("objects", at, asks, noun=" ".join(sentence.words(noun.at)))


def _noun(sentence: Sentence, objects: Names, at: int) -> _Noun | None:
    if found := objects.at(sentence, at):
        return _Noun(found[0], found[1][0])
    end = sentence.after("people_nouns", at)
    return _Noun(tuple(range(at, end)), "") if end > at else None


def _describes_next(sentence: Sentence, noun: _Noun) -> bool:
    """It only says of what kind the next thing is: "train station"."""
    after = noun.at[-1] + 1
    if sentence.lexicon.language != ENGLISH or not sentence.is_content(after):
        return False
    is_plural = _is_plural(sentence.tokens[noun.at[-1]].fold)
    return not is_plural and not sentence.tokens[after].fold.endswith(_DOING)


def _describes_last(sentence: Sentence, noun: _Noun) -> bool:
    """It only says of what kind the thing before is: "stasiun kereta"."""
    before = noun.at[0] - 1
    if sentence.lexicon.language == ENGLISH or not sentence.is_content(before):
        return False
    return not sentence.has("carriers", before)


def _is_plural(word: str) -> bool:
    return word.endswith("s") and not word.endswith(("ss", "us"))
