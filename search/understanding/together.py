"""How the dates of a question go together: some are listed, others narrow each other."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import reduce
from itertools import chain

from search.questions import Days, Question
from search.understanding.asking import common
from search.understanding.periods import Period, Yearly
from search.understanding.pieces import is_listed, link
from search.understanding.sentence import Mention, Sentence

_MOST = 30  # years, or periods, in which what comes round is looked for: more can't be shown


def completed(sentence: Sentence, mentions: Sequence[Mention]) -> list[Mention]:
    """`mentions` of dates, each with what its list says once for several.

    July and August 2022; Lebaran 2022 and 2023.
    """
    found: list[Mention] = []
    for each in _lists(sentence, mentions):
        found += _with_last_yearly(_with_next_years(each))
    return found


def narrowed(sentence: Sentence, mentions: Sequence[Mention]) -> tuple[Days, ...]:
    """The days that lie in each list of `mentions`; none, where there are none or too many."""
    lists = _lists(sentence, mentions)
    if len(lists) == 1:
        return _days(lists[0])
    rounds = sorted((each for each in lists if all(map(_is_open, each))), key=_length)
    definite = [each for each in lists if each not in rounds] or [rounds.pop()]
    days = reduce(common, map(_days, definite))
    for each in rounds:
        days = common(days, tuple(chain(*(occurrences(one, days) or () for one in each))))
    return days


def occurrences(mention: Mention, days: Iterable[Days]) -> tuple[Days, ...] | None:
    """When what comes round is in any of `days`; None, where that can't be told."""
    found: list[Period] = []
    for start, end in days:
        last = end or mention.asks.dates[-1][1]
        if not mention.yearly or not start or not last or last.year - start.year > _MOST:
            return None
        found += _between(mention.yearly, start, last)
    return tuple(dict.fromkeys(found)) if len(found) <= _MOST else None


def excepted(mention: Mention, days: Iterable[Days]) -> Mention:
    """A denied `mention` in the years of `days`, from which it goes; without any, if unclear."""
    if not _is_open(mention):
        return mention
    found = occurrences(mention, days)
    if found == ():
        return mention
    return replace(mention, asks=Question(dates=found or ()))


def _between(yearly: Yearly, start: date, end: date) -> list[Period]:
    years = range(max(1, start.year - 1), end.year + 1)  # what begins in one may end in the next
    return [
        each for year in years for each in yearly.in_year(year) if each[0] < end and start < each[1]
    ]


def _lists(sentence: Sentence, mentions: Sequence[Mention]) -> list[list[Mention]]:
    lists: list[list[Mention]] = []
    for each in mentions:
        if lists and _is_listed(sentence, lists[-1][-1], each):
            lists[-1].append(each)
        else:
            lists.append([each])
    return lists


def _is_listed(sentence: Sentence, one: Mention, other: Mention) -> bool:
    """It is beside the other, and does not narrow it: "March, 2019"; "Monday, 5 March"."""
    if link(sentence, one.end, other.start) == "comma":
        is_weekly = [bool(each.yearly and each.yearly.is_weekly) for each in (one, other)]
        if is_weekly == [True, False] or _is_year_of(one, other) or _is_year_of(other, one):
            return False
    return is_listed(sentence, one.end, other.start)


def _is_year_of(year: Mention, other: Mention) -> bool:
    return _is_year(year) and _is_open(other)


def _with_next_years(listed: list[Mention]) -> list[Mention]:
    """What says no year is in that of the next: "July and August 2022"."""
    found = listed[-1:]
    for each in reversed(listed[:-1]):
        after = found[0].asks.dates[:1]
        if each.yearly and _is_annual(each) and found[0].yearly and found[0].year and after:
            begun = each.yearly.by(after[0][0]) if after[0][0] else ()
            each = replace(each, asks=Question(dates=begun), year=found[0].year)  # noqa: PLW2901
        found.insert(0, each)
    return found


def _with_last_yearly(listed: list[Mention]) -> list[Mention]:
    """A year alone has what came round in the last: "Lebaran 2022 and 2023"."""
    found: list[Mention] = []
    for each in listed:
        is_same = found and found[-1].yearly and found[-1].year and _is_year(each)
        found.append(_of(each, found[-1].yearly, each.year) if is_same else each)
    return found


def _of(mention: Mention, yearly: Yearly | None, year: int) -> Mention:
    days = yearly.in_year(year) if yearly else ()
    return replace(mention, asks=Question(dates=days), yearly=yearly, year=year)


def _is_open(mention: Mention) -> bool:
    """It comes round, and says no year."""
    return bool(mention.yearly) and not mention.year


def _is_annual(mention: Mention) -> bool:
    return _is_open(mention) and not (mention.yearly and mention.yearly.is_weekly)


def _is_year(mention: Mention) -> bool:
    return bool(mention.year) and not mention.yearly


def _days(listed: Iterable[Mention]) -> tuple[Days, ...]:
    return tuple(dict.fromkeys(chain(*(each.asks.dates for each in listed))))


def _length(listed: Sequence[Mention]) -> timedelta:
    start, end = listed[0].asks.dates[0]
    return end - start if start and end else timedelta()
