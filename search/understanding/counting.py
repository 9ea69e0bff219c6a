"""How many: "two", "at least 3", "2 to 4", "lebih dari 3"."""

from dataclasses import dataclass

from search.questions import Count
from search.understanding.sentence import Sentence
from search.understanding.tokens import Kind

_TEN, _HUNDRED = 10, 100
_DIGITS = 6  # more are no count of what is in a photo, nor of days


@dataclass(frozen=True)
class Counted:
    """A count at the tokens before `end`."""

    end: int
    count: Count


def number_at(sentence: Sentence, at: int) -> tuple[int, int] | None:
    """Where a number in digits or in words ends, and the number."""
    if found := _worded(sentence, at):
        return found
    if not sentence.is_free(at) or sentence.tokens[at].kind is not Kind.WORD:
        return None
    digits = sentence.tokens[at].fold.replace(",", "").replace(".", "")
    if digits.isdecimal() and len(digits) <= _DIGITS:
        return at + 1, int(digits)
    return None


def _worded(sentence: Sentence, at: int) -> tuple[int, int] | None:
    """A hundred and fifty; dua puluh lima; twenty-one."""
    end, number = _number_word(sentence, at)
    while end > at and (room := _room(number)):
        joint = end + (room == _HUNDRED and sentence.is_free(end) and _is_and(sentence, end))
        then, more = _number_word(sentence, joint)
        if then == joint or not 0 < more < room:
            break
        end, number = then, number + more
    return (end, number) if end > at else None


def _number_word(sentence: Sentence, at: int) -> tuple[int, int]:
    """Where a word for a number ends, and the number; `at` itself, if there is none."""
    if found := sentence.find("numbers", at):
        return found[0], int(found[1])
    if not sentence.is_word(at):
        return at, 0
    known = sentence.lexicon.roles["numbers"]
    tens, hyphen, ones = sentence.tokens[at].fold.partition("-")
    first, last = int(known.get((tens,), 0)), int(known.get((ones,), 0))
    return (at + 1, first + last) if hyphen and 0 < last < _room(first) else (at, 0)


def _room(number: int) -> int:
    """What follows a number in words as a part of it is less: "two hundred" has room for 99."""
    if number and number % _HUNDRED == 0:
        return _HUNDRED
    return _TEN if number % _HUNDRED >= 2 * _TEN and number % _TEN == 0 else 0


def _is_and(sentence: Sentence, at: int) -> bool:
    return sentence.tokens[at].fold == "and"


def count_at(sentence: Sentence, at: int) -> Counted | None:
    return _compared(sentence, at) or _range(sentence, at) or _plain(sentence, at)


def _compared(sentence: Sentence, at: int) -> Counted | None:
    """At least two; fewer than 3."""
    for role in ("more_than", "at_least", "fewer_than", "at_most", "exactly"):
        start = sentence.after(role, at)
        number = number_at(sentence, start) if start > at else None
        if number:
            return Counted(number[0], _compare(role, number[1]))
    return None


def _compare(role: str, number: int) -> Count:
    match role:
        case "more_than":
            return Count(at_least=number + 1)
        case "at_least":
            return Count(at_least=number)
        case "fewer_than":
            return Count(at_most=max(0, number - 1))
        case "at_most":
            return Count(at_most=number)
    return Count(number, number)


def _range(sentence: Sentence, at: int) -> Counted | None:
    """Between 2 and 4; 2 to 4."""
    start = sentence.after("between", at)
    first = number_at(sentence, start)
    link = "and" if start > at else "to"
    then = sentence.after(link, first[0]) if first else at
    second = number_at(sentence, then) if first and then > first[0] else None
    if not first or not second or first[1] > second[1]:
        return None
    return Counted(second[0], Count(first[1], second[1]))


def _plain(sentence: Sentence, at: int) -> Counted | None:
    """Two; two or more."""
    number = number_at(sentence, at)
    if not number:
        return None
    end = number[0]
    for role, compared in (("or_more", "at_least"), ("or_fewer", "at_most")):
        if sentence.after(role, end) > end:
            return Counted(sentence.after(role, end), _compare(compared, number[1]))
    return Counted(end, Count(number[1], number[1]))
