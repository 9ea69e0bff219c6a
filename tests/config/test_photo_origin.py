"""What a photo's page says of where it comes from."""

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from django.test import Client

from photos.models import Photo, Reference
from photos.places import following
from tests.factories import make_photo, make_place

pytestmark = pytest.mark.django_db
AT = datetime(2023, 7, 12, 15, 30, 8, tzinfo=UTC)
CLOCK = "2023-07-12 15:30:08 by the camera's clock, as the file says"


def said(client: Client, photo: Photo) -> dict[str, str]:
    """Each fact, in words."""
    page = client.get(f"/admin/photos/photo/{photo.pk}/change/").content.decode()
    rows = re.findall(r"<dt>(.*?)</dt>\s*<dd[^>]*>(.*?)</dd>", page, re.DOTALL)
    return {name: " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).split()) for name, text in rows}


class TestOrigin:
    @pytest.mark.parametrize(
        ("values", "taken"),
        [
            (
                {"dated_by": "exif", "taken_at": AT, "taken_offset_minutes": 480},
                f"{CLOCK} UTC+08:00: 2023-07-12 15:30 UTC",
            ),
            (
                {"dated_by": "exif", "taken_at": AT, "taken_offset_minutes": -210},
                f"{CLOCK} UTC-03:30: 2023-07-12 15:30 UTC",
            ),
            (
                {"dated_by": "exif", "taken_at": AT},
                f"{CLOCK} How far that clock is from UTC is unknown.",
            ),
            (
                {"dated_by": "file_name"},
                "2023-07-12 15:30:08 by the name of the file, which says nothing itself",
            ),
            ({"dated_by": "upload"}, "2023-07-12 15:30:08 unknown: that is when it came here"),
        ],
    )
    def test_says_when_it_was_taken_and_how_that_is_known(
        self, admin_client: Client, values: dict[str, Any], taken: str
    ) -> None:
        photo = make_photo(dated_at=AT, **values)

        assert said(admin_client, photo)["Taken"] == taken

    def test_says_where_by_the_position_in_the_file(self, admin_client: Client) -> None:
        ubud = make_place(name="Ubud", region="Bali")
        photo = make_photo(place=ubud, latitude=-8.5069, longitude=115.2625)

        shown = said(admin_client, photo)

        assert shown["Place"] == "Ubud, Bali, Indonesia the nearest to the position in the file"
        assert shown["Position"] == "-8.50690, 115.26250 degrees north and east, as the file says"

    @pytest.mark.parametrize(
        ("camera", "shown"), [("Leica <Q3>", "Leica <Q3>"), ("", "not named in the file")]
    )
    def test_names_the_camera(self, admin_client: Client, camera: str, shown: str) -> None:
        assert said(admin_client, make_photo(camera=camera))["Camera"] == shown

    def test_names_the_photos_that_its_place_is_known_by(self, admin_client: Client) -> None:
        ubud = make_place(name="Ubud")
        near = make_photo(place=ubud, latitude=0, longitude=0, taken_at=AT, dated_at=AT)
        photo = make_photo(owner=near.owner, taken_at=AT, dated_at=AT)
        following.note(photo)
        following.follow()

        assert said(admin_client, photo)["Place"] == (
            f"Ubud, Indonesia as photos that were taken shortly before and after: {near}"
        )

    def test_says_that_it_knows_nothing(self, admin_client: Client) -> None:
        shown = said(admin_client, make_photo())

        assert (shown["Place"], shown["Position"]) == ("unknown", "none in the file")
        assert shown["External ids"] == "none"

    @pytest.mark.parametrize(
        ("orientation", "stored"),
        [(1, "upright"), (3, "upside down"), (6, "on its left side"), (8, "on its right side")],
    )
    def test_says_how_the_pixels_lie_in_the_file(
        self, admin_client: Client, orientation: int, stored: str
    ) -> None:
        photo = make_photo(width=4000, height=3000, orientation=orientation)

        shown = said(admin_client, photo)

        assert shown["Pixels"] == f"4000 × 3000, 12.0 MP In the file it lies: {stored}"  # noqa: RUF001  # a real sign

    def test_shows_hostile_ids_as_text(self, admin_client: Client) -> None:
        photo, hostile = make_photo(), "<script>alert(1)</script>"
        Reference.objects.create(owner=photo.owner, photo=photo, external_id=hostile)

        page = admin_client.get(f"/admin/photos/photo/{photo.pk}/change/").content.decode()

        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page
