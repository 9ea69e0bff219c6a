"""From a reference picture to being told that somebody was seen: real database, known vectors."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from rest_framework.test import APIClient

import photos.services
from faces.models import Edit, Face, FaceVector, Membership, Person
from faces.services import FindFaces, FoundFaces
from inference.arrays import Array
from jobs import services
from jobs.drain import Drain
from jobs.enrolment import Enrolled, Reference, Whom, enrol
from jobs.models import Event
from jobs.pipeline import Parts
from jobs.sight import Sight
from photos.models import Owner, Photo
from photos.services import Content, Picture
from tests.factories import make_owner, unit
from tests.fakes import (
    IDENTITY,
    FakeDetector,
    FakeEmbedder,
    decoded_here,
    face_at,
    operations,
)
from tests.pictures import jpeg

pytestmark = pytest.mark.django_db(transaction=True)
RECIPE = "fakes"
ANNA = unit(1, 0)


def finder(*vectors: Array) -> FindFaces:
    """What sees a face side by side for each of `vectors`."""
    faces = [face_at(4 + 32 * number, side=28) for number in range(len(vectors))]
    return FindFaces(FakeDetector(faces), FakeEmbedder(vectors), RECIPE)


def reference(seed: int = 0) -> Reference:
    """A picture of Anna; another seed gives another one."""
    find, data = finder(ANNA), jpeg(width=96, seed=seed)
    with decoded_here(data) as decoded:
        findings = find.look(decoded.pixels)
        space = photos.services.space_of(IDENTITY, FaceVector)
        picture = Picture.of(decoded)
    assert isinstance(findings, FoundFaces)
    sight = Sight(Content.of(data), picture, find, findings, space)
    return Reference(sight, sight.probes[0])


def enrolled(owner: Owner, pictures: Sequence[Reference]) -> Enrolled:
    try:
        return enrol(owner, Whom(name="Anna", contact_id="user-44"), pictures, by=None)
    finally:
        connection.close()


def processed(owner: Owner, *vectors: Array) -> Event:
    """A photo with such faces comes in and is done: what is told of that."""
    upload = services.upload(ContentFile(jpeg(width=96, seed=99), "a.jpg"))
    services.submit(owner, [upload])
    with ThreadPoolExecutor(1) as looks:
        parts = Parts(
            fetch=lambda url: b"",
            decoded=decoded_here,
            operations=operations(finder(*vectors)),
            looks=looks,
            max_bytes=10**6,
        )
        Drain(parts, in_flight=1, lease_s=60, limit_s=60).run()
    return Event.objects.get(kind=Event.Kind.PHOTO_COMPLETED)


class TestAnActionShot:
    def test_is_told_with_whom_it_shows_and_how_sure_that_is(
        self, api: APIClient, owner: Owner
    ) -> None:
        anna = enrolled(owner, [reference()]).person

        event = processed(owner, unit(0, 1), unit(1, 0.2))

        seen = Face.objects.get(
            photo=event.data["photo_id"], membership__part__cluster__person=anna
        )
        [told] = event.data["people"]
        assert told.pop("similarity") == pytest.approx(0.9806, abs=1e-3)
        assert told == {
            "person_id": anna.pk,
            "contact_id": "user-44",
            "name": "Anna",
            "face_id": seen.pk,
        }
        [item] = api.get(f"/api/v1/jobs/{event.job_id}/items").json()["results"]
        stranger, shown = item["result"]["faces"]
        assert shown["person"] == {"id": anna.pk, "name": "Anna", "contact_id": "user-44"}
        assert (shown["how"], shown["similarity"]) == ("matched", pytest.approx(0.9806, abs=1e-3))
        assert (stranger["person"], stranger["how"], stranger["similarity"]) == (None, None, None)

    def test_of_strangers_names_nobody(self, owner: Owner) -> None:
        enrolled(owner, [reference()])

        assert processed(owner, unit(0, 1)).data["people"] == []

    def test_of_another_owner_names_nobody(self, owner: Owner) -> None:
        enrolled(make_owner(), [reference()])

        assert processed(owner, ANNA).data["people"] == []


class TestEnrolAtOnce:
    def test_makes_one_person_of_many_requests(self, owner: Owner) -> None:
        pictures = [reference(seed) for seed in range(3)]
        orders = [pictures, pictures[::-1]] * 4

        with ThreadPoolExecutor(8) as pool:
            done = list(pool.map(partial(enrolled, owner), orders))

        assert {each.person.pk for each in done} == {Person.objects.get().pk}
        assert [each.created for each in done].count(True) == 1
        assert (Photo.objects.count(), Face.objects.count(), Edit.objects.count()) == (3, 3, 1)
        assert set(Membership.objects.values_list("how", flat=True)) == {"manual"}
