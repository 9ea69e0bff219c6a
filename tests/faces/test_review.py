"""Staff are asked what settles most, and never twice."""

from typing import Any

import numpy as np
import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from faces.calibration import score_of
from faces.models import Membership
from faces.people import merging, naming, placing
from faces.review import pairs
from photos.models import Owner, Photo
from tests.faces.house import UNSURE, at
from tests.faces.reviewing import URL, House
from tests.factories import make_cluster, make_face, make_person, make_photo, make_space, unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(api: APIClient, owner: Owner) -> House:
    return House(api, owner, make_space(same_person_cosine=0.5))


def clusters_of(question: dict[str, Any]) -> set[str]:
    return {question[side]["face"]["cluster"] for side in ("first", "second")}


class TestSame:
    def test_are_clusters_that_may_be_one_person(self, house: House) -> None:
        one, other = house.cluster(at(0)), house.cluster(at(UNSURE))
        house.cluster(at(3))

        [question] = house.ask("same")

        assert clusters_of(question) == {one.public_id, other.public_id}
        assert question["score"] == pytest.approx(0.5, abs=0.05)
        assert question["settles"] == pytest.approx(1, abs=0.05)
        assert [question[side]["face_count"] for side in ("first", "second")] == [1, 1]

    def test_come_first_where_most_faces_depend_on_them(self, house: House) -> None:
        small = {house.cluster(at(0)).public_id, house.cluster(at(UNSURE)).public_id}
        across = [unit(0, 0, 1), unit(0, 0, float(np.cos(1.18)), float(np.sin(1.18)))]
        large = {house.cluster(*[vector] * 3).public_id for vector in across}

        questions = house.ask("same")

        assert [clusters_of(each) for each in questions] == [large, small]
        assert questions[0]["settles"] > questions[1]["settles"]

    def test_take_the_clusters_of_a_person_for_one(self, house: House) -> None:
        anna = make_person(owner=house.owner, name="Anna")
        house.cluster(at(0), person=anna)
        house.cluster(at(0.05), person=anna)
        house.cluster(at(1.12))

        [question] = house.ask("same")

        assert question["first"]["face"]["person"]["name"] == "Anna"
        assert question["first"]["face_count"] == 2

    @pytest.mark.parametrize("same", [True, False])
    def test_are_not_asked_again(self, house: House, *, same: bool) -> None:
        house.cluster(at(0), at(0.01))
        house.cluster(at(1.15), at(1.16))
        [question] = house.ask("same")

        house.answer(question, same=same)

        assert house.ask("same") == []

    def test_are_not_asked_of_whom_a_face_was_said_not_to_be(self, house: House) -> None:
        anna = make_person(owner=house.owner)
        house.cluster(at(0), person=anna)
        other = house.cluster(at(UNSURE))

        placing.reject(house.owner, [other.memberships.get().face_id], anna)

        assert house.ask("same") == []

    def test_are_not_asked_of_two_in_one_photo(self, house: House) -> None:
        photo: Photo = make_photo(owner=house.owner)
        for angle in (0, UNSURE):
            make_face(photo=photo, cluster=house.cluster(), space=house.space, vector=at(angle))

        assert house.ask("same") == []

    @pytest.mark.parametrize("mark", ["hidden", "ignored"])
    def test_leave_out_what_staff_have_put_aside(self, house: House, mark: str) -> None:
        house.cluster(at(0), **{mark: True})
        house.cluster(at(UNSURE))
        person = make_person(owner=house.owner)
        house.cluster(unit(0, 0, 1), person=person)
        house.cluster(unit(0, 0, float(np.cos(UNSURE)), float(np.sin(UNSURE))))
        naming.change(person, by=None, **{mark: True})

        assert house.ask("same") == []

    def test_know_nothing_of_other_owners(self, house: House) -> None:
        house.cluster(at(0))
        make_face(cluster=make_cluster(space=house.space), space=house.space, vector=at(UNSURE))

        assert house.ask("same") == []

    def test_are_found_beyond_a_block(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pairs, "_BLOCK", 1)
        house.cluster(at(0))
        house.cluster(unit(0, 0, 0, 1))
        house.cluster(at(UNSURE))

        assert len(house.ask("same")) == 1


class TestMerges:
    def test_are_clusters_that_are_alike_but_apart(self, house: House) -> None:
        alike = {house.cluster(at(0)).public_id, house.cluster(at(0.1)).public_id}
        house.cluster(at(UNSURE + 0.1))

        [question] = house.ask("merges")

        assert clusters_of(question) == alike
        assert question["score"] > 0.99

    def test_are_gone_once_merged(self, house: House) -> None:
        one, other = house.cluster(at(0)), house.cluster(at(0.1))

        merging.merge(house.owner, one.public_id, [other.public_id])

        assert house.ask("merges") == []

    @pytest.mark.parametrize("same", [True, False])
    def test_are_not_asked_again(self, house: House, *, same: bool) -> None:
        house.cluster(at(0)), house.cluster(at(0.1))
        [question] = house.ask("merges")

        house.answer(question, same=same)

        assert house.ask("merges") == []


