"""Which faces look like one person. Pure functions on arrays; vectors are of length 1.

Groups are merged while the mean cosine between their faces is high enough, the clearest pair
of groups first (average linkage). How high that must be depends on how many pairs of faces
speak for it: two lone faces must be much alike, two large groups need not, as the mean of
many cosines strays less. A face between two people cannot join them, and two faces of one
photo are two people.

Measured on 278 labelled faces, 19 people among 158 strangers, in random parts with 1 to 6 faces
of each of the people, at a cosine of .44 (.42; .40): pairwise precision .996 (.976; .897),
recall .876 (.902; .922). DBSCAN, which knows neither photos nor quality, reaches F .64 there:
strangers come together by chance. 20,000 faces take 6 s on two cores.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from inference.arrays import Array

ALONE = -1
_MANY = 0.6  # of the cosine that one pair must have: what the mean of many pairs must have
_NEIGHBOURS = 50
_BLOCK = 1024  # rows of a block of the comparison of all with all
_LARGE = 16  # faces of a group whose neighbours may all be its own


def required(pairs: Array | float, same_person: float) -> Array:
    """The mean cosine that `pairs` pairs of faces need, to be of one person.

    `same_person` is what one pair needs; the more pairs, the less, as the error of a mean
    falls with the root of their number.
    """
    least = same_person * _MANY
    return np.asarray(least + (same_person - least) / np.sqrt(pairs))


@dataclass(frozen=True)
class Match:
    """That the probe in `row` belongs to the group in `column`."""

    row: int
    column: int
    similarity: float  # mean cosine


def assign(  # probes, groups, and the rule
    probes: Array,
    means: Array,
    sizes: Array,
    *,
    same_person: float,
    photo: Array,
    taken: set[tuple[int, int]],
) -> list[Match]:
    """Which of `probes` (n, d) belong to one of the groups with `means` (c, d), `sizes` (c,).

    A face belongs to the group that it fits best, if it fits at all. A group has one face of
    a photo: `taken` has the pairs (photo, column) where it has one already, and of two probes
    of one `photo` (n,) the one that fits better gets it.
    """
    matches, taken = [], set(taken)
    for _, row, column, similarity in sorted(_fits(probes, means, sizes, same_person)):
        key = (int(photo[row]), column)
        if key not in taken:
            taken.add(key)
            matches.append(Match(row, column, similarity))
    return matches


def _fits(
    probes: Array, means: Array, sizes: Array, same_person: float
) -> Iterable[tuple[float, int, int, float]]:
    """Each probe's best group, where it fits: (minus by how much, row, column, mean cosine)."""
    needed = required(sizes, same_person)
    for start in range(0, len(probes), _BLOCK):
        cosines = probes[start : start + _BLOCK] @ means.T
        excess = cosines - needed
        columns = excess.argmax(axis=1)
        for row, column in enumerate(columns):
            if excess[row, column] >= 0:
                yield (
                    -float(excess[row, column]),
                    start + row,
                    int(column),
                    float(cosines[row, column]),
                )


def cluster(
    vectors: Array, *, same_person: float, photo: Array, core: Array, min_size: int = 2
) -> Array:
    """Labels (n,) 0, 1, … of the groups that `vectors` (n, d) form; -1 is alone.

    Groups are formed by the `core` (n,) faces, and have `min_size` of them at least; the other
    faces join one that they fit. No group has two faces of a `photo` (n,).
    """
    labels = np.full(len(vectors), ALONE, np.int64)
    rows = np.flatnonzero(core)
    merging = _Merging(vectors[rows], photo[rows].tolist(), same_person)
    groups = [members for members in merging.run() if len(members) >= min_size]
    for label, members in enumerate(sorted(groups, key=min)):
        labels[rows[members]] = label
    _attach(vectors, labels, photo, same_person)
    return labels


def _attach(vectors: Array, labels: Array, photo: Array, same_person: float) -> None:
    """Let faces that are alone join the group that they fit, in place."""
    count, alone = int(labels.max(initial=ALONE)) + 1, np.flatnonzero(labels == ALONE)
    if not count or not len(alone):
        return
    members = [np.flatnonzero(labels == label) for label in range(count)]
    found = assign(
        vectors[alone],
        np.stack([vectors[rows].mean(axis=0) for rows in members]),
        np.array([len(rows) for rows in members]),
        same_person=same_person,
        photo=photo[alone],
        taken={(int(photo[row]), label) for label, rows in enumerate(members) for row in rows},
    )
    for match in found:
        labels[alone[match.row]] = match.column


