"""Names in the files of photos, from the file to the face: by workers here, and elsewhere."""

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from PIL import Image

from faces.models import Edit, Face, Person
from faces.services import FindFaces
from inference.geometry import Box
from jobs import services
from jobs.drain import Drain
from jobs.models import Job, State
from jobs.pipeline import Parts
from jobs.remote.pictures import picture_to_json
from photos import roles
from photos.exif import PhotoExif
from photos.models import Owner, Photo
from photos.regions import Region, sidecar
from photos.services import Picture
from tests.factories import make_owner, unit
from tests.fakes import FakeDetector, FakeEmbedder, decoded_here, face_at, operations
from tests.jobs.remote import HEIGHT, WIDTH, Worker, answer_of
from tests.jobs.remote import submit as submit_photos
from tests.pictures import jpeg, noise

pytestmark = pytest.mark.django_db(transaction=True)

SIZE = (160, 120)
ORIENTATION = 0x0112
ANNA = Region("Anna", Box(8, 8, 36, 36))  # around the face that is found
BEN = Region("Ben", Box(100, 60, 30, 40))  # where none is


def photo(*regions: Region, orientation: int = 6, seed: int = 0) -> bytes:
    """A file that names `regions` of its upright photo."""
    exif, file = Image.Exif(), io.BytesIO()
    exif[ORIENTATION] = orientation
    xmp = sidecar(regions, SIZE, orientation)
    stored = noise(width=SIZE[1], height=SIZE[0], seed=seed)
    Image.fromarray(stored).save(file, "JPEG", exif=exif, xmp=xmp)
    return file.getvalue()


@pytest.fixture
def parts(db: None) -> Iterator[Parts]:
    find = FindFaces(FakeDetector([face_at(10, 10, side=32)]), FakeEmbedder([unit(1)]), "fakes")
    with ThreadPoolExecutor(2) as looks:
        yield Parts(
            fetch=lambda url: jpeg(),
            operations=operations(find),
            looks=looks,
            decoded=decoded_here,
            max_bytes=10**6,
        )


def submit(owner: Owner, *photos: bytes) -> Job:
    uploads = [services.upload(ContentFile(each, "a.jpg")) for each in photos]
    return services.submit(owner, uploads, operations=["faces"])


def drain(parts: Parts, in_flight: int = 1) -> None:
    Drain(parts, in_flight=in_flight, lease_s=60, limit_s=60).run()


def names(owner: Owner) -> list[tuple[str | None, bool]]:
    """Of whom the faces are, and which of them are drawn."""
    faces = Face.objects.filter(photo__owner=owner).order_by("photo", "x")
    return list(faces.values_list("membership__part__cluster__person__name", "drawn"))


class TestWorker:
    def test_reads_names_in_the_files_of_photos(self, parts: Parts) -> None:
        owner = make_owner()
        submit(owner, photo(ANNA, BEN))

        drain(parts)

        assert names(owner) == [("Anna", False), ("Ben", True)]
        stored = Photo.objects.of(owner).get()
        assert (stored.width, stored.height, stored.orientation) == (*SIZE, 6)

    def test_leaves_them_where_they_are_not_wanted(self, parts: Parts, settings: Any) -> None:
        settings.READ_NAMES = False
        owner = make_owner()
        submit(owner, photo(ANNA, BEN))

        drain(parts)

        assert names(owner) == [(None, False)]
        assert not Person.objects.exists()

    def test_reads_none_again_of_a_photo_that_comes_again(self, parts: Parts) -> None:
        owner = make_owner()
        submit(owner, photo(ANNA))
        drain(parts)
        Person.objects.update(name="Anna Smith")

        submit(owner, photo(ANNA))
        drain(parts)

        assert names(owner) == [("Anna Smith", False)]
        assert Edit.objects.of(owner).count() == 1

    def test_reads_those_of_many_photos_at_a_time(self, parts: Parts) -> None:
        owner = make_owner()
        job = submit(owner, *(photo(ANNA, seed=seed) for seed in range(12)))

        drain(parts, in_flight=4)

        assert set(job.items.values_list("state", "attempts")) == {(State.SUCCEEDED, 1)}
        assert names(owner) == [("Anna", False)] * 12
        assert Person.objects.count() == 1


class TestRemoteWorker:
    @pytest.fixture(autouse=True)
    def _models(self, transactional_db: None) -> None:
        roles.sync(django_settings.MODEL_REPOSITORY)

    @pytest.mark.parametrize(("portraits", "drawn"), [(2, 1), (0, 0)])
    def test_sends_names_along(self, portraits: int, drawn: int) -> None:
        """And pictures of those who are named, unless it is older than that."""
        owner, worker = make_owner(), Worker()
        submit_photos(owner)
        regions = (Region("Anna", Box(4, 5, 30, 30)), Region("Ben", Box(50, 20, 20, 30)))
        exif = PhotoExif(orientation=3, regions=regions)
        crops = (jpeg(width=48, height=48),) * portraits
        picture = Picture("JPEG", WIDTH, HEIGHT, exif, jpeg(width=40, height=30), crops)
        sent = picture_to_json(picture)

        done = worker.complete(worker.lease(), answer_of(picture=sent))

        assert done.status_code == 200, done.json()
        assert names(owner) == [("Anna", False), *[("Ben", True)] * drawn]
        stored = Photo.objects.of(owner).get()
        assert stored.orientation == 3
        assert stored.tags.filter(key=f"people:{1 + drawn}").exists()

    def test_need_not_know_what_lies_beside_a_photo(self) -> None:
        owner, worker = make_owner(), Worker()
        regions = (Region("Anna", Box(4, 5, 30, 30)), Region("Ben", Box(50, 20, 20, 30)))
        submit_photos(owner, sidecar=sidecar(regions, (WIDTH, HEIGHT), 1))

        done = worker.complete(worker.lease(), answer_of())

        assert done.status_code == 200, done.json()
        assert names(owner) == [("Anna", False), ("Ben", True)]
