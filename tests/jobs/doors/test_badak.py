"""BADAK's documented endpoints, as its C# backend calls them."""

from uuid import UUID

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from faces.models import Cluster
from faces.people import naming
from jobs import maintenance
from jobs.models import Item, Job, State
from jobs.operations import current_recipes
from photos.models import Owner
from photos.operations import FACES
from tests.factories import (
    make_cluster,
    make_face,
    make_item,
    make_job,
    make_person,
    make_photo,
)
from tests.jobs.doors.callers import stranger
from tests.search.findings import make_object, make_tag

FILE_ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
URL = "https://photos.example/a.jpg?signature=x"
ASKED = {"file_id": FILE_ID, "image_url": URL}


@pytest.mark.django_db
class TestResult:
    @pytest.fixture
    def job(self, owner: Owner) -> Job:
        photo = make_photo(owner=owner)
        make_face(photo=photo, cluster=make_cluster(owner=owner), x=1, y=2, width=30, height=40)
        job = make_job(owner=owner)
        make_item(job=job, photo=photo, external_id=FILE_ID, state=State.SUCCEEDED)
        return job

    def test_has_boxes_by_their_corners(self, badak: APIClient, job: Job) -> None:
        [face] = badak.get(f"/api/jobs/{job.pk}").json()["result"]["faces"]

        assert face["bounding_box"] == [1, 2, 31, 42]
        assert face["cluster_id"] == Cluster.objects.get().public_id
        assert UUID(face["face_id"]).int == Item.objects.get().photo.faces.get().pk  # type: ignore[union-attr]

    @pytest.mark.usefixtures("models")
    def test_has_words_as_the_document_has_them(self, badak: APIClient, job: Job) -> None:
        photo, now = Item.objects.get().photo, current_recipes()
        for key in ("people:3", "group_photo"):
            make_tag(photo=photo, key=key, recipe=now["tags"])
        make_tag(photo=photo, key="shaking_hands", is_context=True, recipe=now["tags"])
        for label in ("person", "chair", "person"):
            make_object(photo=photo, label=label, recipe=now["objects"])

        result = badak.get(f"/api/jobs/{job.pk}").json()["result"]

        assert sorted(result["tags"]) == ["3 orang", "group photo"]
        assert result["context"] == "sedang bersalaman"
        assert sorted(result["objects"]) == ["chair", "person"]

    def test_is_found_by_an_id_in_capitals(self, badak: APIClient, job: Job) -> None:
        body = badak.get(f"/api/jobs/{str(job.pk).upper()}").json()

        assert body["job_id"] == str(job.pk)

    def test_of_a_photo_that_failed_is_its_error(self, badak: APIClient, owner: Owner) -> None:
        job = make_job(owner=owner)
        error = {"error_code": "fetch_status", "error_detail": "The host says 404."}
        make_item(job=job, state=State.FAILED, **error)

        body = badak.get(f"/api/jobs/{job.pk}").json()

        assert (body["status"], body["result"]) == ("failed", None)
        assert body["error"] == {"code": "fetch_status", "detail": "The host says 404."}

    def test_takes_as_many_queries_with_three_photos_as_with_one(
        self,
        api: APIClient,
        owner: Owner,
        job: Job,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for count in (1, 3):
            while job.items.count() < count:
                face = make_face(cluster=make_cluster(owner=owner))
                make_item(job=job, photo=face.photo, state=State.SUCCEEDED)
            with django_assert_num_queries(9):
                api.get(f"/api/jobs/{job.pk}")


@pytest.mark.django_db
@pytest.mark.usefixtures("models")
class TestProcess:
    def test_is_a_job_that_waits(self, badak: APIClient, owner: Owner) -> None:
        answer = badak.post("/api/process", ASKED)

        job = Job.objects.get(owner=owner)
        assert (answer.status_code, answer.json()) == (
            202,
            {"job_id": str(job.pk), "status": "pending"},
        )
        assert answer.headers["Location"].endswith(f"/api/jobs/{job.pk}")
        assert FACES in job.operations
        item = job.items.get()
        assert (item.external_id, item.location) == (FILE_ID, URL)

    def test_asked_for_twice_with_a_key_is_one_job(self, badak: APIClient) -> None:
        first, second = (
            badak.post("/api/process", ASKED, headers={"Idempotency-Key": "a"}).json()
            for _ in range(2)
        )

        assert first == second

    @pytest.mark.parametrize("field", ["file_id", "image_url"])
    def test_lacks_nothing(self, badak: APIClient, field: str) -> None:
        answer = badak.post("/api/process", {k: v for k, v in ASKED.items() if k != field})

        assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
        assert not Job.objects.exists()

    def test_does_not_fetch_from_inside(self, badak: APIClient) -> None:
        answer = badak.post("/api/process", ASKED | {"image_url": "http://127.0.0.1/a.jpg"})

        assert (answer.status_code, answer.json()["code"]) == (422, "blocked_address")

    def test_of_many_says_which_one_is_wrong(self, badak: APIClient) -> None:
        inside = {"file_id": "b", "image_url": "http://127.0.0.1/a.jpg"}

        answer = badak.post("/api/batch-process", {"images": [ASKED, inside]})

        assert answer.status_code == 400
        assert answer.json()["detail"].startswith("images.1.image_url: ")
        assert not Job.objects.exists()


@pytest.mark.django_db
class TestMerging:
    def test_is_a_job_that_says_what_it_came_to(self, badak: APIClient, owner: Owner) -> None:
        target, source = (make_cluster(owner=owner, faces=2) for _ in range(2))
        ids = {"source_cluster_ids": [source.public_id], "target_cluster_id": target.public_id}

        asked = badak.post("/api/merge-clusters", ids)
        assert asked.status_code == 202
        [item] = Item.objects.claim(worker="a", limit=1, lease_s=60)
        maintenance.run(item)

        body = badak.get(f"/api/jobs/{asked.json()['job_id']}").json()
        assert body["status"] == "completed"
        assert body["result"] == {
            "success": True, "merged_count": 2, "target_cluster_id": target.public_id,
        }  # fmt: skip

    def test_of_a_cluster_with_itself_is_refused(self, badak: APIClient, owner: Owner) -> None:
        cluster = make_cluster(owner=owner).public_id

        answer = badak.post(
            "/api/merge-clusters", {"source_cluster_ids": [cluster], "target_cluster_id": cluster}
        )

        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["source_cluster_ids"])

    def test_reaches_no_clusters_of_others(self, badak: APIClient, owner: Owner) -> None:
        mine, theirs = make_cluster(owner=owner), make_cluster()

        answer = badak.post(
            "/api/merge-clusters",
            {"source_cluster_ids": [theirs.public_id], "target_cluster_id": mine.public_id},
        )

        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.django_db