@dataclass(frozen=True)
class _Links:
    """Pairs of groups that may come together, and by how much they fit: below 0 not yet."""

    one: Array
    other: Array
    excess: Array

    def __len__(self) -> int:
        return len(self.one)

    def only(self, chosen: Array) -> "_Links":
        return _Links(self.one[chosen], self.other[chosen], self.excess[chosen])

    def best_of_each(self) -> Array:
        """Where the best link of each group is, if it has one that fits; the best one first."""
        order = np.lexsort((self.other, self.one, -self.excess))
        order = order[self.excess[order] >= 0]
        ends = np.stack([self.one[order], self.other[order]], axis=1).ravel()
        firsts = np.unique(ends, return_index=True)[1]
        return order[np.unique(firsts // 2)]


class _Merging:
    """Merges linked groups, in passes over all of them: each with the one that it fits best.

    A group goes by one of its rows. The sum of its vectors gives its mean cosine to another
    group: their product over the number of pairs. That is taken anew for each merge, so a pass
    makes no chains. Few passes are needed, also where one person has thousands of faces.

    Source: sub-cluster components, Monath et al. 2021.
    """

    def __init__(self, vectors: Array, photos: list[int], same_person: float) -> None:
        self._vectors = vectors
        self._same_person = same_person
        self._sums = vectors.copy()
        self._sizes = np.ones(len(vectors), np.int64)
        self._groups = np.arange(len(vectors))  # what group each row is in
        self._in_photos = [{photo} for photo in photos]

    def run(self) -> list[list[int]]:
        """The rows of each group."""
        self._merge(*_neighbours(self._vectors, self._same_person * _MANY))
        self._merge(*self._large_pairs())
        members: dict[int, list[int]] = {}
        for row, group in enumerate(self._groups.tolist()):
            members.setdefault(group, []).append(row)
        return list(members.values())

    def _large_pairs(self) -> tuple[Array, Array]:
        """Pairs of large groups: the nearest neighbours of a face there are all its own."""
        large = np.flatnonzero(np.bincount(self._groups, minlength=1) >= _LARGE)
        one, other = np.triu_indices(len(large), 1)
        return large[one], large[other]

    def _merge(self, one: Array, other: Array) -> None:
        """Pass over the links (one, other) until nothing more can be done."""
        links = _Links(one, other, self._excess(one, other))
        before = len(links) + 1
        while len(links) < before:
            before, links = len(links), self._pass(links)

    def _pass(self, links: _Links) -> _Links:
        """Merge once around; the links that are left, fewer if anything could be done."""
        possible, grown = np.ones(len(links), bool), np.zeros(len(self._sums), bool)
        for place in links.best_of_each().tolist():
            one, other = self._now(links.one[place]), self._now(links.other[place])
            if one == other:
                continue
            if not self._in_photos[one].isdisjoint(self._in_photos[other]):
                possible[place] = False
            elif self._fit(one, other) >= 0:
                grown[self._join(one, other)] = True
        self._groups = self._groups_now()
        return self._contract(links.only(possible), grown)

    def _now(self, group: int) -> int:
        """The group that `group` has become part of."""
        while self._groups[group] != group:
            group = int(self._groups[group])
        return int(group)

    def _groups_now(self) -> Array:
        groups = self._groups
        while (groups != groups[groups]).any():
            groups = groups[groups]
        return groups

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
        self._in_photos[one] |= self._in_photos[other]
        self._groups[other] = one
        return one

    def _contract(self, links: _Links, grown: Array) -> _Links:
        """The links between the groups of now, each once; those of `grown` ones anew."""
        one, other = self._groups[links.one], self._groups[links.other]
        one, other = np.minimum(one, other), np.maximum(one, other)
        _, first = np.unique(one * len(grown) + other, return_index=True)
        first = first[one[first] != other[first]]
        one, other, excess = one[first], other[first], links.excess[first]
        anew = grown[one] | grown[other]
        excess[anew] = self._excess(one[anew], other[anew])
        return _Links(one, other, excess)

    def _excess(self, one: Array, other: Array) -> Array:
        """By how much the mean cosines of pairs of groups are above what is required."""
        pairs = self._sizes[one] * self._sizes[other]
        products = np.empty(len(one), np.float32)
        for start in range(0, len(one), _BLOCK):
            part = slice(start, start + _BLOCK)
            products[part] = np.einsum("ij,ij->i", self._sums[one[part]], self._sums[other[part]])
        return products / pairs - required(pairs, self._same_person)


def _neighbours(vectors: Array, least: float) -> tuple[Array, Array]:
    """Rows and the rows of their nearest neighbours whose cosine is at least `least`."""
    k = min(_NEIGHBOURS + 1, len(vectors))
    rows, others = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for start in range(0, len(vectors), _BLOCK):
        cosines = vectors[start : start + _BLOCK] @ vectors.T
        near = np.argpartition(cosines, -k, axis=1)[:, -k:]
        row, place = np.nonzero(np.take_along_axis(cosines, near, axis=1) >= least)
        rows.append(row + start)
        others.append(near[row, place])
    one, other = np.concatenate(rows), np.concatenate(others)
    return one[one != other], other[one != other]
