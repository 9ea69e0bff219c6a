"""Names for the arrays that go through the house."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
RGB = NDArray[np.uint8]  # (height, width, 3), red first
