"""Who is in a picture, over HTTP: real PostgreSQL, real models, real photos."""

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from faces.models import Cluster, Edit, Face, FaceVector, Membership, Person
from faces.people.editing import undo
from local.packages import fetch
from local.photos import FACE_RECOGNITION, INSIGHTFACE, SCIKIT_IMAGE
from photos import roles
from photos.models import Analysis, Owner, Photo, Space
from photos.services import current_space
from tests.conftest import GROUP
from tests.factories import (
    make_cluster,
    make_face,
    make_owner,
    make_person,
    make_photo,
    make_space,
    unit,
)

pytestmark = pytest.mark.django_db

IDENTIFY = "/api/v1/faces/identify"
VERIFY = "/api/v1/faces/verify"
BY_FACE = "/api/v1/search/by-face"
ENROL = "/api/v1/people/enrol"


File = Callable[[str], SimpleUploadedFile]


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], bytes]:
    """Real photos, by the names of their files."""
    folder = tmp_path_factory.mktemp("pictures")
    fetch(FACE_RECOGNITION, ["*/test_images/obama*.jpg", "*/test_images/biden.jpg"], folder)
    fetch(INSIGHTFACE, [GROUP], folder)
    fetch(SCIKIT_IMAGE, ["skimage/data/coffee.png"], folder)
    return lambda name: (folder / name).read_bytes()


@pytest.fixture
def file(pictures: Callable[[str], bytes]) -> File:
    return lambda name: SimpleUploadedFile(name, pictures(name))


@pytest.fixture
def models(db: None, triton_url: str, settings: Any) -> None:
    settings.TRITON_URL = triton_url
    roles.sync(settings.MODEL_REPOSITORY)


Send = Callable[..., Any]  # gives what a test client gets


@pytest.fixture
def send(api: APIClient) -> Send:
    """A form."""
    return lambda url, **fields: api.post(url, fields, format="multipart")


def enrolled(send: Send, name: str, *files: SimpleUploadedFile, **more: str) -> dict[str, Any]:
    answer = send(ENROL, name=name, file=list(files), **more)
    assert answer.status_code == 201, answer.content
    body: dict[str, Any] = answer.json()
    return body


def stored(owner: Owner, person: Person | None = None, *, at: float = 0) -> Face:
    """A face that looks like `unit(1, at)`, in the one space of a test."""
    space = Space.objects.first() or make_space()
    cluster = make_cluster(owner=owner, space=space, person=person) if person else None
    photo = make_photo(owner=owner)
    return make_face(photo=photo, cluster=cluster, vector=unit(1, at), space=space)


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

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
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

    @pytest.mark.parametrize("numbers", [[], [1.0], [0.0] * 8, [1e300] * 3, ["x"]])
    def test_that_is_none_is_refused(
        self, api: APIClient, owner: Owner, numbers: list[Any]
    ) -> None:
        stored(owner)

        answer = api.post(BY_FACE, {"vector": numbers})

        assert answer.status_code in (400, 422)
        assert "vector" in answer.json()["detail"]


