"""What is learnt, judged by people who were held out."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests_training.making import make_faces, unit, with_nobody
from training import Refused
from training.epochs import Memory
from training.faces import Faces
from training.fitting import Settings, Split, apply, fit
from training.head import Head
from training.metrics import Figures, figures
from training.reports import Verdict


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)


def trained(faces: Faces, settings: Settings) -> tuple[Head, Figures, Figures, Verdict]:
    """The head, and what it comes to before and after."""
    split, head = Split.of(faces, settings), Head(faces.vectors.shape[1])
    before = figures(faces.vectors, split.pairs)
    *_, last = fit(head, faces, split, settings, Memory())
    return head, before, last.held_out, Verdict.of(before, last.held_out, split.pairs.rate)


class TestHead:
    def test_leaves_vectors_as_they_are_before_it_has_learnt(self) -> None:
        vectors = make_faces().vectors

        np.testing.assert_allclose(apply(Head(32), vectors), vectors, atol=1e-6)

    def test_gives_vectors_of_length_1(self) -> None:
        head = Head(32)
        torch.nn.init.constant_(head.change.weight, 0.3)

        lengths = np.linalg.norm(apply(head, make_faces().vectors), axis=1)

        np.testing.assert_allclose(lengths, 1, atol=1e-6)


class TestSplit:
    def test_is_by_person(self) -> None:
        faces = make_faces(people=10, each=6)

        split = Split.of(faces, Settings())

        assert sorted([*split.learnt.tolist(), *split.held_out.tolist()]) == list(range(10))
        assert len(split.held_out) == 3
        assert set(faces.person[split.pairs.rows].tolist()) == set(split.held_out.tolist())

    def test_is_another_one_with_another_seed_and_the_same_with_the_same(self) -> None:
        faces = make_faces(people=30, each=6)

        first, again, other = (
            Split.of(faces, Settings(seed=seed)).held_out.tolist() for seed in (1, 1, 2)
        )

        assert first == again != other

    @pytest.mark.parametrize(
        ("people", "each", "min_faces", "code"),
        [
            (4, 20, 5, "too_few_people"),
            (40, 4, 5, "too_few_people"),
            (5, 3, 3, "too_few_faces"),
        ],
    )
    def test_refuses_too_little(self, people: int, each: int, min_faces: int, code: str) -> None:
        faces = make_faces(people=people, each=each)

        with pytest.raises(Refused) as refused:
            Split.of(faces, Settings(min_faces=min_faces))

        assert refused.value.code == code

    def test_refuses_people_who_cannot_be_compared(self) -> None:
        plain = make_faces(people=6, each=6)

        with pytest.raises(Refused, match="different owners") as refused:
            Split.of(replace(plain, owner=plain.person), Settings())

        assert refused.value.code == "too_few_people"

    def test_does_not_count_faces_of_nobody(self) -> None:
        plain = make_faces(people=4, each=6)
        faces = with_nobody(plain, plain.vectors, list(range(24)))

        with pytest.raises(Refused, match="4 people have 5"):
            Split.of(faces, Settings())


class TestFit:
    def test_turns_down_what_says_nothing_of_who_it_is(self) -> None:
        faces = make_faces(people=60, nuisance=2.0)

        _, before, after, verdict = trained(faces, Settings(epochs=10))

        assert before.tar[1e-2] < 0.3
        assert after.tar[1e-2] > 0.7
        assert after.auc > before.auc + 0.1
        assert after.separation > 2 * before.separation
        assert verdict.kept

    def test_says_of_directions_that_it_turned_down_that_they_count_less(self) -> None:
        faces = make_faces(people=60, nuisance=2.0)
        directions = np.linalg.svd(faces.vectors - faces.vectors.mean(axis=0))[2]

        head, *_ = trained(faces, Settings(epochs=10))

        turned = head.change.weight.detach().numpy() + np.eye(32, dtype=np.float32)
        gain = np.linalg.norm(directions @ turned.T, axis=1)
        assert gain[:4].max() < 0.7 * np.median(gain[4:])

    @pytest.mark.parametrize("noise", [1.2, 2.0])
    def test_is_not_kept_where_there_is_nothing_to_turn_down(self, noise: float) -> None:
        faces = make_faces(people=30, dimension=64, noise=noise)

        _, before, after, verdict = trained(faces, Settings(epochs=10))

        worse = after.tar[1e-2] < before.tar[1e-2] or after.auc < before.auc
        assert worse
        assert not verdict.kept
        assert "apart worse" in verdict.reason

    def test_changes_nothing_where_all_is_well(self) -> None:
        faces = make_faces(people=20, dimension=64, noise=0.1)

        head, before, after, verdict = trained(faces, Settings(epochs=2))

        assert (before.auc, after.auc) == (1, 1)
        assert not verdict.kept
        assert "apart as before" in verdict.reason
        np.testing.assert_allclose(apply(head, faces.vectors), faces.vectors, atol=1e-6)

    def test_makes_the_same_head_of_the_same_faces(self) -> None:
        faces = make_faces(people=20, nuisance=1.0)

        one, other = (trained(faces, Settings(epochs=2))[0].state_dict() for _ in range(2))

        assert all(torch.equal(one[name], other[name]) for name in one)

    def test_learns_from_rejected_pairs(self) -> None:
        """Faces of nobody along one direction, which all people vary in, are said not to be 0."""
        plain = make_faces(people=10, each=6, noise=0.2)
        away = np.eye(32)[0] * 0.35
        strangers = unit(plain.vectors[:6] + away)
        faces = with_nobody(plain, strangers, list(range(6)))
        settings = Settings(
            epochs=5,
            seed=next(
                seed for seed in range(9) if 0 in Split.of(plain, Settings(seed=seed)).learnt
            ),
        )

        with_pairs, without = trained(faces, settings)[0], trained(plain, settings)[0]

        def likeness(head: Head) -> float:
            own, others = apply(head, plain.vectors[:6]), apply(head, strangers)
            return float((own * others).sum(axis=1).mean())

        assert likeness(with_pairs) < likeness(without) - 0.1

    def test_refuses_a_rate_that_leads_nowhere(self) -> None:
        faces = make_faces(people=20, nuisance=1.0)

        with pytest.raises(Refused, match="lower the learning rate") as refused:
            trained(faces, Settings(epochs=3, learning_rate=1e30))

        assert refused.value.code == "training_diverged"
