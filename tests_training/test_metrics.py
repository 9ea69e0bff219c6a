"""The figures that a head is judged by."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from tests_training.making import make_faces, unit
from training.metrics import Figures, Pairs, figures, moved_threshold

RANDOM = 3


def pairs_of(same: list[tuple[int, int]], different: list[tuple[int, int]], rows: int) -> Pairs:
    return Pairs(np.arange(rows), np.array(same), np.array(different))


class TestPairs:
    def test_are_all_pairs_of_the_people_and_of_nobody_else(self) -> None:
        faces = make_faces(people=5, each=4)

        pairs = Pairs.of(faces, np.array([1, 3]), np.random.default_rng(RANDOM))

        assert set(faces.person[pairs.rows].tolist()) == {1, 3}
        assert (len(pairs.same), len(pairs.different)) == (2 * 6, 4 * 4)

    def test_are_never_of_two_owners(self) -> None:
        faces = make_faces(people=4, each=4)
        faces = replace(faces, owner=faces.person // 2)

        pairs = Pairs.of(faces, np.arange(4), np.random.default_rng(RANDOM))

        left, right = faces.owner[pairs.rows[pairs.different]].T
        assert (left == right).all()
        assert len(pairs.different) == 2 * 16

    def test_are_of_some_faces_where_there_are_many(self) -> None:
        faces = make_faces(people=60, each=60, dimension=4)

        pairs = Pairs.of(faces, np.arange(60), np.random.default_rng(RANDOM))

        assert len(pairs.rows) == len(set(pairs.rows.tolist())) == 2000

    @pytest.mark.parametrize(("different", "rate"), [(20, 1e-2), (999, 1e-2), (1000, 1e-3)])
    def test_know_the_smallest_rate_that_they_show(self, different: int, rate: float) -> None:
        pairs = pairs_of([(0, 1)], [(0, 1)] * different, rows=2)

        assert pairs.rate == rate


class TestFigures:
    def test_are_those_of_a_case_counted_by_hand(self) -> None:
        """Cosines of one person's pairs: 1 and 0; of different people's: .8 and -.6."""
        vectors = np.array([[1, 0], [1, 0], [0, 1], [0.8, 0.6], [-0.6, 0.8]], np.float32)

        found = figures(vectors, pairs_of([(0, 1), (0, 2)], [(0, 3), (0, 4)], rows=5))

        assert found.auc == 3 / 4
        assert found.tar == {1e-2: 1 / 2, 1e-3: 1 / 2}
        assert found.different_mean == pytest.approx(0.1)
        assert found.separation == pytest.approx(0.4 / np.sqrt((0.25 + 0.49) / 2))

    def test_count_ties_as_half(self) -> None:
        same = unit(np.ones((4, 3)))

        assert figures(same, pairs_of([(0, 1)], [(2, 3)], rows=4)).auc == 1 / 2

    def test_accept_no_more_of_two_people_than_the_rate(self) -> None:
        faces = make_faces(people=30, each=8, dimension=64, noise=1.5)
        pairs = Pairs.of(faces, np.arange(30), np.random.default_rng(RANDOM))

        found = figures(faces.vectors, pairs)

        all_pairs = faces.vectors[pairs.rows] @ faces.vectors[pairs.rows].T
        same = all_pairs[tuple(pairs.same.T)]
        different = np.sort(all_pairs[tuple(pairs.different.T)])[::-1]
        for rate, share in found.tar.items():
            accepted = int(rate * len(different))
            assert share == pytest.approx((same > different[accepted]).mean())
        assert 0.2 < found.tar[1e-3] < found.tar[1e-2] < 1

    def test_have_the_separation_of_two_normal_distributions(self) -> None:
        """AUC and d' of such are one and the same thing: AUC = Phi(d' / sqrt(2))."""
        faces = make_faces(people=60, each=8, dimension=128, noise=2.5)
        pairs = Pairs.of(faces, np.arange(60), np.random.default_rng(RANDOM))

        found = figures(faces.vectors, pairs)

        assert found.auc == pytest.approx(norm.cdf(found.separation / np.sqrt(2)), abs=0.01)


class TestMovedThreshold:
    @pytest.mark.parametrize(
        ("cosine", "moved"), [(0.1, 0.0), (0.3, 0.1), (0.5, 0.2), (30.0, 0.99)]
    )
    def test_is_as_many_deviations_above_different_people(
        self, cosine: float, moved: float
    ) -> None:
        before = Figures({}, 0.9, 1.0, different_mean=0.1, different_deviation=0.2)
        after = Figures({}, 0.9, 1.0, different_mean=0.0, different_deviation=0.1)

        assert moved_threshold(cosine, before, after) == pytest.approx(moved)