@pytest.mark.usefixtures("models")
class TestEnrol:
    def test_keeps_the_pictures_as_photos_and_says_whose_faces_they_show(
        self, send: Send, owner: Owner, file: File
    ) -> None:
        body = enrolled(send, "Barack", file("obama.jpg"), file("obama2.jpg"), contact_id="user-44")

        person = Person.objects.get(owner=owner)
        assert (person.name, person.contact_id) == ("Barack", "user-44")
        assert body["created"] is True
        assert [each["face_id"] for each in body["references"]] == list(
            Face.objects.order_by("photo").values_list("pk", flat=True)
        )
        assert set(Membership.objects.values_list("how", flat=True)) == {"manual"}
        assert set(Analysis.objects.values_list("operation", flat=True)) == {"faces"}
        assert FaceVector.objects.filter(space=current_space("face_embedder")).count() == 2
        for photo in Photo.objects.of(owner):
            assert default_storage.exists(str(photo.original))
            assert default_storage.exists(str(photo.thumbnail))

    def test_can_be_undone(self, send: Send, owner: Owner, file: File) -> None:
        enrolled(send, "Barack", file("obama.jpg"))

        undo(owner, Edit.objects.get().pk, None)

        assert not Person.objects.exists()
        assert (Photo.objects.count(), Face.objects.alone().count()) == (1, 1)

    def test_of_somebody_known_adds_references(self, send: Send, file: File) -> None:
        first = enrolled(send, "Barack", file("obama.jpg"), contact_id="user-44")

        by_contact = send(ENROL, contact_id="user-44", file=[file("obama2.jpg")])
        by_name = send(ENROL, name=" Barack ", file=[file("obama3.jpg")])

        for answer in (by_contact, by_name):
            assert answer.status_code == 200
            assert (answer.json()["person"], answer.json()["created"]) == (first["person"], False)
        assert Membership.objects.filter(part__cluster__person__name="Barack").count() == 3

    def test_without_a_name_goes_by_the_contact_id(self, send: Send, file: File) -> None:
        answer = send(ENROL, contact_id="user-44", file=[file("obama.jpg")])

        assert answer.json()["person"]["name"] == "user-44"

    def test_twice_changes_nothing(self, send: Send, file: File) -> None:
        first = enrolled(send, "Barack", file("obama.jpg"))

        again = send(ENROL, name="Barack", file=[file("obama.jpg")]).json()

        assert again == first | {"created": False}
        assert (Photo.objects.count(), Face.objects.count(), Edit.objects.count()) == (1, 1, 1)

    def test_with_an_idempotency_key_is_done_once(
        self, api: APIClient, owner: Owner, file: File
    ) -> None:
        key = {"idempotency-key": "one"}

        def ask(name: str, *, sent: str = "Barack") -> Any:
            form = {"name": sent, "file": [file(name)]}
            return api.post(ENROL, form, format="multipart", headers=key)

        first = ask("obama.jpg")
        Person.objects.update(name="Barack Obama")
        again = ask("obama.jpg")
        others = [ask("biden.jpg"), ask("obama.jpg", sent="Joe")]

        person = first.json()["person"] | {"name": "Barack Obama"}
        assert (again.status_code, again.json()) == (201, first.json() | {"person": person})
        assert [(each.status_code, each.json()["code"]) for each in others] == [
            (422, "idempotency_key_reused")
        ] * 2
        assert (Photo.objects.count(), Person.objects.count(), Edit.objects.count()) == (1, 1, 1)

    def test_with_a_key_is_not_taken_back_again_by_who_asks_again(
        self, api: APIClient, owner: Owner, file: File
    ) -> None:
        """Neither is somebody made anew who has gone, nor is what was undone done once more."""
        person = make_person(owner=owner)
        url = f"/api/v1/people/{person.pk}/references"

        def ask() -> Any:
            form, key = {"file": [file("obama.jpg")]}, {"idempotency-key": "one"}
            return api.post(url, form, format="multipart", headers=key)

        first = ask()
        undo(owner, Edit.objects.get().pk, None)

        again = ask()
        Person.objects.all().delete()
        gone = ask()

        assert (again.status_code, again.json()) == (200, first.json())
        assert Face.objects.alone().count() == 1
        assert (gone.status_code, gone.json()["code"]) == (404, "person_missing")

    def test_stores_nothing_where_one_picture_will_not_do(self, send: Send, file: File) -> None:
        answer = send(ENROL, name="Barack", file=[file("obama.jpg"), file("coffee.png")])
        several = send(ENROL, name="Barack", file=[file("t1.jpg")])
        poor = send(ENROL, name="Barack", file=[blurred(file("obama.jpg"))])

        assert (answer.status_code, answer.json()["code"]) == (422, "no_face")
        assert answer.json()["detail"] == "file 1: the picture shows no face."
        assert (several.status_code, several.json()["code"]) == (422, "several_faces")
        assert (poor.status_code, poor.json()["code"]) == (422, "face_too_poor")
        assert "file 0: the face can't be recognised well (small, blurred" in poor.json()["detail"]
        assert (Photo.objects.count(), Person.objects.count(), Edit.objects.count()) == (0, 0, 0)

    def test_takes_the_face_in_the_box(self, send: Send, file: File) -> None:
        faces = send(IDENTIFY, file=file("t1.jpg")).json()["faces"]
        box = next(each["face"]["box"] for each in faces if each["face"]["quality"] > 0.5)

        body = send(ENROL, name="Anna", file=[file("t1.jpg")], box=[json.dumps(box)]).json()

        [kept] = body["references"]
        assert kept["box"] == pytest.approx(box, abs=0.01)
        assert (Face.objects.count(), Membership.objects.count()) == (6, 1)

    def test_rolls_back_where_the_rules_forbid_it(self, send: Send, file: File) -> None:
        faces = send(IDENTIFY, file=file("t1.jpg")).json()["faces"]
        good = [json.dumps(each["face"]["box"]) for each in faces if each["face"]["quality"] > 0.5]
        one, other = (file("t1.jpg") for _ in range(2))

        answer = send(ENROL, name="Anna", file=[one, other], box=good[:2])

        assert (answer.status_code, answer.json()["code"]) == (409, "twice_in_photo")
        assert (Photo.objects.count(), Person.objects.count()) == (0, 0)

    def test_matches_later_photos(self, send: Send, owner: Owner, file: File) -> None:
        person = enrolled(send, "Barack", file("obama.jpg"))["person"]

        enrolled(send, "Joe", file("biden.jpg"))
        [found] = send(IDENTIFY, file=file("obama3.jpg")).json()["faces"]

        assert found["person"] == person


