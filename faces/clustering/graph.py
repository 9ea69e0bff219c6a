"""Which faces are most like which: one graph of nearest neighbours, for all ways to cluster.

Up to 20,000 faces it is exact. Above that an index of cells is searched, which looks only at the
faces in the cells next to a face: of the neighbours with a cosine of .3 or more it finds 98 % among
100,000 made-up faces, and 89 % among 1,000,000. Each graph says its recall, measured on a sample.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from inference.arrays import Array

NEIGHBOURS = 50
EXACT_UP_TO = 20_000
NOBODY = -1  # in the place of a neighbour that is not there
_BLOCK = 1024  # rows of a block of the comparison of all with all
_SEARCHED = 10_000  # faces between two reports of progress
_CELLS = 4.0  # cells of the index, times the root of the number of faces
_PROBED = 16  # cells that are looked into
_TRAINED_ON = 40  # faces for each cell
_ROUNDS = 5  # of k-means
_SAMPLE = 200  # faces whose neighbours are looked up exactly as well, to measure the recall

Progress = Callable[[int, int], None]  # faces that are done, of how many


@dataclass(frozen=True)
class Graph:
    """The nearest neighbours of each of n faces, best first."""

    neighbours: Array  # (n, k) int32 rows; NOBODY where there are fewer
    cosines: Array  # (n, k) float32
    recall: float  # share of the neighbours of at least the asked cosine that were found, 0 to 1

    def __len__(self) -> int:
        return len(self.neighbours)

    def links(self, group: Array, within: Array | None = None) -> tuple[Array, Array]:
        """Pairs of different groups with neighbours, each pair once; `group` (n,) of each face.

        Only pairs whose faces have the same number in `within` (n,), if that is given.
        """
        count = int(group.max(initial=-1)) + 1
        keys = [np.zeros(0, np.int64)]
        for part in _parts(len(self), _SEARCHED):
            row, place = np.nonzero(self.neighbours[part] != NOBODY)
            other = self.neighbours[part][row, place]
            row += part.start
            one, two = group[row], group[other]
            linked = one != two
            if within is not None:
                linked &= within[row] == within[other]
            one, two = one[linked], two[linked]
            keys.append(np.unique(np.minimum(one, two) * count + np.maximum(one, two)))
        key = np.unique(np.concatenate(keys))
        return key // max(1, count), key % max(1, count)


def graph(
    vectors: Array,
    *,
    least: float = 0.0,
    k: int = NEIGHBOURS,
    exact_up_to: int = EXACT_UP_TO,
    progress: Progress | None = None,
) -> Graph:
    """The `k` nearest neighbours, with a cosine of `least`, of `vectors` (n, d) of unit length.

    Exact for up to `exact_up_to` faces. `progress` is told now and then.
    """
    exact = len(vectors) <= exact_up_to
    search = _Exact(vectors) if exact else _Cells(vectors)
    k = min(k, max(0, len(vectors) - 1))
    neighbours = np.full((len(vectors), k), NOBODY, np.int32)
    cosines = np.full((len(vectors), k), -1, np.float32)
    for part in _parts(len(vectors), _BLOCK if exact else _SEARCHED):
        near, alike = _others(part, *search.nearest(vectors[part], k + 1))
        neighbours[part] = np.where(alike >= least, near, NOBODY)
        cosines[part] = np.where(near == NOBODY, -1, alike)
        if progress:
            progress(min(part.stop, len(vectors)), len(vectors))
    recall = 1.0 if exact else _recall(vectors, neighbours, least)
    return Graph(neighbours, cosines, recall)


class _Exact:
    """Compares with all."""

    def __init__(self, vectors: Array) -> None:
        self._vectors = vectors

    def nearest(self, probes: Array, k: int) -> tuple[Array, Array]:
        """Rows and cosines of the `k` nearest of `probes`, best first; ties by row."""
        cosines = probes @ self._vectors.T
        near = np.sort(np.argpartition(cosines, -k, axis=1)[:, -k:], axis=1)
        alike = np.take_along_axis(cosines, near, axis=1)
        order = np.argsort(-alike, axis=1, kind="stable")
        return np.take_along_axis(near, order, axis=1), np.take_along_axis(alike, order, axis=1)


class _Cells:
    """Compares with those in the nearest cells, by vectors of one byte for each number.

    Source: inverted file with scalar quantization, of FAISS (Johnson et al. 2017).
    """

    def __init__(self, vectors: Array) -> None:
        import faiss  # noqa: PLC0415  # 50 MB, for those alone who cluster

        count, dimension = vectors.shape
        cells = int(_CELLS * np.sqrt(count))
        metric, byte = faiss.METRIC_INNER_PRODUCT, faiss.ScalarQuantizer.QT_8bit
        self._centres = faiss.IndexFlatIP(dimension)  # the index keeps no hold of it
        self._index = faiss.IndexIVFScalarQuantizer(self._centres, dimension, cells, byte, metric)
        self._index.cp.niter = _ROUNDS
        self._index.cp.max_points_per_centroid = _TRAINED_ON
        sample = np.random.default_rng(0).permutation(count)[: cells * _TRAINED_ON]
        self._index.train(vectors[np.sort(sample)])
        for part in _parts(count, _SEARCHED):
            self._index.add(vectors[part])
        self._index.nprobe = _PROBED

    def nearest(self, probes: Array, k: int) -> tuple[Array, Array]:
        """As of _Exact, but for those that were missed, and for rounded cosines."""
        cosines, near = self._index.search(probes, k)
        return near, cosines


def _others(part: slice, near: Array, alike: Array) -> tuple[Array, Array]:
    """The nearest ones of the faces in `part`, less the face itself, or else the last one."""
    rows = np.arange(part.start, part.start + len(near))
    itself = near == rows[:, None]
    itself[~itself.any(axis=1), -1] = True
    shape = len(near), near.shape[1] - 1
    return near[~itself].reshape(shape), alike[~itself].reshape(shape)


def _recall(vectors: Array, neighbours: Array, least: float) -> float:
    """Of the true neighbours of a sample, how many there are."""
    rows = np.random.default_rng(1).permutation(len(vectors))[:_SAMPLE]
    search, k = _Exact(vectors), neighbours.shape[1]
    there = found = 0
    for part in _parts(len(rows), _SAMPLE // 8):
        near, alike = search.nearest(vectors[rows[part]], k + 1)
        true = (alike >= least) & (near != rows[part, None])
        there += int(true.sum())
        hits = (near[:, :, None] == neighbours[rows[part], None, :]).any(axis=2)
        found += int((hits & true).sum())
    return found / there if there else 1.0


def _parts(count: int, size: int) -> Iterator[slice]:
    return (slice(start, start + size) for start in range(0, count, size))
