"""Whether a word that may be a date is meant as one: "in May", but not "may"."""

from collections.abc import Container

from search.questions import ENGLISH
from search.understanding.sentence import Sentence

_LEADS = ("date_prepositions", "date_lead")
_SHIFTS = ("last_before", "this_before", "next_before")


def is_date(sentence: Sentence, start: int, end: int, names: Container[str]) -> bool:
    """A month, season, holiday or day of the week without more is a date itself.

    It is none where it describes something ("a summer dress", "kue Lebaran"), nor where it may
    well be another word or one of `names` and nothing leads to it.
    """
    in_doubt = _is_in_doubt(sentence, start, names)
    if sentence.has("months", start) and not in_doubt:
        return True
    return not _describes(sentence, start, end) and (not in_doubt or _leads(sentence, start))


def is_led(sentence: Sentence, at: int) -> bool:
    """Words before it say that it is a date: "the 20s"."""
    return any(sentence.before(role, at) < at for role in ("date_lead", "date_of"))


def _is_in_doubt(sentence: Sentence, at: int, names: Container[str]) -> bool:
    token = sentence.tokens[at]
    if token.fold in names and token.has_capital:
        return True
    if sentence.has("months_in_doubt", at):
        return not token.has_capital
    return sentence.has("seasons_in_doubt", at)


def _leads(sentence: Sentence, at: int) -> bool:
    while (before := sentence.before("articles", at)) < at:
        at = before
    return any(sentence.before(role, at) < at for role in _LEADS)


def _describes(sentence: Sentence, start: int, end: int) -> bool:
    """It says of what kind its neighbour is: the next word in English, else the last."""
    if sentence.lexicon.language == ENGLISH:
        if any(sentence.has(role, end) for role in _SHIFTS):
            return False  # "Monday last week"
        return sentence.is_content(end) and not sentence.tokens[end].fold.endswith("ing")
    return sentence.is_content(start - 1) and not _leads(sentence, start)