class TestGallery:
    def test_has_the_largest_clusters_first(self, badak: APIClient, owner: Owner) -> None:
        small, large = make_cluster(owner=owner, faces=1), make_cluster(owner=owner, faces=2)
        naming.name_cluster(large, "Anna")

        body = badak.get("/api/clusters?page_size=1").json()

        assert [each["cluster_id"] for each in body["clusters"]] == [large.public_id]
        assert (body["clusters"][0]["face_count"], body["clusters"][0]["name"]) == (2, "Anna")
        assert {key: body[key] for key in ("total", "page", "page_size", "total_pages")} == {
            "total": 2, "page": 1, "page_size": 1, "total_pages": 2,
        }  # fmt: skip
        second = badak.get("/api/clusters?page_size=1&page=2").json()["clusters"]
        assert [each["cluster_id"] for each in second] == [small.public_id]

    def test_leaves_out_what_is_hidden(self, badak: APIClient, owner: Owner) -> None:
        make_cluster(owner=owner, faces=1, hidden=True)
        make_cluster(owner=owner, faces=1, person=make_person(owner=owner, hidden=True))

        assert badak.get("/api/clusters").json()["clusters"] == []

    def test_takes_as_many_queries_with_three_clusters_as_with_one(
        self, api: APIClient, owner: Owner, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for _ in range(2):
            make_cluster(owner=owner, faces=2)
            with django_assert_num_queries(3):
                api.get("/api/clusters")

    def test_has_a_picture_of_each(self, badak: APIClient, owner: Owner) -> None:
        make_cluster(owner=owner, faces=1)
        [cluster] = badak.get("/api/clusters").json()["clusters"]

        answer = badak.get(cluster["thumbnail_url"])

        assert cluster["thumbnail_url"].endswith(f"/api/cluster/{cluster['cluster_id']}/thumbnail")
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
        assert b"".join(answer.streaming_content).startswith(b"\xff\xd8")  # type: ignore[attr-defined]

    def test_has_no_picture_of_a_cluster_without_faces(
        self, badak: APIClient, owner: Owner
    ) -> None:
        cluster = make_cluster(owner=owner)

        answer = badak.get(f"/api/cluster/{cluster.public_id}/thumbnail")

        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def paths(owner: Owner) -> list[tuple[str, str]]:
    """Of what is `owner`'s."""
    job = make_job(owner=owner, items=1)
    cluster = make_cluster(owner=owner, faces=1)
    return [
        ("get", f"/api/jobs/{job.pk}"),
        ("get", f"/api/cluster/{cluster.public_id}/thumbnail"),
    ]


@pytest.mark.django_db
class TestOthers:
    def test_see_nothing_of_it(self, badak: APIClient) -> None:
        other = stranger()

        answers = [getattr(badak, method)(path) for method, path in paths(other)]

        assert {each.status_code for each in answers} == {404}
        make_cluster(owner=other, faces=1)
        assert badak.get("/api/clusters").json()["total"] == 0

    def test_without_a_key_are_told_so(self, owner: Owner) -> None:
        asked = [*paths(owner), ("post", "/api/process"), ("post", "/api/batch-process"),
                 ("post", "/api/merge-clusters"), ("get", "/api/clusters")]  # fmt: skip

        for client in (APIClient(), APIClient(headers={"X-API-Key": "wrong"})):
            answers = [getattr(client, method)(path) for method, path in asked]

            assert {each.status_code for each in answers} == {401}


@pytest.mark.django_db
@pytest.mark.usefixtures("models")
class TestHealth:
    def test_is_short_without_a_key(self) -> None:
        assert APIClient().get("/health").json().keys() == {
            "status", "database", "models", "device",
        }  # fmt: skip

    def test_has_numbers_with_one(self, badak: APIClient, owner: Owner) -> None:
        make_cluster(owner=owner, faces=2)
        make_cluster(faces=1)

        stats = badak.get("/health").json()["stats"]

        assert stats.pop("loaded_models")
        assert stats == {
            "photos": 2, "faces": 2, "clusters": 1, "people": 0, "unfinished": 0,
        }  # fmt: skip

    def test_makes_no_owner_for_whoever_only_looks(self, admin_user: User) -> None:
        client = APIClient()
        client.force_login(admin_user)

        body = client.get("/health").json()

        assert "stats" not in body
        assert not Owner.objects.exists()
