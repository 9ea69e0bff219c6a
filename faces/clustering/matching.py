"""Which new group is which old one: so that ids stay when faces are grouped again."""

import numpy as np
from scipy.sparse import coo_array, csr_array, hstack
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from faces.clustering.evidence import ALONE
from inference.arrays import Array


def match_groups(before: Array, after: Array) -> dict[int, int]:
    """New group -> the old group that it goes on; where there is none, it is a new one.

    `before` and `after` (n,) are the groups of the same faces, -1 none. An old group goes on in
    one new group at most, which has a face of it. As many faces as possible keep their group.
    """
    both = (before != ALONE) & (after != ALONE)
    if not both.any():
        return {}
    old, row = np.unique(before[both], return_inverse=True)
    new, column = np.unique(after[both], return_inverse=True)
    shape = len(old), len(new)
    overlap = coo_array((np.ones(len(row)), (row, column)), shape).tocsr()
    rows, columns = min_weight_full_bipartite_matching(_with_no_one(overlap), maximize=True)
    goes_on = columns < len(new)
    return dict(zip(new[columns[goes_on]].tolist(), old[rows[goes_on]].tolist(), strict=True))


def _with_no_one(overlap: csr_array) -> csr_array:
    """With one column more for each old group, in which it ends: worth less than any face."""
    count = overlap.shape[0]
    nothing = np.full(count, 0.5 / (count + 1))
    ends = coo_array((nothing, (np.arange(count), np.arange(count))), (count, count))
    return csr_array(hstack([overlap, ends]))
