"""What names of files say of when photos were taken."""

from datetime import datetime

import pytest

from photos.file_names import Said, read

CLOCK = datetime(2023, 7, 12, 15, 30)  # noqa: DTZ001  # what a name says has no zone
NOON = datetime(2023, 7, 12, 12)  # noqa: DTZ001


class TestRead:
    @pytest.mark.parametrize(
        "name",
        [
            "IMG_20230712_153000.jpg",
            "IMG20230712153000.jpg",
            "20230712_153000.jpg",
            "20230712_153000(0).jpg",
            "20230712_153000~2.jpg",
            "MVIMG_20230712_153000_HDR.jpg",
            "2023-07-12 15.30.00.jpg",
            "2023-07-12_15-30-00.jpg",
            "2023-07-12 15.30.00-1.jpg",
            "signal-2023-07-12-15-30-00-123.jpg",
            "Screenshot_20230712-153000_Maps.jpg",
            "Screenshot_2023-07-12-15-30-00-123_com.app.jpg",
            "Screenshot 2023-07-12 at 15.30.00.png",
            "Screenshot 2023-07-12 at 3.30.00 PM.png",
            "Screenshot 2023-07-12 at 3.30.00\u202fPM.png",
            "WhatsApp Image 2023-07-12 at 15.30.00.jpeg",
            "WhatsApp Image 2023-07-12 at 3.30.00 PM (1).jpeg",
            "2023-07-12T15:30:00.jpg",
            "trip to Ubud, 2023.07.12 15.30.00.jpg",
        ],
    )
    def test_gives_the_clock(self, name: str) -> None:
        assert next(read(name)) == Said(CLOCK)

    @pytest.mark.parametrize(
        "name", ["PXL_20230712_153000123.jpg", "PXL_20230712_153000123.MP.jpg", "1689175800000.jpg"]
    )
    def test_knows_who_names_photos_by_utc(self, name: str) -> None:
        assert list(read(name))[:1] == [Said(CLOCK, is_utc=True)]

    @pytest.mark.parametrize("name", ["FB_IMG_1689175800000.jpg", "IMG1689175800000.jpg"])
    def test_counts_milliseconds_since_1970(self, name: str) -> None:
        assert list(read(name)) == [Said(CLOCK, is_utc=True)]

    @pytest.mark.parametrize(
        "name",
        [
            "IMG-20230712-WA0001.jpg",
            "20230712.jpg",
            "2023-07-12.jpg",
            "2023_07_12 (3).jpg",
            "12 Bali 2023.07.12.jpg",
            "IMG_20230712_997199.jpg",  # that is no time
        ],
    )
    def test_gives_noon_of_a_day_whose_hour_it_does_not_know(self, name: str) -> None:
        assert list(read(name)) == [Said(NOON, is_day=True)]

    @pytest.mark.parametrize(
        "name",
        [
            "",
            "IMG_1234.jpg",
            "DSC_20231301.jpg",
            "20230230.jpg",
            "202307121.jpg",
            "2023071.jpg",
            "120230712.jpg",
            "2023-0712.jpg",
            "f320230712ab.jpg",
            "9c20230712153000ffe0a1b2c3d4e5f6.jpg",
            "received_1689175800000123.jpeg",
            "168917580000.jpg",
            "٢٠٢٣٠٧١٢.jpg",
        ],
    )
    def test_takes_no_other_numbers_for_a_date(self, name: str) -> None:
        assert list(read(name)) == []

    def test_goes_on_where_the_first_number_is_none(self) -> None:
        assert list(read("99999999_20230712.jpg")) == [Said(NOON, is_day=True)]

    def test_is_quick_with_a_long_name(self) -> None:
        assert list(read("2023-07-" * 5000 + "A" * 20_000)) == []
