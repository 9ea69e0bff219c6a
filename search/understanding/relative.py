"""Dates that count from today: "yesterday", "3 weeks ago", "bulan lalu", "the last 7 days"."""

from dataclasses import dataclass, replace
from datetime import date

from search.understanding import periods
from search.understanding.counting import number_at
from search.understanding.periods import Period, Yearly
from search.understanding.sentence import Sentence

DAYS = {
    "day_before_yesterday": 2,
    "day_after_tomorrow": -2,
    "yesterday": 1,
    "today": 0,
    "tomorrow": -1,
}
_DECADE = 10  # years
SHIFTS = (("last", 1), ("this", 0), ("next", -1))


@dataclass(frozen=True)
class Moment:
    """A date at the tokens [start, end). Without periods it is one that there never was."""

    start: int
    end: int
    periods: tuple[Period, ...]
    yearly: Yearly | None = None  # that it is one of
    month: int = 0  # of a day of a month
    year: int = 0  # that was said, or meant by "last year"


@dataclass(frozen=True)
class Amount:
    """So many days, weeks or years, at the tokens before `end`."""

    end: int
    count: int  # 0: nobody knows how many
    unit: str  # empty: one shorter than a day

    @property
    def is_clear(self) -> bool:
        return bool(self.count and self.unit)


@dataclass(frozen=True)
class Relative:
    """What reads them."""

    sentence: Sentence
    today: date

    def at(self, at: int) -> Moment | None:
        """The date that begins there."""
        readers = (
            self._day,
            self._day_part,
            self.ago,
            self._seasons_ago,
            self._last_some,
            self.shifted,
        )
        return next((found for reader in readers if (found := reader(at))), None)

    def _day(self, at: int) -> Moment | None:
        for role, back in DAYS.items():
            if found := self.sentence.find(role, at):
                return Moment(at, found[0], periods.unit("day", back, self.today))
        return None

    def _day_part(self, at: int) -> Moment | None:
        """The day of "this morning" and "last night", which themselves are left for meaning."""
        sentence = self.sentence
        for role, parts, back in (
            ("this_before", ("day_parts", "nights"), 0),
            ("earlier_today", ("day_parts",), 0),
            ("last_before", ("nights",), 1),
        ):
            end = sentence.after(role, at)
            if end > at and any(sentence.has(each, end) for each in parts):
                return Moment(at, end, periods.unit("day", back, self.today))
        end = sentence.after("this_after", at)
        if end > at and any(sentence.before(each, at) < at for each in ("day_parts", "nights")):
            return Moment(at, end, periods.unit("day", 0, self.today))  # siang ini
        return None

    def ago(self, at: int) -> Moment | None:
        """3 weeks ago; seminggu yang lalu; a year ago today. "A few days ago" was no day."""
        amount, roles = self.amount(at), ["ago", "ago_after"]
        if amount and not amount.count:
            roles.append("this_after")  # beberapa hari ini
        if not amount and (one := self.one(at)):
            amount, roles = replace(one, count=0), ["ago"]  # years ago
        if not amount:
            return None
        end = max(self.sentence.after(role, amount.end) for role in roles)
        if end == amount.end:
            return None
        if (after := self.sentence.after("today", end)) > end:
            return Moment(at, after, periods.same_day(amount.unit, amount.count, self.today))
        days = periods.unit(amount.unit, amount.count, self.today) if amount.is_clear else ()
        return _moment(at, end, days, amount.unit)

    def _seasons_ago(self, at: int) -> Moment | None:
        """Two summers ago: the one before the last."""
        sentence = self.sentence
        number = number_at(sentence, at)
        some = sentence.after("some", at)
        start = number[0] if number else some
        for role in ("seasons_several", "seasons"):
            found = sentence.find(role, start) if start > at else None
            if found and (end := sentence.after("ago", found[0])) > found[0]:
                count = number[1] if number else 0
                days = periods.season(found[1]).back(self.today, count)
                return Moment(at, end, days, year=days[0][0].year if days else 0)
        return None

    def amount(self, at: int) -> Amount | None:
        """Such as 3 weeks, a day, seminggu, a few years."""
        sentence = self.sentence
        if fused := sentence.find("fused_units", at):
            return Amount(fused[0], 1, fused[1])
        number = number_at(sentence, at)
        for role, count in (("some", 0), ("one", 1)):
            if not number and sentence.has(role, at):
                number = sentence.after(role, at), count
        if not number:
            return None
        if (end := sentence.after("long_units", number[0])) > number[0]:
            return Amount(end, number[1] * _DECADE, "year")
        found = sentence.find("units", number[0]) or sentence.find("short_units", number[0])
        return Amount(found[0], number[1], found[1]) if found else None

    def one(self, at: int) -> Amount | None:
        """The "day" of "the day after"."""
        found = self.sentence.find("units", at)
        return Amount(found[0], 1, found[1]) if found else None

    def _last_some(self, at: int) -> Moment | None:
        """The last 7 days; 7 hari terakhir."""
        sentence = self.sentence
        start = sentence.after("last_some", at)
        decade = sentence.after("long_units", start)
        amount = Amount(decade, _DECADE, "year") if decade > start > at else self.amount(start)
        if not amount:
            return None
        end = amount.end if start > at else sentence.after("some_after", amount.end)
        if start == at and end == amount.end:
            return None
        days = periods.last_some(amount.unit, amount.count, self.today) if amount.is_clear else ()
        return Moment(at, end, days)

    def shifted(self, at: int) -> Moment | None:
        """Last week; minggu lalu; the week before last."""
        sentence = self.sentence
        if found := sentence.find("units", at):
            end = sentence.after("before_last", found[0])
            if end > found[0]:
                return _moment(at, end, periods.unit(found[1], 2, self.today), found[1])
        for name, back in SHIFTS:
            start = sentence.after(f"{name}_before", at)
            if start > at and (found := sentence.find("units", start)):
                return _moment(at, found[0], periods.unit(found[1], back, self.today), found[1])
            if found := sentence.find("units", at):
                end = sentence.after(f"{name}_after", found[0])
                if end > found[0]:
                    return _moment(at, end, periods.unit(found[1], back, self.today), found[1])
        return None


def _moment(start: int, end: int, days: tuple[Period, ...], unit: str) -> Moment:
    year = days[0][0].year if days and unit == "year" else 0
    return Moment(start, end, days, year=year)
