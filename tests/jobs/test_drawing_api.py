"""Drawing faces over HTTP, and what else is said of their photos then."""

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from rest_framework.test import APIClient

from faces.models import Edit, Face
from photos.models import Owner, Photo
from photos.operations import TAGS
from tests.factories import make_face, make_person, make_photo
from tests.pictures import jpeg

pytestmark = pytest.mark.django_db
BOX = {"x": 20, "y": 10, "width": 30, "height": 24.5}


@pytest.fixture
def photo(owner: Owner) -> Photo:
    """One of 64 x 48 pixels, which has been tagged."""
    photo = make_photo(owner=owner, width=64, height=48)
    photo.analyses.create(operation=TAGS, recipe="a+b+c")
    return photo


def url(photo: Photo) -> str:
    return f"/api/v1/photos/{photo.pk}/faces"


def tags_of(photo: Photo) -> list[str]:
    return list(photo.tags.values_list("key", flat=True))


class TestAddingAFace:
    def test_answers_with_it(self, api: APIClient, photo: Photo) -> None:
        answer = api.post(url(photo), {"box": BOX})

        body = answer.json()
        assert answer.status_code == 201, body
        face = Face.objects.get()
        assert (body["face"]["id"], body["face"]["box"], body["face"]["drawn"]) == (
            face.pk, BOX, True,
        )  # fmt: skip
        assert body["edit"]["id"] == Edit.objects.get().pk
        assert tags_of(photo) == ["people:1"]

    def test_may_say_whose_it_is(self, api: APIClient, owner: Owner, photo: Photo) -> None:
        anna = make_person(owner=owner, name="Anna")

        body = api.post(f"{url(photo)}/", {"box": BOX, "person": anna.pk}).json()

        assert body["face"]["person"] == {"id": anna.pk, "name": "Anna", "contact_id": ""}

    def test_with_an_idempotency_key_is_done_once(self, api: APIClient, photo: Photo) -> None:
        headers = {"Idempotency-Key": "k"}

        first, second = (api.post(url(photo), {"box": BOX}, headers=headers) for _ in range(2))
        other = api.post(url(photo), {"box": BOX | {"x": 0}}, headers=headers)

        assert (first.status_code, second.status_code, other.status_code) == (201, 201, 422)
        assert first.json()["face"] == second.json()["face"]
        assert Face.objects.count() == 1

    @pytest.mark.parametrize(
        ("sent", "status", "code"),
        [
            ({}, 400, "invalid"),
            ({"box": {"x": 1}}, 400, "invalid"),
            ({"box": BOX | {"x": "left"}}, 400, "invalid"),
            ({"box": BOX | {"x": 60}}, 422, "box_unusable"),
            ({"box": BOX, "person": 0}, 400, "invalid"),
            ({"box": BOX, "person": 999_999}, 404, "person_missing"),
        ],
    )
    def test_refuses_what_can_not_be(
        self, api: APIClient, photo: Photo, sent: Any, status: int, code: str
    ) -> None:
        answer = api.post(url(photo), sent)

        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert (Face.objects.count(), Edit.objects.count()) == (0, 0)

    def test_refuses_a_place_that_is_taken(self, api: APIClient, photo: Photo) -> None:
        api.post(url(photo), {"box": BOX})

        answer = api.post(url(photo), {"box": BOX | {"x": 22}})

        assert (answer.status_code, answer.json()["code"]) == (409, "face_there")

    def test_refuses_a_photo_and_a_person_of_another_owner(
        self, api: APIClient, photo: Photo
    ) -> None:
        foreign = api.post(url(make_photo()), {"box": BOX})
        missing = api.post("/api/v1/photos/999999/faces", {"box": BOX})
        whose = api.post(url(photo), {"box": BOX, "person": make_person().pk})

        assert (foreign.status_code, foreign.json()) == (404, missing.json())
        assert (whose.status_code, whose.json()["code"]) == (404, "person_missing")
        assert Face.objects.count() == 0

    def test_says_that_the_original_is_gone(self, api: APIClient, photo: Photo) -> None:
        default_storage.delete(str(photo.original))

        answer = api.post(url(photo), {"box": BOX})

        assert (answer.status_code, answer.json()["code"]) == (422, "original_missing")

    @pytest.mark.parametrize("box", [BOX, BOX | {"x": 200, "y": 200}])
    def test_says_that_the_original_is_another_smaller_file(
        self, api: APIClient, photo: Photo, box: dict[str, float]
    ) -> None:
        Photo.objects.filter(pk=photo.pk).update(width=640, height=480)
        default_storage.delete(str(photo.original))
        default_storage.save(str(photo.original), ContentFile(jpeg(width=24, height=20)))

        answer = api.post(url(photo), {"box": box})

        assert (answer.status_code, answer.json()["code"]) == (422, "original_differs")
        assert Face.objects.count() == 0


class TestMovingABox:
    @pytest.mark.parametrize("method", ["put", "patch"])
    def test_answers_with_the_face(self, api: APIClient, photo: Photo, method: str) -> None:
        face = make_face(photo=photo, x=0, y=0, width=10, height=10)

        answer = getattr(api, method)(f"/api/v1/faces/{face.pk}/box", {"box": BOX})

        assert answer.status_code == 200, answer.json()
        assert (answer.json()["face"]["id"], answer.json()["face"]["box"]) == (face.pk, BOX)

    def test_of_another_owner_is_as_if_it_were_not_there(self, api: APIClient) -> None:
        answers = [
            api.put(f"/api/v1/faces/{pk}/box", {"box": BOX}) for pk in (make_face().pk, 999_999)
        ]

        assert [(each.status_code, each.json()["code"]) for each in answers] == [
            (404, "face_missing")
        ] * 2


class TestDeletingAFace:
    def test_can_be_undone(self, api: APIClient, photo: Photo) -> None:
        api.post(url(photo), {"box": BOX})
        face = Face.objects.get()

        answer = api.delete(f"/api/v1/faces/{face.pk}")

        assert answer.status_code == 200, answer.json()
        assert (Face.objects.count(), tags_of(photo)) == (0, [])
        edit = answer.json()["edit"]["id"]
        assert api.post(f"/api/v1/edits/{edit}/undo").status_code == 200
        assert Face.objects.get() == face

    def test_twice_and_of_another_owner_is_404(self, api: APIClient, photo: Photo) -> None:
        face, foreign = make_face(photo=photo), make_face()
        api.delete(f"/api/v1/faces/{face.pk}/")

        for pk in (face.pk, foreign.pk):
            answer = api.delete(f"/api/v1/faces/{pk}")
            assert (answer.status_code, answer.json()["code"]) == (404, "face_missing")
        assert Face.objects.get() == foreign
