"""What was said of faces is taken back: over HTTP, and as an edit that can be undone."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from faces.models import Edit, Face, Membership, Pair, Person, Rejection
from faces.people import placing
from faces.people.editing import undo
from photos.models import Owner
from tests.factories import make_cluster, make_face, make_person, make_photo

pytestmark = pytest.mark.django_db
API = "/api/v1"


@pytest.fixture
def anna(owner: Owner) -> Person:
    person = make_person(owner=owner, name="Anna")
    make_cluster(owner=owner, faces=1, person=person)
    return person


@pytest.fixture
def rejected(owner: Owner, anna: Person) -> Face:
    face = make_face(photo=make_photo(owner=owner))
    placing.reject(owner, [face.pk], anna)
    return face


@pytest.fixture
def pair(owner: Owner) -> tuple[int, int]:
    """Of two faces of which somebody said that they are two people."""
    one, other = (make_face(photo=make_photo(owner=owner)).pk for _ in range(2))
    placing.answer(owner, one, other, same=False)
    return one, other


class TestRejections:
    def test_are_taken_back(
        self, api: APIClient, owner: Owner, anna: Person, rejected: Face
    ) -> None:
        body = {"faces": [rejected.pk], "rejected": False}

        answer = api.post(f"{API}/people/{anna.pk}/reject", body, "json")

        assert answer.status_code == 200
        assert (answer.json()["edit"]["kind"], Edit.objects.count()) == ("reject", 2)
        assert not Rejection.objects.exists()
        assert not Membership.objects.filter(face=rejected).exists()

    def test_hold_again_when_that_is_undone(
        self, owner: Owner, anna: Person, rejected: Face
    ) -> None:
        placing.unreject(owner, [rejected.pk], anna)

        undo(owner, Edit.objects.latest("pk").pk, None)

        assert list(Rejection.objects.values_list("face", "person")) == [(rejected.pk, anna.pk)]

    def test_that_nobody_has_said_change_nothing(
        self, api: APIClient, owner: Owner, anna: Person
    ) -> None:
        face = make_face(photo=make_photo(owner=owner))
        body = {"faces": [face.pk], "rejected": False}

        answer = api.post(f"{API}/people/{anna.pk}/reject", body, "json")

        assert answer.json()["edit"] is None
        assert not Edit.objects.exists()

    def test_of_others_are_not_touched(self, api: APIClient, anna: Person) -> None:
        stranger = make_face()
        body = {"faces": [stranger.pk], "rejected": False}

        answer = api.post(f"{API}/people/{anna.pk}/reject", body, "json")

        assert (answer.status_code, answer.json()["code"]) == (404, "face_missing")


class TestAnswers:
    def test_are_taken_back_in_either_order(self, api: APIClient, pair: tuple[int, int]) -> None:
        body: dict[str, Any] = {"first": pair[1], "second": pair[0], "same": None}

        answer = api.post(f"{API}/faces/answer", body, "json")

        assert (answer.status_code, answer.json()["edit"]["kind"]) == (200, "answer")
        assert not Pair.objects.exists()

    def test_hold_again_when_that_is_undone(self, owner: Owner, pair: tuple[int, int]) -> None:
        placing.unanswer(owner, *pair)

        undo(owner, Edit.objects.latest("pk").pk, None)

        assert Pair.objects.get().same is False

    def test_are_taken_back_once(self, api: APIClient, pair: tuple[int, int]) -> None:
        body: dict[str, Any] = {"first": pair[0], "second": pair[1], "same": None}
        api.post(f"{API}/faces/answer", body, "json")

        again = api.post(f"{API}/faces/answer", body, "json")

        assert again.json()["edit"] is None
        assert Edit.objects.count() == 2

    @pytest.mark.parametrize("form", ["json", "multipart"])
    def test_have_to_say_something(self, api: APIClient, pair: tuple[int, int], form: str) -> None:
        answer = api.post(f"{API}/faces/answer", {"first": pair[0], "second": pair[1]}, form)

        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["same"])
        assert Pair.objects.exists()
