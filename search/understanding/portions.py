"""Parts of a date: "early 2020", "first half of 2021", "last week of March", "Q1 2020"."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import chain

from search.understanding import periods
from search.understanding.periods import Period, Yearly
from search.understanding.relative import Moment
from search.understanding.sentence import Sentence

_LAST = 0  # of what is counted
_QUARTERS = 4
_COUNTED = {"day", "week", "month"}


@dataclass(frozen=True)
class Portions:
    """What reads them. `whole` reads what they are parts of."""

    sentence: Sentence
    today: date
    whole: Callable[[int], Moment | None]

    def at(self, at: int) -> Moment | None:
        """The part that begins there."""
        return self._share(at) or self._counted(at)

    def _share(self, at: int) -> Moment | None:
        """Early 2020; Q1 2020; akhir tahun lalu."""
        found = self.sentence.find("portions", at)
        if not found or self.sentence.has("units", at):  # akhir pekan
            return None
        number, of = map(int, found[1].split("/"))
        whole = self._whole(found[0])
        if not whole or not all(map(_is_long, whole.periods)):
            return None
        return self._shared(at, whole, number, of)

    def of_year(self, year: Moment) -> Moment | None:
        """2020 Q1: of all parts, a quarter may come after its year."""
        found = self.sentence.find("portions", year.end)
        number, of = map(int, found[1].split("/")) if found else (0, 0)
        if not found or of != _QUARTERS or self._whole(found[0]):
            return None
        return self._shared(year.start, replace(year, end=found[0]), number, of)

    def middle(self, whole: Moment) -> Moment:
        return self._shared(whole.start, whole, 2, 3)

    def _shared(self, at: int, whole: Moment, number: int, of: int) -> Moment:
        return self._cut(at, whole, lambda period: (_share_of(period, number, of),))

    def _counted(self, at: int) -> Moment | None:
        """The first week of January 2021; minggu terakhir Maret 2022."""
        found = self._ordinal_first(at) or self._ordinal_last(at)
        whole = self._whole(found[2]) if found else None
        if not found or not whole:
            return None
        number, unit, _ = found
        return self._cut(at, whole, lambda period: _counted_in(period, unit, number))

    def _ordinal_first(self, at: int) -> tuple[int, str, int] | None:
        """Which, of what, and the end of "last week of"."""
        sentence, number = self.sentence, _LAST
        start = sentence.after("last_before", at)
        if ordinal := sentence.find("ordinals", sentence.after("date_of", at)):
            start, number = ordinal[0], int(ordinal[1])
        unit = self._unit(start) if start > at else None
        end = sentence.after("of", unit[0]) if unit else at
        return (number, unit[1], end) if unit and end > unit[0] else None

    def _ordinal_last(self, at: int) -> tuple[int, str, int] | None:
        """Which, of what, and the end of "minggu terakhir"."""
        unit = self._unit(at)
        found = self.sentence.find("ordinals_after", unit[0]) if unit else None
        return (int(found[1]), unit[1], found[0]) if unit and found else None

    def _unit(self, at: int) -> tuple[int, str] | None:
        unit = self.sentence.find("units", at)
        return unit if unit and unit[1] in _COUNTED else self.sentence.find("weekdays", at)

    def _whole(self, at: int) -> Moment | None:
        of = self.sentence.after("of", at)
        starts = dict.fromkeys((at, of, self.sentence.after("articles", of)))
        return next((found for start in starts if (found := self.whole(start))), None)

    def _cut(self, at: int, whole: Moment, part: Callable[[Period], tuple[Period, ...]]) -> Moment:
        """`part` of each period, and of those of each year."""

        def parts(found: tuple[Period, ...]) -> tuple[Period, ...]:
            return tuple(chain(*map(part, found)))

        whole = replace(whole, start=at, month=0)
        yearly = whole.yearly
        if not yearly:
            return replace(whole, periods=parts(whole.periods), year=0)
        cut = Yearly(lambda year: parts(yearly.in_year(year)))
        days = parts(whole.periods) if whole.year else cut.latest(self.today)
        return replace(whole, periods=days, yearly=cut)


def _is_long(period: Period) -> bool:
    """It has an early part, and a late one."""
    return period[1] - period[0] >= timedelta(days=periods.WEEK)


def _share_of(period: Period, number: int, of: int) -> Period:
    """The first, second or so (`number`) of even parts, of whole months if it can be."""
    months, start = _months(period), period[0]
    if months and months % of == 0:
        length = months // of
        end = periods.month(start.year, start.month + number * length)[0]
        return periods.month(start.year, start.month + (number - 1) * length)[0], end
    days = (period[1] - start).days
    first, last = (days * each // of for each in (number - 1, number))
    return start + timedelta(days=first), start + timedelta(days=last)


def _counted_in(period: Period, name: str, number: int) -> tuple[Period, ...]:
    """The first, second, … or last day, week, month or day of the week (0 to 6) of a period."""
    start, end = period
    if name == "month":
        months = _months(period)
        in_it = 0 < (number or months) <= months
        return (periods.month(start.year, start.month + (number or months) - 1),) if in_it else ()
    length = timedelta(days=periods.WEEK if name == "week" else 1)
    step = timedelta(days=1 if name == "day" else periods.WEEK)
    if name.isdecimal():
        start += timedelta(days=(int(name) - start.weekday()) % periods.WEEK)
        end -= timedelta(days=(end.weekday() - int(name) - 1) % periods.WEEK)
    first = start + (number - 1) * step if number else end - length
    return ((first, min(first + length, period[1])),) if period[0] <= first < period[1] else ()


def _months(period: Period) -> int:
    """How many months it is; 0, if they are not whole."""
    start, end = period
    if (start.day, end.day) != (1, 1):
        return 0
    return (end.year - start.year) * periods.MONTHS + end.month - start.month
