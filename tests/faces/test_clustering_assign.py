"""New faces and the groups that are known; new groups and old ones."""

import numpy as np
import pytest

from faces.clustering import ALONE, Groups, Match, assign, match_groups, rank
from inference.arrays import Array
from tests.factories import unit

SAME = 0.5
TWO = Groups(np.stack([unit(1, 0) * 0.9, unit(0, 1) * 0.9]), np.array([4, 4]))


def matches(
    *probes: Array,
    taken: set[tuple[int, int]] | None = None,
    groups: Groups = TWO,
    margin: float = 0.0,
) -> list[Match]:
    """`probes`, all of photo 1."""
    return assign(
        np.stack(probes),
        groups,
        same_person=SAME,
        photo=np.ones(len(probes), np.int64),
        taken=taken or set(),
        margin=margin,
    )


class TestAssign:
    def test_finds_the_group_of_each(self) -> None:
        found = matches(unit(0, 1), unit(1, 0))

        assert {(match.row, match.column) for match in found} == {(0, 1), (1, 0)}
        assert [match.similarity for match in found] == pytest.approx([0.9, 0.9])

    def test_leaves_strangers(self) -> None:
        assert matches(unit(0, 0, 1)) == []

    def test_gives_a_group_one_face_of_a_photo(self) -> None:
        [found] = matches(unit(1, 0.5), unit(1, 0))

        assert (found.row, found.column) == (1, 0)

    def test_gives_it_none_when_it_has_one(self) -> None:
        assert matches(unit(1, 0), taken={(1, 0)}) == []

    def test_tells_how_like_the_next_best_group_it_is(self) -> None:
        [found] = matches(unit(0.8, 0.6))

        assert found.column == 0
        assert found.runner_up == pytest.approx(0.54)

    def test_has_no_next_best_where_there_is_one_group(self) -> None:
        [found] = matches(unit(1, 0), groups=Groups(np.stack([unit(1, 0)]), np.array([1])))

        assert found.runner_up is None

    def test_leaves_who_is_between_two_groups(self) -> None:
        assert matches(unit(0.8, 0.6), margin=0.2) == []
        assert len(matches(unit(0.8, 0.6), margin=0.1)) == 1

    def test_takes_the_looks_of_a_person_for_one_group(self) -> None:
        looks = np.stack([unit(1, 0), unit(0.8, 0.6), unit(0, 0, 1)])
        groups = Groups(looks, np.array([1, 1, 1]), group=np.array([7, 7, 8]))

        [found] = matches(unit(0.9, 0.4), groups=groups, margin=0.3)

        assert found.column == 7
        assert found.runner_up == pytest.approx(0)

    def test_of_no_groups_is_nothing(self) -> None:
        groups = Groups(np.zeros((0, 8), np.float32), np.zeros(0, np.int64))

        assert matches(unit(1), groups=groups) == []


class TestRank:
    def test_tells_of_those_who_fit_none_as_well(self) -> None:
        found = rank(np.stack([unit(0.2, 0.1, 1)]), TWO, same_person=SAME)

        assert found.column.tolist() == [0]
        assert found.excess[0] < 0
        assert found.lead[0] > 0

    def test_asks_more_of_a_group_of_few(self) -> None:
        groups = Groups(np.stack([unit(1, 0), unit(0, 1)]), np.array([1, 100]))

        found = rank(np.stack([unit(1, 1)]), groups, same_person=SAME)

        assert found.column.tolist() == [1]


class TestMatchGroups:
    def test_finds_groups_again_under_other_numbers(self) -> None:
        before = np.array([4, 4, 7, 7, ALONE])

        assert match_groups(before, np.array([1, 1, 0, 0, 0])) == {1: 4, 0: 7}

    def test_lets_the_larger_part_of_a_split_group_go_on(self) -> None:
        assert match_groups(np.array([4] * 5), np.array([0, 0, 1, 1, 1])) == {1: 4}

    def test_lets_the_larger_of_merged_groups_go_on(self) -> None:
        assert match_groups(np.array([4, 4, 5, 5, 5]), np.array([0] * 5)) == {0: 5}

    def test_keeps_as_many_faces_as_possible_and_not_the_largest_overlap(self) -> None:
        before = np.array([1] * 5 + [1] * 4 + [2] * 4)
        after = np.array([0] * 5 + [3] * 4 + [0] * 4)

        assert match_groups(before, after) == {3: 1, 0: 2}

    def test_gives_nothing_to_new_groups(self) -> None:
        before = np.array([ALONE, ALONE, 3, 3])

        assert match_groups(before, np.array([0, 0, 1, 1])) == {1: 3}

    def test_of_nothing_is_nothing(self) -> None:
        none = np.zeros(0, np.int64)

        assert match_groups(none, none) == {}
        assert match_groups(np.array([ALONE]), np.array([0])) == {}

    def test_of_twenty_thousand_groups_that_move_a_little_keeps_nearly_all(self) -> None:
        random = np.random.default_rng(0)
        before = random.integers(0, 20_000, 200_000)
        after = np.where(random.random(200_000) < 0.1, random.integers(0, 20_000, 200_000), before)

        goes_on = match_groups(before, after)

        assert np.mean([new == old for new, old in goes_on.items()]) > 0.99
