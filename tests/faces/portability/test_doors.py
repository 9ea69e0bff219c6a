"""People and sidecars over HTTP, and by commands."""

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from faces.models import Edit, Person
from faces.people import naming
from faces.views import portability
from photos.models import Owner, Photo
from photos.regions import Region, read, sidecar
from tests.factories import make_face, make_owner, make_photo, make_user

pytestmark = pytest.mark.django_db(transaction=True)  # an export sees one moment

EXPORT, IMPORT = "/api/v1/people/export", "/api/v1/people/import"
SIZE = (640, 480)
SHA = "a" * 64
DATA = bytes(range(256))


@pytest.fixture
def photo(owner: Owner) -> Photo:
    """Anna's."""
    return photo_of(owner, "Anna")


def photo_of(owner: Owner, name: str = "") -> Photo:
    photo = make_photo(owner=owner, sha256=SHA, size_bytes=len(DATA))
    face = make_face(photo=photo, x=100)
    if name:
        naming.create(owner, name, faces=[face.pk])
    return photo


def exported(api: APIClient) -> bytes:
    answer = api.get(EXPORT)
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # it is a file


def names(packet: bytes) -> list[str]:
    return [each.name for each in read(packet, SIZE, 1)]


@pytest.fixture
def other() -> Owner:
    return make_owner(user=make_user())


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


class TestCommands:
    def test_carry_people_over(self, owner: Owner, other: Owner, tmp_path: Path) -> None:
        photo_of(owner, "Anna")
        photo_of(other)
        file, shown = tmp_path / "people.json", io.StringIO()
        call_command("export_people", owner=owner.subject, to=file)
        call_command("export_people", owner=owner.subject, stdout=shown)

        said = call("import_people", str(file), owner=other.subject)
        again = call("import_people", str(file), owner=other.subject, json=True)

        assert file.read_text() == shown.getvalue()
        assert file.stat().st_mode & 0o777 == 0o600
        missing = "0 photos and 0 faces are not here"
        assert said == [
            f"1 people made, 0 known; 1 faces given, 0 known; {missing}; 0 rejections, 0 pairs.",
            f"It is edit {Edit.objects.of(other).get().pk}, by which it can be undone.",
        ]
        assert json.loads(again[0])["faces_known"] == 1

    def test_try_an_import_out(self, owner: Owner, other: Owner, tmp_path: Path) -> None:
        photo_of(owner, "Anna")
        file = tmp_path / "people.json"
        call_command("export_people", owner=owner.subject, to=file)

        call("import_people", str(file), owner=other.subject, dry_run=True)

        assert not Person.objects.filter(owner=other).exists()

    def test_write_sidecars(self, owner: Owner, photo: Photo, tmp_path: Path) -> None:
        folder = tmp_path / "library"
        folder.mkdir()
        (folder / "a.jpg").write_bytes(DATA)
        Photo.objects.filter(pk=photo.pk).update(sha256=sha256_of(DATA))

        said = call("write_sidecars", owner=owner.subject, folder=folder, photo=photo.pk)

        assert names((folder / "a.jpg.xmp").read_bytes()) == ["Anna"]
        assert said == [
            f"{folder}/a.jpg.xmp: written", "1 written, 0 unchanged, 0 no names, 0 left alone",
        ]  # fmt: skip

    def test_say_which_sidecar_they_left_alone(
        self, owner: Owner, photo: Photo, tmp_path: Path
    ) -> None:
        folder = tmp_path / "library"
        folder.mkdir()
        (folder / "a.jpg").write_bytes(DATA)
        (folder / "a.jpg.xmp").write_bytes(b"Anna")
        Photo.objects.filter(pk=photo.pk).update(sha256=sha256_of(DATA))

        with pytest.raises(CommandError, match="can't be read"):
            call("write_sidecars", owner=owner.subject, folder=folder)

    @pytest.mark.parametrize(
        ("command", "options"),
        [
            ("export_people", {}),
            ("import_people", {"file": Path("people.json")}),
            ("write_sidecars", {"folder": Path()}),
        ],
    )
    def test_know_no_strangers(self, command: str, options: dict[str, Any]) -> None:
        files = [str(options.pop("file"))] if "file" in options else []

        with pytest.raises(CommandError, match="There is no owner 'nobody'"):
            call(command, *files, owner="nobody", **options)

    def test_say_which_file_is_not_there(self, owner: Owner, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="No such file"):
            call("import_people", str(tmp_path / "gone.json"), owner=owner.subject)
        with pytest.raises(CommandError, match="No such file"):
            call("export_people", owner=owner.subject, to=tmp_path / "gone" / "people.json")
        with pytest.raises(CommandError, match="is no folder"):
            call("write_sidecars", owner=owner.subject, folder=tmp_path / "gone")

    def test_say_what_is_wrong_with_a_document(self, owner: Owner, tmp_path: Path) -> None:
        (tmp_path / "people.json").write_text("{}")

        with pytest.raises(CommandError, match=r"^format: "):
            call("import_people", str(tmp_path / "people.json"), owner=owner.subject)

    def test_know_no_photo_of_others(self, owner: Owner, other: Owner, tmp_path: Path) -> None:
        photo = photo_of(other)

        with pytest.raises(CommandError, match=f"has no photo {photo.pk}"):
            call("write_sidecars", owner=owner.subject, folder=tmp_path, photo=photo.pk)


def call(command: str, *arguments: str, **options: Any) -> list[str]:
    """The lines that it shows."""
    shown = io.StringIO()
    call_command(command, *arguments, **options, stdout=shown)
    return shown.getvalue().splitlines()


def sha256_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
