"""Dates that are written in figures: 12/03/2023, 2022-12-24, 2019, the 90s."""

import re
from datetime import date

from search.understanding import periods
from search.understanding.periods import Period

YEARS = range(1900, 2100)  # that a bare number may be

_DECADE = re.compile(r"((?:[0-9]{2})?[0-9]0)(?:s|-?an)")
_BARE_DECADES = range(30, 100)  # "20s" may be seconds or an age; "the 20s" are years
_DAYS = range(1, 32)
_CENTURY = 100
_CENTURIES = (1900, 2000)
_MONTHS = 12
_THIS_CENTURY = range(70)  # years of two figures
_MONTH_AND_YEAR = 2


def date_of(text: str) -> tuple[Period, ...]:
    """Day, month and year; year, month and day; or month and year. None, if there is no such."""
    numbers = [int(each) for each in re.split(r"[-/.]", text)]
    try:
        return (_period(numbers),)
    except ValueError:
        return ()


def _period(numbers: list[int]) -> Period:
    """
    Raises:
        ValueError: there is no such day.
    """
    if len(numbers) == _MONTH_AND_YEAR:
        return periods.month(_full_year(numbers[1]), date(YEARS[0], numbers[0], 1).month)
    year, month, day = reversed(numbers) if numbers[0] in _DAYS else numbers
    return periods.day(date(_full_year(year), month, day))


def _full_year(year: int) -> int:
    """
    Raises:
        ValueError: there were no photos.
    """
    if year < _CENTURY:
        return year + (2000 if year in _THIS_CENTURY else 1900)
    if year not in YEARS:
        raise ValueError(year)
    return year


def year_of(word: str) -> int:
    """The year that a number of four figures is; 0, if it is none."""
    year = int(word) if word.isdecimal() and len(word) == len("2019") else 0
    return year if year in YEARS else 0


def short_year_of(word: str, today: date) -> int:
    """The year that two figures after an apostrophe are: none that is still to come."""
    if not word.isdecimal() or len(word) != len("19"):
        return 0
    year = _CENTURIES[-1] + int(word)
    return year if year <= today.year else _CENTURIES[0] + int(word)


def second_year_of(year: int, word: str) -> int:
    """The year that ends "2019-20", or "2019/2020"; 0, if it is none."""
    if word.isdecimal() and len(word) == len("20"):
        return year - year % _CENTURY + int(word)
    return year_of(word)


def month_or_years(year: int, word: str) -> tuple[Period, ...]:
    """May 2020 of "2020-05"; both years of "2019-20". None of "2011-12", which may be either."""
    last, is_month = second_year_of(year, word), 0 < int(word) <= _MONTHS
    if is_month:
        return (periods.month(year, int(word)),) if last != year + 1 else ()
    return (periods.years(year, last - year + 1),) if last > year else ()


def decade_of(word: str, *, is_led: bool, today: date) -> tuple[Period, ...]:
    """Ten years: of 1990s, 90s, 90-an; and where words lead to them (`is_led`) of 10s, too."""
    decade = _DECADE.fullmatch(word)
    if not decade:
        return ()
    year = int(decade[1])
    if year < _CENTURY:
        if year not in _BARE_DECADES and not is_led:
            return ()
        year += 1900 if year in _BARE_DECADES or 2000 + year > today.year else 2000
    return (periods.years(year, 10),) if year in YEARS else ()
