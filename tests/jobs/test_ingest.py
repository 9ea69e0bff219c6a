"""Where and when a photo was taken, as it comes in by each of its ways."""

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from PIL import Image
from rest_framework.test import APIClient

from faces.services import FindFaces
from jobs import services, tasks
from jobs.drain import Drain
from jobs.intake.names import file_names
from jobs.models import Item
from jobs.pipeline import Parts
from jobs.services import Source
from photos.models import Owner, Photo, Place
from tests.factories import make_item, make_owner, make_photo, make_place
from tests.fakes import FakeDetector, FakeEmbedder, decoded_here, operations
from tests.pictures import jpeg, noise

pytestmark = pytest.mark.django_db(transaction=True)

CAMERA, GPS = 0x8769, 0x8825
ORIGINAL, OFFSET = 0x9003, 0x9011
UBUD = {1: "S", 2: (8.0, 30.0, 25.0), 3: "E", 4: (115.0, 15.0, 45.0)}
NAME = "IMG_20230712_153000.jpg"
NAMED = datetime(2023, 7, 12, 15, 30, tzinfo=UTC)


@pytest.fixture
def parts() -> Iterator[Parts]:
    find = FindFaces(FakeDetector([]), FakeEmbedder([]), "fakes")
    with ThreadPoolExecutor(1) as looks:
        yield Parts(
            fetch=lambda url: jpeg(),
            operations=operations(find),
            looks=looks,
            decoded=decoded_here,
            max_bytes=10**6,
        )


def picture(
    *, taken: str = "", offset: str = "", gps: dict[int, Any] | None = None, seed: int = 0
) -> bytes:
    exif, file = Image.Exif(), io.BytesIO()
    if taken:
        exif.get_ifd(CAMERA).update({ORIGINAL: taken, OFFSET: offset})
    exif.get_ifd(GPS).update(gps or {})
    Image.fromarray(noise(seed=seed)).save(file, "JPEG", exif=exif)
    return file.getvalue()


def ingested(parts: Parts, source: Source, owner: Owner) -> Photo:
    job = services.submit(owner, [source])
    Drain(parts, in_flight=1, lease_s=60, limit_s=60).run()
    photo = job.items.get().photo
    assert photo is not None
    return photo


def sent(parts: Parts, data: bytes, name: str = "a.jpg", owner: Owner | None = None) -> Photo:
    """The photo of an upload."""
    return ingested(parts, services.upload(ContentFile(data, name)), owner or make_owner())


class TestPlace:
    def test_is_where_the_photo_says(self, parts: Parts) -> None:
        photo = sent(parts, picture(gps=UBUD))

        assert str(photo.place) == "Ubud, Bali, Indonesia"
        assert not photo.place_inferred

    def test_is_shared_by_owners_and_made_once(self, parts: Parts) -> None:
        for _ in range(2):
            sent(parts, picture(gps=UBUD))

        assert list(Place.objects.values_list("name", flat=True)) == ["Ubud"]

    def test_is_none_at_sea(self, parts: Parts) -> None:
        photo = sent(parts, picture(gps=UBUD | {2: (0.0, 0.0, 0.0), 4: (60.0, 0.0, 0.0)}))

        assert (photo.latitude, photo.place) == (0.0, None)

    @pytest.mark.parametrize("first", [0, 1])
    def test_is_inherited_whichever_photo_came_first(self, parts: Parts, first: int) -> None:
        owner = make_owner()
        pictures = [
            picture(taken="2024:05:06 12:00:00", gps=UBUD, seed=1),
            picture(taken="2024:05:06 13:30:00", seed=2),
        ]
        for number in (first, 1 - first):
            sent(parts, pictures[number], owner=owner)
            tasks.find_places()

        photos = Photo.objects.of(owner).order_by("dated_at")
        shown = [(str(each.place), each.place_inferred) for each in photos]
        assert shown == [("Ubud, Bali, Indonesia", False), ("Ubud, Bali, Indonesia", True)]


