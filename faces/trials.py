"""How well faces of people who are known are put together: trials of clustering and matching.

Pure functions on arrays. They call what the service itself calls, with its thresholds.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from faces.centroids import Means
from faces.clustering import Known, Method, Rule, cluster
from faces.evaluation import ALONE, Agreement, bcubed, false_pairs, pairs_of_one_photo, pairwise
from faces.matching import Least, Probes, match
from inference.arrays import Array


@dataclass(frozen=True)
class Faces:
    """Faces that were found in photos, in the order of `vectors` (n, d), which are of length 1."""

    vectors: Array
    people: Array  # (n,) int: who it is; of no use where nobody knows
    photos: Array  # (n,) int
    core: Array  # (n,) bool: of good quality

    def __len__(self) -> int:
        return len(self.vectors)

    def only(self, rows: Array) -> "Faces":
        return Faces(self.vectors[rows], self.people[rows], self.photos[rows], self.core[rows])

    @property
    def loose(self) -> "Faces":
        """As if each were of a photo of its own: nothing says that two are different people."""
        return replace(self, photos=np.arange(len(self)))


@dataclass(frozen=True)
class Score:
    """What came of one way to put faces together."""

    way: str
    pairwise: Agreement
    bcubed: Agreement
    false_merges: int  # pairs of two people that are together
    blind_merges: int | None  # the same, of faces of which nobody is told that they share a photo


def scores(people: Faces, groups: Faces | None, least: Least, min_size: int) -> list[Score]:
    """Of each method, and of dual mode, whose every person is known by one photo.

    `groups`: faces in photos of several people. Nobody knows who they are, but that two faces of
    one photo are of two people: in blind_merges that is kept from the clustering, and counted.
    """
    found = [
        _scored(
            method.value, people, groups, partial(_clustered, Rule(least.cluster, method, min_size))
        )
        for method in Method
    ]
    first = first_of_each(people)
    rest = people.only(np.setdiff1d(np.arange(len(people)), first))
    again = partial(dual, people.only(first), least, Rule(least.cluster, min_size=min_size))
    return [*found, _scored("dual", rest, groups, again)]


def _scored(
    way: str, people: Faces, groups: Faces | None, label: Callable[[Faces], Array]
) -> Score:
    labels, wrong, blind = label(people), 0, None
    if groups:
        wrong = pairs_of_one_photo(label(groups), groups.photos)
        blind = pairs_of_one_photo(label(groups.loose), groups.photos)
    return Score(
        way,
        pairwise(labels, people.people),
        bcubed(labels, people.people),
        false_pairs(labels, people.people) + wrong,
        blind,
    )


def first_of_each(faces: Faces) -> Array:
    """The row of each person's first face of good quality, or of the first one."""
    rows = np.lexsort((np.arange(len(faces)), ~faces.core, faces.people))
    return np.sort(rows[np.unique(faces.people[rows], return_index=True)[1]])


def dual(references: Faces, least: Least, rule: Rule, faces: Faces) -> Array:
    """The label (n,) of each of `faces`: the person of `references` it was matched with, or else
    a number above all of theirs, of the cluster that it is in; -1 is alone.
    """
    count = len(references)
    known = Means(
        clusters=list(range(count)),
        groups=references.people + 1,  # above 0: of people
        matched=np.ones(count, bool),
        vectors=references.vectors,
        sizes=np.ones(count, np.int64),
    )
    probes = Probes(list(range(len(faces))), faces.photos, faces.vectors)
    found = match(probes, known, least, taken=set())
    labels = np.full(len(faces), ALONE)
    for row, join in found.joins.items():
        labels[row] = references.people[join.cluster]
    rest = np.flatnonzero(labels == ALONE)
    rest = rest[~np.isin(rest, list(found.set_aside))]
    its = _clustered(rule, faces.only(rest))
    labels[rest] = np.where(its == ALONE, ALONE, its + references.people.max(initial=0) + 1)
    return labels


def _clustered(rule: Rule, faces: Faces) -> Array:
    if not len(faces):
        return np.empty(0, np.int64)
    return cluster(faces.vectors, Known(faces.photos, faces.core), rule)
