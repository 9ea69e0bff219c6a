"""How questions add up: what both ask for, what either does, what denies one."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from functools import reduce
from itertools import product
from typing import TypeVar

from search.questions import Count, Days, People, Question, Things

_T = TypeVar("_T")
_NEVER = date.min  # a period from a day to itself has no day


def joined(questions: Iterable[Question], language: str) -> Question:
    """All that is asked for in each of them."""
    return replace(reduce(_both, questions, Question()), language=language)


def _both(one: Question, other: Question) -> Question:
    return Question(
        people=People(
            all=_once(one.people.all + other.people.all),
            none=_once(one.people.none + other.people.none),
            only=one.people.only or other.people.only,
        ),
        dates=_common(one.dates, other.dates),
        places=_once(one.places + other.places),
        objects=_once(one.objects + other.objects),
        faces=_both_counts(one.faces, other.faces),
        text=_once(one.text + other.text),
        not_text=_once(one.not_text + other.not_text),
        semantic=" ".join(filter(None, (one.semantic, other.semantic))),
        not_semantic=_once(one.not_semantic + other.not_semantic),
        not_understood=one.not_understood + other.not_understood,
    )


def either(one: Question, other: Question) -> Question:
    """What asks for the one or the other: of people, or of dates."""
    if one.dates:
        return Question(dates=_once(one.dates + other.dates))
    anyone = [name for group in one.people.all + other.people.all for name in group]
    return Question(people=People(all=(_once(anyone),)))


def denied(asked: Question) -> Question | None:
    """What asks for the contrary; None where a question can't say that."""
    if asked.people.all:
        return Question(people=People(none=asked.people.all[0]))
    if asked.dates:
        return Question(dates=_complement(asked.dates))
    if asked.places:
        return Question(places=tuple(replace(each, excluded=True) for each in asked.places))
    if asked.text or asked.semantic:
        meaning = (asked.semantic,) if asked.semantic else ()
        return Question(not_text=asked.text, not_semantic=meaning)
    return _denied_count(asked)


def _denied_count(asked: Question) -> Question | None:
    thing = next(iter(asked.objects), None)
    asked_count = thing.count if thing else asked.faces
    count = _contrary(asked_count) if asked_count else None
    if count and thing:
        return Question(objects=(Things(thing.label, count),))
    return Question(faces=count) if count else None


def _once(values: Iterable[_T]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys(values))


def _common(one: tuple[Days, ...], other: tuple[Days, ...]) -> tuple[Days, ...]:
    """What lies in any of the one and in any of the other: an empty period, if nothing does."""
    if not one or not other:
        return one or other
    return common(one, other) or ((_NEVER, _NEVER),)


def common(one: tuple[Days, ...], other: tuple[Days, ...]) -> tuple[Days, ...]:
    """What lies in any of the one and in any of the other; none, if nothing does."""
    pairs = [(_later(a[0], b[0]), _earlier(a[1], b[1])) for a, b in product(one, other)]
    return _once((start, end) for start, end in pairs if not (start and end and start >= end))


def _complement(days: tuple[Days, ...]) -> tuple[Days, ...]:
    """All that lies in none of `days`."""
    rest: tuple[Days, ...] = ((None, None),)
    for start, end in days:
        sides: list[Days] = []
        if start:
            sides.append((None, start))
        if end:
            sides.append((end, None))
        rest = _common(rest, tuple(sides))
    return rest


def _later(one: date | None, other: date | None) -> date | None:
    return max(one, other) if one and other else one or other


def _earlier(one: date | None, other: date | None) -> date | None:
    return min(one, other) if one and other else one or other


def _both_counts(one: Count | None, other: Count | None) -> Count | None:
    if not one or not other:
        return one or other
    limits = [each.at_most for each in (one, other) if each.at_most is not None]
    return Count(max(one.at_least, other.at_least), min(limits, default=None))


def _contrary(count: Count) -> Count | None:
    if count.at_most is None:
        return Count(at_most=count.at_least - 1) if count.at_least else None
    return None if count.at_least else Count(at_least=count.at_most + 1)
