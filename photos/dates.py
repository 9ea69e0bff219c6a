"""When a photo was taken, as well as can be known."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from photos import file_names
from photos.exif import PhotoExif, is_plausible
from photos.models import Photo

_FIRST_NAMED = 1900  # year: smaller numbers in a file's name are no year


@dataclass(frozen=True)
class Dated:
    """A date as its photo has it in its row, by the names of its columns."""

    dated_at: datetime
    dated_by: Photo.DatedBy
    taken_at: datetime | None = None
    taken_offset_minutes: int | None = None

    @property
    def columns(self) -> dict[str, Any]:
        return asdict(self)


def dated(exif: PhotoExif, names: Iterable[str], now: datetime) -> Dated:
    """When a photo was taken: by its file, else by the first of its `names`, else `now`."""
    return by_exif(exif, now) or by_names(names, now) or _by_upload(now)


def by_exif(exif: PhotoExif, now: datetime) -> Dated | None:
    """A clock without an offset is read as UTC."""
    local = exif.taken_local
    if local is None or not is_plausible(local, now):
        return None
    clock = local.replace(tzinfo=UTC)
    offset = None if exif.offset is None else int(exif.offset.total_seconds() // 60)
    return Dated(clock, Photo.DatedBy.EXIF, exif.taken_at or clock, offset)


def by_names(names: Iterable[str], now: datetime) -> Dated | None:
    """By the first of the names that says it. A day alone is noon, and no moment."""
    for name in names:
        for said in file_names.read(name):
            if said.clock.year >= _FIRST_NAMED and is_plausible(said.clock, now):
                return _named(said)
    return None


def _named(said: file_names.Said) -> Dated:
    moment = said.clock.replace(tzinfo=UTC)
    clock = _clock_of(moment) if said.is_utc else moment
    return Dated(clock, Photo.DatedBy.FILE_NAME, None if said.is_day else moment)


def _by_upload(now: datetime) -> Dated:
    return Dated(_clock_of(now), Photo.DatedBy.UPLOAD)


def _clock_of(moment: datetime) -> datetime:
    """What a clock showed at `moment` where this installation is (TIME_ZONE), as if UTC."""
    return timezone.localtime(moment).replace(tzinfo=UTC)
