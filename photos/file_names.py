"""When a photo was taken, as the name of its file says."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

NOON = time(12)  # of a day whose hour is not known: no zone makes another day of it
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Numbers that stand alone, or after letters that do: IMG_20230712, IMG20230712, not f320230712ab.
_BEGIN = r"(?:^|[^0-9A-Za-z]|(?<![0-9A-Za-z])[A-Za-z]+)"
_END = r"(?![0-9A-Za-z])"
_DATE = r"(?P<year>\d{4})(?P<mark>[-_. ]?)(?P<month>\d\d)(?P=mark)(?P<day>\d\d)"
_TIME = (
    r"(?:(?P<compact>[-_ T]?(?P<hh>\d\d)(?P<mm>\d\d)(?P<ss>\d\d)(?:\.?\d{3})?)"
    r"|(?:[-_ T.]|,? at )(?P<h>\d\d?)(?P<colon>[-_.:])(?P<m>\d\d)(?P=colon)(?P<s>\d\d)"
    r"(?:\s?(?P<half>[AaPp])[Mm])?)"
)
_CLOCK = re.compile(f"{_BEGIN}{_DATE}{_TIME}{_END}", re.ASCII)
_DAY = re.compile(f"{_BEGIN}{_DATE}{_END}", re.ASCII)
_MILLIS = re.compile(rf"{_BEGIN}(?P<millis>1\d{{12}}){_END}", re.ASCII)  # 2001 to 2033
_PIXEL = re.compile(r"PXL_")  # Google's phones name photos by UTC
_SPACES = re.compile(r"\s")  # a Mac has a narrow one before AM


@dataclass(frozen=True)
class Said:
    """A date that a name may mean. `clock` has no zone; it is that of UTC where `is_utc`."""

    clock: datetime
    is_utc: bool = False
    is_day: bool = False  # the hour is not known


def read(name: str) -> Iterator[Said]:
    """What `name`, of a file, may say of when it was taken, the surest first."""
    stem = _SPACES.sub(" ", name)
    is_utc = _PIXEL.match(stem) is not None
    for match in _CLOCK.finditer(stem):
        yield from _clock(match, is_utc=is_utc)
    for match in _MILLIS.finditer(stem):
        moment = _EPOCH + timedelta(milliseconds=int(match["millis"]))
        yield Said(moment.replace(tzinfo=None, microsecond=0), is_utc=True)
    for match in _DAY.finditer(stem):
        yield from _day(match)


def _clock(match: re.Match[str], *, is_utc: bool) -> Iterator[Said]:
    part = match.groupdict()
    hour = int(part["hh"] or part["h"])
    if part["half"]:
        hour = hour % 12 + 12 * (part["half"] in "Pp")
    for day in _day(match):
        try:
            at = time(hour, int(part["mm"] or part["m"]), int(part["ss"] or part["s"]))
        except ValueError:
            continue
        yield Said(datetime.combine(day.clock, at), is_utc=is_utc)


def _day(match: re.Match[str]) -> Iterator[Said]:
    try:
        day = date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError:
        return
    yield Said(datetime.combine(day, NOON), is_day=True)
