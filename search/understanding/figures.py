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
