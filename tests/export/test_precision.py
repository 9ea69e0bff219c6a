"""Models in numbers of fewer bits, built as `python -m export --precision` builds them."""

import json
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

from tests.export.exporting import (
    EMBEDDER,
    REPOSITORY,
    contents,
    export,
    need_built_models,
    python,
)

EMBEDDERS = ("--role=face_embedder",)
HALF = "face_embedder.packaged-fp16.1"


@pytest.fixture(autouse=True)
def _built() -> None:
    need_built_models()


@pytest.fixture(scope="module")
def half(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The embedder in half precision."""
    need_built_models()
    repository = tmp_path_factory.mktemp("half")
    ran = export("--repository", repository, "--precision=fp16", roles=EMBEDDERS)
    assert ran.returncode == 0, ran.stderr
    return repository / HALF


class TestHalfPrecision:
    def test_is_another_model_with_a_space_of_its_own(self, half: Path) -> None:
        manifest = json.loads((half / "manifest.json").read_text())

        assert (manifest["pack"], manifest["precision"]) == ("packaged-fp16", "fp16")
        assert manifest["space"] == "face_embedder:87aacdfe57510db2:1-fp16"

    def test_takes_and_gives_what_the_whole_one_does(self, half: Path) -> None:
        whole, small = (
            ort.InferenceSession(folder / "1" / "model.onnx")
            for folder in (REPOSITORY / EMBEDDER, half)
        )
        with np.load(REPOSITORY / EMBEDDER / "1" / "reference.npz") as stored:
            images = stored["image"]

        ours, theirs = (model.run(None, {"image": images})[0] for model in (small, whole))

        assert ours.dtype == np.float32
        np.testing.assert_allclose(ours, theirs, atol=0.02)

    def test_is_about_half_as_large(self, half: Path) -> None:
        size = (half / "1" / "model.onnx").stat().st_size

        assert size < 0.55 * (REPOSITORY / EMBEDDER / "1" / "model.onnx").stat().st_size

    def test_is_compiled_in_its_precision_on_a_gpu(self, half: Path) -> None:
        written = (half / "configs" / "gpu.pbtxt").read_text()

        assert 'key: "precision_mode" value: "FP16"' in written
        assert 'key: "trt_profile_max_shapes" value: "image:128x112x112x3"' in written


class TestRefusal:
    def test_of_a_model_that_lost_too_much(self, tmp_path: Path) -> None:
        ran = export("--repository", tmp_path, "--precision=int8", roles=EMBEDDERS)

        assert ran.returncode == 1
        assert "face_embedder.packaged-int8.1: embedding differs from the original's" in ran.stderr
        assert contents(tmp_path) == {}

    def test_of_a_pack_that_this_environment_cannot_read(self) -> None:
        ran = python("-m", "export", "open", "--dry-run")

        assert (ran.returncode, "run `make hub`" in ran.stderr) == (1, True)

    def test_of_a_role_that_the_pack_does_not_have(self) -> None:
        ran = python("-m", "export", "packaged", "--role=caption_encoder", "--dry-run")

        assert ran.returncode == 1
        assert ran.stderr.startswith("The pack has no caption_encoder: it has face_detector, ")
