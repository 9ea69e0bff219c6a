"""Which faces look like one person: on made-up vectors."""

import numpy as np
import pytest

from faces.clustering import ALONE, Match, assign, cluster, required
from inference.arrays import Array
from tests.factories import unit

SAME = 0.5


def labels(
    *vectors: Array, photo: list[int] | None = None, core: list[bool] | None = None
) -> list[int]:
    """Labels of `vectors`, each in a photo of its own unless told otherwise."""
    count = len(vectors)
    found = cluster(
        np.stack(vectors),
        same_person=SAME,
        photo=np.array(photo or range(count)),
        core=np.array(core or [True] * count),
    )
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

    def test_of_nothing_is_nothing(self) -> None:
        found = cluster(
            np.zeros((0, 8), np.float32),
            same_person=SAME,
            photo=np.zeros(0, np.int64),
            core=np.zeros(0, bool),
        )

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

        found = cluster(
            vectors, same_person=SAME, photo=np.arange(5), core=np.ones(5, bool), min_size=3
        )

        assert found.tolist() == [ALONE, ALONE, 0, 0, 0]


class TestAssign:
    def match(self, *probes: Array, taken: set[tuple[int, int]] | None = None) -> list[Match]:
        """`probes`, all of photo 1, against a group at (1, 0) and one at (0, 1), of 4 faces."""
        return assign(
            np.stack(probes),
            np.stack([unit(1, 0) * 0.9, unit(0, 1) * 0.9]),
            np.array([4, 4]),
            same_person=SAME,
            photo=np.ones(len(probes), np.int64),
            taken=taken or set(),
        )

    def test_finds_the_group_of_each(self) -> None:
        found = self.match(unit(0, 1), unit(1, 0))

        assert {(match.row, match.column) for match in found} == {(0, 1), (1, 0)}
        assert [match.similarity for match in found] == pytest.approx([0.9, 0.9])

    def test_leaves_strangers(self) -> None:
        assert self.match(unit(0, 0, 1)) == []

    def test_gives_a_group_one_face_of_a_photo(self) -> None:
        [found] = self.match(unit(1, 0.5), unit(1, 0))

        assert (found.row, found.column) == (1, 0)

    def test_gives_it_none_when_it_has_one(self) -> None:
        assert self.match(unit(1, 0), taken={(1, 0)}) == []
