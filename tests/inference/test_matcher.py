"""A head behind the real embedder, published and served as a trained one is."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from inference.arrays import Array
from inference.client import TritonClient
from inference.errors import InferenceNotReady
from inference.faces import TritonFaceEmbedder, TritonFaceMatcher
from inference.roles import FACE_MATCHER
from local.triton import Triton
from tests.export.exporting import need_built_models
from tests.fakes import FakeEmbedder
from tests.heads import HEAD as NAME
from tests.heads import publish
from tests.inference.references import embedder_reference
from tests.served import FACE_EMBEDDER

SPACE = "face_embedder:87aacdfe57510db2:1"
DIMENSION = 512


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
    folder = tmp_path_factory.mktemp("matcher")
    assert publish(folder, head, takes=SPACE, same_person_cosine=0.31) == NAME
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
