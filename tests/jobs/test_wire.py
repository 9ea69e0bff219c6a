"""What remote workers send, and what is not taken from them: nothing of it is stored."""

import pytest
from django.conf import settings as django_settings

from inference.geometry import Box
from jobs.given import Given
from jobs.models import Item, State
from jobs.remote.pictures import picture_to_json, read_picture
from photos import roles
from photos.exif import PhotoExif
from photos.models import Analysis, Photo
from photos.regions import Region
from photos.services import Picture
from tests.factories import make_owner
from tests.jobs.remote import (
    HEIGHT,
    WIDTH,
    Worker,
    answer_of,
    picture_of,
    submit,
)
from tests.jobs.wired import (
    WRONG,
    with_object,
)
from tests.pictures import jpeg


@pytest.mark.django_db(transaction=True)
class TestPicture:
    def test_is_the_same_there_and_back(self) -> None:
        anna = Region("Anna", Box(1.25, 2.0, 30.5, 40.0))
        exif = PhotoExif(orientation=6, regions=(anna,))
        small, portrait = jpeg(width=40, height=30), jpeg(width=48, height=48)
        picture = Picture("JPEG", WIDTH, HEIGHT, exif, small, (portrait,))

        assert read_picture(Given(picture_to_json(picture))) == picture

    def test_of_an_older_worker_has_no_portraits(self) -> None:
        older = picture_of()
        del older["portraits"]

        assert read_picture(Given(older)).portraits == ()


class TestAnswer:
    @pytest.fixture(autouse=True)
    def _models(self, transactional_db: None) -> None:
        roles.sync(django_settings.MODEL_REPOSITORY)

    @pytest.mark.parametrize("wrong", WRONG)
    def test_that_is_wrong_names_the_place_and_stores_nothing(self, wrong: str) -> None:
        make, place = WRONG[wrong]
        worker = Worker()
        submit(make_owner())
        lease = worker.lease()

        refused = worker.complete(lease, make())

        assert refused.status_code == 422, refused.json()
        assert refused.json()["detail"].partition(": ")[0] == place
        assert (Photo.objects.count(), Analysis.objects.count()) == (0, 0)
        assert Item.objects.get().state == State.PROCESSING

    def test_that_was_wrong_may_be_mended(self) -> None:
        worker = Worker()
        submit(make_owner())
        lease = worker.lease()
        worker.complete(lease, with_object(label="dragon"))

        assert worker.complete(lease, answer_of()).status_code == 200

    def test_with_what_was_not_asked_for_is_stored_without_it(self) -> None:
        worker = Worker()
        job = submit(make_owner(), operations=["objects"])
        more = answer_of() | {"owner": 1, "state": "failed", "worker": "x"}

        worker.complete(worker.lease(), more)

        assert job.items.get().state == State.SUCCEEDED
        assert list(Analysis.objects.values_list("operation", flat=True)) == ["objects"]
