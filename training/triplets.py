"""Triplets: a face, another one of the same person, and one of somebody else."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from training.faces import NOBODY, Faces, Integers

PEOPLE = 32  # of a batch
FACES = 4  # of each of them
STRANGERS = 2  # faces that were said not to be theirs, for each of them
MIN_ROUNDS = 10  # through all people in an epoch: of few faces, too, something is to be learnt


@dataclass(frozen=True, eq=False)
class Batch:
    """Rows of faces, and what is known of each pair of them."""

    rows: Integers  # (b,)
    same: torch.Tensor  # (b, b) bool: two faces of one person
    apart: torch.Tensor  # (b, b) bool: faces of two people


def batches(faces: Faces, people: Integers, random: np.random.Generator) -> Iterator[Batch]:
    """Those of one epoch: about as many faces as `people` have, of all of them equally many."""
    rows = {int(one): np.flatnonzero(faces.person == one) for one in people}
    owner = {one: int(faces.owner[some[0]]) for one, some in rows.items()}
    strangers = faces.strangers()
    total = sum(map(len, rows.values()))
    for _ in range(max(MIN_ROUNDS, total // (FACES * len(people)))):
        shuffled = sorted(random.permutation(list(rows)).tolist(), key=owner.__getitem__)
        for start in range(0, len(shuffled), PEOPLE):
            chosen = shuffled[start : start + PEOPLE]
            yield _batch(faces, [rows[one] for one in chosen], strangers, chosen, random)


def semi_hard_loss(vectors: torch.Tensor, batch: Batch, *, margin: float) -> torch.Tensor:
    """Mean over all pairs of one person, each with one face of somebody else.

    That is the nearest one that is further away than the pair is apart, or else the furthest.
    Distances are squared, of `vectors` (b, d) of length 1: 0 same, 4 opposite.

    Source: Schroff et al., FaceNet (arXiv:1503.03832), section 3.2.
    """
    distances = 2 - 2 * vectors @ vectors.T
    anchor, positive = batch.same.nonzero(as_tuple=True)
    between, others, apart = distances[anchor, positive], distances[anchor], batch.apart[anchor]
    further = apart & (others > between[:, None])
    nearest = others.masked_fill(~further, torch.inf).min(dim=1).values
    furthest = others.masked_fill(~apart, -torch.inf).max(dim=1).values
    negative = torch.where(further.any(dim=1), nearest, furthest)
    losses = (between - negative + margin).clamp_min(0)[apart.any(dim=1)]
    return losses.sum() / max(len(losses), 1)


def _batch(
    faces: Faces,
    own: list[Integers],
    strangers: dict[int, Integers],
    people: list[int],
    random: np.random.Generator,
) -> Batch:
    """Some faces of each of `people`, whose rows are `own`, and some that are said not theirs."""
    some = [random.permutation(rows)[:FACES] for rows in own]
    not_theirs = [random.permutation(strangers.get(one, ()))[:STRANGERS] for one in people]
    rows = np.unique(np.concatenate([*some, *not_theirs]).astype(np.int64))
    person, owner = faces.person[rows], faces.owner[rows]
    known = person != NOBODY
    both_known = known[:, None] & known[None, :]
    same = both_known & (person[:, None] == person[None, :])
    np.fill_diagonal(same, val=False)
    apart = both_known & (person[:, None] != person[None, :]) & (owner[:, None] == owner[None, :])
    for row, one in enumerate(person.tolist()):
        apart[row] |= np.isin(rows, strangers.get(one, ()))
    return Batch(rows, torch.from_numpy(same), torch.from_numpy(apart))
