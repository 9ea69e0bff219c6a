from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from photos.exif import PhotoExif, read_exif, read_orientation

CAMERA, GPS = 0x8769, 0x8825
TAKEN, OFFSET, MAKER_NOTE, ORIENTATION = 0x9003, 0x9011, 0x927C, 0x0112
NOON = datetime(2024, 5, 6, 12, 0, 0)  # noqa: DTZ001  what a camera's clock shows has no zone
MUNICH = {1: "N", 2: (48.0, 8.0, 15.0), 3: "E", 4: (11.0, 34.5, 0.0)}


def make_exif(
    *, camera: dict[int, Any] | None = None, gps: dict[int, Any] | None = None
) -> Image.Exif:
    exif = Image.Exif()
    exif.get_ifd(CAMERA).update(camera or {})
    exif.get_ifd(GPS).update(gps or {})
    return exif


def photo_with(exif: bytes | Image.Exif) -> Image.Image:
    """A photo that has been written to a file, and opened again."""
    file = BytesIO()
    data = exif if isinstance(exif, bytes) else exif.tobytes()
    Image.new("RGB", (8, 8)).save(file, "JPEG", exif=data)
    return Image.open(file)


def taken(**camera: Any) -> PhotoExif:
    tags = {{"at": TAKEN, "offset": OFFSET}[name]: value for name, value in camera.items()}
    return read_exif(photo_with(make_exif(camera=tags)))


