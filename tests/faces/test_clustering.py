"""Which faces look like one person: on made-up vectors."""

import numpy as np
import pytest

from faces.clustering import ALONE, Known, Method, Rule, cluster, neighbours, required
from inference.arrays import Array
from tests.factories import unit

SAME = 0.5


def labels(
    *vectors: Array, photo: list[int] | None = None, core: list[bool] | None = None
) -> list[int]:
    """Labels of `vectors`, each in a photo of its own unless told otherwise."""
    count = len(vectors)
    known = Known(np.array(photo or range(count)), np.array(core or [True] * count))
    found = cluster(np.stack(vectors), known, Rule(SAME, min_size=2))
    return [int(label) for label in found]


def partition(labels: list[int], rows: list[int] | None = None) -> list[list[int]]:
    """The `rows` of each group, whatever its label is."""
    groups: dict[int, list[int]] = {}
    for row, label in zip(rows or range(len(labels)), labels, strict=True):
        if label != ALONE:
            groups.setdefault(label, []).append(row)
    return sorted(sorted(group) for group in groups.values())


def crowd(people: int, faces: int, *, spread: float, seed: int = 0) -> tuple[Array, Array]:
    """`faces` vectors (n, 64) around each of `people` random directions, and who they are."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(people, 64))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    who = np.repeat(np.arange(people), faces)
    noise = random.normal(size=(len(who), 64)) / 8
    vectors = centres[who] + spread * noise
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), who


class TestRequired:
    def test_is_all_of_it_for_one_pair(self) -> None:
        assert required(1, SAME) == SAME

    def test_falls_with_the_number_of_pairs_to_a_bound(self) -> None:
        needed = required(np.array([1, 4, 100, 10**9]), SAME)

        assert (np.diff(needed) < 0).all()
        assert needed[-1] == pytest.approx(0.6 * SAME, abs=1e-3)


class TestCluster:
    def test_puts_alike_faces_together(self) -> None:
        assert labels(unit(1, 0), unit(0, 1), unit(1, 0.2), unit(0.2, 1)) == [0, 1, 0, 1]

    def test_leaves_a_stranger_alone(self) -> None:
        assert labels(unit(1, 0), unit(1, 0.1), unit(0, 0, 1)) == [0, 0, ALONE]

    def test_does_not_join_two_people_by_a_face_between_them(self) -> None:
        anna = [unit(1, 0, 0.05 * n) for n in range(4)]
        ben = [unit(0, 1, 0.05 * n) for n in range(4)]
        between = unit(1, 1)

        found = labels(*anna, *ben, between)

        assert set(found[:4]).isdisjoint(found[4:8])

    def test_does_not_chain_people_each_like_the_next(self) -> None:
        steps = np.radians([0, 55, 110, 165])  # neighbours alike, the others not

        found = labels(*[unit(float(np.cos(step)), float(np.sin(step))) for step in steps])

        assert len(set(found)) == 2

    def test_keeps_two_faces_of_one_photo_apart(self) -> None:
        assert labels(unit(1, 0), unit(1, 0.1), photo=[7, 7]) == [ALONE, ALONE]

    def test_gives_a_doubtful_photo_the_face_that_fits_better(self) -> None:
        anna, twin, again = unit(1, 0), unit(1, 0.6), unit(1, 0.1)

        assert labels(anna, twin, again, photo=[1, 1, 2]) == [0, ALONE, 0]

    def test_forms_no_group_of_poor_faces(self) -> None:
        assert labels(unit(1, 0), unit(1, 0.1), core=[True, False]) == [ALONE, ALONE]

    def test_lets_a_poor_face_join(self) -> None:
        found = labels(unit(1, 0), unit(1, 0.1), unit(1, 0.2), core=[True, True, False])

        assert found == [0, 0, 0]

    def test_does_not_bridge_two_people_by_a_poor_face(self) -> None:
        found = labels(
            unit(1, 0), unit(1, 0.1), unit(0, 1), unit(0.1, 1), unit(1, 1),
            core=[True, True, True, True, False],
        )  # fmt: skip

        assert found[0] != found[2]

    def test_needs_less_likeness_the_more_faces_speak_for_it(self) -> None:
        one, other = unit(1, 0), unit(0.42, 0.9)
        many = [unit(1, 0, 0.1 * n) for n in range(4)]
        others = [unit(0.42, 0.9, 0.1 * n) for n in range(4)]

        assert labels(one, other) == [ALONE, ALONE]
        assert len(set(labels(*many, *others))) == 1

    @pytest.mark.parametrize("method", Method)
    def test_of_nothing_is_nothing(self, method: Method) -> None:
        known = Known(np.zeros(0, np.int64), np.zeros(0, bool))

        found = cluster(np.zeros((0, 8), np.float32), known, Rule(SAME, method))

        assert found.shape == (0,)

    def test_of_one_is_alone(self) -> None:
        assert labels(unit(1)) == [ALONE]

    @pytest.mark.parametrize("seed", range(3))
    def test_finds_the_people_of_a_crowd(self, seed: int) -> None:
        vectors, who = crowd(people=30, faces=8, spread=0.8, seed=seed)

        assert partition(labels(*vectors)) == partition(who.tolist())

    @pytest.mark.parametrize("seed", range(3))
    def test_does_not_depend_on_the_order_of_the_faces(self, seed: int) -> None:
        vectors, _ = crowd(people=20, faces=6, spread=1.2, seed=seed)
        photo = [row % 40 for row in range(len(vectors))]
        core = [row % 5 > 0 for row in range(len(vectors))]
        order = np.random.default_rng(seed).permutation(len(vectors)).tolist()

        found = labels(
            *vectors[order], photo=[photo[row] for row in order], core=[core[row] for row in order]
        )

        assert partition(found, order) == partition(labels(*vectors, photo=photo, core=core))

    @pytest.mark.parametrize("seed", range(3))
    def test_has_a_photo_once_in_each_group(self, seed: int) -> None:
        vectors, _ = crowd(people=4, faces=20, spread=1, seed=seed)
        photo = [row % 9 for row in range(len(vectors))]
        core = [row % 3 > 0 for row in range(len(vectors))]

        groups = partition(labels(*vectors, photo=photo, core=core))

        assert [len({photo[row] for row in rows}) for rows in groups] == list(map(len, groups))

    def test_joins_looks_of_a_person_whose_nearest_neighbours_are_of_one_look(self) -> None:
        plain, _ = crowd(people=1, faces=80, spread=0.3)
        with_glasses = plain * np.float32(0.8)
        with_glasses[:, 0] += np.float32(0.6)
        with_glasses /= np.linalg.norm(with_glasses, axis=1, keepdims=True)

        assert len(set(labels(*plain, *with_glasses))) == 1

    def test_keeps_thousands_of_faces_of_one_person_together(self) -> None:
        vectors, _ = crowd(people=1, faces=2000, spread=1)

        assert set(labels(*vectors)) == {0}

    def test_needs_as_many_faces_as_it_is_told(self) -> None:
        vectors = np.stack([unit(1, 0), unit(1, 0.1), unit(0, 1), unit(0, 1, 0.1), unit(0.1, 1)])

        found = cluster(vectors, Known(np.arange(5), np.ones(5, bool)), Rule(SAME, min_size=3))

        assert found.tolist() == [ALONE, ALONE, 0, 0, 0]


@pytest.mark.parametrize("method", Method)
class TestEachMethod:
    def test_finds_the_people_of_a_crowd(self, method: Method) -> None:
        vectors, who = crowd(people=30, faces=8, spread=0.6)

        found = cluster(vectors, Known(np.arange(len(who)), who >= 0), Rule(SAME, method))

        assert partition(found.tolist()) == partition(who.tolist())

    def test_finds_one_person_among_no_others(self, method: Method) -> None:
        vectors, _ = crowd(people=1, faces=9, spread=0.6)

        found = cluster(vectors, Known(np.arange(9), np.ones(9, bool)), Rule(SAME, method))

        assert found.tolist() == [0] * 9

    def test_finds_no_person_among_strangers(self, method: Method) -> None:
        vectors, who = crowd(people=40, faces=1, spread=0)

        found = cluster(vectors, Known(who, who >= 0), Rule(SAME, method))

        assert found.tolist() == [ALONE] * 40

    def test_lets_a_poor_face_join_but_not_bridge(self, method: Method) -> None:
        anna = [unit(1, 0, 0.1 * n) for n in range(3)]
        ben = [unit(0, 1, 0.1 * n) for n in range(3)]
        poor = [unit(1, 0.1), unit(1, 1)]
        known = Known(np.arange(8), np.array([True] * 6 + [False] * 2))

        found = cluster(np.stack([*anna, *ben, *poor]), known, Rule(SAME, method)).tolist()

        assert found[:7] == [0, 0, 0, 1, 1, 1, 0]

    def test_keeps_faces_of_one_photo_apart_where_all_are_alike(self, method: Method) -> None:
        vectors, _ = crowd(people=1, faces=20, spread=0.4)
        photo = np.arange(20) // 2

        found = cluster(vectors, Known(photo, np.ones(20, bool)), Rule(SAME, method))

        assert len(partition(found.tolist())) >= 2
        for rows in partition(found.tolist()):
            assert len(set(photo[rows])) == len(rows)

    def test_takes_a_graph_that_is_there(self, method: Method) -> None:
        vectors, who = crowd(people=10, faces=6, spread=0.6)
        known, rule = Known(np.arange(60), who != 3), Rule(SAME, method)

        found = cluster(vectors, known, rule, neighbours(vectors, known, rule))

        assert found.tolist() == cluster(vectors, known, rule).tolist()
