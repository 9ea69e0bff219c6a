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
    max_batch=8,
)

FACE_EMBEDDER = ModelSpec(
    "face_embedder",
    inputs=(TensorSpec("image", np.uint8, (CROP_SIDE, CROP_SIDE, 3)),),
    # How many numbers is the model's own choice: its configuration says it (`ModelIdentity`).
    outputs=(TensorSpec("embedding", np.float32, (ANY,)),),
    max_batch=128,
)

FACE_MATCHER = ModelSpec(
    "face_matcher",
    inputs=(TensorSpec("vectors", np.float32, (ANY,)),),  # of the embedder it was trained for
    outputs=(TensorSpec("embedding", np.float32, (ANY,)),),
    max_batch=128,
)

OBJECT_DETECTOR = ModelSpec(
    "object_detector",
    inputs=(TensorSpec("image", np.uint8, (ANY, ANY, 3)),),
    outputs=(
        TensorSpec("boxes", np.float32, (ANY, 4)),  # x, y, width, height in pixels of the input
        TensorSpec("scores", np.float32, (ANY,)),  # 0 to 1
        TensorSpec("classes", np.int64, (ANY,)),  # rows of the labels in its configuration
    ),
)

IMAGE_ENCODER = ModelSpec(
    "image_encoder",
    inputs=(TensorSpec("image", np.uint8, (ANY, ANY, 3)),),
    outputs=(TensorSpec("embedding", np.float32, (ANY,)),),
)

TEXT_ENCODER = ModelSpec(
    "text_encoder",
    inputs=(
        TensorSpec("input_ids", np.int64, (ANY,)),
        TensorSpec("attention_mask", np.int64, (ANY,)),  # 1 is a token, 0 fills up
    ),
    outputs=(TensorSpec("embedding", np.float32, (ANY,)),),
    max_batch=32,
)

TEXT_DETECTOR = ModelSpec(
    "text_detector",
    inputs=(TensorSpec("image", np.uint8, (ANY, ANY, 3)),),  # sides are multiples of 32
    outputs=(TensorSpec("probability", np.uint8, (ANY, ANY)),),  # of text, 0 to 255
)

TEXT_ORIENTER = ModelSpec(
    "text_orienter",
    inputs=(TensorSpec("image", np.uint8, (ANY, ANY, 3)),),
    outputs=(TensorSpec("scores", np.float32, (2,)),),  # upright, upside down; together 1
    max_batch=32,
)

TEXT_RECOGNIZER = ModelSpec(
    "text_recognizer",
    inputs=(TensorSpec("image", np.uint8, (ANY, ANY, 3)),),
    outputs=(
        TensorSpec("indices", np.int32, (ANY,)),  # of characters, a step; 0 is none
        TensorSpec("scores", np.float32, (ANY,)),  # 0 to 1
    ),
    max_batch=16,
)

CAPTION_ENCODER = ModelSpec(
    "caption_encoder",
    inputs=(TensorSpec("image", np.uint8, (ANY, ANY, 3)),),
    outputs=(TensorSpec("states", np.float32, (ANY, ANY)),),  # what the decoder looks at
)

# One step: what each beam of a sentence (the first ANY) got last -> what may follow it.
CAPTION_DECODER = ModelSpec(
    "caption_decoder",
    inputs=(
        TensorSpec("states", np.float32, (ANY, ANY)),
        TensorSpec("tokens", np.int64, (ANY,)),
        TensorSpec("length", np.int64, (1,)),  # tokens that the cache holds; what is behind is room
        TensorSpec("cache", np.float32, (ANY, ANY, 2, ANY, ANY)),  # beam, layer, key/value, token
    ),
    outputs=(
        TensorSpec("entry", np.float32, (ANY, ANY, 2, ANY)),  # of `tokens`, for the cache
        TensorSpec("scores", np.float32, (ANY, ANY)),  # logarithms of probabilities, best first
        TensorSpec("candidates", np.int64, (ANY, ANY)),  # the tokens that have them
    ),
)