class TestAssignments:
    def test_are_faces_that_were_matched_the_least_likely_first(self, house: House) -> None:
        anna = house.cluster(at(0), at(0.1), person=make_person(owner=house.owner, name="Anna"))
        sure, unsure = house.join(anna, at(0.2), 0.95), house.join(anna, at(1.1), 0.45)

        questions = house.ask("assignments")

        assert [each["second"]["face"]["id"] for each in questions] == [unsure.pk, sure.pk]
        assert questions[0]["first"]["face"]["id"] not in {sure.pk, unsure.pk}
        assert questions[0]["first"]["face"]["person"]["name"] == "Anna"
        assert questions[0]["score"] < questions[1]["score"]

    def test_weigh_a_cosine_by_how_many_faces_it_is_the_mean_of(self, house: House) -> None:
        large, small = house.cluster(*[at(0)] * 4), house.cluster(unit(0, 0, 1))
        to_large, to_small = (
            house.join(large, at(1.05), 0.5),
            house.join(small, unit(0, 0, 1, 1), 0.55),
        )

        questions = house.ask("assignments")

        assert [each["second"]["face"]["id"] for each in questions] == [to_small.pk, to_large.pk]
        scale = score_of(house.space, house.owner)
        assert questions[1]["score"] == pytest.approx(scale.score(0.5 / 0.8))
        assert questions[1]["first"]["face_count"] == 4

    def test_are_not_asked_again_once_they_are_confirmed(self, house: House) -> None:
        cluster = house.cluster(at(0))
        house.join(cluster, at(1), 0.5)
        [question] = house.ask("assignments")

        house.answer(question, same=True)

        assert house.ask("assignments") == []
        placing.confirm(house.owner, [question["second"]["face"]["id"]])
        assert house.ask("assignments") == []

    def test_take_a_face_out_that_is_somebody_else(self, house: House) -> None:
        cluster = house.cluster(at(0))
        face = house.join(cluster, at(1), 0.5)
        [question] = house.ask("assignments")

        house.answer(question, same=False)

        assert house.ask("assignments") == []
        assert not Membership.objects.filter(face=face).exists()
        assert cluster.memberships.count() == 1


class TestMixed:
    def test_are_clusters_that_fall_into_two(self, house: House) -> None:
        two = house.cluster(at(0), at(0.1), at(0.2), at(1.6), at(1.7))
        house.cluster(at(3), at(3.1), at(3.2), at(3.3))

        [question] = house.ask("mixed")

        assert clusters_of(question) == {two.public_id}
        faces = list(two.memberships.order_by("face_id").values_list("face_id", flat=True))
        assert sorted(question["first"]["faces"]) == faces[:3]
        assert sorted(question["second"]["faces"]) == faces[3:]
        assert question["score"] < 0.1
        assert question["settles"] == pytest.approx(6, rel=0.1)

    def test_are_not_those_with_a_stray(self, house: House) -> None:
        house.cluster(at(0), at(0.1), at(0.2), at(1.6))

        assert house.ask("mixed") == []

    def test_are_gone_once_split(self, house: House) -> None:
        cluster = house.cluster(at(0), at(0.1), at(0.2), at(1.6), at(1.7))
        [question] = house.ask("mixed")

        placing.split(cluster, question["second"]["faces"])

        assert house.ask("mixed") == []

    def test_are_not_asked_again_of_somebody_with_two_looks(self, house: House) -> None:
        house.cluster(at(0), at(0.1), at(0.2), at(1.6), at(1.7))
        [question] = house.ask("mixed")

        house.answer(question, same=True)

        assert house.ask("mixed") == []


class TestQueue:
    def test_comes_in_pages(self, house: House) -> None:
        cluster = house.cluster(at(0))
        for number in range(3):
            house.join(cluster, at(1), 0.5 + number / 100)

        page = house.api.get(URL, {"kind": "assignments", "page_size": "2"}).json()
        rest = house.api.get(page["next"]).json()

        assert (page["count"], len(page["results"]), len(rest["results"])) == (3, 2, 1)

    def test_asks_first_whether_two_are_the_same(self, house: House) -> None:
        house.cluster(at(0))
        house.cluster(at(UNSURE))

        assert house.api.get(f"{URL}/").json()["results"] == house.ask("same")

    def test_refuses_a_kind_that_there_is_not(self, api: APIClient) -> None:
        answer = api.get(URL, {"kind": "other"})

        assert answer.status_code == 400
        assert "kind" in answer.json()["fields"]

    @pytest.mark.parametrize("kind", ["same", "merges", "assignments", "mixed"])
    def test_before_the_first_face_is_empty(self, api: APIClient, kind: str) -> None:
        assert api.get(URL, {"kind": kind}).json()["results"] == []

    @pytest.mark.parametrize(
        ("kind", "queries"), [("same", 14), ("merges", 13), ("assignments", 11), ("mixed", 13)]
    )
    @pytest.mark.parametrize("count", [1, 3])
    def test_costs_a_fixed_number_of_queries(
        self,
        house: House,
        kind: str,
        queries: int,
        count: int,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        axes = np.eye(8, dtype=np.float32)
        for number in range(count):
            one, other = axes[2 * number : 2 * number + 2]
            house.cluster(unit(*one)), house.cluster(unit(*(one + 1.7 * other)))
            house.cluster(unit(*(-one))), house.cluster(unit(*(0.1 * other - one)))
            mixed = house.cluster(*[unit(*other)] * 2, *[unit(*(-other))] * 2)
            house.join(mixed, unit(*other), 0.5)

        with django_assert_num_queries(queries):
            assert len(house.ask(kind)) == count

    def test_needs_a_token(self) -> None:
        assert APIClient().get(URL).status_code == 401
