"""To which of the groups that are known a face belongs."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from faces.clustering.evidence import required
from inference.arrays import Array

_BLOCK = 1024
_NEVER = -2.0  # less than any cosine


@dataclass(frozen=True)
class Groups:
    """Groups of faces, by the means of their vectors, which are not of unit length.

    A mean's product with a vector is the mean cosine between that vector and the faces. A group
    may have several means (a person's looks), or single faces in their place (exemplars).
    """

    means: Array  # (c, d) float32
    sizes: Array  # (c,) faces of each mean
    group: Array | None = None  # (c,) int: whose mean it is; each its own if none


@dataclass(frozen=True)
class Match:
    """That the probe in `row` belongs to the group in `column`."""

    row: int
    column: int
    similarity: float  # mean cosine
    runner_up: float | None = None  # mean cosine to the next best group, if there is one


@dataclass(frozen=True)
class Ranking:
    """For each of n probes its best group, and the next best one."""

    column: Array  # (n,) int
    similarity: Array  # (n,) mean cosine
    excess: Array  # (n,) by how much that is more than required; below 0: less
    runner_up: Array  # (n,) mean cosine to the best mean of any other group; below -1: no other
    lead: Array  # (n,) by how much the best excess is more than that of any other group


def rank(probes: Array, groups: Groups, *, same_person: float) -> Ranking:
    """The groups that `probes` (n, d) are most like, by the evidence rule. One group at least."""
    parts = [
        _ranked(probes[start : start + _BLOCK], groups, required(groups.sizes, same_person))
        for start in range(0, max(1, len(probes)), _BLOCK)
    ]
    return Ranking(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _ranked(probes: Array, groups: Groups, needed: Array) -> tuple[Array, ...]:
    cosines = probes @ groups.means.T
    excess, rows = cosines - needed, np.arange(len(probes))
    best = excess.argmax(axis=1)
    most, alike = excess[rows, best], cosines[rows, best]
    if groups.group is None:
        excess[rows, best] = _NEVER
    else:
        excess[groups.group == groups.group[best][:, None]] = _NEVER
    second = excess.argmax(axis=1)
    there = excess[rows, second] > _NEVER
    runner_up = np.where(there, cosines[rows, second], _NEVER)
    return best, alike, most, runner_up, most - excess[rows, second]


def assign(  # probes, groups, and the rule
    probes: Array,
    groups: Groups,
    *,
    same_person: float,
    photo: Array,
    taken: set[tuple[int, int]],
    margin: float = 0.0,
) -> list[Match]:
    """Which of `probes` (n, d) belong to one of `groups`; the one that fits best comes first.

    A face belongs to the group that it fits best, if it fits at all, and fits any other group
    less by `margin` (cosine). A group has one face of a photo: `taken` has the pairs (photo,
    group) where it has one already, and of two probes of one `photo` (n,) the one that fits
    better gets it.
    """
    if not len(probes) or not len(groups.means):
        return []
    found = rank(probes, groups, same_person=same_person)
    matches, taken = [], set(taken)
    for match in _matches(found, groups, margin):
        key = (int(photo[match.row]), match.column)
        if key not in taken:
            taken.add(key)
            matches.append(match)
    return matches


def _matches(found: Ranking, groups: Groups, margin: float) -> Iterator[Match]:
    """What fits, the best first; ties by row."""
    group = np.arange(len(groups.means)) if groups.group is None else groups.group
    fits = np.flatnonzero((found.excess >= 0) & (found.lead >= margin))
    for row in fits[np.argsort(-found.excess[fits], kind="stable")].tolist():
        runner_up = float(found.runner_up[row])
        yield Match(
            row,
            int(group[found.column[row]]),
            float(found.similarity[row]),
            runner_up if runner_up > _NEVER else None,
        )
