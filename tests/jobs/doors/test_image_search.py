"""The image search service's documented requests, as its README sends them."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from faces.models import Person
from jobs.models import Item, Job
from photos.models import Owner
from tests.factories import make_cluster
from tests.jobs.doors.callers import stranger
from tests.trainer import PYTHON

pytestmark = pytest.mark.django_db
DUAL = "/api/v1/faces/cluster/dual"
TRAIN = "/api/v1/faces/train"


class TestLabel:
    def test_names_a_cluster(self, api: APIClient, owner: Owner) -> None:
        cluster = make_cluster(owner=owner, faces=2, public_id="clu_abc123def456")
        path = "/api/v1/faces/clusters/clu_abc123def456/label"

        first, second = (api.post(path, {"name": "Alice"}) for _ in range(2))

        assert (first.status_code, second.status_code) == (200, 200)
        cluster.refresh_from_db()
        assert cluster.person == Person.objects.get(name="Alice")
        assert cluster.label.startswith("person_")
        assert first.json()["cluster"]["person"]["name"] == "Alice"

    def test_needs_a_name(self, api: APIClient, owner: Owner) -> None:
        cluster = make_cluster(owner=owner, faces=1)

        answer = api.post(f"/api/v1/faces/clusters/{cluster.public_id}/label", {})

        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["name"])

    def test_is_for_its_owner_alone(self, api: APIClient) -> None:
        theirs = make_cluster(owner=stranger(), faces=1)

        answer = api.post(f"/api/v1/faces/clusters/{theirs.public_id}/label", {"name": "Alice"})

        assert answer.status_code == 404
        assert not Person.objects.exists()


@pytest.mark.usefixtures("models")
class TestDual:
    def test_is_done_at_once(self, api: APIClient, owner: Owner) -> None:
        make_cluster(owner=owner, faces=2)
        asked = {"person_threshold": 0.7, "unknown_method": "hdbscan", "queue": False}

        first, second = (api.post(DUAL, asked) for _ in range(2))

        assert (first.status_code, second.status_code) == (200, 200)
        assert second.json() == {"joined": 0, "clusters": 0, "faces": 0}

    def test_is_a_job_where_that_is_wanted(self, api: APIClient) -> None:
        answer = api.post(DUAL, {"person_threshold": 0.7, "queue": True})

        job = Job.objects.get()
        assert (answer.status_code, answer.json()["job_id"]) == (202, str(job.pk))
        assert (job.kind, job.arguments["person_threshold"]) == (Job.Kind.DUAL, 0.7)

    @pytest.mark.parametrize("method", ["hdbscan", "dbscan", "agglomerative"])
    def test_knows_the_documented_methods(self, api: APIClient, method: str) -> None:
        assert api.post(DUAL, {"unknown_method": method}).status_code == 200

    def test_refuses_others(self, api: APIClient) -> None:
        answer = api.post(DUAL, {"unknown_method": "kmeans"})

        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["unknown_method"])


class TestTrain:
    @pytest.fixture
    def staff(self, admin_user: User, settings: Any) -> APIClient:
        settings.TRAINER_PYTHON = PYTHON  # one that is there
        client = APIClient()
        client.force_authenticate(admin_user)
        return client

    def test_is_a_job(self, staff: APIClient) -> None:
        answer = staff.post(TRAIN, {"epochs": 20, "margin": 0.2, "queue": True})

        assert answer.status_code == 202, answer.json()
        arguments = Item.objects.get().job.arguments
        assert (arguments["epochs"], arguments["margin"]) == (20, 0.2)

    def test_is_for_staff(self, api: APIClient) -> None:
        answer = api.post(TRAIN, {"epochs": 20, "margin": 0.2, "queue": True})

        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")

    def test_refuses_what_is_no_number_of_epochs(self, staff: APIClient) -> None:
        answer = staff.post(TRAIN, {"epochs": 0})

        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["epochs"])
