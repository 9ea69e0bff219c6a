"""Making up on known photos for what was not done yet."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from django.core.files.base import ContentFile
from rest_framework.test import APIClient

from faces.services import FindFaces
from inference.geometry import Box
from inference.objects import SeenObject
from jobs import services
from jobs.drain import Drain
from jobs.errors import OperationUnavailable
from jobs.models import Item, Job, State
from jobs.pipeline import Parts
from photos.models import Analysis, Owner, Photo
from photos.operations import ALL, FACES, OBJECTS
from search.models import DetectedObject
from search.services import FindObjects
from tests.factories import make_owner, make_photo, unit
from tests.fakes import FakeDetector, FakeEmbedder, FakeObjects, decoded_here, face_at, operations
from tests.pictures import jpeg

URL = "/api/v1/process/reindex"
NOW = {FACES: "fakes", OBJECTS: "cats"}


def analysed(photo: Photo, **recipes: str) -> Photo:
    for operation, recipe in recipes.items():
        Analysis.objects.create(photo=photo, operation=operation, recipe=recipe)
    return photo


@pytest.mark.django_db
class TestReindex:
    def test_asks_for_photos_that_lack_an_operation(self) -> None:
        owner = make_owner()
        analysed(make_photo(owner=owner), faces="fakes", objects="cats")
        old = analysed(make_photo(owner=owner), faces="fakes", objects="dogs")
        bare = make_photo(owner=owner)

        job = services.reindex(owner, [ALL], NOW)

        assert job
        assert job.operations == ["faces", "objects"]
        items = job.items.order_by("pk").values_list("source", "location", "priority")
        assert list(items) == [("kept", photo.original.name, 0) for photo in (old, bare)]

    def test_looks_at_the_operations_that_were_asked_for_alone(self) -> None:
        owner = make_owner()
        analysed(make_photo(owner=owner), faces="fakes")

        assert services.reindex(owner, [FACES], NOW) is None
        assert services.reindex(owner, [OBJECTS], NOW) is not None

    def test_makes_no_job_for_nothing(self) -> None:
        assert services.reindex(make_owner(), [ALL], NOW) is None
        assert Job.objects.count() == 0

    def test_leaves_other_owners_photos_alone(self) -> None:
        make_photo()

        assert services.reindex(make_owner(), [ALL], NOW) is None

    def test_refuses_what_no_model_does(self) -> None:
        owner = make_photo().owner

        with pytest.raises(OperationUnavailable, match="describe"):
            services.reindex(owner, ["describe"], NOW)
        assert Job.objects.count() == 0


@pytest.mark.django_db(transaction=True)
class TestReindexedPhotos:
    @pytest.fixture
    def parts(self) -> Iterator[Parts]:
        find = FindFaces(FakeDetector([face_at(4)]), FakeEmbedder([unit(1)]), "fakes")
        with ThreadPoolExecutor(2) as looks:
            yield Parts(lambda url: b"", decoded_here, operations(find), looks, 10**6)

    def test_have_the_results_of_the_new_model_beside_the_old(self, parts: Parts) -> None:
        owner = make_owner()
        sent = services.upload(ContentFile(jpeg(), "a.jpg"))
        services.submit(owner, [sent])
        Drain(parts, in_flight=1, lease_s=60, limit_s=60).run()
        seen = [SeenObject("cat", Box(1, 1, 9, 9), 0.9)]
        for recipe in ("dogs", "cats"):
            find = FindObjects(FakeObjects(seen), recipe)
            services.reindex(owner, [OBJECTS], {OBJECTS: recipe})
            again = replace(parts, operations=operations(find))
            Drain(again, in_flight=1, lease_s=60, limit_s=60).run()

        assert not Item.objects.exclude(state=State.SUCCEEDED).exists()
        assert Photo.objects.count() == 1
        recipes = DetectedObject.objects.order_by("pk").values_list("recipe", flat=True)
        assert list(recipes) == ["dogs", "cats"]


@pytest.mark.django_db
class TestReindexOverHttp:
    def test_refuses_operations_that_are_none(self, api: APIClient) -> None:
        answer = api.post(URL, {"operations": ["dance"]})

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")

    def test_refuses_what_no_model_does_and_says_which_field(self, api: APIClient) -> None:
        answer = api.post(URL, {"operations": ["describe"]})

        assert answer.status_code == 400
        assert list(answer.json()["fields"]) == ["operations"]

    def test_has_nothing_to_do_without_photos(self, api: APIClient, owner: Owner) -> None:
        assert api.post(f"{URL}/").status_code == 204

    def test_wants_a_caller_who_is_known(self) -> None:
        assert APIClient().post(URL).status_code == 401
