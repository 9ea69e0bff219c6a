"""When photos were taken: dates, and what lies between, since, before and after them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain

from search.questions import Days, Question
from search.understanding import periods
from search.understanding.moments import Moments
from search.understanding.periods import Period, yearly_day
from search.understanding.pieces import next_listed
from search.understanding.relative import Amount, Moment
from search.understanding.sentence import Mention, Sentence, Use
from search.understanding.together import completed


def _since(period: Period) -> Days:
    return period[0], None


def _until(period: Period) -> Days:
    return None, period[1]


def _before(period: Period) -> Days:
    return None, period[0]


def _after(period: Period) -> Days:
    return period[1], None


_SIDES: tuple[tuple[str, Callable[[Period], Days]], ...] = (
    ("since", _since),
    ("until", _until),
    ("before", _before),
    ("after", _after),
)


@dataclass(frozen=True)
class _Dates:
    """Days at the tokens [start, end); none, if there never were such."""

    start: int
    end: int
    days: tuple[Days, ...]
    single: Moment | None = None  # what it is no more than


def recognise(sentence: Sentence, today: date, names: frozenset[str]) -> None:
    """Take what stands for dates. `names` are those of people that are one word, folded."""
    moments = Moments(sentence, today, names)
    for at in sentence.each_free():
        found = _read(moments, at)
        if not found:
            continue
        tokens = tuple(range(found.start, found.end))
        if found.days:
            sentence.take(_mention(found, tokens))
            sentence.refuse_before("roughly", found.start)
            sentence.refuse_before("every", found.start)
            _drop_preposition(sentence, found.start)
        else:
            sentence.refuse(tokens)
            sentence.mark(range(at, found.start), Use.DROPPED)
    _complete(sentence)


def _complete(sentence: Sentence) -> None:
    """Have each date say what the list that it is in says once; refuse days that never were."""
    dates = [each for each in sentence.mentions if each.kind == "dates"]
    sentence.mentions = [each for each in sentence.mentions if each.kind != "dates"]
    for each in completed(sentence, dates):
        if each.asks.dates:
            sentence.take(each)
        else:
            sentence.refuse(each.at)


def _mention(found: _Dates, tokens: tuple[int, ...]) -> Mention:
    asks, single = Question(dates=found.days), found.single
    if not single:
        return Mention("dates", tokens, asks)
    return Mention("dates", tokens, asks, yearly=single.yearly, year=single.year)


def _drop_preposition(sentence: Sentence, at: int) -> None:
    article = sentence.before("articles", at)
    start = sentence.before("date_prepositions", article)
    if start < article:
        sentence.mark(range(start, at), Use.DROPPED)


def _read(moments: Moments, at: int) -> _Dates | None:
    readers = (_range, _days, _beside, _side, _single)
    return next((found for reader in readers if (found := reader(moments, at))), None)


def _range(moments: Moments, at: int) -> _Dates | None:
    """Between A and B; from A to B; A to B; Jan-Mar 2021."""
    sentence = moments.sentence
    for role, link in (("between", "and"), ("from", "to"), ("since", "to"), ("", "to")):
        start = sentence.after(role, at) if role else at
        if role and start == at:
            continue
        found = _two(moments, start, link, is_led=bool(role))
        if found:
            return replace(found, start=at)
    two = moments.months_of_one_word(at)
    return _dates(*two) if two else None


def _two(moments: Moments, at: int, link: str, *, is_led: bool) -> _Dates | None:
    """Two dates with a `link`. The first has from the second what it does not say itself.

    What may also be a name or another word is a date beside a date, where words lead to both.
    """
    sure = replace(moments, is_sure=True)
    first = sure.at(at)
    if first and (second := _linked(sure if is_led else moments, first.end, link)):
        return _dates(first, second)
    if first and first.periods and (end := _present_end(moments, first.end, link)):
        return _Dates(first.start, end, ((first.periods[0][0], None),))
    number = moments.day_number(at)
    if number and (second := _linked(moments, number[0], link)) and second.month:
        return _dates(_same_month(number[1], second), second)
    return _days_of_month(moments, first, link) if first else None


def _present_end(moments: Moments, at: int, link: str) -> int:
    """Where "to present" ends; 0, if it is not said."""
    then = moments.sentence.after(link, at)
    end = moments.sentence.after("to_present", then)
    return end if end > then > at else 0


def _days_of_month(moments: Moments, first: Moment, link: str) -> _Dates | None:
    """March 5-10, 2022."""
    then = moments.sentence.after(link, first.end)
    number = moments.day_number(then) if then > first.end else None
    if not number or not first.month or first.year:
        return None
    second = moments.day_of(then, number[0], number[1], first.month)
    counts = not second.year and moments.sentence.is_content(second.end)  # 10 dogs
    return None if counts else _dates(first, second)


def _days(moments: Moments, at: int) -> _Dates | None:
    """Several days of one month: March 5, 6 and 7, 2020; 5 and 6 March."""
    sentence = moments.sentence
    named = sentence.find("months", at)
    numbers = _numbers(moments, moments.after_point(named[0]) if named else at)
    if len(numbers) < 2:  # noqa: PLR2004  # one is a date by itself
        return None
    end, number = numbers[-1]
    month = named or sentence.find("months", sentence.after("of", end))
    if not month:
        return None
    last = moments.day_of(at, end if named else month[0], number, int(month[1]))
    if named and not last.year and sentence.is_content(end):  # March 5, 10 dogs
        return None
    each = [_same_month(day, last).periods for _, day in numbers]
    return _Dates(at, last.end, tuple(chain(*each)) if all(each) else ())


def _numbers(moments: Moments, at: int) -> list[tuple[int, int]]:
    """Days of a month that are listed there, each with where it ends."""
    found: list[tuple[int, int]] = []
    while (number := moments.day_number(at)) and not moments.relative.ago(at):
        found.append(number)
        at = next_listed(moments.sentence, number[0])
        if at == number[0]:
            break
    return found


def _dates(first: Moment, second: Moment) -> _Dates:
    return _Dates(first.start, second.end, _from_to(_completed(first, second), second))


def _linked(moments: Moments, at: int, link: str) -> Moment | None:
    end = moments.after_point(at)
    then = moments.sentence.after(link, end)
    return moments.at(then) if then > end else None


def _same_month(day: int, other: Moment) -> Moment:
    """The day of the month of `other`."""
    yearly = yearly_day(day, other.month)
    days = yearly.in_year(other.periods[0][0].year) if other.periods else ()
    return replace(other, periods=days)


def _completed(first: Moment, second: Moment) -> Moment:
    """`first` in the year of `second`, or in the one before, if it says none."""
    if not first.yearly or first.year or not second.periods:
        return first
    return replace(first, periods=first.yearly.by(second.periods[0][0]))


def _from_to(first: Moment, second: Moment) -> tuple[Days, ...]:
    if not first.periods or not second.periods:
        return ()
    start, end = first.periods[0][0], second.periods[-1][1]
    return ((start, end),) if start < end else ()


def _beside(moments: Moments, at: int) -> _Dates | None:
    """The day after A; two weeks before A."""
    sentence = moments.sentence
    amount = moments.relative.amount(at)
    if not amount and not sentence.is_content(at - 1):  # but not "the wedding day after A"
        amount = moments.relative.one(at)
    if not amount:
        return None
    for role in ("before", "after"):
        start = sentence.after(role, amount.end)
        found = moments.at(start) if start > amount.end else None
        if found:
            return _Dates(at, found.end, _next_to(found, amount, role))
    return None


def _next_to(moment: Moment, amount: Amount, role: str) -> tuple[Days, ...]:
    return tuple(
        near
        for each in moment.periods[:1]
        for near in periods.beside(amount.unit, amount.count, each, is_before=role == "before")
    )


def _side(moments: Moments, at: int) -> _Dates | None:
    """Since, until, before or after A; the night before A."""
    sentence = moments.sentence
    for role, side in _SIDES:
        start = sentence.after(role, at)
        found = moments.at(start) if start > at else None
        if found and any(sentence.before(part, at) < at for part in ("nights", "day_parts")):
            return _Dates(at, found.end, _next_to(found, Amount(at, 1, "day"), role))
        if found:
            return _Dates(at, found.end, tuple(side(each) for each in found.periods[:1]))
    return _aged(moments, at)


def _aged(moments: Moments, at: int) -> _Dates | None:
    """Older than 2010; newer than 5 years."""
    for role, side, since in (
        ("older_than", _before, _before),
        ("newer_than", _after, _since),
    ):
        start = moments.sentence.after(role, at)
        if start == at:
            continue
        if found := moments.at(start):
            return _Dates(at, found.end, tuple(map(side, found.periods[:1])))
        if (amount := moments.relative.amount(start)) and amount.is_clear:
            last = periods.last_some(amount.unit, amount.count, moments.today)
            return _Dates(at, amount.end, tuple(map(since, last)))
    return None


def _single(moments: Moments, at: int) -> _Dates | None:
    found = moments.at(at)
    if not found:
        return None
    for role, side in (("or_earlier", _until), ("or_later", _since)):
        end = moments.sentence.after(role, found.end)
        if end > found.end:
            return _Dates(found.start, end, tuple(map(side, found.periods[:1])))
    return _Dates(found.start, found.end, found.periods, found)
