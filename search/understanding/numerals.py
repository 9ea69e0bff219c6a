"""Dates in figures: 24/12/2022, 2019, '19, the 90s, 2020-05, 2019/20."""

import re
from dataclasses import dataclass
from datetime import date

from search.understanding import evidence, figures, periods
from search.understanding.relative import Moment
from search.understanding.sentence import Sentence
from search.understanding.tokens import APOSTROPHES, Kind

_COMPACT = re.compile(r"((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})")  # 20200501
_WEEK = re.compile(r"(?:ke-?)?([0-9]{1,2})")
_LINES = ("-", "/", "\N{EN DASH}")  # join figures


@dataclass(frozen=True)
class Numerals:
    """What reads them."""

    sentence: Sentence
    today: date

    def may_begin(self, at: int) -> bool:
        token = self.sentence.tokens[at]
        return token.kind is Kind.DATE or token.fold[:1].isdecimal() or bool(self._short_year(at))

    def years(self, at: int) -> Moment | None:
        """A decade, a year, a month of a year, or two years."""
        return self._decade(at) or self._two_figures(at) or self.year(at)

    def day(self, at: int) -> Moment | None:
        if not self.sentence.is_free(at):
            return None
        token = self.sentence.tokens[at]
        compact = _COMPACT.fullmatch(token.text)
        if token.kind is not Kind.DATE and not compact:
            return None
        written = "-".join(compact.groups()) if compact else token.text
        return Moment(at, at + 1, figures.date_of(written))

    def week(self, at: int) -> Moment | None:
        """Week 32 of 2020, as ISO 8601 counts them; minggu ke-32 2020."""
        unit = self.sentence.find("units", at)
        if not unit or unit[1] != "week" or not self.sentence.is_word(unit[0]):
            return None
        number = _WEEK.fullmatch(self.sentence.tokens[unit[0]].fold)
        end = unit[0] + 1
        end += self.sentence.is_free(end) and self.sentence.tokens[end].text == ","
        year = self._free_year(self.sentence.after("of", end)) if number else None
        if not number or not year:
            return None
        return Moment(at, year.end, periods.iso_week(year.year, int(number[1])))

    def _free_year(self, at: int) -> Moment | None:
        return self.year(at) if self.sentence.is_free(at) else None

    def _decade(self, at: int) -> Moment | None:
        if found := self.sentence.find("decades", at):
            return Moment(at, found[0], (periods.years(int(found[1]), 10),))
        word = self.sentence.tokens[at].fold if self.sentence.is_word(at) else ""
        decade = figures.decade_of(
            word, is_led=evidence.is_led(self.sentence, at), today=self.today
        )
        return Moment(at, at + 1, decade) if decade else None

    def year(self, at: int) -> Moment | None:
        year = figures.year_of(self.sentence.tokens[at].fold) if self.sentence.is_word(at) else 0
        end = at + 1
        if not year:
            year, end = self._short_year(at), at + 2
        if not year or self.sentence.has("people_nouns", end):
            return None
        return Moment(at, end, (periods.years(year),), year=year)

    def _short_year(self, at: int) -> int:
        """The year of '19, which nothing closes as a quotation."""
        tokens = self.sentence.tokens
        if not self.sentence.is_free(at) or tokens[at].text not in APOSTROPHES:
            return 0
        is_closed = at + 2 < len(tokens) and tokens[at + 2].text in APOSTROPHES
        if is_closed or not self.sentence.is_word(at + 1) or not self.sentence.touches(at + 1):
            return 0
        return figures.short_year_of(tokens[at + 1].fold, self.today)

    def _figures(self, at: int) -> tuple[int, str] | None:
        """A year and the figures that a line joins to it: 2019-20, 2019/2020, 2020-05."""
        year, end = self.year(at), at + 3
        if not year or year.end != at + 1 or not all(map(self.sentence.is_free, range(at, end))):
            return None
        line, word = self.sentence.tokens[at + 1 : end]
        if line.text not in _LINES or not word.fold.isdecimal():
            return None
        is_one = self.sentence.touches(at + 1) and self.sentence.touches(at + 2)
        return (year.year, word.fold) if is_one else None

    def _two_figures(self, at: int) -> Moment | None:
        found = self._figures(at)
        if not found or len(found[1]) != len("05"):
            return None
        return Moment(at, at + 3, figures.month_or_years(*found))

    def two_years(self, at: int) -> Moment | None:
        """Those that a winter lies in: 2019/2020."""
        found = self._figures(at) if self.sentence.is_free(at) else None
        last = figures.second_year_of(*found) if found else 0
        if not found or not last:
            return None
        days = (periods.years(found[0], last - found[0] + 1),) if last > found[0] else ()
        return Moment(at, at + 3, days, year=found[0])
