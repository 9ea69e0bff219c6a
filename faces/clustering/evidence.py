"""How much two groups of faces must be alike, to be of one person.

Measured with average linkage on 278 labelled faces, 19 people among 158 strangers, in random parts
with 1 to 6 faces of each of the people, at a cosine of .44 (.42; .40): pairwise precision .996
(.976; .897), recall .876 (.902; .922).
"""

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
