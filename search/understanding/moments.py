"""One date in words: "3 weeks ago", "bulan lalu", "the 5th of March 2023", "Lebaran 2023"."""

import re
from collections.abc import Callable, Container
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from search.understanding import evidence, figures, periods
from search.understanding.periods import Yearly
from search.understanding.relative import DAYS, SHIFTS, Moment, Relative
from search.understanding.sentence import Sentence
from search.understanding.tokens import Kind

_ORDINAL = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th)?")
_BEGINNINGS = {  # roles of words with which a date may begin
    *DAYS,
    "this_before", "earlier_today", "last_before", "next_before", "last_some", "fused_units",
    "units", "one", "numbers", "weekdays", "months", "holidays", "seasons", "seasons_in_doubt",
    "decades", "date_lead", "date_of",
}  # fmt: skip
_CYCLES: tuple[tuple[str, Callable[[str], Yearly]], ...] = (
    ("months", lambda name: periods.yearly_month(int(name))),
    ("holidays", periods.holiday),
    ("seasons", periods.season),
    ("seasons_in_doubt", periods.season),
)


@dataclass(frozen=True)
class Moments:
    """What reads them. `names` are those of people that are one word, folded."""

    sentence: Sentence
    today: date
    names: Container[str]

    @cached_property
    def relative(self) -> Relative:
        return Relative(self.sentence, self.today)

    def at(self, at: int) -> Moment | None:
        """The date that begins there."""
        if not self._may_begin(at):
            return None
        readers = (
            self._numeric,
            self.relative.at,
            self._weekday,
            self._day_of_month,
            self._cycle,
            self._decade,
            self._bare_year,
            self._led,
        )
        found = next((found for reader in readers if (found := reader(at))), None)
        return self._within_year(found) if found and found.year and not found.yearly else found

    def _may_begin(self, at: int) -> bool:
        if not self.sentence.is_free(at):
            return False
        token = self.sentence.tokens[at]
        is_figure = token.kind is Kind.DATE or token.fold[:1].isdecimal()
        return is_figure or not _BEGINNINGS.isdisjoint(self.sentence.roles(at))

    def day_number(self, at: int) -> tuple[int, int] | None:
        """Such as 5 or 5th, and where it ends."""
        at = self.sentence.after("date_of", at)
        found = _ORDINAL.fullmatch(self.sentence.tokens[at].fold) if self._is_word(at) else None
        return (at + 1, int(found[1])) if found else None

    def _is_word(self, at: int) -> bool:
        return self.sentence.is_word(at)

    def _numeric(self, at: int) -> Moment | None:
        if not self.sentence.is_free(at) or self.sentence.tokens[at].kind is not Kind.DATE:
            return None
        return Moment(at, at + 1, figures.date_of(self.sentence.tokens[at].text))

    def _shift(self, at: int, find: str) -> tuple[int, str, str] | None:
        """The end, value and shift (last, this, next, or none) of a phrase of the role `find`."""
        sentence = self.sentence
        for name, _ in SHIFTS:
            start = sentence.after(f"{name}_before", at)
            if start > at and (found := sentence.find(find, start)):
                return *found, name
        if found := sentence.find(find, at):
            for name, _ in SHIFTS:
                end = sentence.after(f"{name}_after", found[0])
                if end > found[0]:
                    return end, found[1], name
            return *found, ""
        return None

    def _weekday(self, at: int) -> Moment | None:
        found = self._shift(at, "weekdays")
        if not found:
            return None
        end, value, shift = found
        comma = end + self._is_mark(end, ",")
        if exact := self._day_of_month(comma) or self._numeric(comma):
            return replace(exact, start=at)  # Friday, 8 March 2024
        if not shift and not evidence.is_date(self.sentence, at, end, self.names):
            return None
        yearly = None if shift else periods.yearly_weekday(int(value))
        return Moment(at, end, (periods.weekday(int(value), shift, self.today),), yearly)

    def _day_of_month(self, at: int) -> Moment | None:
        """The 5th of March 2023; March 5th, 2023. The year may be missing."""
        sentence = self.sentence
        if number := self.day_number(at):
            named = sentence.find("months", sentence.after("of", number[0]))
            end = named[0] if named else at
        else:
            named = sentence.find("months", at)
            number = self.day_number(named[0]) if named else None
            end = number[0] if number else at
        if not named or not number:
            return None
        month, yearly = int(named[1]), periods.yearly_day(number[1], int(named[1]))
        return replace(self._of_year(at, end, yearly, comma=True), month=month)

    def _cycle(self, at: int) -> Moment | None:
        """A month, season or holiday, with its year or without."""
        for role, make in _CYCLES:
            found = self._shift(at, role)
            if not found:
                continue
            end, value, shift = found
            yearly = make(value)
            if shift in {"this", "next"}:
                return self._shifted_cycle(at, end, yearly, shift)
            exact = self._of_year(at, end, yearly)
            if shift and exact.periods:
                return replace(exact, year=exact.periods[0][0].year)
            if shift or exact.year or evidence.is_date(self.sentence, at, end, self.names):
                return exact
        return None

    def _shifted_cycle(self, at: int, end: int, yearly: Yearly, shift: str) -> Moment:
        year = self.today.year
        days = yearly.in_year(year) if shift == "this" else yearly.next(self.today)
        return Moment(at, end, days, yearly=yearly, year=days[0][0].year if days else year)

    def _of_year(self, at: int, end: int, yearly: Yearly, *, comma: bool = False) -> Moment:
        """`yearly` in the year that follows, or else the latest that is over."""
        if year := self._year_after(end + (comma and self._is_mark(end, ","))):
            return Moment(at, year.end, yearly.in_year(year.year), yearly=yearly, year=year.year)
        return Moment(at, end, yearly.latest(self.today), yearly=yearly)

    def _year_after(self, at: int) -> Moment | None:
        at = self.sentence.after("of", at)
        led = self._led_to(at)
        found = self._bare_year(led) or self.relative.ago(at) or self.relative.shifted(at)
        return found if found and found.year else None

    def _led_to(self, at: int) -> int:
        return self.sentence.after("date_lead", at)

    def _decade(self, at: int) -> Moment | None:
        if found := self.sentence.find("decades", at):
            return Moment(at, found[0], (periods.years(int(found[1]), 10),))
        word = self.sentence.tokens[at].fold if self._is_word(at) else ""
        decade = figures.decade_of(
            word, is_led=evidence.is_led(self.sentence, at), today=self.today
        )
        return Moment(at, at + 1, decade) if decade else None

    def _bare_year(self, at: int) -> Moment | None:
        year = figures.year_of(self.sentence.tokens[at].fold) if self._is_word(at) else 0
        if not year or self.sentence.has("people_nouns", at + 1):
            return None
        return Moment(at, at + 1, (periods.years(year),), year=year)

    def _within_year(self, year: Moment) -> Moment:
        """What follows a year that it is of: 2019 Christmas, last year's summer."""
        for role, make in _CYCLES:
            found = self.sentence.find(role, year.end)
            if found and not self._year_after(found[0]) and not self.day_number(found[0]):
                yearly = make(found[1])
                days = yearly.in_year(year.year)
                return Moment(year.start, found[0], days, yearly, year=year.year)
        return year

    def _led(self, at: int) -> Moment | None:
        """What "tahun", "bulan" and "tanggal" lead to."""
        end = self._led_to(at)
        if end == at:
            return None
        readers = (
            self._numeric,
            self._day_of_month,
            self._cycle,
            self._weekday,
            self._decade,
            self._bare_year,
        )
        found = next((each for reader in readers if (each := reader(end))), None)
        return replace(found, start=at if found.periods else end) if found else None

    def _is_mark(self, at: int, mark: str) -> bool:
        return self.sentence.is_free(at) and self.sentence.tokens[at].text == mark
