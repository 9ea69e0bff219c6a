"""Days that have a name: weeks, months, seasons and holidays, as [from, to)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

Period = tuple[date, date]  # [from, to)
LOOK_BACK = 9  # years in which what has a day at all has had one: leap years skip 1900, 2100

_STEPS = ("day", "week", "month", "year")
MONTHS = 12  # of a year
WEEK = 7
_WEEKS = 53  # that a year may have
_SATURDAY = 5
_SEASONS = {  # first month, last month
    "spring": (3, 5),
    "summer": (6, 8),
    "autumn": (9, 11),
    "winter": (12, 2),
    "dry": (5, 10),
    "rainy": (11, 4),
}
_FIXED = {  # month, day
    "new_year": (1, 1),
    "new_years_eve": (12, 31),
    "valentine": (2, 14),
    "kartini": (4, 21),
    "labour": (5, 1),
    "pancasila": (6, 1),
    "independence": (8, 17),
    "halloween": (10, 31),
    "mothers": (12, 22),
    "christmas_eve": (12, 24),
    "christmas": (12, 25),
}
_OFFICIAL = {  # as the calendar of Indonesia names them, and how many days they have
    "good_friday": ("Good Friday", 1),
    "ascension": ("Ascension Day", 1),
    "eid_al_fitr": ("Eid al-Fitr", 2),
    "eid_al_adha": ("Eid al-Adha", 1),
    "nyepi": ("Day of Silence", 1),
    "lunar_new_year": ("Lunar New Year", 1),
    "vesak": ("Vesak Day", 1),
    "islamic_new_year": ("Islamic New Year", 1),
    "mawlid": ("Prophet's Birthday", 1),
    "isra_miraj": ("Isra' and Mi'raj", 1),
}


@dataclass(frozen=True)
class Yearly:
    """What comes round: when it begins in a year. Mostly once; a lunar feast twice."""

    in_year: Callable[[int], tuple[Period, ...]]
    is_weekly: bool = False

    def latest(self, today: date) -> tuple[Period, ...]:
        """The latest that is wholly over; none, if it never comes."""
        for year in range(today.year + 1, today.year - LOOK_BACK, -1):
            if over := [each for each in self.in_year(year) if each[1] <= today]:
                return (over[-1],)
        return ()

    def back(self, today: date, count: int) -> tuple[Period, ...]:
        """The `count`th of those that are over, from the latest on; none, if it never comes."""
        found: tuple[Period, ...] = ()
        for _ in range(min(count, LOOK_BACK)):
            found = self.latest(found[0][0] if found else today)
        return found

    def by(self, day: date) -> tuple[Period, ...]:
        """The latest that begins on `day` or before, in its year or the one before."""
        begun = [
            each
            for year in range(max(1, day.year - 1), day.year + 1)
            for each in self.in_year(year)
            if each[0] <= day
        ]
        return tuple(begun[-1:])

    def next(self, today: date) -> tuple[Period, ...]:
        """The first that begins after today."""
        for year in range(today.year, today.year + LOOK_BACK):
            if coming := [each for each in self.in_year(year) if each[0] > today]:
                return (coming[0],)
        return ()


def day(first: date) -> Period:
    return first, first + timedelta(days=1)


def month(year: int, number: int) -> Period:
    """`number` may be below 1 or over 12: of the years before or after."""
    return _first_of(year, number), _first_of(year, number + 1)


def years(year: int, count: int = 1) -> Period:
    return date(year, 1, 1), date(year + count, 1, 1)


def unit(name: str, back: int, today: date) -> tuple[Period, ...]:
    """The day, week, weekend, month or year `back` of them ago; none before there were years."""
    try:
        return (_unit(name, back, today),)
    except (OverflowError, ValueError):
        return ()


def _unit(name: str, back: int, today: date) -> Period:
    monday = today - timedelta(days=today.weekday(), weeks=back if name != "day" else 0)
    match name:
        case "day":
            return day(today - timedelta(days=back))
        case "week":
            return monday, monday + timedelta(days=WEEK)
        case "weekend":
            return monday + timedelta(days=_SATURDAY), monday + timedelta(days=WEEK)
        case "month":
            return month(today.year, today.month - back)
    return years(today.year - back)


def last_some(name: str, count: int, today: date) -> tuple[Period, ...]:
    """The last `count` days, weeks, weekends, months or years, today being the last day."""
    tomorrow = today + timedelta(days=1)
    try:
        if name == "weekend":
            return ((_unit(name, count, today)[0], _unit(name, 1, today)[1]),)
        return ((_earlier(name, count, tomorrow), tomorrow),)
    except (OverflowError, ValueError):
        return ()


def iso_week(year: int, number: int) -> tuple[Period, ...]:
    """None, if the year has no such week."""
    try:
        monday = date.fromisocalendar(year, number, 1)
    except ValueError:
        return ()
    return ((monday, monday + timedelta(days=WEEK)),)


def same_day(name: str, count: int, today: date) -> tuple[Period, ...]:
    """Today, but `count` days, weeks, months or years ago; none, if that is no one day."""
    try:
        return (day(_earlier(name, count, today)),) if count and name in _STEPS else ()
    except (OverflowError, ValueError):
        return ()


def beside(name: str, count: int, period: Period, *, is_before: bool) -> tuple[Period, ...]:
    """The day, week, month or year that is `count` of them before a period, or after it."""
    if not count or name not in _STEPS:
        return ()
    near, far = count - 1, count
    try:
        if is_before:
            return ((_earlier(name, far, period[0]), _earlier(name, near, period[0])),)
        return ((_earlier(name, -near, period[1]), _earlier(name, -far, period[1])),)
    except (OverflowError, ValueError):
        return ()


def _earlier(name: str, count: int, today: date) -> date:
    """`count` days, weeks, months or years before `today`; after it, where `count` is below 0.

    Raises:
        OverflowError, ValueError: there are no such years.
    """
    match name:
        case "day":
            return today - timedelta(days=count)
        case "week":
            return today - timedelta(weeks=count)
    first, end = month(today.year, today.month - count * (MONTHS if name == "year" else 1))
    return min(first + timedelta(days=today.day - 1), end - timedelta(days=1))


def _first_of(year: int, number: int) -> date:
    return date(year + (number - 1) // 12, (number - 1) % 12 + 1, 1)


def yearly_month(number: int) -> Yearly:
    return Yearly(lambda year: (month(year, number),))


def yearly_day(number: int, of_month: int) -> Yearly:
    """A day of a month; there is none in the years that do not have it."""

    def in_year(year: int) -> tuple[Period, ...]:
        try:
            return (day(date(year, of_month, number)),)
        except ValueError:
            return ()

    return Yearly(in_year)


def season(name: str) -> Yearly:
    first, last = _SEASONS[name]
    until = last + (12 if last < first else 0)
    return Yearly(lambda year: ((month(year, first)[0], month(year, until)[1]),))


def holiday(name: str) -> Yearly:
    if name in _FIXED:
        number, of_month = _FIXED[name][1], _FIXED[name][0]
        return yearly_day(number, of_month)
    if name == "night_before_new_year":  # the night in which the year begins
        return Yearly(lambda year: (day(date(year - 1, 12, 31)),))
    if name == "easter":
        return Yearly(_easter)
    if name == "ramadan":
        return Yearly(_ramadan)
    return Yearly(lambda year: _official(name, year))


def yearly_weekday(number: int) -> Yearly:
    """Each such day of a year."""
    return Yearly(lambda year: _weekdays(number, year), is_weekly=True)


@lru_cache(maxsize=1024)
def _weekdays(number: int, year: int) -> tuple[Period, ...]:
    first = date(year, 1, 1) + timedelta(days=(number - date(year, 1, 1).weekday()) % WEEK)
    days = (first + timedelta(weeks=week) for week in range(_WEEKS))
    return tuple(day(each) for each in days if each.year == year)


def weekday(number: int, shift: str, today: date) -> Period:
    """The latest such day before today; that of "this" week; or the "next" after today."""
    if shift == "this":
        return day(today + timedelta(days=number - today.weekday()))
    if shift == "next":
        return day(today + timedelta(days=(number - today.weekday() - 1) % WEEK + 1))
    return day(today - timedelta(days=(today.weekday() - number - 1) % WEEK + 1))


def _easter(year: int) -> tuple[Period, ...]:
    friday = timedelta(days=2)
    return tuple(day(first + friday) for first, _ in _official("good_friday", year))


def _ramadan(year: int) -> tuple[Period, ...]:
    """The thirty days before Eid al-Fitr, of which the first may be one too many."""
    feasts = (first for each in (year, year + 1) for first, _ in _official("eid_al_fitr", each))
    begun = ((first - timedelta(days=30), first) for first in feasts)
    return tuple(each for each in begun if each[0].year == year)


@lru_cache(maxsize=1024)
def _official(name: str, year: int) -> tuple[Period, ...]:
    """As the official calendar of Indonesia has it, and for years to come as it is reckoned."""
    from holidays.countries.indonesia import (  # noqa: PLC0415  # slow, and seldom asked for
        Indonesia,
    )

    title, days = _OFFICIAL[name]
    named = (title, f"{title} (estimated)")
    calendar = Indonesia(years=year, language="en_US")
    firsts = sorted(
        first for first, titles in calendar.items() if set(titles.split("; ")) & set(named)
    )
    return tuple((first, first + timedelta(days=days)) for first in firsts)
