"""When a photo was taken, of all that may say it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from photos.dates import Dated, dated
from photos.exif import PhotoExif
from photos.models import Photo

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
NAME = "IMG_20230712_153000.jpg"
EXIF, FILE_NAME, UPLOAD = Photo.DatedBy.EXIF, Photo.DatedBy.FILE_NAME, Photo.DatedBy.UPLOAD


def at(*numbers: int) -> datetime:
    return datetime(*numbers, tzinfo=UTC)  # type: ignore[misc,arg-type]  # year, month, day, ...


def taken(*numbers: int, **values: Any) -> PhotoExif:
    return PhotoExif(taken_local=at(*numbers).replace(tzinfo=None), **values)


class TestDated:
    def test_is_the_cameras_clock_and_the_moment_it_means(self) -> None:
        date = dated(taken(2024, 5, 6, 12, offset=timedelta(hours=7)), [NAME], NOW)

        assert date == Dated(at(2024, 5, 6, 12), EXIF, at(2024, 5, 6, 5), 7 * 60)

    def test_takes_the_clock_for_that_of_utc_where_no_offset_is_known(self) -> None:
        date = dated(taken(2024, 5, 6, 12), [], NOW)

        assert date == Dated(at(2024, 5, 6, 12), EXIF, at(2024, 5, 6, 12), None)

    def test_is_that_of_the_name_where_the_file_says_nothing(self) -> None:
        date = dated(PhotoExif(), ["DSC1.jpg", NAME, "20200101_000000.jpg"], NOW)

        assert date == Dated(at(2023, 7, 12, 15, 30), FILE_NAME, at(2023, 7, 12, 15, 30))

    @pytest.mark.parametrize(
        "false",
        [
            (1, 1, 1),
            (1825, 12, 31),
            (1970, 1, 1),
            (1980, 1, 1),
            (2000, 1, 1),
            (2026, 11, 23, 10, 0, 1),
            (9999, 12, 31),
        ],
    )
    def test_is_no_date_that_cannot_be(self, false: tuple[int, ...]) -> None:
        assert dated(taken(*false), [NAME], NOW).dated_by == FILE_NAME
        assert dated(taken(*false), [], NOW) == Dated(NOW, UPLOAD)

    @pytest.mark.parametrize("true", [(1839, 8, 19), (2000, 1, 1, 0, 0, 1), (2026, 11, 23, 10)])
    def test_may_be_of_any_time_since_there_are_photos(self, true: tuple[int, ...]) -> None:
        assert dated(taken(*true), [], NOW).dated_at == at(*true)

    @pytest.mark.parametrize("name", ["12340102.jpg", "20261231_120000.jpg", "20991231.jpg"])
    def test_is_no_number_of_a_name_that_is_not_of_our_time(self, name: str) -> None:
        assert dated(PhotoExif(), [name], NOW) == Dated(NOW, UPLOAD)

    def test_of_a_day_alone_is_noon_and_no_moment(self) -> None:
        date = dated(PhotoExif(), ["IMG-20230712-WA0001.jpg"], NOW)

        assert date == Dated(at(2023, 7, 12, 12), FILE_NAME, None)

    def test_of_a_moment_is_what_a_clock_here_showed(self, settings: Any) -> None:
        settings.TIME_ZONE = "Asia/Jakarta"

        date = dated(PhotoExif(), ["PXL_20230712_153000123.jpg"], NOW)

        assert date == Dated(at(2023, 7, 12, 22, 30), FILE_NAME, at(2023, 7, 12, 15, 30))
        assert dated(PhotoExif(), [], NOW) == Dated(at(2026, 11, 22, 17), UPLOAD)