class TestReadExif:
    def test_of_a_photo_without_it_is_empty(self) -> None:
        assert read_exif(Image.new("RGB", (8, 8))) == PhotoExif()

    def test_gives_the_moment_a_photo_was_taken(self) -> None:
        exif = taken(at="2024:05:06 12:00:00", offset="+05:30")

        assert (exif.taken_local, exif.offset) == (NOON, timedelta(hours=5, minutes=30))
        assert exif.taken_at == datetime(2024, 5, 6, 6, 30, tzinfo=UTC)

    def test_gives_only_the_local_time_where_the_camera_knew_no_offset(self) -> None:
        exif = taken(at="2024:05:06 12:00:00")

        assert exif == PhotoExif(taken_local=NOON)
        assert exif.taken_at is None

    @pytest.mark.parametrize(
        ("text", "hours"),
        [("+00:00", 0.0), ("-03:30", -3.5), ("+14:00", 14.0), ("+0200", 2.0), ("+02:00\0\0", 2.0)],
    )
    def test_understands_an_offset(self, text: str, hours: float) -> None:
        zone = timezone(timedelta(hours=hours))

        assert taken(at="2024:05:06 12:00:00", offset=text).taken_at == NOON.replace(tzinfo=zone)

    @pytest.mark.parametrize("text", ["", "Z", "+2", "+99:00", "+24:00", "+02:00:00", "   :  "])
    def test_has_no_offset_where_none_can_be_meant(self, text: str) -> None:
        assert taken(at="2024:05:06 12:00:00", offset=text.encode()).offset is None

    @pytest.mark.parametrize(
        "value",
        [
            "2024:05:06 12:00:00\0",
            "2024:05:06 12:00:00\0rest",
            " 2024:05:06 12:00:00 ",
        ],
    )
    def test_reads_a_padded_time(self, value: str) -> None:
        assert taken(at=value).taken_local == NOON

    @pytest.mark.parametrize(
        "value",
        [
            "",
            "0000:00:00 00:00:00",
            "    :  :     :  :  ",
            "2024:13:01 00:00:00",
            "2024:02:30 00:00:00",
            "2024:05:06",
            "yesterday",
            "\0" * 20,
            b"\xff\xfe",
            7,
        ],
    )
    def test_has_no_time_where_none_can_be_meant(self, value: object) -> None:
        assert taken(at=value).taken_local is None

    def test_gives_the_place_a_photo_was_taken(self) -> None:
        exif = read_exif(photo_with(make_exif(gps=MUNICH)))

        assert exif.latitude == pytest.approx(48.1375)
        assert exif.longitude == pytest.approx(11.575)

    def test_counts_south_and_west_as_negative(self) -> None:
        exif = read_exif(photo_with(make_exif(gps=MUNICH | {1: "S", 3: "W\0"})))

        assert exif.latitude == pytest.approx(-48.1375)
        assert exif.longitude == pytest.approx(-11.575)

    @pytest.mark.parametrize(
        "broken",
        [
            {1: ""},
            {1: "X"},
            {1: "NORTH"},
            {2: (IFDRational(48, 0), 8.0, 15.0)},
            {2: (IFDRational(0, 0), IFDRational(0, 0), IFDRational(0, 0))},
            {2: (48.0, IFDRational(8, 0), 0.0)},
            {2: (90.0, 0.1, 0.0)},
            {2: (4294967295.0, 0.0, 0.0)},
            {2: 48.0},
            {2: (48.0, 8.0)},
            {4: (181.0, 0.0, 0.0)},
            {4: (11.0, 0.0, 0.0, 0.0)},
        ],
    )
    def test_has_no_place_where_none_can_be_meant(self, broken: dict[int, Any]) -> None:
        assert read_exif(photo_with(make_exif(gps=MUNICH | broken))) == PhotoExif()

    @pytest.mark.parametrize("missing", [1, 2, 3, 4])
    def test_has_no_half_of_a_place(self, missing: int) -> None:
        gps = {tag: value for tag, value in MUNICH.items() if tag != missing}

        assert read_exif(photo_with(make_exif(gps=gps))) == PhotoExif()

    def test_keeps_the_time_where_the_place_is_broken(self) -> None:
        tags = make_exif(camera={TAKEN: "2024:05:06 12:00:00"}, gps={2: (1.0, 2.0)})

        assert read_exif(photo_with(tags)) == PhotoExif(taken_local=NOON)

    def test_is_not_stopped_by_a_large_maker_note(self) -> None:
        tags = make_exif(camera={TAKEN: "2024:05:06 12:00:00", MAKER_NOTE: bytes(60_000)})

        assert read_exif(photo_with(tags)) == PhotoExif(taken_local=NOON)

    def test_is_not_stopped_by_a_directory_that_contains_itself(self) -> None:
        tiff = b"MM\0*\0\0\0\x08" + b"\0\1" + b"\x87\x69\0\4\0\0\0\1\0\0\0\x08" + b"\0\0\0\x08"

        assert read_exif(photo_with(b"Exif\0\0" + tiff)) == PhotoExif()

    @pytest.mark.filterwarnings("ignore::UserWarning:PIL")
    def test_is_not_stopped_by_any_damage(self) -> None:
        tags = make_exif(camera={TAKEN: "2024:05:06 12:00:00", OFFSET: "+02:00"}, gps=MUNICH)
        whole = np.frombuffer(tags.tobytes(), np.uint8)
        chance = np.random.default_rng(0)

        for _ in range(500):
            damaged = whole.copy()
            damaged[chance.integers(6, len(whole), 4)] = chance.integers(0, 256, 4)
            exif = read_exif(photo_with(damaged.tobytes()))

            assert exif.latitude is None or -90 <= exif.latitude <= 90
            assert exif.longitude is None or -180 <= exif.longitude <= 180


class TestReadOrientation:
    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_gives_the_orientation_that_is_named(self, orientation: int) -> None:
        exif = Image.Exif()
        exif[ORIENTATION] = orientation

        assert read_orientation(photo_with(exif)) == orientation

    @pytest.mark.parametrize("value", [0, 9, 65535, "6", (6, 6)])
    def test_is_upright_where_nothing_else_can_be_meant(self, value: Any) -> None:
        image = Image.new("RGB", (8, 8))
        image.getexif()[ORIENTATION] = value

        assert read_orientation(image) == 1

    def test_is_upright_where_the_exif_is_not_readable(self) -> None:
        assert read_orientation(photo_with(b"Exif\0\0broken")) == 1
