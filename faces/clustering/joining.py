"""What is left when groups have been found joins the group that it fits, if it fits one."""

import numpy as np
from scipy.sparse import csr_array

from faces.clustering.constraints import Known, Units
from faces.clustering.evidence import ALONE, required
from faces.clustering.graph import Graph
from faces.clustering.known_groups import Groups, rank
from faces.clustering.rules import Rule
from inference.arrays import Array

_BLOCK = 4096


def attach(  # what there is, what was found, and the rule
    vectors: Array, known: Known, its: Units, group: Array, near: Graph, rule: Rule
) -> Array:
    """Labels (n,) of faces whose units are in `group` (u,); -1 alone, the others any number.

    Kept are groups with a seed or enough faces of good quality. The units of the others join
    one, the best fit first: one with neighbours of theirs, or any if they are of poor quality, as
    these are not in the graph `near`. Faces said to be one person stay together in any case.
    """
    label = np.where(_kept(known, its, group, rule.min_size)[group], group, ALONE)
    joining = _Joining(vectors, its, label, known.core, rule.same_person)
    offers = joining.to_neighbours(near), joining.of_poor_faces()
    _join(label, its.marks, *map(np.concatenate, zip(*offers, strict=True)))
    faces = np.bincount(its.unit, minlength=its.count)
    stays = np.flatnonzero((label == ALONE) & (faces > 1))
    label[stays] = its.count + stays
    return label[its.unit]


def _kept(known: Known, its: Units, group: Array, min_size: int) -> Array:
    """Whether each group has a seed, or enough faces of good quality."""
    good = np.bincount(group[its.unit], known.core, its.count)
    seeded = np.bincount(group, its.seeded, its.count)
    return np.asarray((good >= min_size) | (seeded > 0))


class _Joining:
    """Units that are left, and the groups that they may join: those with faces of good quality.

    An offer is (unit, group, by how much they fit).
    """

    def __init__(
        self, vectors: Array, its: Units, label: Array, core: Array, same_person: float
    ) -> None:
        self._vectors = vectors
        self._its = its
        self._label = label
        self._core = core
        self._same_person = same_person
        of_face = np.where(core, label[its.unit], ALONE)
        self._groups, sizes = np.unique(of_face[of_face != ALONE], return_counts=True)
        self._known = Groups(_means(vectors, of_face, self._groups), sizes)

    def to_neighbours(self, near: Graph) -> tuple[Array, Array, Array]:
        """Offers of units to groups that have a neighbour of theirs."""
        count, unit = self._its.count, self._its.unit[self._core]
        nodes = np.where(self._label == ALONE, count + np.arange(count), self._label)
        one, other = near.links(nodes[unit])
        chosen = (one < count) & (other >= count)
        column = np.searchsorted(self._groups, one[chosen])
        units, row = np.unique(other[chosen] - count, return_inverse=True)
        means = _means(self._vectors, self._its.unit, units)
        mean = np.empty(len(row), np.float32)
        for start in range(0, len(row), _BLOCK):
            part = slice(start, start + _BLOCK)
            mean[part] = np.einsum("ij,ij->i", means[row[part]], self._known.means[column[part]])
        excess = mean - required(self._known.sizes[column], self._same_person)
        return units[row], one[chosen], excess

    def of_poor_faces(self) -> tuple[Array, Array, Array]:
        """Offers of units without a face of good quality, to any group."""
        good = np.bincount(self._its.unit, self._core, self._its.count) > 0
        units = np.flatnonzero((self._label == ALONE) & ~good)
        if not len(self._groups):
            units = units[:0]
            return units, units, np.zeros(0)
        means = _means(self._vectors, self._its.unit, units)
        found = rank(means, self._known, same_person=self._same_person)
        return units, self._groups[found.column], found.excess


def _means(vectors: Array, of_face: Array, chosen: Array) -> Array:
    """The mean vector (c, d) of the faces of each of the `chosen` (c,) sorted numbers."""
    rows = np.flatnonzero(np.isin(of_face, chosen))
    column = np.searchsorted(chosen, of_face[rows])
    share = (1 / np.bincount(column, minlength=len(chosen))[column]).astype(vectors.dtype)
    return np.asarray(csr_array((share, (column, rows)), (len(chosen), len(vectors))) @ vectors)


def _join(
    label: Array, marks: dict[int, set[int]], units: Array, groups: Array, excess: Array
) -> None:
    """Put each unit into its best group, in place; the best one first, and no two who are two."""
    taken: dict[int, set[int]] = {}
    for unit, its in marks.items():
        taken.setdefault(int(label[unit]), set()).update(its)
    fits = np.flatnonzero(excess >= 0)
    fits = fits[np.lexsort((groups[fits], units[fits], -excess[fits]))]
    best = fits[np.sort(np.unique(units[fits], return_index=True)[1])]
    for unit, group in zip(units[best].tolist(), groups[best].tolist(), strict=True):
        its = marks.get(unit, set())
        if its.isdisjoint(taken.get(group, ())):
            label[unit] = group
            taken.setdefault(group, set()).update(its)
