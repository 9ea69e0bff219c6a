"""A head behind the real embedder, published and served as a trained one is."""

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from inference.arrays import Array
from inference.client import TritonClient
from inference.errors import InferenceNotReady
from inference.faces import TritonFaceEmbedder, TritonFaceMatcher
from inference.roles import FACE_MATCHER
from local.triton import Triton
from tests.export.exporting import need_built_models, python
from tests.fakes import FakeEmbedder
from tests.inference.references import embedder_reference
from tests.served import FACE_EMBEDDER

SPACE = "face_embedder:87aacdfe57510db2:1"
NAME = "face_matcher.tests.1"
DIMENSION = 512
WRITE = """
import sys
import numpy as np, onnx
from onnx import helper, numpy_helper

model = onnx.parser.parse_model('''
    <ir_version: 8, opset_import: ["": 17]>
    face_matcher (float[B,512] vectors) => (float[B,512] embedding) {
        change = Gemm <transB = 1> (vectors, "change.weight", "change.bias")
        moved = Add (vectors, change)
        length = ReduceL2 <axes = [1], keepdims = 1> (moved)
        embedding = Div (moved, length)
    }''')
with np.load(sys.argv[1]) as head:
    model.graph.initializer.extend(
        numpy_helper.from_array(head[name], name) for name in ("change.weight", "change.bias")
    )
helper.set_model_props(model, {"takes": sys.argv[3], "same_person_cosine": "0.31"})
onnx.save(model, sys.argv[2])
"""


@pytest.fixture(scope="module")
def head() -> dict[str, Array]:
    """One that has learnt something."""
    random = np.random.default_rng(4)
    return {
        "change.weight": (random.normal(size=(DIMENSION, DIMENSION)) * 0.02).astype(np.float32),
        "change.bias": (random.normal(size=DIMENSION) * 0.02).astype(np.float32),
    }


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory, head: dict[str, Array]) -> Path:
    """The head in a repository, as `python -m training publish` puts it there."""
    need_built_models()
    folder, out = tmp_path_factory.mktemp("matcher"), tmp_path_factory.mktemp("out")
    np.savez(out / "head.npz", allow_pickle=False, **head)
    written = python("-c", WRITE, out / "head.npz", out / "model.onnx", SPACE)
    assert written.returncode == 0, written.stderr
    digest = sha256((out / "model.onnx").read_bytes()).hexdigest()
    report = {"kept": True, "reason": "", "model_sha256": digest}
    (out / "report.json").write_text(json.dumps(report))
    words = ("publish", out, "--name", "tests", "--repository", folder)
    published = python("-m", "training", *words)
    assert published.returncode == 0, published.stdout + published.stderr
    assert json.loads(published.stdout)["model"] == NAME
    return folder


@pytest.fixture(scope="module")
def heads(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TritonClient]:
    with (
        Triton(repository, [NAME], tmp_path_factory.mktemp("matcher-triton")) as server,
        TritonClient(server.url, timeout_s=30) as client,
    ):
        yield client


class TestServedMatcher:
    def test_moves_the_vectors_of_the_real_embedder(
        self, triton: TritonClient, heads: TritonClient, head: dict[str, Array]
    ) -> None:
        embedder = TritonFaceEmbedder(triton, FACE_EMBEDDER)
        crops = list(embedder_reference().images)

        before = embedder.embed(crops)

        found = TritonFaceMatcher(embedder, heads, FACE_MATCHER.at(NAME)).moved(before)

        moved = before + before @ head["change.weight"].T + head["change.bias"]
        wanted = moved / np.linalg.norm(moved, axis=1, keepdims=True)
        np.testing.assert_allclose(found, wanted, atol=1e-5)
        assert np.abs(found - before).max() > 0.01

    def test_says_whose_vectors_it_gives(self, triton: TritonClient, heads: TritonClient) -> None:
        embedder = TritonFaceEmbedder(triton, FACE_EMBEDDER)

        identity = TritonFaceMatcher(embedder, heads, FACE_MATCHER.at(NAME)).identity

        assert identity.role == "face_matcher"
        assert identity.space == f"face_matcher:{identity.weights_sha256[:16]}:1"
        assert (identity.dimension, identity.same_person_cosine) == (DIMENSION, 0.31)

    def test_takes_no_vectors_of_another_embedder(self, heads: TritonClient) -> None:
        matcher = TritonFaceMatcher(FakeEmbedder(), heads, FACE_MATCHER.at(NAME))

        with pytest.raises(InferenceNotReady, match=f"trained for vectors of {SPACE}"):
            matcher.moved(np.zeros((0, DIMENSION), np.float32))
