"""What BADAK's clients are told of a real photo, by real models."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from rest_framework.test import APIClient

from jobs import tasks
from tests.photos.web import Server, answer

FILE_ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"


@pytest.fixture
def served(group_photo: bytes, settings: Any) -> Iterator[Server]:
    """A photo of six people, at an address on loopback that the operator allows."""
    settings.FETCH_ALLOWED_HOSTS = frozenset({"127.0.0.1"})
    with Server(lambda path: answer(group_photo)) as server:
        yield server


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("models", "transactional_db")
class TestWithRealModels:
    def test_a_photo_has_the_documented_result(self, badak: APIClient, served: Server) -> None:
        asked = badak.post("/api/process", {"file_id": FILE_ID, "image_url": served.url()})
        assert asked.status_code == 202, asked.json()
        tasks.drain()

        job = badak.get(f"/api/jobs/{asked.json()['job_id']}").json()

        assert (job["status"], job["progress"], job["error"]) == ("completed", 100, None)
        result = job["result"]
        assert result.keys() == {"file_id", "faces", "tags", "objects", "context"}
        assert result["file_id"] == FILE_ID
        assert len(result["faces"]) == 6
        for face in result["faces"]:
            assert face.keys() == {"face_id", "cluster_id", "bounding_box", "confidence"}
            UUID(face["face_id"])
            x1, y1, x2, y2 = face["bounding_box"]
            assert x1 < x2
            assert y1 < y2
            assert 0.5 < face["confidence"] <= 1
        assert "person" in result["objects"]
        assert {"6 orang", "restaurant"} <= {*result["tags"]}
        assert all(isinstance(each, str) for each in [*result["tags"], result["context"]])

    def test_a_batch_is_one_job_with_the_result_of_each(
        self, badak: APIClient, served: Server
    ) -> None:
        images = [{"file_id": name, "image_url": served.url(f"/{name}")} for name in "ab"]
        asked = badak.post("/api/batch-process", {"images": images})
        tasks.drain()

        job = badak.get(f"/api/jobs/{asked.json()['job_id']}").json()

        assert job["status"] == "completed"
        assert [each["file_id"] for each in job["results"]] == ["a", "b"]
        assert [len(each["result"]["faces"]) for each in job["results"]] == [6, 6]
        assert job["result"] is None
        json.dumps(job)