class TestDate:
    def test_is_that_of_the_camera(self, parts: Parts) -> None:
        photo = sent(parts, picture(taken="2024:05:06 12:00:00", offset="+07:00"), NAME)

        assert photo.dated_at == datetime(2024, 5, 6, 12, tzinfo=UTC)
        assert photo.taken_at == datetime(2024, 5, 6, 5, tzinfo=UTC)
        assert (photo.dated_by, photo.taken_offset_minutes) == ("exif", 420)

    def test_is_that_of_an_uploads_name(self, parts: Parts) -> None:
        photo = sent(parts, jpeg(), NAME)

        assert (photo.dated_by, photo.dated_at, photo.taken_at) == ("file_name", NAMED, NAMED)

    @pytest.mark.parametrize(
        "source",
        [
            Source(Item.Source.URL, f"https://photos.example/2020-01-01/{NAME}?size=20200101"),
            Source(Item.Source.URL, "https://photos.example/2023-07-12%2015.30.00.jpg"),
            Source(Item.Source.URL, "https://photos.example/1", external_id=f"trip/{NAME}"),
        ],
    )
    def test_is_that_of_the_name_at_an_address(self, parts: Parts, source: Source) -> None:
        photo = ingested(parts, source, make_owner())

        assert (photo.dated_by, photo.dated_at) == ("file_name", NAMED)

    def test_is_that_of_a_storage_key(self, parts: Parts) -> None:
        owner = make_owner()
        storages["intake"].save(f"owners/{owner.pk}/trip/{NAME}", ContentFile(jpeg()))

        photo = ingested(parts, Source(Item.Source.STORAGE, f"trip/{NAME}"), owner)

        assert (photo.dated_by, photo.dated_at) == ("file_name", NAMED)

    def test_is_that_of_the_upload_where_nothing_else_is_known(self, parts: Parts) -> None:
        photo = sent(parts, jpeg())

        assert (photo.dated_by, photo.taken_at) == ("upload", None)
        assert abs((photo.dated_at - photo.created_at).total_seconds()) < 60

    def test_gets_better_when_the_photo_is_sent_again(self, parts: Parts) -> None:
        owner = make_owner()
        for name in ("a.jpg", NAME, "IMG_20200101_000001.jpg", "b.jpg"):
            photo = sent(parts, jpeg(), name, owner)

        photo.refresh_from_db()
        assert (photo.dated_by, photo.dated_at, photo.taken_at) == ("file_name", NAMED, NAMED)
        assert Photo.objects.count() == 1

    def test_that_has_got_better_gives_a_place_too(self, parts: Parts) -> None:
        owner, data = make_owner(), picture(gps=UBUD, seed=1)
        sent(parts, data, owner=owner)
        neighbour = sent(parts, jpeg(), NAME, owner)
        sent(parts, data, "20230712_150000.jpg", owner)

        tasks.find_places()

        neighbour.refresh_from_db()
        assert (str(neighbour.place), neighbour.place_inferred) == ("Ubud, Bali, Indonesia", True)


class TestFileNames:
    @pytest.mark.parametrize(
        ("values", "names"),
        [
            ({"location": "https://a.example/b/c%20d.jpg?e=f.jpg#g"}, ["c d.jpg"]),
            ({"location": "https://a.example/"}, []),
            ({"source": "upload", "location": "uploads/20230712", "file_name": "a"}, ["a"]),
            ({"source": "kept", "location": "1/20230712/original.jpg"}, []),
            ({"source": "media_store", "location": "m-1"}, ["m-1"]),
            ({"source": "storage", "location": "a/b?c.jpg"}, ["b?c.jpg"]),
            ({"source": "none", "external_id": "http://[a/b"}, ["b"]),
        ],
    )
    def test_are_what_the_photo_is_called(self, values: dict[str, Any], names: list[str]) -> None:
        assert [*filter(None, file_names(make_item(**values)))] == names


class TestApi:
    def test_shows_where_and_when(self, api: APIClient, owner: Owner) -> None:
        place = make_place(name="Ubud", region="Bali")
        photo = make_photo(owner=owner, place=place, place_inferred=True, dated_at=NAMED)
        item = make_item(job=services.submit(owner, []), photo=photo, state="succeeded")

        shown = api.get(f"/api/v1/jobs/{item.job_id}/").json()["items"][0]["result"]

        assert shown["place"] == {
            "city": "Ubud",
            "region": "Bali",
            "country": "Indonesia",
            "country_code": "ID",
            "inferred": True,
        }
        assert (shown["dated_at"], shown["dated_by"]) == ("2023-07-12T15:30:00Z", "upload")

    def test_shows_no_place_where_none_is_known(self, api: APIClient, owner: Owner) -> None:
        photo = make_photo(owner=owner)
        item = make_item(job=services.submit(owner, []), photo=photo, state="succeeded")

        shown = api.get(f"/api/v1/jobs/{item.job_id}/").json()["items"][0]["result"]

        assert shown["place"] is None
