"""The client and the real server."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference.client import TritonClient
from inference.errors import InferenceNotReady, InferenceRejected, InferenceUnavailable
from inference.geometry import CROP_SIDE
from inference.spec import ModelSpec, TensorSpec
from local.triton import Triton
from tests.pictures import noise
from tests.served import FACE_DETECTOR, FACE_EMBEDDER

UNKNOWN = ModelSpec(
    "unknown",
    inputs=(TensorSpec("given", np.uint8, (2,)),),
    outputs=(TensorSpec("doubled", np.float32, (2,)),),
)


class TestTritonClient:
    def test_says_which_models_are_ready(self, triton: TritonClient) -> None:
        models = (FACE_DETECTOR, FACE_EMBEDDER, UNKNOWN)

        assert [triton.ready(model) for model in models] == [True, True, False]

    def test_does_not_run_a_model_that_is_not_there(self, triton: TritonClient) -> None:
        with pytest.raises(InferenceNotReady, match=r"^unknown: "):
            triton.infer(UNKNOWN, given=np.zeros((1, 2), np.uint8))

    def test_hears_that_the_server_rejects_what_the_spec_allowed(
        self, triton: TritonClient
    ) -> None:
        small = TensorSpec("image", np.uint8, (8, 8, 3))
        wrong = ModelSpec(FACE_EMBEDDER.name, (small,), FACE_EMBEDDER.outputs)

        with pytest.raises(InferenceRejected, match=r"^face_embedder\.packaged\.1: .*shape"):
            triton.infer(wrong, image=np.zeros((1, 8, 8, 3), np.uint8))

    def test_gives_each_of_many_threads_its_own_answer(self, triton: TritonClient) -> None:
        crops = [noise(width=CROP_SIDE, height=CROP_SIDE, seed=seed)[None] for seed in range(24)]
        alone = [triton.infer(FACE_EMBEDDER, image=crop)["embedding"] for crop in crops]

        with ThreadPoolExecutor(8) as threads:
            together = threads.map(lambda crop: triton.infer(FACE_EMBEDDER, image=crop), crops)
            found = [answer["embedding"] for answer in together]

        np.testing.assert_allclose(found, alone, atol=1e-4)

    @pytest.mark.usefixtures("triton_url")  # skips where the models are not built
    def test_has_no_answer_of_a_server_that_was_stopped(
        self, tmp_path: Path, settings: Any
    ) -> None:
        with Triton(settings.MODEL_REPOSITORY, [FACE_EMBEDDER.name], tmp_path) as server:
            url = server.url
            with TritonClient(url, timeout_s=10) as client:
                before = client.ready(FACE_EMBEDDER)
                server.stop()

                with pytest.raises(InferenceUnavailable):
                    client.ready(FACE_EMBEDDER)

        assert before is True
