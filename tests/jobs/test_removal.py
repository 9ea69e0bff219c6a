"""Deleting photos: what goes, what stays, when files go, and who may ask for it."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.utils import timezone
from rest_framework.test import APIClient

from faces.errors import EditErased
from faces.models import Cluster, Edit, Face, FaceVector, Membership, Person
from faces.people import boxes
from faces.people.editing import undo
from jobs import cleanup, ledger, result_files
from jobs.annotation import published
from jobs.errors import UploadMissing
from jobs.models import Event, Item, Removal, State
from jobs.pipeline import conclude
from jobs.removal import finish, remove
from photos.decoding import decoders
from photos.errors import StoreUnavailable
from photos.models import Owner, Photo
from photos.services import Content, Picture
from search.errors import PhotoMissing
from search.models import ImageVector, PhotoTag
from tests.factories import (
    make_cluster,
    make_event,
    make_item,
    make_job,
    make_owner,
    make_space,
    unit,
)
from tests.jobs.kept import data_of, files_of, keep_face, keep_person, keep_photo, put
from tests.pictures import jpeg

pytestmark = pytest.mark.django_db
ASKED = Removal.Why.ASKED


@pytest.fixture
def photo(owner: Owner) -> Photo:
    """With a face of Anna's, a vector, and a tag."""
    photo, space = keep_photo(owner), make_space()
    cluster = make_cluster(owner=owner, space=space)
    keep_face(photo, cluster, space, 1)
    ImageVector.objects.create(photo=photo, owner=owner, space=space, vector=unit(1).tolist())
    PhotoTag.objects.create(photo=photo, recipe="a", key="beach", confidence=0.9)
    return photo


class TestRemoving:
    def test_leaves_no_row_of_a_photo_and_no_file(self, owner: Owner, photo: Photo) -> None:
        receipt = remove(owner, [photo.pk], why=ASKED)

        for table in (Photo, Face, FaceVector, Membership, ImageVector, PhotoTag, Cluster):
            assert table.objects.count() == 0, table
        assert files_of(photo) == []
        assert (receipt.counts["files"], receipt.waiting) == (3, {})
        assert receipt.counts["rows"]["face"] == 1
        assert receipt.finished_at is not None

    def test_leaves_other_photos_and_owners_alone(self, owner: Owner, photo: Photo) -> None:
        other = keep_photo(owner)
        foreign = keep_photo(make_owner())

        remove(owner, [photo.pk, foreign.pk], why=ASKED)

        assert set(Photo.objects.all()) == {other, foreign}
        assert [len(files_of(each)) for each in (other, foreign)] == [2, 2]

    def test_leaves_people_their_names(self, owner: Owner) -> None:
        anna = keep_person(owner, "Anna", make_space(), 1, faces=2)
        first = Photo.objects.order_by("pk")[0]

        remove(owner, [first.pk], why=ASKED)

        assert Person.objects.get() == anna
        assert Membership.objects.count() == 1
        assert Cluster.objects.with_faces().get().face_count == 1

    def test_twice_finds_nothing(self, owner: Owner, photo: Photo) -> None:
        remove(owner, [photo.pk], why=ASKED)

        with pytest.raises(PhotoMissing):
            remove(owner, [photo.pk], why=ASKED)
        assert Removal.objects.count() == 1

    def test_takes_result_files_and_marked_pictures_along(self, owner: Owner, photo: Photo) -> None:
        job = make_job(owner=owner, result_files=True)
        item = make_item(job=job, photo=photo, state=State.SUCCEEDED)
        storages["results"].save(f"{job.pk}/faces/0.bin", ContentFile(b"1234"))
        published(photo)

        remove(owner, [photo.pk], why=ASKED)

        assert list(result_files.files(job.pk)) == []
        assert storages["annotated"].listdir(f"{owner.pk}/{photo.pk}")[1] == []
        item.refresh_from_db()
        assert (item.photo, Item.objects.count()) == (None, 1)

    def test_takes_events_of_the_photo_along(self, owner: Owner, photo: Photo) -> None:
        make_event(owner=owner, data={"photo_id": photo.pk, "people": [{"name": "Anna"}]})
        other = make_event(owner=owner, data={"photo_id": photo.pk + 1})
        foreign = make_event(data={"photo_id": photo.pk})

        remove(owner, [photo.pk], why=ASKED)

        assert set(Event.objects.all()) == {other, foreign}

    def test_has_edits_forget_what_faces_were_like(self, owner: Owner, photo: Photo) -> None:
        boxes.delete(Face.objects.get())
        edit = Edit.objects.get()

        remove(owner, [photo.pk], why=ASKED)

        edit.refresh_from_db()
        assert (edit.erased, edit.steps, edit.asked) == (True, [], {})
        with pytest.raises(EditErased):
            undo(owner, edit.pk, None)

    def test_leaves_edits_of_other_photos(self, owner: Owner, photo: Photo) -> None:
        other = keep_photo(owner)
        boxes.delete(keep_face(other, None, make_space(), 1))

        remove(owner, [photo.pk], why=ASKED)

        assert Edit.objects.get().erased is False


