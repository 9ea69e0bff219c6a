"""Who is in a picture, over HTTP: real PostgreSQL, real models, real photos."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from faces.models import Edit, Face
from photos import roles
from photos.models import Owner, Photo, Space
from tests.factories import (
    make_face,
    make_owner,
    make_person,
    make_photo,
    unit,
)
from tests.jobs.recognised import (
    BY_FACE,
    ENROL,
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

VERIFY = "/api/v1/faces/verify"


@pytest.mark.usefixtures("models")
class TestIdentify:
    def test_names_who_is_in_an_uploaded_picture_and_keeps_nothing(
        self, send: Send, file: File
    ) -> None:
        person = enrolled(send, "Barack", file("obama.jpg"), contact_id="user-44")["person"]
        enrolled(send, "Joe", file("biden.jpg"))
        before = (Photo.objects.count(), Face.objects.count(), Edit.objects.count())

        body = send(IDENTIFY, file=file("obama2.jpg")).json()

        [found] = body["faces"]
        assert (found["accepted"], found["person"], found["reason"]) == (True, person, None)
        assert [each["person"]["name"] for each in found["candidates"]] == ["Barack", "Joe"]
        assert found["candidates"][0]["person"]["contact_id"] == "user-44"
        assert found["candidates"][0]["score"] > body["threshold"] == pytest.approx(0.7)
        assert found["candidates"][0]["cosine"] > body["min_cosine"]
        assert found["face"]["face_id"] is None
        assert (Photo.objects.count(), Face.objects.count(), Edit.objects.count()) == before

    def test_names_none_of_a_group_of_strangers(self, send: Send, file: File) -> None:
        enrolled(send, "Barack", file("obama.jpg"))

        body = send(IDENTIFY, file=file("t1.jpg")).json()

        assert len(body["faces"]) == 6
        assert {each["reason"] for each in body["faces"]} == {"below_threshold"}

    def test_takes_the_callers_threshold(self, send: Send, file: File) -> None:
        enrolled(send, "Barack", file("obama.jpg"))

        strict = send(IDENTIFY, file=file("obama2.jpg"), min_cosine=0.99).json()
        lax = send(IDENTIFY, file=file("biden.jpg"), min_cosine=-1).json()

        assert strict["min_cosine"] == 0.99
        assert [each["faces"][0]["accepted"] for each in (strict, lax)] == [False, True]

    def test_finds_no_face_where_there_is_none(self, send: Send, file: File) -> None:
        assert send(IDENTIFY, file=file("coffee.png")).json()["faces"] == []

    def test_says_what_is_wrong_with_a_picture(self, send: Send) -> None:
        answer = send(IDENTIFY, file=SimpleUploadedFile("a.jpg", b"not a photo"))

        assert (answer.status_code, answer.json()["code"]) == (422, "unsupported_format")


class TestIdentifyingAStoredPhoto:
    def test_names_its_faces_as_the_active_model_has_seen_them(
        self, api: APIClient, owner: Owner
    ) -> None:
        anna = make_person(owner=owner, name="Anna")
        stored(owner, anna)
        face = stored(owner, at=0.1)

        body = api.post(IDENTIFY, {"photo_id": face.photo_id, "limit": 1}).json()

        [found] = body["faces"]
        assert found["face"]["face_id"] == face.pk
        assert found["person"] == {"id": anna.pk, "name": "Anna", "contact_id": ""}
        assert body["space"] == Space.objects.get().name

    def test_of_another_owner_looks_like_one_that_is_not_there(self, api: APIClient) -> None:
        theirs = api.post(IDENTIFY, {"photo_id": stored(make_owner()).photo_id})
        missing = api.post(IDENTIFY, {"photo_id": 10**9})

        assert theirs.status_code == missing.status_code == 404
        assert theirs.json() == missing.json()

    def test_before_any_model_has_seen_a_face_says_so(self, api: APIClient, owner: Owner) -> None:
        answer = api.post(IDENTIFY, {"photo_id": make_photo(owner=owner).pk})

        assert (answer.status_code, answer.json()["code"]) == (422, "face_unseen")

    @pytest.mark.parametrize("count", [1, 3])
    def test_costs_a_fixed_number_of_queries(
        self,
        api: APIClient,
        owner: Owner,
        count: int,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for number in range(count):
            stored(owner, make_person(owner=owner), at=number)
        photo = make_photo(owner=owner)
        for number in range(count):
            make_face(photo=photo, vector=unit(1, number), space=Space.objects.get())
        api.post(IDENTIFY, {"photo_id": photo.pk})

        with django_assert_num_queries(12):
            answer = api.post(IDENTIFY, {"photo_id": photo.pk})

        assert len(answer.json()["faces"]) == count


class TestAskingWrongly:
    @pytest.mark.parametrize(
        ("url", "fields", "sentence"),
        [
            (IDENTIFY, {}, "exactly one of file and photo_id; there is none of them"),
            (IDENTIFY, {"photo_id": 0}, "photo_id: Ensure this value is greater"),
            (IDENTIFY, {"photo_id": 1, "limit": 21}, "limit: Ensure this value is less"),
            (IDENTIFY, {"photo_id": 1, "threshold": 1}, "threshold: Ensure this value is less"),
            (
                IDENTIFY,
                {"photo_id": 1, "threshold": 0.5, "min_cosine": 0.3},
                "min_cosine: Give a threshold or a cosine",
            ),
            (VERIFY, {"first_face_id": 1}, "exactly one of second and second_face_id"),
            (BY_FACE, {"face_id": 1, "person_id": 1}, "there is face_id and person_id"),
            (BY_FACE, {"cluster_id": "x"}, "cluster_id: This value does not match"),
            (ENROL, {"face_ids": [1]}, "name: Give a name, or a contact_id, or both"),
            (ENROL, {"name": "Anna"}, "Give 1 to 20 references"),
            (ENROL, {"name": "Anna", "face_ids": [1], "box": [None]}, "box: Give one for each"),
        ],
    )
    def test_is_told(self, api: APIClient, url: str, fields: dict[str, Any], sentence: str) -> None:
        answer = api.post(url, fields)

        status = 422 if url == BY_FACE else 400
        assert (answer.status_code, answer.json()["code"]) == (status, "invalid")
        assert sentence in answer.json()["detail"]

    @pytest.mark.parametrize("url", [IDENTIFY, VERIFY, BY_FACE, ENROL])
    def test_needs_a_token(self, url: str) -> None:
        assert APIClient().post(url, {}).status_code == 401

    def test_is_refused_before_it_is_read_where_it_is_too_long(
        self, api: APIClient, settings: Any
    ) -> None:
        settings.MAX_PHOTO_BYTES = 10

        answer = api.post(IDENTIFY, {}, CONTENT_LENGTH=str(2**20 + 11))

        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")

    def test_says_that_the_models_are_away(self, send: Send, settings: Any, file: File) -> None:
        roles.sync(settings.MODEL_REPOSITORY)
        settings.TRITON_URL = "127.0.0.1:9"

        answer = send(IDENTIFY, file=file("obama.jpg"))

        assert (answer.status_code, answer.json()["code"]) == (503, "inference_unavailable")


@pytest.mark.usefixtures("models")
class TestVerify:
    def test_knows_one_person_from_two(self, send: Send, file: File) -> None:
        same = send(VERIFY, first=file("obama.jpg"), second=file("obama2.jpg")).json()
        other = send(VERIFY, first=file("obama.jpg"), second=file("biden.jpg")).json()

        assert (same["same"], other["same"]) == (True, False)
        assert (same["score"] > 0.9, other["score"] < 0.1) == (True, True)
        assert same["cosine"] > same["min_cosine"] > other["cosine"]
        assert not Face.objects.exists()

    def test_compares_a_picture_with_a_face_that_is_here(self, send: Send, file: File) -> None:
        [face] = enrolled(send, "Barack", file("obama.jpg"))["references"]

        answer = send(VERIFY, first_face_id=face["face_id"], second=file("obama2.jpg")).json()

        assert (answer["same"], answer["first"]["face_id"]) == (True, face["face_id"])

    def test_wants_exactly_one_face_of_each(self, send: Send, file: File) -> None:
        none = send(VERIFY, first=file("obama.jpg"), second=file("coffee.png"))
        several = send(VERIFY, first=file("t1.jpg"), second=file("obama.jpg"))

        assert (none.status_code, none.json()["code"]) == (422, "no_face")
        assert none.json()["detail"] == "second: the picture shows no face."
        assert (several.status_code, several.json()["code"]) == (422, "several_faces")
        assert "first: the picture shows several faces, at [" in several.json()["detail"]


class TestVerifyingStoredFaces:
    def test_needs_no_model(self, api: APIClient, owner: Owner) -> None:
        first, second = stored(owner), stored(owner, at=1)

        ids = {"first_face_id": first.pk, "second_face_id": second.pk}
        answer = api.post(VERIFY, ids).json()

        assert answer["cosine"] == pytest.approx(0.707, abs=0.001)
        assert (answer["second"]["face_id"], answer["same"]) == (second.pk, True)

    def test_of_another_owner_are_not_there(self, api: APIClient, owner: Owner) -> None:
        ids = {"first_face_id": stored(owner).pk, "second_face_id": stored(make_owner()).pk}

        assert api.post(VERIFY, ids).status_code == 404
