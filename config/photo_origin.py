"""Where a photo comes from: what its file said, and what was made of that."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Self

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from photos.models import Photo
from photos.places import heard_from

# How the pixels lie in the file, by EXIF orientation.
STORED: Mapping[int, StrOrPromise] = MappingProxyType(
    {
        1: _("upright"),
        2: _("mirrored"),
        3: _("upside down"),
        4: _("upside down and mirrored"),
        5: _("on its side and mirrored"),
        6: _("on its left side"),
        7: _("on its side and mirrored"),
        8: _("on its right side"),
    }
)


@dataclass(frozen=True)
class Origin:
    clock: datetime  # what showed where it was taken, as if that were UTC
    said_by: str  # a name of Photo.DatedBy
    offset: str  # of that clock, such as "UTC+08:00"; empty: the camera has not said it
    moment: datetime | None  # in UTC, if the offset is known
    heard_from: list[Photo]  # whose place it has inherited
    stored: StrOrPromise
    megapixels: float

    @classmethod
    def of(cls, photo: Photo) -> Self:
        """Two queries if its place was inherited, else none."""
        minutes = photo.taken_offset_minutes
        return cls(
            clock=photo.dated_at.astimezone(UTC),
            said_by=photo.dated_by,
            offset="" if minutes is None else _offset(minutes),
            moment=None if minutes is None else photo.taken_at,
            heard_from=heard_from(photo),
            stored=STORED[photo.orientation],
            megapixels=photo.width * photo.height / 1e6,
        )


def _offset(minutes: int) -> str:
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"
