"""What the models of each role take and give. `export` writes models that do.

Pixels go in as uint8, red first. Scaling, mean and deviation, decoding, top-K and length 1 are
in the graph, so a model is replaced by a file.
"""

import numpy as np

from inference.geometry import CROP_SIDE
from inference.spec import ANY, ModelSpec, TensorSpec

DETECTOR_SIDE = 640  # the detector's input, in pixels
TOP_K = 400  # rows of the detector's outputs, best score first; most of them score 0

FACE_DETECTOR = ModelSpec(
    "face_detector",
    inputs=(TensorSpec("image", np.uint8, (DETECTOR_SIDE, DETECTOR_SIDE, 3)),),
    outputs=(
        TensorSpec("boxes", np.float32, (TOP_K, 4)),  # x, y, width, height in pixels of the input
        TensorSpec("scores", np.float32, (TOP_K,)),  # 0 to 1
        TensorSpec("landmarks", np.float32, (TOP_K, 5, 2)),  # x, y in pixels of the input
    ),
)

FACE_EMBEDDER = ModelSpec(
    "face_embedder",
    inputs=(TensorSpec("image", np.uint8, (CROP_SIDE, CROP_SIDE, 3)),),
    # How many numbers is the model's own choice: its configuration says it (`ModelIdentity`).
    outputs=(TensorSpec("embedding", np.float32, (ANY,)),),
    max_batch=128,
)