class TestFiles:
    def test_that_were_just_written_are_left_for_a_day(self, owner: Owner, photo: Photo) -> None:
        put(str(photo.original), b"sent again", age=timedelta(0))

        receipt = remove(owner, [photo.pk], why=ASKED)

        assert files_of(photo) == ["original.jpg"]
        assert receipt.finished_at is None

    def test_of_a_photo_that_came_again_stay(self, owner: Owner, photo: Photo) -> None:
        data = data_of(photo.original)
        put(str(photo.original), data, age=timedelta(0))
        receipt = remove(owner, [photo.pk], why=ASKED)
        again = keep_photo(owner, data)

        finish(receipt)

        assert files_of(again) == ["original.jpg", "thumbnail.jpg"]
        assert receipt.finished_at is not None

    def test_wait_for_workers_that_began_before(self, owner: Owner, photo: Photo) -> None:
        later = timezone.now() + timedelta(hours=1)
        item = make_item(
            job=make_job(owner=owner),
            state=State.PROCESSING,
            lease_until=later,
            started_at=timezone.now(),
        )

        receipt = remove(owner, [photo.pk], why=ASKED)

        assert (len(files_of(photo)), receipt.finished_at) == (3, None)
        item.delete()
        cleaned = cleanup.run(cleanup.Order(0, 7), limit_s=60)
        receipt.refresh_from_db()
        assert (files_of(photo), receipt.finished_at is not None) == ([], True)
        assert cleaned.removed["removals"] == 1

    def test_wait_while_the_ledger_can_not_be_written(
        self, owner: Owner, photo: Photo, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(_entry: ledger.Entry) -> None:
            raise StoreUnavailable("The ledger is away.")

        with monkeypatch.context() as patch:
            patch.setattr(ledger, "note", away)
            receipt = remove(owner, [photo.pk], why=ASKED)
        assert receipt.waiting != {}

        finish(receipt)

        assert receipt.finished_at is not None
        assert ledger.keys() == [receipt.key]


class TestWorkers:
    def test_that_look_again_do_not_bring_a_photo_back(self, owner: Owner) -> None:
        photo, data = keep_photo(owner), jpeg(seed=4712)
        content = Content.of(data)
        job = make_job(owner=owner)
        item = make_item(job=job, source=Item.Source.KEPT, location=str(photo.original))
        with decoders().decoded(data) as decoded:
            picture = Picture.of(decoded)

        with pytest.raises(UploadMissing, match="deleted meanwhile"):
            conclude(item, content, picture, [])

        assert list(Photo.objects.all()) == [photo]


class TestOverHttp:
    def test_a_photo_is_deleted(self, api: APIClient, owner: Owner, photo: Photo) -> None:
        assert api.delete(f"/api/v1/photos/{photo.pk}/").status_code == 204

        assert Photo.objects.count() == 0
        assert Removal.objects.get().actor == owner.user

    def test_twice_is_a_missing_one(self, api: APIClient, photo: Photo) -> None:
        api.delete(f"/api/v1/photos/{photo.pk}")

        assert api.delete(f"/api/v1/photos/{photo.pk}").status_code == 404

    def test_of_another_owner_is_a_missing_one(self, api: APIClient) -> None:
        foreign = keep_photo(make_owner())

        answer: Any = api.delete(f"/api/v1/photos/{foreign.pk}/")

        assert answer.status_code == 404
        assert Photo.objects.get() == foreign


def test_the_same_content_may_come_again(owner: Owner) -> None:
    data = jpeg(seed=4711)
    remove(owner, [keep_photo(owner, data).pk], why=ASKED)

    again = keep_photo(owner, data)

    assert Photo.objects.get() == again
