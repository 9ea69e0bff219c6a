"""Near-duplicates are looked for by workers, of new photos and of old ones."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from inference.arrays import RGB
from jobs import duplicates, maintenance, queue, services
from jobs.drain import Drain
from jobs.models import Item, Job, State
from jobs.pipeline import Parts
from jobs.tasks import find_duplicates, look_at_thumbnails
from photos.images import shrunk, thumbnail
from photos.models import Owner, Photo
from search import duplicates as grouping
from search.models import PhotoLook
from search.services import FindObjects
from tests.factories import make_owner, make_photo
from tests.fakes import FakeObjects, decoded_here, operations
from tests.search.alike import groups, make_look, scene

KIND = Job.Kind.DUPLICATES


def encoded(pixels: RGB) -> bytes:
    """A JPEG of all the pixels."""
    return thumbnail(pixels, max(pixels.shape))


def claim() -> Item:
    [item] = Item.objects.claim(worker="w", limit=1, lease_s=60)
    return item


def work(**values: Any) -> Item:
    """Do what the queue gives."""
    item = claim()
    maintenance.run(item, **values)
    queue.settle([item.job_id])
    item.refresh_from_db()
    return item


def old_photo(owner: Owner, picture: RGB, **values: Any) -> Photo:
    """One that came before photos were compared."""
    photo = make_photo(owner=owner, **values)
    default_storage.delete(str(photo.thumbnail))
    default_storage.save(str(photo.thumbnail), ContentFile(thumbnail(picture, 512)))
    return photo


@pytest.fixture
def parts(db: None) -> Iterator[Parts]:
    with ThreadPoolExecutor(1) as side_by_side:
        yield Parts(
            fetch=lambda url: b"",
            decoded=decoded_here,
            operations=operations(FindObjects(FakeObjects(), "fakes")),
            looks=side_by_side,
            max_bytes=10**6,
        )


@pytest.mark.django_db(transaction=True)
class TestNewPhotos:
    def test_are_grouped_after_they_came(self, parts: Parts) -> None:
        owner, picture = make_owner(), scene()
        sent = [encoded(shrunk(picture, 320)), encoded(picture), encoded(scene(seed=1))]
        services.submit(owner, [services.upload(ContentFile(photo, "a.jpg")) for photo in sent])

        Drain(parts, in_flight=1, lease_s=60, limit_s=60).run()
        find_duplicates()
        item = work()

        small, large, _ = Photo.objects.order_by("width", "pk")
        assert groups() == [{small.pk, large.pk}]
        assert PhotoLook.objects.get(photo=small).leader == large
        assert (item.state, item.outcome["compared"]) == (State.SUCCEEDED, 3)  # type: ignore[index]  # it has one

    def test_that_are_too_plain_are_kept_too(self, parts: Parts) -> None:
        night = encoded(np.zeros((48, 64, 3), np.uint8))
        services.submit(make_owner(), [services.upload(ContentFile(night, "a.jpg"))])

        Drain(parts, in_flight=1, lease_s=60, limit_s=60).run()
        find_duplicates()

        assert PhotoLook.objects.get().hash is None
        assert not Job.objects.filter(kind=KIND).exists()


@pytest.mark.django_db
class TestOldPhotos:
    def test_are_looked_at_by_their_thumbnails_and_grouped(self) -> None:
        owner, picture = make_owner(), scene()
        best = old_photo(owner, picture, width=4000)
        copy = old_photo(owner, shrunk(picture, 200))
        other = old_photo(owner, scene(seed=1))

        look_at_thumbnails()
        item = work()

        assert groups() == [{best.pk, copy.pk}]
        assert item.outcome == {
            "photos": 3, "failed": 0, "failures": [], "last_photo": other.pk, "compared": 3,
        }  # fmt: skip
        assert (item.done, item.total) == (6, 6)

    def test_without_a_thumbnail_are_told(self) -> None:
        owner = make_owner()
        lost, _ = old_photo(owner, scene()), old_photo(owner, scene())
        default_storage.delete(str(lost.thumbnail))

        duplicates.ask(owner)
        outcome = work().outcome or {}

        assert outcome["failures"] == [{"photo": lost.pk, "code": "thumbnail_missing"}]
        assert (outcome["photos"], outcome["compared"]) == (2, 1)

    def test_go_on_where_a_worker_has_stopped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(duplicates, "_LOOKED_AT", 1)
        monkeypatch.setattr(grouping, "_AT_ONCE", 1)
        owner = make_owner()
        photos = [old_photo(owner, scene()) for _ in range(2)]
        duplicates.ask(owner)

        stops = 0
        while work(stopping=lambda: True).state == State.QUEUED:
            stops += 1

        assert (stops, groups()) == (3, [{photo.pk for photo in photos}])
        assert (Item.objects.get().outcome or {})["compared"] == 2

    def test_are_not_looked_at_twice(self) -> None:
        old_photo(make_owner(), scene())
        look_at_thumbnails()
        work()

        look_at_thumbnails()
        find_duplicates()

        assert Job.objects.count() == 1


@pytest.mark.django_db
class TestAsking:
    def test_is_done_once_however_often(self) -> None:
        photo = make_look()

        for _ in range(2):
            find_duplicates()
        look_at_thumbnails()

        job = Job.objects.get()
        assert (job.kind, job.owner) == (KIND, photo.owner)

    def test_is_for_each_owner(self) -> None:
        owners = {make_look().owner.pk for _ in range(2)}
        make_photo()

        find_duplicates()

        assert set(Job.objects.values_list("owner", flat=True)) == owners

    def test_is_never_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(services, "_MOST_TASKS", 0)

        duplicates.ask(make_look().owner)

        assert Job.objects.count() == 1
