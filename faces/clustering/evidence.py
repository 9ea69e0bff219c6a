"""How much two groups of faces must be alike, to be of one person."""

import numpy as np

from inference.arrays import Array

ALONE = -1  # the label of a face that is in no group
MANY = 0.6  # of the cosine that one pair must have: what the mean of many pairs must have


def required(pairs: Array | float, same_person: float) -> Array:
    """The mean cosine that `pairs` pairs of faces need, to be of one person.

    `same_person` is what one pair needs; the more pairs, the less, as the error of a mean
    falls with the root of their number.
    """
    least = same_person * MANY
    return np.asarray(least + (same_person - least) / np.sqrt(pairs))
