"""Trials of clustering and matching, on faces whose people are known."""

import numpy as np

from faces.clustering import Rule
from faces.evaluation import ALONE
from faces.matching import Least
from faces.trials import Faces, dual, first_of_each, scores
from tests.factories import unit

LEAST = Least(person=0.6, cluster=0.5)
ANNA, BEN, CARL = unit(1, 0, 0), unit(0, 1, 0), unit(0, 0, 1)


def faces(*seen: tuple[object, int], photos: list[int] | None = None) -> Faces:
    """Faces with (vector, person), each in a photo of its own unless `photos` says otherwise."""
    vectors, people = zip(*seen, strict=True)
    count = len(seen)
    return Faces(
        np.stack(vectors),
        np.array(people),
        np.array(photos or range(count)),
        np.ones(count, bool),
    )


class TestScores:
    def test_are_perfect_where_people_look_like_themselves_alone(self) -> None:
        people = faces(*[(ANNA, 0)] * 4, *[(BEN, 1)] * 4)

        found = scores(people, None, LEAST, min_size=3)

        assert [score.way for score in found] == ["agglomerative", "hdbscan", "dbscan", "dual"]
        assert [(score.pairwise.f1, score.bcubed.f1) for score in found] == [(1, 1)] * 4
        assert [(score.false_merges, score.blind_merges) for score in found] == [(0, None)] * 4

    def test_count_who_is_together_with_another(self) -> None:
        people = faces(*[(ANNA, 0)] * 4, *[(ANNA, 1)] * 4)

        found = scores(people, None, LEAST, min_size=3)

        assert [score.false_merges for score in found[:3]] == [16] * 3
        assert {score.bcubed.precision for score in found[:3]} == {0.5}

    def test_count_twins_in_a_photo_only_where_nobody_is_told(self) -> None:
        people = faces(*[(ANNA, 0)] * 3, *[(BEN, 1)] * 3)
        twins = faces(*[(CARL, 0)] * 6, photos=[0, 0, 1, 1, 2, 2])

        found = scores(people, twins, LEAST, min_size=3)

        assert [score.false_merges for score in found] == [0] * 4
        assert [score.blind_merges for score in found] == [3] * 4


class TestDual:
    def test_names_who_is_known_and_clusters_the_rest(self) -> None:
        known = faces((ANNA, 0), (BEN, 1))
        seen = faces(
            (unit(1, 0.1), 0), *[(CARL, 2)] * 3, (unit(0, 0.1, 0, 1), 3), (unit(0.1, 1), 1)
        )

        labels = dual(known, LEAST, Rule(0.5), seen)

        assert labels.tolist() == [0, 2, 2, 2, ALONE, 1]

    def test_lets_nobody_be_twice_in_a_photo(self) -> None:
        known = faces((ANNA, 0))
        seen = faces((unit(1, 0.1), 0), (unit(1, 0.2), 1), photos=[7, 7])

        assert dual(known, LEAST, Rule(0.5), seen).tolist() == [0, ALONE]

    def test_has_nothing_to_do_without_faces(self) -> None:
        seen = faces((ANNA, 0)).only(np.empty(0, np.int64))

        assert dual(faces((ANNA, 0)), LEAST, Rule(0.5), seen).tolist() == []


class TestFirstOfEach:
    def test_is_of_good_quality_where_there_is_one(self) -> None:
        some = faces((ANNA, 4), (ANNA, 4), (BEN, 2))
        some.core[[0, 2]] = False

        assert first_of_each(some).tolist() == [1, 2]
