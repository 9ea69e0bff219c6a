"""Kizu's documented endpoints, below `/api/v1`: they answer once and again, to the owner alone."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from rest_framework.test import APIClient

from faces.models import Cluster, Membership, Person
from jobs import tasks
from jobs.models import Item, Job, State
from photos.models import Owner, Photo
from tests.config.model_doors import repository
from tests.factories import make_cluster, make_item, make_job, make_storage_source
from tests.jobs.announced import send, supabase
from tests.jobs.doors.callers import stranger
from tests.jobs.test_storage_webhook import queued

__all__ = ["repository"]  # a fixture
IMAGE = "/api/v1/process/image"


@pytest.fixture
def worker(models: None, transactional_db: None) -> Iterator[None]:
    """The real one, in a thread."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.05):
            tasks.drain()
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stop.set()
    thread.join()


def photo(data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("a.jpg", data, "image/jpeg")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("worker")
class TestPhoto:
    def test_is_processed_while_one_waits_and_is_found(
        self, api: APIClient, group_photo: bytes
    ) -> None:
        asked = {"file": photo(group_photo), "external_id": "asset-1",
                 "operations": ["embedding", "faces", "objects", "ocr"]}  # fmt: skip
        answer = api.post(IMAGE, asked, format="multipart")
        again = api.post(IMAGE, asked | {"file": photo(group_photo)}, format="multipart")

        assert (answer.status_code, again.status_code) == (200, 200), answer.json()
        result = answer.json()["result"]
        assert result["id"] == again.json()["result"]["id"]
        assert len(result["faces"]) == 6
        assert "person" in {each["label"] for each in result["objects"]}
        assert result["embeddings"][0]["dimension"]
        by_words = api.post("/api/v1/search/", {"q": "people in a restaurant"}).json()
        by_thing = api.post("/api/v1/search/by-object", {"objects": ["person:2-"]}).json()
        face = result["faces"][0]["id"]
        by_face = api.post("/api/v1/search/by-face", {"face_id": face}).json()
        listed = api.get("/api/v1/search/objects").json()
        found = [each["results"][0]["photo"]["id"] for each in (by_words, by_thing, by_face)]
        assert found == [result["id"]] * 3
        assert "person" in str(listed)


@pytest.fixture
def library(owner: Owner) -> Cluster:
    """Two clusters of two faces each, one of them without its thumbnails' files."""
    make_cluster(owner=owner, faces=2)
    return make_cluster(owner=owner, faces=2)


@pytest.fixture
def steering(admin_user: User) -> APIClient:
    """Staff who may steer models."""
    client = APIClient()
    client.force_authenticate(admin_user)
    return client


@pytest.mark.django_db
@pytest.mark.usefixtures("models")
class TestFaces:
    def test_are_clustered(self, api: APIClient, library: Cluster) -> None:
        first, second = (api.post("/api/v1/faces/cluster", {}) for _ in range(2))

        assert (first.status_code, second.status_code) == (200, 200)
        assert first.json().keys() == {"joined", "clusters", "faces"}

    def test_are_listed_by_cluster(self, api: APIClient, library: Cluster) -> None:
        make_cluster(owner=stranger(), faces=1)

        clusters = api.get("/api/v1/faces/clusters").json()["results"]
        detail = api.get(f"/api/v1/faces/clusters/{library.public_id}").json()

        assert len(clusters) == 2
        assert (detail["id"], detail["face_count"]) == (library.public_id, 2)

    def test_are_linked_to_a_contact(self, api: APIClient, library: Cluster) -> None:
        path = f"/api/v1/faces/clusters/{library.public_id}/assign"

        first, second = (
            api.post(path, {"contact_id": "c-1", "name": "Anna"}).status_code for _ in range(2)
        )

        assert (first, second) == (200, 200)
        person = Person.objects.get()
        assert (person.name, person.contact_id) == ("Anna", "c-1")

    def test_of_several_clusters_are_merged(self, api: APIClient, library: Cluster) -> None:
        other = Cluster.objects.exclude(pk=library.pk).get()

        answer = api.post(
            "/api/v1/faces/clusters/merge",
            {"into": library.public_id, "clusters": [other.public_id], "queue": False},
        )

        assert answer.status_code == 200
        assert Membership.objects.filter(part__cluster=library).count() == 4

    def test_are_in_no_cluster_once_all_is_cleared(self, api: APIClient, library: Cluster) -> None:
        first, second = (api.post("/api/v1/faces/clear-clustering").json() for _ in range(2))

        assert (first, second) == ({"faces": 4, "clusters": 2}, {"faces": 0, "clusters": 0})

    def test_get_the_thumbnails_that_they_lack(self, api: APIClient, library: Cluster) -> None:
        answer = api.post("/api/v1/faces/backfill-thumbnails")

        assert (answer.status_code, answer.json()["kind"]) == (202, "backfill_thumbnails")


@pytest.mark.django_db
@pytest.mark.usefixtures("models")
class TestProcessing:
    def test_of_many_is_one_job(self, api: APIClient) -> None:
        urls = [{"url": f"https://photos.example/{name}.jpg"} for name in "ab"]

        answer = api.post("/api/v1/process/batch", {"photos": urls, "operations": ["all"]})

        assert (answer.status_code, answer.json()["progress"]["total"]) == (202, 2)

    def test_begins_when_supabase_announces_a_photo(self) -> None:
        source = make_storage_source()

        first, second = (
            send(supabase("2026/a.jpg"), secret=source.secret).status_code for _ in range(2)
        )

        assert (first, second) == (202, 202)
        assert Job.objects.count() == 1

    def test_begins_with_a_row_of_its_queue_in_which_1_comes_first(self) -> None:
        source = make_storage_source(bucket="processing_queue")
        row = queued(asset_id="7a1f", url="https://photos.example/a.jpg", priority=1)

        answer = send(row, secret=source.secret)

        assert answer.status_code == 202, answer.json()
        assert Item.objects.get().priority == 10

    def test_is_made_up_for(self, api: APIClient, owner: Owner, library: Cluster) -> None:
        answer = api.post("/api/v1/process/reindex", {"operations": ["embedding"]})

        assert (answer.status_code, answer.json()["progress"]["total"]) == (202, 4)


@pytest.mark.django_db
class TestJobs:
    def test_are_listed_shown_and_cancelled(self, api: APIClient, owner: Owner) -> None:
        job = make_job(owner=owner, items=1)

        listed = api.get("/api/v1/jobs/").json()["results"]
        shown = api.get(f"/api/v1/jobs/{job.pk}").json()
        cancelled = api.delete(f"/api/v1/jobs/{job.pk}")

        assert [each["job_id"] for each in listed] == [str(job.pk)]
        assert shown["status"] == "pending"
        assert (cancelled.status_code, cancelled.json()["status"]) == (202, "cancelled")
        assert Item.objects.get().state == State.CANCELLED

    def test_have_the_documented_words_for_their_states(self, api: APIClient, owner: Owner) -> None:
        jobs = {
            "pending": make_job(owner=owner, items=1),
            "completed": make_job(owner=owner),
            "failed": make_job(owner=owner),
        }
        make_item(job=jobs["completed"], state=State.SUCCEEDED)
        make_item(job=jobs["failed"], state=State.FAILED, error_code="too_large")

        shown = {
            name: api.get(f"/api/v1/jobs/{job.pk}").json()["status"] for name, job in jobs.items()
        }

        assert shown == {name: name for name in jobs}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("models", "transactional_db")
class TestSystem:
    def test_says_how_it_is(self, api: APIClient) -> None:
        body = api.get("/api/v1/health").json()

        assert body["status"] == "ok"
        assert body["stats"]["loaded_models"]

    def test_shows_its_models(self, api: APIClient) -> None:
        active = {each["role"] for each in api.get("/api/v1/models").json()["models"]}
        there = {each["role"] for each in api.get("/api/v1/models/available").json()}

        assert {"face_detector", "face_embedder", "image_encoder"} <= active <= there


@pytest.mark.django_db
@pytest.mark.usefixtures("repository")
class TestModels:
    """At a model server of our own: the one that all tests share keeps its models."""

    def test_are_loaded_and_unloaded_by_staff_alone(
        self, steering: APIClient, api: APIClient
    ) -> None:
        [name] = [
            f"{each['pack']}.{each['version']}"
            for each in steering.get("/api/v1/models/available").json()
            if each["role"] == "face_detector" and each["active"]
        ]
        paths = [f"/api/v1/models/{what}/face_detector/{name}" for what in ("load", "unload")]
        paths += ["/api/v1/models/unload-all", paths[0]]

        assert [steering.post(path).status_code for path in paths] == [200] * 4
        assert [api.post(path).status_code for path in paths] == [403] * 4


READS = [
    "jobs/{job}", "faces/clusters/{cluster}", "jobs/{job}/status", "jobs/{job}/items",
]  # fmt: skip
CHANGES = [
    ("delete", "jobs/{job}", {}),
    ("post", "faces/clusters/{cluster}/assign", {"contact_id": "c", "name": "Anna"}),
    ("post", "faces/clusters/{cluster}/label", {"name": "Anna"}),
    ("post", "faces/clusters/merge", {"into": "{cluster}", "clusters": ["clu_1"]}),
]


@pytest.mark.django_db
class TestOthers:
    @pytest.mark.parametrize(
        ("method", "path", "body"), [*(("get", path, {}) for path in READS), *CHANGES]
    )
    def test_see_and_change_nothing(
        self, api: APIClient, method: str, path: str, body: dict[str, Any]
    ) -> None:
        theirs = stranger()
        ids = {
            "job": str(make_job(owner=theirs, items=1).pk),
            "cluster": make_cluster(owner=theirs, faces=1).public_id,
        }
        named = {key: ids["cluster"] if word == "{cluster}" else word for key, word in body.items()}

        answer = getattr(api, method)(f"/api/v1/{path.format(**ids)}", named)

        assert answer.status_code == 404
        assert (Person.objects.count(), Photo.objects.count()) == (0, 1)
        assert Item.objects.get().state == State.QUEUED
