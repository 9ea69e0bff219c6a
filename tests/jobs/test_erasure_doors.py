"""Erasing somebody over HTTP, by a command, and by several at once."""

import json
from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from rest_framework.test import APIClient

from faces.errors import PersonMissing
from faces.models import Erasure, Face, FaceVector, Person
from faces.services import FindFaces
from jobs.erasure import erase
from local.processes import wait_until
from photos.models import Owner
from photos.operations import Place
from tests.factories import (
    make_person,
    unit,
)
from tests.fakes import FakeDetector, FakeEmbedder, face_at
from tests.jobs.erased import (
    NAME,
    faces_of,
    zoe,
)
from tests.pictures import noise

__all__ = ["zoe"]  # fixtures
pytestmark = pytest.mark.django_db


def is_waited_for() -> bool:
    """Whether somebody waits for an advisory lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        [count] = cursor.fetchone() or (0,)
    return bool(count)


@pytest.mark.django_db(transaction=True)
class TestErasingAtOnce:
    def test_twice_has_one_winner(self, owner: Owner, zoe: Person) -> None:
        def once(_number: int) -> bool:
            try:
                erase(owner, zoe.pk)
            except PersonMissing:
                return False
            finally:
                connection.close()
            return True

        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(once, range(2)))

        assert sorted(done) == [False, True]
        assert Erasure.objects.get().counts["left"] == {"rows": 0, "files": 0}

    def test_waits_for_who_is_storing_faces(self, owner: Owner, zoe: Person) -> None:
        [face, _] = faces_of(zoe)
        photo = face.photo
        Face.objects.filter(pk=face.pk).update(x=4)
        seen = face_at(4, face.y, side=50)
        find = FindFaces(FakeDetector([seen]), FakeEmbedder([unit(1)]), "other")
        store = find.look(noise(width=640, height=480)).keep(Place(owner, "some"))

        def erase_there() -> None:
            erase(owner, zoe.pk)
            connection.close()

        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                store(photo)
                erasing = pool.submit(erase_there)
                wait_until(is_waited_for, timeout_s=30, what="The erasure")
            erasing.result()

        assert (Face.objects.count(), FaceVector.objects.count()) == (0, 0)


class TestErasingOverHttp:
    def test_answers_with_the_receipt(self, api: APIClient, zoe: Person) -> None:
        answer = api.post(f"/api/v1/people/{zoe.pk}/erase", {"confirm": NAME})

        body = answer.json()
        assert (answer.status_code, body["person"]) == (200, zoe.pk)
        assert (body["left"], body["files"]) == ({"rows": 0, "files": 0}, 2)
        assert NAME not in json.dumps(body, ensure_ascii=False)
        assert api.get(f"/api/v1/erasures/{body['id']}/").json() == body

    def test_wants_the_name(self, api: APIClient, zoe: Person) -> None:
        for sent in ({}, {"confirm": "Zoe"}):
            answer = api.post(f"/api/v1/people/{zoe.pk}/erase/", sent)

            assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
            assert list(answer.json()["fields"]) == ["confirm"]
        assert Person.objects.filter(pk=zoe.pk).exists()

    def test_twice_is_404_as_is_another_owners(self, api: APIClient, zoe: Person) -> None:
        foreign = make_person(name=NAME)
        api.post(f"/api/v1/people/{zoe.pk}/erase", {"confirm": NAME})

        for pk in (zoe.pk, foreign.pk):
            answer = api.post(f"/api/v1/people/{pk}/erase", {"confirm": NAME})
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert Person.objects.filter(pk=foreign.pk).exists()

    def test_shows_no_receipt_of_another_owner(self, api: APIClient) -> None:
        person = make_person()
        erasure = erase(person.owner, person.pk)

        assert api.get(f"/api/v1/erasures/{erasure.pk}").status_code == 404


class TestTheCommand:
    def test_erases_and_prints_the_receipt(self, zoe: Person) -> None:
        out = StringIO()

        call_command("erase_person", str(zoe.pk), "--confirm", NAME, "--json", stdout=out)

        receipt = json.loads(out.getvalue())
        assert (receipt["person"], receipt["left"]) == (zoe.pk, {"rows": 0, "files": 0})
        assert not Person.objects.exists()

    def test_refuses_a_wrong_name(self, zoe: Person) -> None:
        with pytest.raises(CommandError, match="not called 'Ben'"):
            call_command("erase_person", str(zoe.pk), "--confirm", "Ben")
        with pytest.raises(CommandError, match="There is no person 999999"):
            call_command("erase_person", "999999", "--confirm", NAME)
        assert Person.objects.exists()
