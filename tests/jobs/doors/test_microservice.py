"""The inference microservice's documented endpoints, as its clients call them."""

import uuid
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from config.access.scopes import Scope
from jobs.models import Item, Job, State
from jobs.services import Source, Wishes, submit
from photos.models import Owner, Photo
from search.points.numbers import OURS
from tests.factories import make_face, make_item, make_job, make_owner, make_space, unit
from tests.jobs.doors.callers import stranger, with_bearer
from tests.search.points.arranged import make_named_photo

ASKED = {"media_store_id": "image-789", "priority": 5}
TASKS = ["image_embedding", "face_detection", "face_embedding"]


def done(owner: Owner, task: str, media_id: str = "123") -> Job:
    """A job of `task` that has ended well, on a photo with one face."""
    photo = make_named_photo(owner, media_id, looks=unit(1))
    make_face(photo=photo, x=100.5, y=150.2, width=80.3, height=90.1,
              vector=unit(1), space=make_space())  # fmt: skip
    job = make_job(owner=owner, arguments={"task_type": task})
    make_item(job=job, photo=photo, location=media_id, external_id=media_id, state=State.SUCCEEDED)
    return job


@pytest.mark.django_db
@pytest.mark.usefixtures("models", "store")
class TestCreating:
    @pytest.mark.parametrize("task", TASKS)
    def test_answers_as_the_document_has_it(self, client: APIClient, task: str) -> None:
        before = timezone.now().timestamp() * 1000

        answer = client.post(f"/job/{task}", ASKED)

        body, job = answer.json(), Job.objects.get()
        assert answer.status_code == 201
        assert before - 1 <= body.pop("created_at") <= timezone.now().timestamp() * 1000
        assert body == {
            "job_id": str(job.pk), "task_type": task, "media_store_id": "image-789",
            "status": "pending", "priority": 5,
        }  # fmt: skip
        assert answer.headers["Location"].endswith(f"/job/{job.pk}")

    def test_has_a_middling_priority_by_default(self, client: APIClient) -> None:
        body = client.post("/job/face_detection", {"media_store_id": "a"}).json()

        assert body["priority"] == 5

    def test_asked_for_twice_with_a_key_is_one_job(self, client: APIClient) -> None:
        first, second = (
            client.post("/job/face_detection", ASKED, headers={"Idempotency-Key": "a"}).json()
            for _ in range(2)
        )

        assert first == second

    @pytest.mark.parametrize(
        ("task", "body", "field"),
        [
            ("face_detection", {}, "media_store_id"),
            ("face_detection", {"media_store_id": "../a"}, "media_store_id"),
            ("face_detection", ASKED | {"priority": 11}, "priority"),
            ("face_detection", ASKED | {"priority": -1}, "priority"),
            ("face_swapping", ASKED, "task_type"),
        ],
    )
    def test_refuses_what_is_wrong(
        self, client: APIClient, task: str, body: dict[str, Any], field: str
    ) -> None:
        answer = client.post(f"/job/{task}", body)

        assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
        assert not Job.objects.exists()

    def test_takes_a_credential(self) -> None:
        assert APIClient().post("/job/face_detection", ASKED).status_code == 401


@pytest.mark.django_db
class TestOrder:
    def test_is_by_priority_and_then_by_age(self, owner: Owner) -> None:
        """The example of the document."""
        for name, priority in (("A", 5), ("B", 8), ("C", 5), ("D", 10)):
            submit(owner, [Source(Item.Source.MEDIA_STORE, name, name)], wishes=Wishes(priority))

        claimed = [Item.objects.claim(worker="a", limit=1, lease_s=60)[0] for _ in range(4)]

        assert [each.external_id for each in claimed] == ["D", "B", "A", "C"]


