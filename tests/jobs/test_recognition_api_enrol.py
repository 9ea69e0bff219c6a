"""Enrolling somebody over HTTP, and the faces that they are known by."""

import json
from io import BytesIO
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image
from rest_framework.test import APIClient

from faces.models import Edit, Face, FaceVector, Membership, Person
from faces.people.editing import undo
from photos.models import Analysis, Owner, Photo
from photos.services import current_space
from tests.factories import (
    make_face,
    make_person,
    make_photo,
    make_space,
    unit,
)
from tests.jobs.recognised import (
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
