"""Groups as density alone suggests them, on the graph of neighbours."""

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import minimum_spanning_tree

from faces.clustering.constraints import components
from faces.clustering.evidence import ALONE
from faces.clustering.graph import NOBODY, Graph
from inference.arrays import Array

_APART = 2.0  # cosine distance of opposite faces: how far parts without a link lie apart
_LEAST = 1e-6  # distance: 0 would be no link


def dense(graph: Graph, *, least: float, min_size: int) -> Array:
    """Labels (n,) of DBSCAN: a face with `min_size` - 1 others at a cosine of `least` founds.

    Source: Ester et al. 1996. Faces that found nothing, but are near, are left alone here.
    """
    near = (graph.cosines >= least) & (graph.neighbours != NOBODY)
    founds = near.sum(axis=1) >= min_size - 1
    near &= founds[:, None]
    row, place = np.nonzero(near)
    other = graph.neighbours[row, place]
    both = founds[other]
    _, labels = components(len(graph), row[both], other[both])
    return np.where(founds, labels, ALONE)


def hierarchical(graph: Graph, *, least: float, min_size: int) -> Array:
    """Labels (n,) of HDBSCAN, to which faces of a cosine of `least` are as near as can be.

    So it never splits what hangs together at `least`: big people have dense parts.

    Source: Campello et al. 2013; the threshold: Malzer and Baum 2020.
    """
    from sklearn.cluster import HDBSCAN  # noqa: PLC0415  # slow to import: only who clusters

    if len(graph) < min_size or not graph.neighbours.shape[1]:
        return np.full(len(graph), ALONE)
    model = HDBSCAN(
        min_cluster_size=min_size,
        min_samples=1,  # as the tree has the mutual distances already
        metric="precomputed",
        copy=False,
    )
    labels = model.fit_predict(_tree(graph, 1 - least, min_size))[: len(graph)]
    return np.asarray(labels, np.int64)


def _tree(graph: Graph, shortest: float, min_size: int) -> csr_array:
    """The least tree of mutual distances over all faces: it has all that HDBSCAN needs.

    With `min_size` faces more, far from all others: HDBSCAN splits all faces at least once.
    """
    links = _mutual(graph, min_size)
    links.data = np.maximum(links.data, shortest)
    tree = minimum_spanning_tree(links).tocoo()
    more = np.arange(len(graph), len(graph) + min_size)
    one, other = np.append(tree.row, more[:-1]), np.append(tree.col, more[1:])
    length = np.append(tree.data, np.full(min_size - 1, shortest))
    _, part = components(more[-1] + 1, one, other)
    first = np.unique(part, return_index=True)[1]
    length = np.append(length, np.full(len(first) - 1, _APART))
    one, other = np.append(one, first[:-1]), np.append(other, first[1:])
    return _symmetric(length, one, other, int(more[-1]) + 1)


def _mutual(graph: Graph, min_size: int) -> csr_array:
    """The distances of neighbours, or to the one who makes a face dense, if that is farther."""
    core = 1 - graph.cosines[:, min(min_size - 1, graph.cosines.shape[1]) - 1]
    row, place = np.nonzero(graph.neighbours != NOBODY)
    other = graph.neighbours[row, place]
    distance = np.maximum(1 - graph.cosines[row, place], np.maximum(core[row], core[other]))
    shape = len(graph), len(graph)
    links = coo_array((np.maximum(distance, _LEAST), (row, other)), shape).tocsr()
    return links.maximum(links.T)


def _symmetric(values: Array, row: Array, column: Array, count: int) -> csr_array:
    ends = np.concatenate([row, column]), np.concatenate([column, row])
    return coo_array((np.concatenate([values, values]), ends), (count, count)).tocsr()
