"""A model that doubles what it is given, and servers that have it."""

from typing import Any

import numpy as np

from inference.client import TritonClient
from inference.errors import (
    InferenceUnavailable,
)
from inference.spec import ModelSpec, TensorSpec
from tests.inference.server import Answer

DOUBLE = ModelSpec(
    "double",
    inputs=(TensorSpec("given", np.uint8, (2,)),),
    outputs=(TensorSpec("doubled", np.float32, (2,)),),
    max_batch=4,
)


GIVEN = np.array([[1, 2], [3, 4]], np.uint8)


DOUBLED = np.array([[2, 4], [6, 8]], np.float32)


PARAMETERS = {
    "space": "double:0123:7",
    "weights_sha256": "0123",
    "dimension": "192",
    "same_person_cosine": "0.25",
}


def noting(requests: list[Any], answer: Answer) -> Answer:
    """Answers as `answer` does, and keeps what was asked."""

    def note_and_answer(request: Any, context: Any) -> Any:
        requests.append(request)
        return answer(request, context)

    return note_and_answer


def is_up(client: TritonClient) -> bool:
    try:
        return client.ready(DOUBLE)
    except InferenceUnavailable:
        return False
