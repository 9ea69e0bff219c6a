"""Why a face is where it is can be looked up."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from faces import grouping
from faces.calibration import score_of
from faces.models import Cluster, Face, Membership
from faces.people import naming, placing
from inference.arrays import Array
from photos.models import Owner, Photo, Space
from tests.factories import make_cluster, make_face, make_person, make_photo, make_space, unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def space(db: None) -> Space:
    return make_space(same_person_cosine=0.5)


class House:
    """An owner's faces, and what the API says of them."""

    def __init__(self, api: APIClient, owner: Owner, space: Space) -> None:
        self.api, self.owner, self.space = api, owner, space

    def person(self, name: str, *vectors: Array) -> Cluster:
        person = make_person(owner=self.owner, name=name)
        cluster = make_cluster(owner=self.owner, space=self.space, person=person)
        for vector in vectors:
            make_face(cluster=cluster, space=self.space, vector=vector)
        return cluster

    def face(self, vector: Array | None, photo: Photo | None = None, **values: Any) -> Face:
        photo = photo or make_photo(owner=self.owner)
        return make_face(photo=photo, space=self.space, vector=vector, **values)

    def explain(self, face: Face) -> dict[str, Any]:
        answer = self.api.get(f"/api/v1/faces/{face.pk}/explanation")
        assert answer.status_code == 200
        shown: dict[str, Any] = answer.json()
        return shown


@pytest.fixture
def house(api: APIClient, owner: Owner, space: Space) -> House:
    return House(api, owner, space)


