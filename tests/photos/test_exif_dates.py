"""Which of the dates in a photo's file is believed."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from photos.exif import PhotoExif, read_exif
from tests.photos.packets import packet

CAMERA, GPS = 0x8769, 0x8825
MODIFIED, ORIGINAL, DIGITIZED, OF_ORIGINAL, OF_DIGITIZED = 0x0132, 0x9003, 0x9004, 0x9011, 0x9012
TIME_STAMP, DATE_STAMP = 7, 29
NOW = datetime(2026, 11, 22, tzinfo=UTC)
NOON = datetime(2024, 5, 6, 12)  # noqa: DTZ001  # what a camera's clock shows has no zone
XMP = (
    'xmlns:exif="http://ns.adobe.com/exif/1.0/" '
    'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" '
)


def read(
    *, camera: dict[int, str] | None = None, gps: dict[int, Any] | None = None, xmp: str = ""
) -> PhotoExif:
    """What is read of a photo with these tags, written to a file and opened again."""
    exif, file = Image.Exif(), BytesIO()
    exif[MODIFIED] = "2025:01:01 10:00:00"  # of a change, which is never believed
    exif.get_ifd(CAMERA).update(camera or {})
    exif.get_ifd(GPS).update(gps or {})
    Image.new("RGB", (8, 8)).save(file, "JPEG", exif=exif, xmp=packet(attributes=XMP + xmp))
    return read_exif(Image.open(file), NOW)


def found_at(*clock: float, day: str = "2024:05:06") -> dict[int, Any]:
    return {TIME_STAMP: clock, DATE_STAMP: day}


class TestDates:
    def test_are_none_where_there_is_only_that_of_a_change(self) -> None:
        assert read() == PhotoExif()

    def test_are_that_of_the_picture_before_that_of_its_file(self) -> None:
        camera = {ORIGINAL: "2024:05:06 12:00:00", DIGITIZED: "2024:05:07 09:00:00"}

        assert read(camera=camera | {OF_DIGITIZED: "+02:00"}) == PhotoExif(taken_local=NOON)

    @pytest.mark.parametrize(
        "false", ["0000:00:00 00:00:00", "1980:01:01 00:00:00", "2031:05:06 12:00:00"]
    )
    def test_are_the_next_one_where_the_first_cannot_be(self, false: str) -> None:
        camera = {ORIGINAL: false, OF_ORIGINAL: "+05:00"}
        camera |= {DIGITIZED: "2024:05:06 12:00:00", OF_DIGITIZED: "+02:00"}

        assert read(camera=camera) == PhotoExif(taken_local=NOON, offset=timedelta(hours=2))

    @pytest.mark.parametrize("name", ["exif:DateTimeOriginal", "photoshop:DateCreated"])
    def test_are_those_of_xmp_where_exif_has_none(self, name: str) -> None:
        told = read(xmp=f'{name}="2024-05-06T12:00:00.25+07:00"')

        assert told == PhotoExif(taken_local=NOON, offset=timedelta(hours=7))

    @pytest.mark.parametrize("text", ["2024", "2024-05", "2024-05-06", "yesterday", "", "T", "--T"])
    def test_are_none_of_xmp_without_an_hour(self, text: str) -> None:
        assert read(xmp=f'photoshop:DateCreated="{text}"') == PhotoExif()

    def test_have_the_offset_by_which_the_positions_clock_differs(self) -> None:
        camera = {ORIGINAL: "2024:05:06 12:00:00"}

        assert read(camera=camera, gps=found_at(6, 28, 31)).offset == timedelta(hours=5, minutes=30)
        assert read(camera=camera, gps=found_at(23, 0, 0, day="2024:05:05")).offset == timedelta(
            hours=13
        )

    @pytest.mark.parametrize(
        "gps",
        [
            found_at(6, 22, 0),  # found long before
            found_at(6, 28, 31, day="2024:05:04"),
            found_at(6, 28, 31, day="once"),
            found_at(25, 0, 0),
            found_at(6, 28),
            {TIME_STAMP: (6.0, 28.0, 31.0)},
        ],
    )
    def test_have_no_offset_where_that_clock_was_of_another_time(self, gps: dict[int, Any]) -> None:
        assert read(camera={ORIGINAL: "2024:05:06 12:00:00"}, gps=gps).offset is None

    def test_are_when_the_position_was_found_where_nothing_else_is_known(self) -> None:
        assert read(gps=found_at(12, 0, 0.5)) == PhotoExif(taken_local=NOON)