class TestReferences:
    def url(self, person: Person) -> str:
        return reverse("person-references", args=[person.pk])

    @pytest.mark.usefixtures("models")
    def test_of_somebody_known_are_pictures(self, send: Send, owner: Owner, file: File) -> None:
        person = make_person(owner=owner, name="Barack")

        answer = send(self.url(person), file=[file("obama.jpg")])

        assert answer.status_code == 200
        assert answer.json()["created"] is False
        assert Membership.objects.get().cluster.person == person

    def test_are_photos_and_faces_that_are_here(self, api: APIClient, owner: Owner) -> None:
        person = make_person(owner=owner)
        first, second = stored(owner), stored(owner, at=1)

        answer = api.post(
            self.url(person), {"photo_ids": [first.photo_id], "face_ids": [second.pk]}
        )

        assert [each["face_id"] for each in answer.json()["references"]] == [first.pk, second.pk]
        assert set(Membership.objects.values_list("part__cluster__person", "how")) == {
            (person.pk, "manual")
        }
        [edit] = Edit.objects.all()
        assert (edit.kind, edit.actor) == (Edit.Kind.ASSIGN, owner.user)

    def test_are_no_faces_that_are_poor_or_unseen(self, api: APIClient, owner: Owner) -> None:
        person, space = make_person(owner=owner), make_space()
        photo = make_photo(owner=owner)
        poor = make_face(
            photo=photo, quality=0.2, quality_reasons=["small"], vector=unit(1), space=space
        )
        unseen = make_face(photo=make_photo(owner=owner))

        answers = [api.post(self.url(person), {"face_ids": [face.pk]}) for face in (poor, unseen)]

        assert [each.status_code for each in answers] == [422, 422]
        assert [each.json()["code"] for each in answers] == ["face_too_poor", "face_unseen"]
        assert not Membership.objects.exists()

    @pytest.mark.parametrize("mark", ["ignored", "unrecognised"])
    def test_are_of_nobody_who_is_left_out_of_matching(
        self, api: APIClient, owner: Owner, mark: str
    ) -> None:
        person = make_person(owner=owner, **{mark: True})

        answer = api.post(self.url(person), {"face_ids": [stored(owner).pk]})

        assert (answer.status_code, answer.json()["code"]) == (409, "contradicted")
        assert not Membership.objects.exists()

    def test_of_other_owners_are_not_there(self, api: APIClient, owner: Owner) -> None:
        theirs, mine = make_person(), make_person(owner=owner)
        face = stored(theirs.owner)

        assert api.post(self.url(theirs), {"face_ids": [1]}).status_code == 404
        for asked in ({"face_ids": [face.pk]}, {"photo_ids": [face.photo_id]}):
            assert api.post(self.url(mine), asked).status_code == 404
        assert not Membership.objects.exists()


def blurred(file: SimpleUploadedFile) -> SimpleUploadedFile:
    """The same picture, of a few pixels."""
    with Image.open(file) as image:
        small = image.resize((image.width // 24, image.height // 24))
    data = BytesIO()
    small.resize((image.width // 6, image.height // 6)).save(data, "JPEG")
    return SimpleUploadedFile("blurred.jpg", data.getvalue())
