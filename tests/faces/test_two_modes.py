"""What falls into two: faces of a cluster that may be two people."""

import numpy as np

from faces.review.mixed import two_modes
from tests.faces.house import at


class TestTwoModes:
    def test_parts_the_fewer_from_the_more(self) -> None:
        rows = np.stack([at(angle) for angle in (1.6, 0, 0.1, 1.7, 0.2)])

        assert two_modes(rows).tolist() == [True, False, False, True, False]

    def test_of_faces_that_are_all_the_same_is_one(self) -> None:
        assert not two_modes(np.stack([at(0)] * 3)).any()
