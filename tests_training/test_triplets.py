"""Which triplets are learnt from."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests_training.making import make_faces, unit, with_nobody
from training.triplets import FACES, MIN_ROUNDS, Batch, batches, semi_hard_loss

MARGIN = 0.2


def loss_of(vectors: list[list[float]], people: list[int]) -> float:
    rows, person = np.arange(len(people)), torch.tensor(people)
    same = (person[:, None] == person) & ~torch.eye(len(people), dtype=torch.bool)
    batch = Batch(rows, same, person[:, None] != person)
    return semi_hard_loss(torch.from_numpy(unit(np.array(vectors))), batch, margin=MARGIN).item()


def by_hand(vectors: torch.Tensor, batch: Batch) -> float:
    """The same, one triplet after the other."""
    apart = [
        [float((one - other).square().sum()) for other in vectors.double()]
        for one in vectors.double()
    ]
    losses = []
    for anchor, positive in batch.same.nonzero().tolist():
        others = [apart[anchor][row] for row in batch.apart[anchor].nonzero().flatten().tolist()]
        between = apart[anchor][positive]
        further = [each for each in others if each > between]
        if others:
            negative = min(further) if further else max(others)
            losses.append(max(0.0, between - negative + MARGIN))
    return sum(losses) / len(losses)


class TestSemiHardLoss:
    def test_is_nothing_where_people_are_far_apart(self) -> None:
        assert loss_of([[1, 0], [1, 0], [-1, 0], [-1, 0]], [0, 0, 1, 1]) == 0

    def test_is_the_margin_where_all_faces_look_the_same(self) -> None:
        assert loss_of([[1, 0]] * 4, [0, 0, 1, 1]) == pytest.approx(MARGIN, abs=1e-6)

    def test_is_nothing_where_there_is_only_one_person(self) -> None:
        assert loss_of([[1, 0], [0, 1]], [0, 0]) == 0

    def test_is_that_of_triplets_taken_one_by_one(self) -> None:
        faces = make_faces(people=8, each=5, noise=2)
        faces = with_nobody(faces, faces.vectors[::7], list(range(len(faces.vectors[::7]))))
        [batch, *_] = batches(faces, np.arange(8), np.random.default_rng(0))
        vectors = torch.from_numpy(faces.vectors[batch.rows])

        loss = semi_hard_loss(vectors, batch, margin=MARGIN).item()

        assert loss == pytest.approx(by_hand(vectors, batch), rel=1e-4)
        assert loss > 0.05


class TestBatches:
    def test_have_all_people_equally_often_and_nobody_else(self) -> None:
        faces = make_faces(people=40, each=6)
        people = np.arange(35)

        drawn = list(batches(faces, people, np.random.default_rng(0)))

        rows = np.concatenate([batch.rows for batch in drawn])
        counts = np.bincount(faces.person[rows], minlength=40)
        assert counts.tolist() == [MIN_ROUNDS * FACES] * 35 + [0] * 5

    def test_know_who_is_one_and_who_is_another_person(self) -> None:
        faces = make_faces(people=6, each=6)

        [batch, *_] = batches(faces, np.arange(6), np.random.default_rng(0))

        person = faces.person[batch.rows]
        one = person[:, None] == person
        assert (batch.same.numpy() == (one & ~np.eye(len(person), dtype=bool))).all()
        assert (batch.apart.numpy() == ~one).all()

    def test_have_rejected_faces_as_others_of_that_person_alone(self) -> None:
        plain = make_faces(people=6, each=6)
        faces = with_nobody(plain, plain.vectors[[8]], [0])  # as somebody's of person 1; not 0
        stranger = len(plain.person)

        [batch, *_] = batches(faces, np.arange(6), np.random.default_rng(0))

        column = int(np.flatnonzero(batch.rows == stranger)[0])
        others = faces.person[batch.rows[batch.apart[:, column].numpy()]]
        assert set(others.tolist()) == {0}
        assert not batch.same[column].any()
        assert not batch.same[:, column].any()
        assert not batch.apart[column].any()

    def test_take_people_of_two_owners_neither_for_one_nor_for_two(self) -> None:
        plain = make_faces(people=6, each=6)
        faces = replace(plain, owner=plain.person // 3)

        [batch, *_] = batches(faces, np.arange(6), np.random.default_rng(0))

        owner = faces.owner[batch.rows]
        strangers = owner[:, None] != owner
        assert strangers.any()
        assert not (batch.same | batch.apart).numpy()[strangers].any()
