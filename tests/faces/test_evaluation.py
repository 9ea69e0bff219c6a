"""How well groups agree with people: by hand-counted examples, and by another library."""

import numpy as np
import pytest
from sklearn.metrics import pair_confusion_matrix

from faces.evaluation import (
    ALONE,
    Agreement,
    bcubed,
    false_pairs,
    pairs_of_one_photo,
    pairwise,
)


class TestPairwise:
    def test_counts_pairs(self) -> None:
        found = pairwise(np.array([0, 0, 0, 1]), np.array([5, 5, 6, 6]))

        assert found == Agreement(precision=1 / 3, recall=1 / 2)
        assert found.f1 == pytest.approx(0.4)

    def test_has_no_pair_of_faces_that_are_alone(self) -> None:
        found = pairwise(np.array([0, 0, ALONE, ALONE]), np.array([5, 5, 5, 5]))

        assert found == Agreement(precision=1, recall=1 / 6)

    def test_counts_as_another_library_does(self) -> None:
        random = np.random.default_rng(0)
        labels, people = random.integers(0, 30, (2, 500))
        (_, false), (missed, right) = pair_confusion_matrix(people, labels)

        found = pairwise(labels, people)

        assert found.precision == pytest.approx(right / (right + false))
        assert found.recall == pytest.approx(right / (right + missed))

    def test_of_nothing_is_right(self) -> None:
        none = np.zeros(0, np.int64)

        assert pairwise(none, none).f1 == 1


class TestBcubed:
    def test_is_of_the_mean_face(self) -> None:
        found = bcubed(np.array([0, 0, 0, 1]), np.array([5, 5, 6, 6]))

        assert found.precision == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1) / 4)
        assert found.recall == pytest.approx((1 + 1 + 1 / 2 + 1 / 2) / 4)

    def test_takes_each_face_alone_for_a_group(self) -> None:
        found = bcubed(np.array([ALONE, ALONE]), np.array([5, 5]))

        assert found == Agreement(precision=1, recall=1 / 2)

    def test_of_all_in_their_groups_is_one(self) -> None:
        assert bcubed(np.array([3, 3, 0]), np.array([1, 1, 2])).f1 == 1

    def test_of_nothing_is_right(self) -> None:
        none = np.zeros(0, np.int64)

        assert bcubed(none, none).f1 == 1


class TestFalsePairs:
    def test_are_of_two_people_in_one_group(self) -> None:
        labels, people = np.array([0, 0, 0, 1, ALONE, ALONE]), np.array([5, 5, 6, 6, 5, 6])

        assert false_pairs(labels, people) == 2

    def test_of_a_photo_are_two_people_for_sure(self) -> None:
        labels, photos = np.array([0, 0, 0, 1, ALONE, ALONE]), np.array([7, 7, 8, 8, 9, 9])

        assert pairs_of_one_photo(labels, photos) == 1
