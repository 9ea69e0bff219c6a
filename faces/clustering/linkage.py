"""Merging groups while the mean cosine between their faces is high enough: average linkage.

The clearest pairs come first: the bar falls in steps to what the evidence rule asks for, and at
each step every group merges with the one that it fits best. The sum of a group's vectors gives
its mean cosine to another group: their product over the number of pairs. That is taken anew for
each merge, so a pass makes no chains, and one face between two people can't join them.

Source: sub-cluster components, Monath et al. 2021.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from faces.clustering.evidence import required
from faces.clustering.graph import graph
from inference.arrays import Array

_STEPS = (0.15, 0.1, 0.05, 0.0)  # cosine above what is required; large libraries need them
_BLOCK = 1024


@dataclass(frozen=True)
class Links:
    """Pairs of groups that may come together, and by how much they fit: below 0 not yet."""

    one: Array
    other: Array
    excess: Array

    def __len__(self) -> int:
        return len(self.one)

    def only(self, chosen: Array) -> "Links":
        return Links(self.one[chosen], self.other[chosen], self.excess[chosen])

    def best_of_each(self, least: float) -> Array:
        """Where the best link of each group is, if it has `least` excess; the best one first."""
        order = np.flatnonzero(self.excess >= least)
        order = order[np.lexsort((self.other[order], self.one[order], -self.excess[order]))]
        ends = np.stack([self.one[order], self.other[order]], axis=1).ravel()
        firsts = np.unique(ends, return_index=True)[1]
        return order[np.unique(firsts // 2)]


class Linkage:
    """Groups that grow. Each goes by a number; when two become one, by that of the larger.

    `sums` (g, d) and `sizes` (g,) are of the faces that speak for a group, maybe none; groups
    which have some of `marks` in common are different people.
    """

    def __init__(
        self, sums: Array, sizes: Array, marks: dict[int, set[int]], same_person: float
    ) -> None:
        self._sums = sums
        self._sizes = sizes
        self._marks = {group: set(its) for group, its in marks.items()}
        self._same_person = same_person
        self._groups = list(range(len(sums)))  # what each has become part of

    def groups(self) -> Array:
        """The group that each (g,) is part of now."""
        groups = np.array(self._groups, np.int64)
        while (groups != groups[groups]).any():
            groups = groups[groups]
        return groups

    def large_pairs(self, least: int, near: int) -> tuple[Array, Array]:
        """Pairs of groups of `least` faces or more: each with the `near` ones most like it."""
        groups = np.unique(self.groups())
        large = groups[self._sizes[groups] >= least]
        means = self._sums[large]
        means = means / np.linalg.norm(means, axis=1, keepdims=True)
        one, other = graph(means, k=near).links(np.arange(len(large)))
        return large[one], large[other]

    def merge(self, one: Array, other: Array, steps: Iterable[float] = _STEPS) -> None:
        """Merge what fits among the links (one, other), until nothing more does."""
        links = self._contract(Links(one, other, np.full(len(one), np.nan)), None)
        for step in steps:
            before = len(links) + 1
            while len(links) < before:
                before, links = len(links), self._pass(links, step)

    def _pass(self, links: Links, least: float) -> Links:
        """Merge once around; the links that are left, fewer if anything could be done."""
        possible, grown = np.ones(len(links), bool), set[int]()
        best = links.best_of_each(least)
        ends = zip(best.tolist(), links.one[best].tolist(), links.other[best].tolist(), strict=True)
        for place, first, second in ends:
            one, other = self._now(first), self._now(second)
            if one == other:
                continue
            if self._are_two(one, other):
                possible[place] = False
            elif not (one in grown or other in grown) or self._fit(one, other) >= least:
                grown.add(self._join(one, other))
        return self._contract(links.only(possible), grown)

    def _now(self, group: int) -> int:
        """The group that `group` has become part of."""
        while self._groups[group] != group:
            group = self._groups[group]
        return group

    def _are_two(self, one: int, other: int) -> bool:
        marks = self._marks.get(one)
        return marks is not None and not marks.isdisjoint(self._marks.get(other, ()))

    def _fit(self, one: int, other: int) -> float:
        pairs = float(self._sizes[one] * self._sizes[other])
        mean = float(self._sums[one] @ self._sums[other]) / pairs
        return mean - float(required(pairs, self._same_person))

    def _join(self, one: int, other: int) -> int:
        """Make two groups one; returns which of them it goes by: the larger one."""
        if (self._sizes[one], -one) < (self._sizes[other], -other):
            one, other = other, one
        self._sums[one] += self._sums[other]
        self._sizes[one] += self._sizes[other]
        self._groups[other] = one
        marks = self._marks.pop(other, None)
        if marks:
            self._marks.setdefault(one, set()).update(marks)
        return one

    def _contract(self, links: Links, grown: set[int] | None) -> Links:
        """The links between the groups of now, each once; those of `grown` ones anew (or all)."""
        groups, count = self.groups(), len(self._groups)
        one, other = groups[links.one], groups[links.other]
        one, other = np.minimum(one, other), np.maximum(one, other)
        _, first = np.unique(one * count + other, return_index=True)
        first = first[one[first] != other[first]]
        one, other, excess = one[first], other[first], links.excess[first]
        anew = np.ones(count, bool) if grown is None else np.isin(np.arange(count), list(grown))
        anew = anew[one] | anew[other]
        excess[anew] = self._excess(one[anew], other[anew])
        return Links(one, other, excess)

    def _excess(self, one: Array, other: Array) -> Array:
        """By how much the mean cosines of pairs of groups are above what is required."""
        pairs = self._sizes[one] * self._sizes[other]
        products = np.empty(len(one), np.float32)
        for start in range(0, len(one), _BLOCK):
            part = slice(start, start + _BLOCK)
            products[part] = np.einsum("ij,ij->i", self._sums[one[part]], self._sums[other[part]])
        return np.asarray(products / pairs - required(pairs, self._same_person))
