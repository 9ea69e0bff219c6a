"""What the microservice's clients are told of a real photo, by real models and a media store."""

from typing import Any

import numpy as np
import pytest
from django.core.files.storage import storages
from rest_framework.test import APIClient

from faces.models import FaceVector
from jobs import tasks
from search.models import ImageVector
from tests.jobs.storing import Store


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("models", "transactional_db")
class TestWithRealModels:
    @pytest.fixture(autouse=True)
    def _photo(self, store: Store, group_photo: bytes) -> None:
        store.photos["123"] = group_photo

    def result(self, client: APIClient, task: str) -> dict[str, Any]:
        asked = client.post(f"/job/{task}", {"media_store_id": "123"})
        assert asked.status_code == 201, asked.json()
        tasks.drain()
        body = client.get(f"/job/{asked.json()['job_id']}").json()
        assert (body["status"], body["task_type"]) == ("completed", task), body
        assert body["created_at"] <= body["started_at"] <= body["completed_at"]
        self.job = body["job_id"]
        result: dict[str, Any] = body["result"]
        return result

    def test_an_image_is_embedded(self, client: APIClient) -> None:
        result = self.result(client, "image_embedding")

        assert result == {
            "embedding_dimension": ImageVector.objects.get().space.dimension,
            "stored_in_vector_db": True,
            "collection": "image_embeddings",
            "point_id": 123,
        }
        with storages["results"].open(f"{self.job}/embedding.bin") as file:
            vector = np.frombuffer(file.read(), "<f4")
        assert vector.shape == (result["embedding_dimension"],)
        assert client.get("/collections/image_embeddings/points/123").status_code == 200

    def test_faces_are_detected(self, client: APIClient) -> None:
        result = self.result(client, "face_detection")

        assert result.keys() == {"faces", "face_count"}
        assert result["face_count"] == len(result["faces"]) == 6
        assert [face["face_index"] for face in result["faces"]] == [*range(6)]
        for face in result["faces"]:
            assert face.keys() == {"face_index", "bbox", "confidence", "landmarks"}
            assert face["bbox"].keys() == {"x", "y", "width", "height"}
            left, right = face["landmarks"]["left_eye"], face["landmarks"]["right_eye"]
            assert face["bbox"]["x"] < left[0] < right[0]
        with storages["results"].open(f"{self.job}/faces/0.jpg") as file:
            assert file.read(2) == b"\xff\xd8"

    def test_faces_are_embedded(self, client: APIClient) -> None:
        result = self.result(client, "face_embedding")

        assert (result["face_count"], result["stored_in_vector_db"]) == (6, True)
        assert [face["point_id"] for face in result["faces"]] == [*range(123000, 123006)]
        assert {face["stored_in_vector_db"] for face in result["faces"]} == {True}
        dimension = FaceVector.objects.all()[0].space.dimension
        assert {face["embedding_dimension"] for face in result["faces"]} == {dimension}
        assert client.get("/collections/faces/points/123005").status_code == 200

    def test_a_photo_that_is_not_there_fails_with_a_reason(self, client: APIClient) -> None:
        asked = client.post("/job/face_detection", {"media_store_id": "456"}).json()
        tasks.drain()

        body = client.get(f"/job/{asked['job_id']}").json()

        assert (body["status"], body["error"]["code"]) == ("failed", "media_store_missing")
        assert "result" not in body
