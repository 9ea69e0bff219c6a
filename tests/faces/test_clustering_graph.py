"""Nearest neighbours: exact ones, those of the index, and how many of them it finds."""

import numpy as np
import pytest

from bench.identities import crowd
from faces.clustering.graph import NOBODY, graph
from inference.arrays import Array
from tests.factories import unit


def faces(count: int) -> Array:
    return crowd(count, seed=1).vectors


class TestGraph:
    def test_has_the_nearest_first_and_not_the_face_itself(self) -> None:
        near = graph(np.stack([unit(1, 0), unit(0, 1), unit(1, 0.2)]))

        assert near.neighbours.tolist() == [[2, 1], [2, 0], [0, 1]]
        assert near.cosines[0] == pytest.approx([1 / 1.04**0.5, 0], abs=1e-6)

    def test_leaves_out_who_is_not_alike(self) -> None:
        near = graph(np.stack([unit(1, 0), unit(0, 1), unit(1, 0.2)]), least=0.5)

        assert near.neighbours.tolist() == [[2, NOBODY], [NOBODY, NOBODY], [0, NOBODY]]

    def test_knows_equal_faces_from_the_face_itself(self) -> None:
        near = graph(np.stack([unit(1)] * 3), k=2)

        assert [sorted(row) for row in near.neighbours.tolist()] == [[1, 2], [0, 2], [0, 1]]

    @pytest.mark.parametrize("count", [0, 1])
    def test_of_few_faces_is_empty(self, count: int) -> None:
        assert graph(np.ones((count, 4), np.float32)).neighbours.shape == (count, 0)

    def test_is_exact_for_few_faces(self) -> None:
        assert graph(faces(500)).recall == 1.0

    def test_finds_nearly_all_by_the_index(self) -> None:
        vectors = faces(6000)
        exact = graph(vectors, least=0.4)

        near = graph(vectors, least=0.4, exact_up_to=1000)

        shared = (near.neighbours[:, :, None] == exact.neighbours[:, None, :]).any(axis=2)
        found = (shared & (near.neighbours != NOBODY)).sum()
        recall = found / (exact.neighbours != NOBODY).sum()
        assert recall > 0.9
        assert near.recall == pytest.approx(recall, abs=0.05)

    def test_tells_how_far_it_is(self) -> None:
        told: list[tuple[int, int]] = []

        graph(faces(2500), progress=lambda done, total: told.append((done, total)))

        assert told == [(1024, 2500), (2048, 2500), (2500, 2500)]


class TestLinks:
    def test_are_pairs_of_groups_each_once(self) -> None:
        near = graph(np.stack([unit(1, 0), unit(1, 0.1), unit(1, 0.2), unit(1, 0.3)]))

        one, other = near.links(np.array([0, 0, 1, 2]))

        assert sorted(zip(one.tolist(), other.tolist(), strict=True)) == [(0, 1), (0, 2), (1, 2)]

    def test_stay_within(self) -> None:
        near = graph(np.stack([unit(1, 0), unit(1, 0.1), unit(1, 0.2), unit(1, 0.3)]))

        one, other = near.links(np.arange(4), within=np.array([5, 5, 6, 6]))

        assert sorted(zip(one.tolist(), other.tolist(), strict=True)) == [(0, 1), (2, 3)]
