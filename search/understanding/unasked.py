"""What people say and no question can ask for: hours, distances, how many photos, the first ones,
and what comes round and is no year's.

It is refused before anything else could be made of it.
"""

import re

from search.understanding.counting import number_at
from search.understanding.sentence import Sentence, Use

_HOUR = re.compile(r"[0-9]{1,2}")
_MINUTES = re.compile(r"[0-9]{2}")
_HOUR_OF_HALF = re.compile(r"[0-9]{1,2}[ap]m")
_LEADS = ("date_prepositions", "between", "from", "since", "until", "before", "after")


def refuse_measures(sentence: Sentence) -> None:
    """Refuse hours and distances: "after 5 pm", "within 10 km of Bandung", "jam 5 sore"."""
    for at in sentence.each_free():
        if (end := _hours_end(sentence, at)) > at:
            start = min(sentence.before(role, at) for role in _LEADS)
            sentence.refuse(range(start, end))
        elif (end := _distance_end(sentence, at)) > at:
            sentence.refuse(range(sentence.before("distance_lead", at), end))


def refuse_choices(sentence: Sentence) -> None:
    """Refuse which of the photos, and how many: "the oldest photo", "10 photos", "on Mondays"."""
    for at in sentence.each_free():
        end, number = number_at(sentence, at) or (at, 0)
        is_counted = end > at and sentence.has("photo_nouns", end)
        if is_counted and number == 1:
            sentence.mark(range(at, end), Use.DROPPED)  # says no more than "a"
        elif is_counted:
            sentence.refuse(range(sentence.before("last_before", at), end))
        elif (end := max(sentence.after("recurring", at), _order_end(sentence, at))) > at:
            sentence.refuse(range(at, end))


def _order_end(sentence: Sentence, at: int) -> int:
    end = sentence.after("order_before", at)
    if sentence.has("photo_nouns", end):
        return end
    return sentence.after("order_after", at) if sentence.before("photo_nouns", at) < at else at


def _hours_end(sentence: Sentence, at: int) -> int:
    """Where an hour ends, or two: "5pm", "between 2 and 4 pm". `at`, if there is none."""
    end = _hour_end(sentence, at)
    first = end if end > at else _digits_end(sentence, at, _HOUR)
    for role in ("and", "to"):
        then = sentence.after(role, first) if first > at else first
        if then > first and (last := _hour_end(sentence, then, is_second=end > at)) > then:
            return last
    return end


def _hour_end(sentence: Sentence, at: int, *, is_second: bool = False) -> int:
    if _digits_end(sentence, at, _HOUR_OF_HALF) > at:
        return at + 1
    start = sentence.after("hour_lead", at)
    hour = _digits_end(sentence, start, _HOUR)
    if hour == start:
        return at
    end = _minutes_end(sentence, hour, is_led=start > at)
    half = sentence.after("hour_halves", end)
    if half > end:
        return half
    is_told = start > at or end > hour or is_second
    return sentence.after("day_parts", end) if is_told else at


def _minutes_end(sentence: Sentence, at: int, *, is_led: bool) -> int:
    """Of "14:30"; of "pukul 14.30"."""
    marks = ":." if is_led else ":"
    if not (sentence.is_free(at) and sentence.tokens[at].text in marks and sentence.touches(at)):
        return at
    end = _digits_end(sentence, at + 1, _MINUTES)
    return end if end > at + 1 and sentence.touches(at + 1) else at


def _digits_end(sentence: Sentence, at: int, form: re.Pattern[str]) -> int:
    is_such = sentence.is_word(at) and form.fullmatch(sentence.tokens[at].fold)
    return at + 1 if is_such else at


def _distance_end(sentence: Sentence, at: int) -> int:
    """Where a distance from something ends: "200 km from", "10 km of". `at`, if there is none."""
    number = number_at(sentence, at)
    end = sentence.after("distances", number[0]) if number else at
    if not number or end == number[0]:
        return at
    return end if sentence.has("distance_from", end) else at