class TestExplanation:
    def test_of_a_matched_face_tells_with_whom_it_was_compared(self, house: House) -> None:
        anna = house.person("Anna", unit(1, 0), unit(1, 0.1))
        house.person("Ben", unit(0, 1), unit(0.1, 1))
        face = house.face(unit(1, 0.3))
        grouping.group(house.owner, house.space)

        shown = house.explain(face)

        assert (shown["rule"], shown["why"]) == ("matched", [])
        assert (shown["space"], shown["spaces"]) == (house.space.name, [house.space.name])
        assert shown["thresholds"] == {"person": pytest.approx(0.553, abs=1e-3), "cluster": 0.5}
        assert shown["face"]["person"]["name"] == "Anna"
        best, runner_up = shown["candidates"]
        assert (best["person"]["name"], runner_up["person"]["name"]) == ("Anna", "Ben")
        assert (best["cluster"], best["faces"]) == (anna.public_id, 2)
        assert best["cosine"] == pytest.approx(shown["similarity"], abs=1e-3)
        assert best["cosine"] >= best["needed"]
        assert runner_up["against"] == ["below_threshold"]

    def test_shows_the_nearest_faces_that_somebody_has_seen(self, house: House) -> None:
        anna = house.person("Anna", unit(1, 0), unit(1, 0.5))
        one, other = anna.memberships.order_by("pk")
        matched = make_face(cluster=anna, space=house.space, vector=unit(1, 0.01))
        Membership.objects.filter(face=matched).update(how=Membership.How.MATCHED)
        face = house.face(unit(1, 0))

        nearest = house.explain(face)["nearest"]

        scale = score_of(house.space, house.owner)
        assert [each["face"] for each in nearest] == [one.face_id, other.face_id]
        assert nearest[0]["cosine"] == pytest.approx(1, abs=1e-3)
        assert nearest[1]["score"] == pytest.approx(scale.score(nearest[1]["cosine"]))
        assert nearest[0]["person"]["name"] == "Anna"

    def test_of_a_confirmed_face_does_not_compare_it_with_itself(self, house: House) -> None:
        anna = house.person("Anna", unit(1, 0), unit(0.6, 0.8))
        face = anna.memberships.order_by("pk")[0].face

        shown = house.explain(face)

        [best] = shown["candidates"]
        assert shown["rule"] == "clustered"
        assert (best["faces"], best["cosine"]) == (1, pytest.approx(0.6, abs=1e-3))
        assert face.pk not in [each["face"] for each in shown["nearest"]]

    def test_of_a_face_that_somebody_has_placed_says_so(self, house: House) -> None:
        anna = house.person("Anna", unit(1, 0))
        face = house.face(unit(0, 1))
        assert anna.person
        placing.assign(house.owner, [face.pk], anna.person)

        shown = house.explain(face)

        assert (shown["rule"], shown["face"]["person"]["name"]) == ("manual", "Anna")
        assert [each["against"] for each in shown["candidates"]] == [["below_threshold"]]

    def test_says_that_nobody_is_known(self, house: House) -> None:
        assert house.explain(house.face(unit(1)))["why"] == ["nobody_known"]

    def test_says_that_nobody_is_like_it(self, house: House) -> None:
        house.person("Anna", unit(1, 0))

        assert house.explain(house.face(unit(0, 1)))["why"] == ["below_threshold"]

    def test_says_that_it_is_too_poor_besides(self, house: House) -> None:
        house.person("Anna", unit(1, 0))
        face = house.face(unit(0, 1), quality=0.2)

        assert house.explain(face)["why"] == ["below_threshold", "too_poor_to_found_a_cluster"]

    def test_says_that_two_are_as_like_it(self, house: House) -> None:
        house.person("Anna", unit(1, 0))
        house.person("Ben", unit(0, 1))
        face = house.face(unit(1, 1))
        grouping.group(house.owner, house.space)

        assert house.explain(face)["why"] == ["runner_up_too_close"]

    def test_says_that_it_was_said_not_to_be(self, house: House) -> None:
        anna = house.person("Anna", unit(1, 0))
        face = house.face(unit(1, 0.1))
        assert anna.person
        placing.reject(house.owner, [face.pk], anna.person)
        grouping.group(house.owner, house.space)

        shown = house.explain(face)

        assert shown["why"] == ["said_not_to_be"]
        assert [each["name"] for each in shown["constraints"]["rejected"]] == ["Anna"]

    def test_shows_what_was_said_of_it_and_another_face(self, house: House) -> None:
        anna = house.person("Anna", unit(1, 0))
        hers, face = anna.memberships.get().face, house.face(unit(1, 0.1))
        placing.answer(house.owner, face.pk, hers.pk, same=False)
        grouping.group(house.owner, house.space)

        shown = house.explain(face)

        [pair] = shown["constraints"]["pairs"]
        assert (pair["first"], pair["second"], pair["same"]) == (hers.pk, face.pk, False)
        assert shown["why"] == ["said_not_to_be"]

    def test_says_that_the_person_is_in_the_photo_already(self, house: House) -> None:
        anna = house.person("Anna", unit(1, 0))
        photo = anna.memberships.get().face.photo
        face = house.face(unit(1, 0.1), photo=photo)
        grouping.group(house.owner, house.space)

        assert house.explain(face)["why"] == ["person_is_another_face"]

    def test_says_that_nothing_is_matched_with_whom_it_is_like(self, house: House) -> None:
        anna = house.person("Anna", unit(1, 0))
        assert anna.person
        naming.change(anna.person, ignored=True)
        face = house.face(unit(1, 0.1))
        grouping.group(house.owner, house.space)

        assert house.explain(face)["why"] == ["nothing_is_matched_with_them"]

    def test_says_that_it_only_waits(self, house: House) -> None:
        house.person("Anna", unit(1, 0))
        face = house.face(unit(1, 0.1))

        assert house.explain(face)["why"] == ["joins_when_next_grouped"]

    def test_says_that_it_is_ignored(self, house: House) -> None:
        assert house.explain(house.face(unit(1), ignored=True))["why"] == ["ignored"]

    def test_says_that_no_model_has_seen_it(self, house: House) -> None:
        shown = house.explain(house.face(None))

        assert shown["why"] == ["not_seen_by_the_active_model"]
        assert (shown["space"], shown["spaces"], shown["nearest"]) == (None, [], [])

    def test_names_the_models_that_have_seen_it(self, house: House) -> None:
        face = house.face(unit(1))
        newer = make_space()

        shown = house.explain(face)

        assert newer.name not in shown["spaces"]
        assert (shown["space"], shown["spaces"]) == (None, [house.space.name])

    def test_of_anothers_face_is_that_of_none(self, api: APIClient) -> None:
        theirs = api.get(f"/api/v1/faces/{make_face().pk}/explanation")
        missing = api.get("/api/v1/faces/999999999/explanation/")

        assert theirs.status_code == missing.status_code == 404
        assert theirs.json() == missing.json()

    @pytest.mark.parametrize("others", [1, 3])
    def test_costs_a_fixed_number_of_queries(
        self, house: House, others: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(others):
            house.person(f"Person {number}", unit(1, 0.1 * number))
        face = house.face(unit(1, 0.05))

        with django_assert_num_queries(20):
            assert len(house.explain(face)["candidates"]) == others
