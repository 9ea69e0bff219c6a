"""How well matching does is told by what staff have confirmed."""

import numpy as np
import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from faces.calibration import Scale
from faces.confirmed import Confirmed
from faces.models import Membership
from faces.people import placing
from faces.report import leave_one_out, operating
from photos.models import Owner, Space
from tests.factories import make_cluster, make_face, make_owner, make_person, make_space, unit

URL = "/api/v1/faces/report"
SCALE = Scale(20.0, 0.4)


def known(*people: list[tuple[float, ...]]) -> Confirmed:
    rows = [(person, unit(*numbers)) for person, faces in enumerate(people) for numbers in faces]
    return Confirmed(
        np.arange(len(rows)),
        np.array([person for person, _ in rows]),
        np.stack([vector for _, vector in rows]),
    )


class TestLeaveOneOut:
    def test_finds_each_face_by_the_others_of_its_person(self) -> None:
        found = leave_one_out(known([(1, 0), (1, 0.1)], [(0, 1), (0.1, 1)]), 0.5)

        assert (found.faces, found.people) == (4, 2)
        assert (found.right, found.wrong, found.missed) == (4, 0, 0)
        assert found.agreement.f1 == 1

    def test_counts_who_is_taken_for_somebody_else(self) -> None:
        found = leave_one_out(known([(1, 0), (1, 0.1), (0, 1)], [(0, 1, 0.1), (0, 1, -0.1)]), 0.5)

        assert (found.right, found.wrong, found.missed) == (4, 1, 0)
        assert found.agreement.precision == pytest.approx(1 / 2)  # 2 of 4 pairs
        assert found.agreement.recall == pytest.approx(2 / 4)

    def test_counts_who_is_missed(self) -> None:
        found = leave_one_out(known([(1, 0), (0.5, 0.9)], [(0, 0, 1), (0, 0.1, 1)]), 0.9)

        assert (found.right, found.wrong, found.missed) == (2, 0, 2)

    def test_of_somebody_with_one_face_misses_nothing(self) -> None:
        found = leave_one_out(known([(1, 0)], [(0, 1), (0, 1)]), 0.5)

        assert (found.right, found.wrong, found.missed) == (2, 0, 0)

    def test_leaves_a_face_between_two_people_alone(self) -> None:
        found = leave_one_out(known([(1, 0), (1, 0), (1, 1)], [(0, 1), (0, 1)]), 0.5)

        assert (found.right, found.wrong, found.missed) == (4, 0, 1)

    def test_of_nothing_is_nothing(self) -> None:
        nothing = Confirmed(np.zeros(0), np.zeros(0), np.zeros((0, 0), np.float32))

        assert leave_one_out(nothing, 0.5).faces == 0


class TestOperating:
    def test_is_where_so_many_pairs_of_two_people_are_taken_for_one(self) -> None:
        different = np.linspace(0, 0.5, 1_000, dtype=np.float32)
        same = np.linspace(0.4, 0.8, 100, dtype=np.float32)

        points = operating(same, different, SCALE)

        assert [point.false_accepts for point in points] == [1e-2, 1e-3]
        assert [(different > point.cosine).mean() for point in points] == [1e-2, 1e-3]
        for point in points:
            assert point.true_accepts == (same > point.cosine).mean()
            assert point.score == SCALE.score(point.cosine)

    def test_is_not_told_by_too_few_pairs(self) -> None:
        none = np.zeros(0, np.float32)

        assert operating(np.ones(5, np.float32), np.zeros(99, np.float32), SCALE) == []
        assert operating(none, np.zeros(200, np.float32), SCALE) == []
        assert operating(np.ones(5, np.float32), none, SCALE) == []


@pytest.mark.django_db
class TestReport:
    @pytest.fixture
    def space(self) -> Space:
        return make_space(same_person_cosine=0.5)

    def _person(self, owner: Owner, space: Space, axis: int, faces: int) -> list[int]:
        cluster = make_cluster(owner=owner, space=space, person=make_person(owner=owner))
        axes = np.eye(8)
        vectors = [unit(*(axes[axis] + 0.05 * axes[number])) for number in range(faces)]
        return [make_face(cluster=cluster, space=space, vector=each).pk for each in vectors]

    def test_tells_how_matching_does(self, api: APIClient, owner: Owner, space: Space) -> None:
        first, *_ = self._person(owner, space, 0, 3)
        second, *_ = self._person(owner, space, 1, 3)
        self._person(make_owner(), space, 2, 3)
        placing.answer(owner, first, second, same=False)

        shown = api.get(f"{URL}/?threshold=0.4").json()

        assert (shown["space"], shown["threshold"]) == (space.name, 0.4)
        assert shown["cosine"] == pytest.approx(0.5)
        assert shown["calibration"]["origin"] == "model"
        assert shown["said"] == {"confirmed": 6, "rejections": 0, "pairs": 1}
        assert (shown["same_pairs"], shown["different_pairs"]) == (6, 9)
        assert shown["matching"] == {
            "faces": 6, "people": 2, "right": 6, "wrong": 0, "missed": 0,
            "precision": 1, "recall": 1, "f1": 1,
        }  # fmt: skip

    def test_goes_by_the_settings_threshold(
        self, api: APIClient, space: Space, settings: pytest.FixtureRequest
    ) -> None:
        settings.FACE_PERSON_MATCH_THRESHOLD = 0.6  # type: ignore[attr-defined]  # any name

        assert api.get(URL).json()["threshold"] == 0.6

    def test_leaves_out_what_was_only_matched(
        self, api: APIClient, owner: Owner, space: Space
    ) -> None:
        self._person(owner, space, 0, 3)
        Membership.objects.update(how=Membership.How.MATCHED)

        assert api.get(URL).json()["matching"]["faces"] == 0

    @pytest.mark.parametrize("threshold", ["0", "1", "high"])
    def test_refuses_a_threshold_that_is_no_score(self, api: APIClient, threshold: str) -> None:
        answer = api.get(URL, {"threshold": threshold})

        assert answer.status_code == 400
        assert "threshold" in answer.json()["fields"]

    def test_before_the_first_face_says_so(self, api: APIClient) -> None:
        answer = api.get(URL)

        assert (answer.status_code, answer.json()["code"]) == (422, "nothing_found")

    @pytest.mark.parametrize("people", [1, 3])
    def test_costs_a_fixed_number_of_queries(
        self,
        api: APIClient,
        owner: Owner,
        space: Space,
        people: int,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for axis in range(people):
            self._person(owner, space, axis, 2)

        with django_assert_num_queries(8):
            assert api.get(URL).json()["matching"]["people"] == people
