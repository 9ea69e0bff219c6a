"""People and sidecars over HTTP."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from faces.models import Edit, Person
from faces.people import naming
from faces.views import portability
from photos.models import Owner, Photo
from photos.regions import Region, read, sidecar
from tests.faces.portability.doors import (
    SHA,
    SIZE,
    names,
    other,
    photo,
    photo_of,
)
from tests.factories import make_face

__all__ = ["other", "photo"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)  # an export sees one moment

EXPORT, IMPORT = "/api/v1/people/export", "/api/v1/people/import"


def exported(api: APIClient) -> bytes:
    answer = api.get(EXPORT)
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # it is a file


@pytest.fixture
def others_api(other: Owner) -> APIClient:
    client = APIClient()
    client.force_authenticate(other.user)
    return client


class TestExportView:
    def test_gives_the_owners_people_as_a_file(
        self, api: APIClient, photo: Photo, other: Owner
    ) -> None:
        photo_of(other, "Ben")

        answer = api.get(f"{EXPORT}/", HTTP_ACCEPT="application/json")

        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["Content-Disposition"] == 'attachment; filename="people.json"'
        document = json.loads(b"".join(answer.streaming_content))  # type: ignore[attr-defined]  # it is a file
        assert [each["name"] for each in document["people"]] == ["Anna"]
        assert [each["photo"] for each in document["faces"]] == [SHA]

    def test_wants_to_know_who_asks(self) -> None:
        assert APIClient().get(EXPORT).status_code == 401


class TestImportView:
    def test_takes_what_export_gives(
        self, api: APIClient, photo: Photo, other: Owner, others_api: APIClient
    ) -> None:
        photo_of(other)

        answer = others_api.post(IMPORT, exported(api), content_type="application/json")

        edit = Edit.objects.of(other).get()
        assert answer.status_code == 200
        assert answer.json() == {
            "dry_run": False, "edit": edit.pk, "people_created": 1, "people_known": 0,
            "faces_given": 1, "faces_known": 0, "photos_missing": 0, "faces_missing": 0,
            "rejections": 0, "pairs": 0, "conflict_count": 0, "conflicts": [],
        }  # fmt: skip
        assert (edit.kind, edit.actor) == ("import", other.user)
        assert Person.objects.get(owner=other).name == "Anna"

    def test_takes_it_as_a_form_and_only_tries_it_out(
        self, api: APIClient, photo: Photo, other: Owner, others_api: APIClient
    ) -> None:
        photo_of(other)
        file = SimpleUploadedFile("people.json", exported(api))

        answer = others_api.post(f"{IMPORT}/?dry_run=true", {"file": file}, format="multipart")

        assert answer.json()["faces_given"] == 1
        assert answer.json()["edit"] is None
        assert not Person.objects.filter(owner=other).exists()

    def test_with_an_idempotency_key_is_done_once(
        self, api: APIClient, photo: Photo, other: Owner, others_api: APIClient
    ) -> None:
        photo_of(other)
        document, key = exported(api), {"idempotency-key": "one"}

        def ask(body: bytes, **more: Any) -> Any:
            return others_api.post(IMPORT, body, content_type="application/json", **more)

        first = ask(document, headers=key)
        Person.objects.filter(owner=other).update(name="Anni")
        again = ask(document, headers=key)
        reused = ask(document.replace(b"Anna", b"Ben"), headers=key)

        assert (again.status_code, again.json()) == (200, first.json())
        assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")
        assert [each.name for each in Person.objects.filter(owner=other)] == ["Anni"]
        assert Edit.objects.of(other).filter(kind="import").count() == 1

    def test_with_a_key_tells_once_more_what_could_not_be_had(
        self, api: APIClient, photo: Photo, other: Owner, others_api: APIClient
    ) -> None:
        photo_of(other, "Ben")
        headers = {"idempotency-key": "one"}

        first, again = (
            others_api.post(IMPORT, exported(api), content_type="application/json", headers=headers)
            for _ in range(2)
        )

        assert (again.json(), first.json()["conflict_count"]) == (first.json(), 1)
        assert "Anna" not in str(Edit.objects.of(other).get(kind="import").asked)

    def test_with_a_key_changes_nothing_though_there_was_nothing_the_first_time(
        self, api: APIClient, photo: Photo
    ) -> None:
        headers, document = {"idempotency-key": "one"}, exported(api)

        first, again = (
            api.post(IMPORT, document, content_type="application/json", headers=headers)
            for _ in range(2)
        )

        assert (first.json()["edit"], again.json()) == (None, first.json())
        assert Person.objects.count() == 1

    def test_only_tried_out_leaves_the_key_free(
        self, api: APIClient, photo: Photo, other: Owner, others_api: APIClient
    ) -> None:
        photo_of(other)
        headers, document = {"idempotency-key": "one"}, exported(api)

        tried, done = (
            others_api.post(url, document, content_type="application/json", headers=headers)
            for url in (f"{IMPORT}?dry_run=true", IMPORT)
        )

        assert (tried.json()["edit"], tried.json()["faces_given"]) == (None, 1)
        assert done.json()["edit"] == Edit.objects.of(other).get().pk

    def test_as_a_form_with_a_key_reads_the_file_all_the_same(
        self, api: APIClient, photo: Photo, other: Owner, others_api: APIClient
    ) -> None:
        photo_of(other)
        file = SimpleUploadedFile("people.json", exported(api))

        answer = others_api.post(
            IMPORT, {"file": file}, format="multipart", headers={"idempotency-key": "one"}
        )

        assert (answer.status_code, answer.json()["faces_given"]) == (200, 1)

    def test_says_what_is_wrong(self, api: APIClient) -> None:
        answer = api.post(IMPORT, b'{"format": "contacts"}', content_type="application/json")

        assert answer.status_code == 422
        assert answer.json()["code"] == "document_invalid"
        assert answer.json()["detail"].startswith("format: ")

    @pytest.mark.parametrize("body", [b"", b"   "])
    def test_refuses_nothing(self, api: APIClient, body: bytes) -> None:
        assert api.post(IMPORT, body, content_type="application/json").status_code in {400, 422}

    def test_refuses_a_form_without_a_file(self, api: APIClient) -> None:
        answer = api.post(IMPORT, {"file": "people"}, format="multipart")

        assert answer.status_code == 400
        assert list(answer.json()["fields"]) == ["file"]

    def test_refuses_too_much(self, api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(portability, "MAX_BYTES", 10)

        answer = api.post(IMPORT, b"{" * 11, content_type="application/json")

        assert answer.status_code == 400
        assert "at most" in answer.json()["detail"]


class TestSidecarView:
    def test_gives_a_sidecar(self, api: APIClient, photo: Photo) -> None:
        answer = api.post(f"/api/v1/photos/{photo.pk}/sidecar")

        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "application/rdf+xml"
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{SHA}.xmp"'
        assert names(answer.content) == ["Anna"]

    def test_goes_on_with_another_one(self, api: APIClient, photo: Photo) -> None:
        box = read(api.post(f"/api/v1/photos/{photo.pk}/sidecar").content, SIZE, 1)[0].box
        before = sidecar([Region("Ben", box.moved(300, 0))], SIZE, 1)
        file = SimpleUploadedFile("a.xmp", before)

        answer = api.post(
            f"/api/v1/photos/{photo.pk}/sidecar/", {"existing": file}, format="multipart"
        )

        assert sorted(names(answer.content)) == ["Anna", "Ben"]

    def test_refuses_what_is_none(self, api: APIClient, photo: Photo) -> None:
        file = SimpleUploadedFile("a.xmp", b"<Anna/>")

        answer = api.post(
            f"/api/v1/photos/{photo.pk}/sidecar", {"existing": file}, format="multipart"
        )

        assert (answer.status_code, answer.json()["code"]) == (422, "xmp_invalid")

    def test_of_somebody_elses_photo_looks_like_none(
        self, others_api: APIClient, photo: Photo
    ) -> None:
        there, nowhere = (
            others_api.post(f"/api/v1/photos/{pk}/sidecar") for pk in (photo.pk, photo.pk + 1)
        )

        assert there.status_code == 404
        assert there.json() == nowhere.json()

    def test_costs_a_fixed_number_of_queries(
        self, api: APIClient, photo: Photo, django_assert_num_queries: Callable[[int], Any]
    ) -> None:
        for number in range(3):
            face = make_face(photo=photo, x=10 + number)
            naming.create(photo.owner, f"Person {number}", faces=[face.pk])

        with django_assert_num_queries(3):  # one notes that it was taken
            api.post(f"/api/v1/photos/{photo.pk}/sidecar")
