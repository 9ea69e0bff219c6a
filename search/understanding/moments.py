"""One date in words: "3 weeks ago", "bulan lalu", "the 5th of March 2023", "Lebaran 2023"."""

import re
from collections.abc import Callable, Container
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from search.understanding import evidence, figures, periods
from search.understanding.numerals import Numerals
from search.understanding.periods import Period, Yearly
from search.understanding.portions import Portions
from search.understanding.relative import DAYS, SHIFTS, Moment, Relative
from search.understanding.sentence import Sentence

_MOST_YEARS = 30  # in which something is looked for: more can't be shown
_MIDDLE = "mid-"
_ORDINAL = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th)?")
_BEGINNINGS = {  # roles of words with which a date may begin
    *DAYS,
    "this_before", "this_after", "earlier_today", "last_before", "next_before", "last_some",
    "fused_units", "units", "one", "some", "numbers", "ordinals",
    "day_words", "portions", "weekdays", "months", "holidays", "seasons", "seasons_in_doubt",
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
    is_sure: bool = False  # what may be a date is one

    @cached_property
    def relative(self) -> Relative:
        return Relative(self.sentence, self.today)

    @cached_property
    def numerals(self) -> Numerals:
        return Numerals(self.sentence, self.today)

    @cached_property
    def portions(self) -> Portions:
        return Portions(self.sentence, self.today, self._whole)

    def at(self, at: int) -> Moment | None:
        """The date that begins there."""
        if not self._may_begin(at):
            return None
        return self._middle(at) or self.portions.at(at) or self._whole(at)

    def _whole(self, at: int) -> Moment | None:
        """The date that begins there, and is no part of another."""
        if not self._may_begin(at):
            return None
        readers = (
            self.numerals.day,
            self.numerals.week,
            self.relative.at,
            self._weekday,
            self._day_of_month,
            self._cycle,
            self.numerals.years,
            self._led,
        )
        found = next((found for reader in readers if (found := reader(at))), None)
        return self._within_year(found) if found and found.year and not found.yearly else found

    def _may_begin(self, at: int) -> bool:
        if not self.sentence.is_free(at):
            return False
        is_middle = self.sentence.tokens[at].fold.startswith(_MIDDLE)
        return (
            is_middle
            or self.numerals.may_begin(at)
            or not _BEGINNINGS.isdisjoint(self.sentence.roles(at))
        )

    def day_number(self, at: int) -> tuple[int, int] | None:
        """Such as 5, 5th, fifth or lima, and where it ends."""
        at = self.sentence.after("date_of", at)
        for role in ("ordinals", "day_words"):
            if word := self.sentence.find(role, at):
                return word[0], int(word[1])
        found = _ORDINAL.fullmatch(self.sentence.tokens[at].fold) if self._is_word(at) else None
        return (at + 1, int(found[1])) if found else None

    def months_of_one_word(self, at: int) -> tuple[Moment, Moment] | None:
        """Jan-Mar 2021."""
        word = self.sentence.tokens[at].fold if self._is_word(at) else ""
        months = self.sentence.lexicon.roles["months"]
        found = [months.get((each,)) for each in word.split("-")] if "-" in word else []
        if len(found) != 2 or not found[0] or not found[1]:  # noqa: PLR2004  # from, to
            return None
        first, last = (periods.yearly_month(int(each)) for each in found if each)
        return Moment(at, at, first.latest(self.today), first), self._of_year(at, at + 1, last)

    def _middle(self, at: int) -> Moment | None:
        """Mid-2020; mid-March."""
        word = self.sentence.tokens[at].fold
        if not self._is_word(at) or not word.startswith(_MIDDLE):
            return None
        rest = word.removeprefix(_MIDDLE)
        whole = None
        if month := self.sentence.lexicon.roles["months"].get((rest,)):
            whole = self._of_year(at, at + 1, periods.yearly_month(int(month)))
        elif year := figures.year_of(rest):
            whole = Moment(at, at + 1, (periods.years(year),), year=year)
        return self.portions.middle(whole) if whole else None

    def _is_date(self, at: int, end: int) -> bool:
        return self.is_sure or evidence.is_date(self.sentence, at, end, self.names)

    def _is_word(self, at: int) -> bool:
        return self.sentence.is_word(at)

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
        if exact := self._day_of_month(comma) or self.numerals.day(comma):
            return replace(exact, start=at)  # Friday, 8 March 2024
        if not shift and not self._is_date(at, end):
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
            number = self._number_after(named[0]) if named else None
            end = number[0] if number else at
        return self.day_of(at, end, number[1], int(named[1])) if named and number else None

    def _number_after(self, at: int) -> tuple[int, int] | None:
        """The 5 of "March 5" and "Mar. 5", but not that of "March 5 years ago"."""
        at = self.after_point(at)
        return None if self.relative.ago(at) else self.day_number(at)

    def day_of(self, at: int, end: int, number: int, month: int) -> Moment:
        """A day of a month, at tokens that the year may follow."""
        yearly = periods.yearly_day(number, month)
        return replace(self._of_year(at, end, yearly, comma=True), month=month)

    def after_point(self, at: int) -> int:
        """Where a month ends with the point of its abbreviation: "Aug."."""
        is_touched = self._is_mark(at, ".") and self.sentence.touches(at)
        return at + (is_touched and self.sentence.before("months", at) < at)

    def _cycle(self, at: int) -> Moment | None:
        """A month, season or holiday, with its year or without."""
        for role, make in _CYCLES:
            found = self._shift(at, role)
            if not found:
                continue
            end, value, shift = found
            yearly = make(value)
            if not shift and (past := self.sentence.after("before_last", end)) > end:
                return Moment(at, past, yearly.back(self.today, 2))
            if shift in {"this", "next"}:
                return self._shifted_cycle(at, end, yearly, shift)
            exact = self._of_year(at, end, yearly)
            if shift and exact.periods:
                return replace(exact, year=exact.periods[0][0].year)
            if shift or exact.year or self._is_date(at, end):
                return exact
        return None

    def _shifted_cycle(self, at: int, end: int, yearly: Yearly, shift: str) -> Moment:
        year = self.today.year
        days = yearly.in_year(year) if shift == "this" else yearly.next(self.today)
        return Moment(at, end, days, yearly=yearly, year=days[0][0].year if days else year)

    def _of_year(self, at: int, end: int, yearly: Yearly, *, comma: bool = False) -> Moment:
        """`yearly` in the year that follows, or else the latest that is over."""
        start = self.after_point(end) + (comma and self._is_mark(end, ","))
        if two := self.numerals.two_years(self._led_to(self.sentence.after("of", start))):
            return replace(two, start=at, periods=_over(yearly, two), yearly=yearly)
        if year := self._year_after(start):
            return Moment(at, year.end, yearly.in_year(year.year), yearly=yearly, year=year.year)
        return Moment(at, end, yearly.latest(self.today), yearly=yearly)

    def _year_after(self, at: int) -> Moment | None:
        at = self.sentence.after("of", at)
        led = self._led_to(at)
        found = self.numerals.year(led) or self.relative.ago(at) or self.relative.shifted(at)
        return found if found and found.year else None

    def _led_to(self, at: int) -> int:
        return self.sentence.after("date_lead", at)

    def _within_year(self, year: Moment) -> Moment:
        """What follows a year that it is of: 2019 Christmas, last year's summer."""
        for role, make in _CYCLES:
            found = self.sentence.find(role, year.end)
            if found and not self._year_after(found[0]) and not self.day_number(found[0]):
                yearly = make(found[1])
                days = yearly.in_year(year.year)
                return Moment(year.start, found[0], days, yearly, year=year.year)
        return self.portions.of_year(year) or year

    def _led(self, at: int) -> Moment | None:
        """What "tahun", "bulan" and "tanggal" lead to."""
        end = self._led_to(at)
        if end == at:
            return None
        readers = (
            self.numerals.day,
            self._day_of_month,
            self._cycle,
            self._weekday,
            self.numerals.years,
        )
        found = next((each for reader in readers if (each := reader(end))), None)
        return replace(found, start=at if found.periods else end) if found else None

    def _is_mark(self, at: int, mark: str) -> bool:
        return self.sentence.is_free(at) and self.sentence.tokens[at].text == mark


def _over(yearly: Yearly, years: Moment) -> tuple[Period, ...]:
    """What comes round in several years; of two, what lies in both. None, if that is unclear."""
    first, end = years.year, years.periods[0][1].year if years.periods else 0
    if end - first > _MOST_YEARS:
        return ()
    found = [each for year in range(first, end) for each in yearly.in_year(year)]
    if end == first + 2:
        found = [each for each in found if (each[0].year, each[1].year) == (first, first + 1)]
    return tuple(found)