@pytest.mark.django_db
class TestResult:
    def test_of_an_embedding_is_as_documented(self, client: APIClient, owner: Owner) -> None:
        job = done(owner, "image_embedding")

        assert client.get(f"/job/{job.pk}").json()["result"] == {
            "embedding_dimension": 8,
            "stored_in_vector_db": True,
            "collection": "image_embeddings",
            "point_id": 123,
        }

    def test_of_faces_is_as_documented(self, client: APIClient, owner: Owner) -> None:
        job = done(owner, "face_embedding")

        [face] = client.get(f"/job/{job.pk}").json()["result"]["faces"]

        assert face == {
            "face_index": 0,
            "bbox": {"x": 100.5, "y": 150.2, "width": 80.3, "height": 90.1},
            "confidence": 0.9,
            "landmarks": {
                "left_eye": [20, 20], "right_eye": [40, 20], "nose": [30, 35],
                "left_mouth": [22, 50], "right_mouth": [38, 50],
            },
            "embedding_dimension": 8,
            "point_id": 123000,
            "stored_in_vector_db": True,
        }  # fmt: skip

    def test_of_a_photo_whose_id_is_no_number_has_one_of_ours(
        self, client: APIClient, owner: Owner
    ) -> None:
        job = done(owner, "image_embedding", "image-789")

        result = client.get(f"/job/{job.pk}").json()["result"]

        assert result["point_id"] == OURS + Photo.objects.get().pk

    @pytest.mark.parametrize("task", TASKS)
    def test_takes_as_many_queries_with_three_faces_as_with_one(
        self,
        api: APIClient,
        owner: Owner,
        task: str,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        job = done(owner, task)
        photo = Photo.objects.get()
        api.get(f"/job/{job.pk}")
        for count in (1, 3):
            while photo.faces.count() < count:
                make_face(photo=photo)
            with django_assert_num_queries(
                {"image_embedding": 8, "face_detection": 3, "face_embedding": 9}[task]
            ):
                api.get(f"/job/{job.pk}")


@pytest.mark.django_db
class TestLooking:
    def test_is_for_its_owner_alone(self, client: APIClient) -> None:
        theirs = done(stranger(), "face_detection")

        assert client.get(f"/job/{theirs.pk}").status_code == 404
        assert APIClient().get(f"/job/{theirs.pk}").status_code == 401

    def test_is_for_anybody_where_the_operator_wants_that(
        self, client: APIClient, settings: Any
    ) -> None:
        settings.PUBLIC_JOB_STATUS = True
        job = done(stranger(), "face_detection")

        assert APIClient().get(f"/job/{job.pk}").json()["status"] == "completed"
        assert APIClient().delete(f"/job/{job.pk}").status_code == 401
        assert client.get(f"/job/{job.pk}").status_code == 404

    def test_finds_no_jobs_of_other_doors(self, client: APIClient, owner: Owner) -> None:
        for pk in (make_job(owner=owner, items=1).pk, uuid.uuid4()):
            answer = client.get(f"/job/{pk}")

            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

    def test_says_when_it_was_begun(self, client: APIClient, owner: Owner) -> None:
        job = make_job(owner=owner, arguments={"task_type": "face_detection"})
        make_item(job=job, location="123")
        Item.objects.claim(worker="a", limit=1, lease_s=60)

        body = client.get(f"/job/{job.pk}").json()

        item = Item.objects.get()
        assert item.started_at
        assert body == {
            "job_id": str(job.pk), "task_type": "face_detection", "media_store_id": "123",
            "status": "processing", "priority": 5,
            "created_at": int(job.created_at.timestamp() * 1000),
            "started_at": int(item.started_at.timestamp() * 1000),
        }  # fmt: skip


@pytest.mark.django_db
class TestDeleting:
    def test_forgets_the_job(self, client: APIClient, owner: Owner) -> None:
        for job in (done(owner, "face_detection"), waiting(owner)):
            first, second = (client.delete(f"/job/{job.pk}") for _ in range(2))

            assert (first.status_code, second.status_code) == (204, 404)
        assert not Job.objects.exists()

    def test_cancels_what_is_in_hand(self, client: APIClient, owner: Owner) -> None:
        job = waiting(owner)
        [item] = Item.objects.claim(worker="a", limit=1, lease_s=60)

        answer = client.delete(f"/job/{job.pk}")

        item.refresh_from_db()
        assert (answer.status_code, answer.json()["status"]) == (202, "processing")
        assert item.cancelling

    def test_is_for_its_owner_alone(self, client: APIClient) -> None:
        theirs = waiting(make_owner())

        assert client.delete(f"/job/{theirs.pk}").status_code == 404
        assert Job.objects.filter(pk=theirs.pk).exists()


def waiting(owner: Owner) -> Job:
    job = make_job(owner=owner, arguments={"task_type": "face_detection"})
    make_item(job=job)
    return job


@pytest.mark.django_db
class TestAdministration:
    @pytest.mark.parametrize(("method", "path"), [("get", "stats"), ("delete", "cleanup")])
    def test_is_for_those_with_the_right(
        self, client: APIClient, admin_user: Any, method: str, path: str
    ) -> None:
        bearer = with_bearer(Owner(user=admin_user), scopes={*Scope})

        answers = [getattr(each, method)(f"/admin/{path}") for each in (bearer, client)]

        assert [each.status_code for each in answers] == [200, 403]
