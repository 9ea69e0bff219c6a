"""Looking for faces over HTTP, by a picture and by a vector."""

import json
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from faces.models import Cluster, FaceVector
from photos.models import Owner
from tests.factories import (
    make_owner,
    make_person,
)
from tests.jobs.recognised import (
    BY_FACE,
    IDENTIFY,
    File,
    Send,
    enrolled,
    file,
    models,
    pictures,
    send,
    stored,
)

__all__ = ["file", "models", "pictures", "send"]  # fixtures
pytestmark = pytest.mark.django_db


class TestSearchByFace:
    def test_gives_a_persons_photos_by_all_that_names_them(
        self, api: APIClient, owner: Owner
    ) -> None:
        anna = make_person(owner=owner, name="Anna", contact_id="user-1")
        face = stored(owner, anna)
        alike = stored(owner, at=0.1)
        stored(owner, at=-100)
        cluster = Cluster.objects.get().public_id

        bodies = [
            api.post(BY_FACE, whom).json()
            for whom in (
                {"person_id": anna.pk},
                {"contact_id": "user-1"},
                {"cluster_id": cluster},
                {"face_id": face.pk},
            )
        ]

        for body in bodies:
            assert [hit["face"]["id"] for hit in body["results"]] == [face.pk, alike.pk]
            assert body["next_offset"] is None
        assert [hit["how"] for hit in bodies[0]["results"]] == ["clustered", None]
        first = bodies[0]["results"][0]
        assert first["photo"]["thumbnail"].startswith("http://testserver/media/")
        assert first["face"]["person"]["contact_id"] == "user-1"
        assert first["score"] > bodies[0]["threshold"]

    def test_is_paged(self, api: APIClient, owner: Owner) -> None:
        face, *_ = (stored(owner) for _ in range(3))

        first = api.post(BY_FACE, {"face_id": face.pk, "limit": 2}).json()
        last = api.post(BY_FACE, {"face_id": face.pk, "limit": 2, "offset": 2}).json()

        assert (len(first["results"]), first["next_offset"]) == (2, 2)
        assert (len(last["results"]), last["next_offset"]) == (1, None)

    @pytest.mark.usefixtures("models")
    def test_takes_an_uploaded_picture(self, send: Send, file: File) -> None:
        [kept] = enrolled(send, "Barack", file("obama.jpg"))["references"]
        enrolled(send, "Joe", file("biden.jpg"))

        [hit] = send(BY_FACE, file=file("obama2.jpg")).json()["results"]
        several = send(BY_FACE, file=file("t1.jpg"))
        faces = send(IDENTIFY, file=file("t1.jpg")).json()["faces"]
        box = json.dumps(faces[0]["face"]["box"])
        one = send(BY_FACE, file=file("t1.jpg"), box=box)

        assert (hit["photo"]["id"], hit["face"]["id"]) == (kept["photo_id"], kept["face_id"])
        assert several.json()["code"] == "several_faces"
        assert (one.status_code, one.json()["results"]) == (200, [])

    def test_knows_nobody_of_another_owner(self, api: APIClient, owner: Owner) -> None:
        anna = make_person(owner=make_owner(), contact_id="user-1")
        face = stored(anna.owner, anna)

        for whom in (
            {"person_id": anna.pk},
            {"contact_id": "user-1"},
            {"cluster_id": Cluster.objects.get().public_id},
            {"face_id": face.pk},
        ):
            assert api.post(BY_FACE, whom).status_code == 404

    @pytest.mark.parametrize("count", [1, 3])
    def test_costs_a_fixed_number_of_queries(
        self,
        api: APIClient,
        owner: Owner,
        count: int,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        anna = make_person(owner=owner)
        for _ in range(count):
            stored(owner, anna)
        api.post(BY_FACE, {"person_id": anna.pk})

        with django_assert_num_queries(9):
            answer = api.post(BY_FACE, {"person_id": anna.pk})

        assert len(answer.json()["results"]) == count


class TestSearchByVector:
    def test_finds_the_faces_that_look_so(self, api: APIClient, owner: Owner) -> None:
        face = stored(owner)
        stored(make_owner())
        stored(owner, at=-100)
        vector = FaceVector.objects.get(face=face).vector

        for given in (vector, [3 * each for each in vector]):
            body = api.post(BY_FACE, {"vector": given}).json()
            assert [hit["face"]["id"] for hit in body["results"]] == [face.pk]

    @pytest.mark.parametrize(
        "asked", [{}, {"person_id": 1, "vector": [1.0]}, {"face_id": 1, "x": 1}]
    )
    def test_says_what_is_missing_too_much_or_unknown(
        self, api: APIClient, asked: dict[str, Any]
    ) -> None:
        answer = api.post(BY_FACE, asked)

        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")

    @pytest.mark.parametrize("numbers", [[], [1.0], [0.0] * 8, [1e300] * 3, ["x"]])
    def test_that_is_none_is_refused(
        self, api: APIClient, owner: Owner, numbers: list[Any]
    ) -> None:
        stored(owner)

        answer = api.post(BY_FACE, {"vector": numbers})

        assert answer.status_code == 422
        assert "vector" in answer.json()["detail"]
