"""Where photos were taken: places by their names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from search.questions import Question, Somewhere
from search.understanding.names import Names
from search.understanding.people import capitals_end
from search.understanding.pieces import link
from search.understanding.sentence import Mention, Sentence, Use

_PLACE_LEADS = ("place_lead", "place_titles", "place_lead_named")  # the last leads to all else too


@dataclass(frozen=True)
class Doubts:
    """Which words may well be no place."""

    is_doubtful: Callable[[str], bool]  # they are words or people as well
    is_common: Callable[[str], bool]  # photos often show what they say: "wedding"


def recognise(
    sentence: Sentence,
    places: Names,
    within: Mapping[str, frozenset[str]],
    doubts: Doubts,
) -> None:
    """Take names of places, and refuse unknown ones that something is to be near to."""
    for at in sentence.each_free():
        found = places.at(sentence, at)
        end = _with_those_around(sentence, places, within, found) if found else at
        if found and _is_meant(sentence, found[0], end, doubts):
            _take(sentence, found, end)
        elif (end := capitals_end(sentence, at)) > at and _near(sentence, at) < at:
            sentence.mark(range(_near(sentence, at), at), Use.DROPPED)
            sentence.refuse(range(at, end))


def _is_meant(sentence: Sentence, tokens: tuple[int, ...], end: int, doubts: Doubts) -> bool:
    """It is the place, and not the word that it is as well: "in Nice", but "in nice weather".

    It ends before `end` with the places that it lies in, which tell it as well: "Nice, France".
    """
    at, after = tokens[0], tokens[-1] + 1
    token = sentence.tokens[at]
    if len(tokens) > 1 or not any(map(doubts.is_doubtful, token.forms)):
        return True
    is_common = any(map(doubts.is_common, token.forms))
    if end > after and (token.has_capital or not is_common):
        return sentence.tokens[after].text == "," or (token.has_capital and not is_common)
    if not _is_led(sentence, at, is_common=is_common):
        return False
    return token.has_capital or not sentence.is_content(after)


def _is_led(sentence: Sentence, at: int, *, is_common: bool) -> bool:
    """Words before it say that it is a place: "in Nice"; some do so only with its capital."""
    if sentence.tokens[at].has_capital:
        start = sentence.before("articles", at)
        return any(sentence.before(role, start) < start for role in _PLACE_LEADS)
    return not is_common and any(sentence.before(role, at) < at for role in _PLACE_LEADS[:2])


def _take(sentence: Sentence, found: tuple[tuple[int, ...], tuple[str, ...]], end: int) -> None:
    tokens, names = found
    named = sentence.before("place_titles", tokens[0])
    start = _near(sentence, named)
    near = start < named or _lists_near(sentence, start)
    asks = Question(places=tuple(Somewhere(name, near=near) for name in names))
    sentence.take(Mention("places", tuple(range(start, end)), asks))
    sentence.refuse_before("directions", start)


def _lists_near(sentence: Sentence, at: int) -> bool:
    """It is in a list that something is to be near to: "near Ubud or Jakarta"."""
    last = sentence.mentions[-1] if sentence.mentions else None
    return bool(
        last
        and any(place.near for place in last.asks.places)
        and link(sentence, last.end, at) in {"and", "or"}
        and not any(sentence.has("place_lead", each) for each in range(last.end, at))
    )


def _with_those_around(
    sentence: Sentence,
    places: Names,
    within: Mapping[str, frozenset[str]],
    found: tuple[tuple[int, ...], tuple[str, ...]],
) -> int:
    """Where the place ends with those that it lies in: "Paris, France"."""
    end = found[0][-1] + 1
    around = frozenset[str]().union(*(within.get(name, frozenset()) for name in found[1]))
    while True:
        comma = end + (sentence.is_free(end) and sentence.tokens[end].text == ",")
        wider = places.at(sentence, comma)
        if not wider or not around & set(wider[1]):
            return end
        end = wider[0][-1] + 1


def _near(sentence: Sentence, at: int) -> int:
    """Where the words before `at` begin that say that it is near: `at`, if there are none."""
    article = sentence.before("articles", at)
    start = sentence.before("near", article)
    return start if start < article else at
