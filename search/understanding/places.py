"""Where photos were taken: places by their names."""

from collections.abc import Callable, Mapping

from search.questions import Question, Somewhere
from search.understanding.names import Names
from search.understanding.people import capitals_end
from search.understanding.pieces import link
from search.understanding.sentence import Mention, Sentence, Use


def recognise(
    sentence: Sentence,
    places: Names,
    within: Mapping[str, frozenset[str]],
    is_doubtful: Callable[[str], bool],
) -> None:
    """Take names of places, and refuse unknown ones that something is to be near to."""
    for at in sentence.each_free():
        found = places.at(sentence, at)
        if found and _is_meant(sentence, found[0], is_doubtful):
            _take(sentence, places, within, found)
        elif (end := capitals_end(sentence, at)) > at and _near(sentence, at) < at:
            sentence.mark(range(_near(sentence, at), at), Use.DROPPED)
            sentence.refuse(range(at, end))


def _is_meant(
    sentence: Sentence, tokens: tuple[int, ...], is_doubtful: Callable[[str], bool]
) -> bool:
    """It is the place, and not the word that it is as well: "in Nice", but "in nice weather"."""
    at, after = tokens[0], tokens[-1] + 1
    if len(tokens) > 1 or not any(map(is_doubtful, sentence.tokens[at].forms)):
        return True
    if sentence.before("place_lead", at) == at:
        return False
    return sentence.tokens[at].has_capital or not sentence.is_content(after)


def _take(
    sentence: Sentence,
    places: Names,
    within: Mapping[str, frozenset[str]],
    found: tuple[tuple[int, ...], tuple[str, ...]],
) -> None:
    tokens, names = found
    end = _with_those_around(sentence, places, within, found)
    start = _near(sentence, tokens[0])
    near = start < tokens[0] or _lists_near(sentence, start)
    asks = Question(places=tuple(Somewhere(name, near=near) for name in names))
    sentence.take(Mention("places", tuple(range(start, end)), asks))


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
