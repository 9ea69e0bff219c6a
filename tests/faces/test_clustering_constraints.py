"""What is known of faces holds in every grouping: on made-up vectors."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faces.clustering import ALONE, Known, Method, Rule, cluster
from faces.errors import ConstraintsConflict
from inference.arrays import Array
from tests.factories import unit

SAME = 0.5
ANNA = [unit(1, 0, 0.1 * n) for n in range(4)]
BEN = [unit(0, 1, 0.1 * n) for n in range(4)]


def labels(vectors: list[Array], method: Method = Method.AGGLOMERATIVE, **known: Any) -> list[int]:
    count = len(vectors)
    facts = {"photo": np.arange(count), "core": np.ones(count, bool)} | known
    found = cluster(np.stack(vectors), Known(**facts), Rule(SAME, method))
    return [int(label) for label in found]


def conflict(**known: Any) -> str:
    with pytest.raises(ConstraintsConflict) as raised:
        labels(ANNA, **known)
    return str(raised.value)


@pytest.mark.parametrize("method", Method)
class TestKnown:
    def test_faces_said_to_be_one_person_are_together_though_unlike(self, method: Method) -> None:
        assert labels([*ANNA, *BEN], method, together=[(0, 4)]) == [0] * 8

    def test_two_of_them_are_a_group_though_that_is_small(self, method: Method) -> None:
        found = labels([unit(1, 0), unit(0, 1), unit(0, 0, 1)], method, together=[(0, 2)])

        assert found == [0, ALONE, 0]

    def test_so_are_two_poor_ones(self, method: Method) -> None:
        core = np.array([False, False, True])

        found = labels([unit(1), unit(0, 1), unit(0, 0, 1)], method, core=core, together=[(0, 1)])

        assert found == [0, 0, ALONE]

    def test_faces_said_to_be_two_people_are_apart_though_alike(self, method: Method) -> None:
        found = labels([*ANNA, unit(1, 0.05)], method, apart=[(0, 4)])

        assert found[0] != found[4]

    def test_faces_that_are_like_both_go_to_one_of_them(self, method: Method) -> None:
        found = labels([unit(1, 0), unit(1, 0), unit(1, 0)], method, apart=[(0, 2)])

        assert found[0] != found[2] or found == [ALONE] * 3

    def test_a_face_stays_with_its_seed_though_unlike(self, method: Method) -> None:
        seed = np.array([7, 7, -1, -1, -1, -1, -1, 7])

        found = labels([*ANNA, *BEN], method, seed=seed)

        assert {found[0], found[1], found[7]} == {found[0]}

    def test_groups_of_two_seeds_never_meet(self, method: Method) -> None:
        seed = np.array([7, -1, -1, 9])

        found = labels(ANNA, method, seed=seed)

        assert found[0] != found[3]
        assert ALONE not in {found[0], found[3]}

    def test_a_seed_of_one_face_is_a_group(self, method: Method) -> None:
        found = labels([unit(1), unit(0, 1), unit(0, 0, 1)], method, seed=np.array([-1, 4, -1]))

        assert found == [ALONE, 0, ALONE]

    def test_faces_join_the_seed_that_they_fit(self, method: Method) -> None:
        found = labels([*ANNA, *BEN], method, seed=np.array([7, -1, -1, -1, 9, -1, -1, -1]))

        assert found == [0, 0, 0, 0, 1, 1, 1, 1]

    def test_a_face_does_not_join_a_seed_that_its_photo_has(self, method: Method) -> None:
        vectors = [*ANNA[:3], unit(1, 0.8)]
        photo = np.array([1, 2, 3, 1])

        found = labels(vectors, method, photo=photo, seed=np.array([7, -1, -1, -1]))

        assert found == [0, 0, 0, ALONE]


class TestContradictions:
    def test_of_faces_of_one_photo_are_named(self) -> None:
        said = conflict(photo=np.array([1, 2, 3, 1]), together=[(0, 1), (1, 3)])

        assert said.startswith("Faces 0 and 3 can't be one person: they are in one photo.")

    def test_of_faces_said_to_be_both_are_named(self) -> None:
        said = conflict(together=[(2, 1)], apart=[(1, 2)])

        assert "Faces 1 and 2 can't be one person: they are said to be different people" in said

    def test_of_two_seeds_are_named(self) -> None:
        said = conflict(seed=np.array([5, -1, -1, 6]), together=[(0, 3)])

        assert "Faces 0 and 3 can't be one person: they belong to different people" in said

    def test_of_a_seed_and_a_photo_are_named(self) -> None:
        said = conflict(seed=np.array([5, 5, -1, -1]), photo=np.array([1, 1, 2, 3]))

        assert said.startswith("Faces 0 and 1 can't be one person: they are in one photo.")

    def test_are_told_in_the_callers_names(self) -> None:
        names = ["fac_a", "fac_b", "fac_c", "fac_d"]

        said = conflict(names=names, together=[(0, 1)], apart=[(0, 1)])

        assert said.startswith("Faces fac_a and fac_b can't be one person")


class TestAnyGrouping:
    @settings(max_examples=60)
    @given(method=st.sampled_from(Method), number=st.integers(0, 2**32 - 1))
    def test_keeps_to_what_is_known(self, method: Method, number: int) -> None:
        random = np.random.default_rng(number)
        count = int(random.integers(2, 60))
        centres = random.normal(size=(4, 8))
        vectors = centres[random.integers(0, 4, count)] + 0.4 * random.normal(size=(count, 8))
        photo = random.integers(0, count, count)
        seed = np.where(random.random(count) < 0.2, random.integers(0, 3, count), ALONE)
        pairs = random.integers(0, count, (6, 2)).tolist()
        known = Known(
            photo=photo,
            core=random.random(count) < 0.8,
            seed=seed,
            together=[(one, other) for one, other in pairs[:3]],
            apart=[(one, other) for one, other in pairs[3:]],
        )
        try:
            found = cluster(
                (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32),
                known,
                Rule(SAME, method),
            )
        except ConstraintsConflict:
            return
        assert all(found[one] == found[other] for one, other in known.together if one != other)
        assert all(found[one] != found[other] or found[one] == ALONE for one, other in known.apart)
        for label in range(found.max() + 1):
            rows = np.flatnonzero(found == label)
            assert len(set(photo[rows])) == len(rows)
            assert len(set(seed[rows]) - {ALONE}) <= 1
        for each in set(seed.tolist()) - {ALONE}:
            assert len(set(found[seed == each].tolist())) == 1
        assert ALONE not in found[seed != ALONE]
