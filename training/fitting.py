"""Fitting a head to faces, epoch by epoch, beside people whom it never sees."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

import numpy as np
import torch

from training import Refused
from training.epochs import Epoch, Memory
from training.faces import Array, Faces, Integers
from training.head import Head
from training.metrics import Pairs, figures
from training.triplets import batches, semi_hard_loss

MIN_PEOPLE = 5  # three to learn from, two to be judged by
MIN_FACES = 20  # of all of them
HELD_OUT = 0.3  # share of the people
UNIT = 0.5  # a vector of so much at least was divided by its length, not by what overflowed
WEIGHT_DECAY = 0.1  # towards vectors that stay as they are


@dataclass(frozen=True)
class Settings:
    epochs: int = 20
    margin: float = 0.2  # of squared distances
    min_faces: int = 5  # of a person
    learning_rate: float = 1e-3
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Split:
    """People to learn from, and people to be judged by, with their pairs."""

    learnt: Integers  # people
    held_out: Integers  # people
    pairs: Pairs  # of the faces of those held out

    @classmethod
    def of(cls, faces: Faces, settings: Settings) -> "Split":
        """By person: no face of anyone held out is learnt from.

        Raises:
            Refused: too_few_people, too_few_faces.
        """
        people = faces.people(min_faces=settings.min_faces)
        _check_enough(faces, people, settings)
        random = np.random.default_rng(settings.seed)
        shuffled = random.permutation(people)
        held_out, learnt = np.split(shuffled, [ceil(HELD_OUT * len(people))])
        pairs = Pairs.of(faces, held_out, random)
        if not len(pairs.different):
            raise Refused(
                "too_few_people",
                "The people who were held out belong to different owners, so that they can't be "
                "compared: have more people of an owner.",
            )
        return cls(learnt, held_out, pairs)


def fit(
    head: Head, faces: Faces, split: Split, settings: Settings, memory: Memory
) -> Iterator[Epoch]:
    """Let `head` learn; the same settings and faces make the same head.

    It goes on after the epochs that `memory` has, and yields those that follow; each is there
    before it is told.

    Raises:
        Refused: training_diverged, checkpoint_unreadable.
    """
    random = np.random.default_rng(settings.seed)
    vectors = torch.from_numpy(faces.vectors)
    optimizer = torch.optim.AdamW(
        head.parameters(), lr=settings.learning_rate, weight_decay=WEIGHT_DECAY
    )
    slower = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, settings.epochs)
    parts = {"head": head, "optimizer": optimizer, "slower": slower}
    memory.restore(parts, random)
    for number in range(len(memory.epochs) + 1, settings.epochs + 1):
        losses = []
        for batch in batches(faces, split.learnt, random):
            loss = semi_hard_loss(head(vectors[batch.rows]), batch, margin=settings.margin)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        slower.step()
        moved = apply(head, faces.vectors)
        _check_finite(losses, moved, number)
        epoch = Epoch(number, float(np.mean(losses)), figures(moved, split.pairs))
        memory.keep(epoch, parts, random)
        yield epoch


def apply(head: Head, vectors: Array) -> Array:
    """(n, d) -> (n, d) of length 1."""
    with torch.no_grad():
        moved: Array = head(torch.from_numpy(vectors)).numpy()
    return moved


def _check_enough(faces: Faces, people: Integers, settings: Settings) -> None:
    if len(people) < MIN_PEOPLE:
        raise Refused(
            "too_few_people",
            f"{len(people)} people have {settings.min_faces} confirmed faces or more, and "
            f"{MIN_PEOPLE} are needed: confirm more faces, or lower min-faces.",
        )
    count = int(np.isin(faces.person, people).sum())
    if count < MIN_FACES:
        raise Refused(
            "too_few_faces",
            f"These people have {count} confirmed faces, and {MIN_FACES} are needed: confirm more.",
        )


def _check_finite(losses: list[float], moved: Array, epoch: int) -> None:
    lengths = np.linalg.norm(moved, axis=1)
    if not (np.isfinite(losses).all() and np.isfinite(moved).all() and lengths.min() > UNIT):
        raise Refused(
            "training_diverged",
            f"The loss is no number any more in epoch {epoch}: lower the learning rate.",
        )
