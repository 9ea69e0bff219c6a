"""Qdrant's own client, 1.15, with the service as it runs. What it warns of would be an error."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest
import qdrant_client
from pytest_django.live_server_helper import LiveServer
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse

from photos.models import Owner, Space
from tests.factories import DIMENSION, make_face, make_key, unit
from tests.search.points.arranged import FACES, IMAGES, make_faces, make_named_photo

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:`search` method is deprecated:DeprecationWarning"),
]

# As the documents have them, but for the comments that show results.
SIMILAR_IMAGES = """
from qdrant_client import QdrantClient

client = QdrantClient(url="http://localhost:6333")

# Get embedding for query image (same CLIP model)
query_embedding = generate_clip_embedding(query_image)

# Find similar images
results = client.search(
    collection_name="image_embeddings",
    query_vector=query_embedding,
    limit=10,
    score_threshold=0.7  # Cosine similarity threshold
)
"""
SIMILAR_FACES = """
from qdrant_client import QdrantClient

client = QdrantClient(url="http://localhost:6333")

# Get embedding for query face (same face embedding model)
query_face_embedding = generate_face_embedding(query_face_image)

# Find similar faces
results = client.search(
    collection_name="faces",
    query_vector=query_face_embedding,
    limit=10,
    score_threshold=0.8  # High threshold for face matching
)
"""


@pytest.fixture
def token(owner: Owner) -> str:
    return make_key(user=owner.user)[1]


@pytest.fixture
def client(live_server: LiveServer, token: str, owner: Owner) -> Iterator[QdrantClient]:
    """The client of an owner who has one photo, 123."""
    make_named_photo(owner, "123", looks=unit(1))
    opened = QdrantClient(url=live_server.url, metadata={"Authorization": f"Token {token}"})
    yield opened
    opened.close()


class _Connected(QdrantClient):
    """Goes to the live server, as its owner, wherever it is told to go."""

    def __init__(self, *, url: str, server: str, token: str) -> None:
        assert url == "http://localhost:6333"
        super().__init__(url=server, metadata={"Authorization": f"Token {token}"})


class TestSnippetsOfTheDocuments:
    """Verbatim; the port and the token alone are of the test."""

    @pytest.fixture(autouse=True)
    def _connected(
        self, monkeypatch: pytest.MonkeyPatch, live_server: LiveServer, token: str
    ) -> None:
        here = partial(_Connected, server=live_server.url, token=token)
        monkeypatch.setattr(qdrant_client, "QdrantClient", here)

    def test_find_similar_images(self, owner: Owner) -> None:
        make_named_photo(owner, "123", looks=unit(1))
        make_named_photo(owner, "124", looks=unit(0, 1))

        results = _run(SIMILAR_IMAGES)

        [found] = results
        assert found.id == 123
        assert found.score == pytest.approx(0.8, abs=1e-3)
        assert found.payload == {
            "job_id": None,
            "media_store_id": 123,
            "task_type": "image_embedding",
        }

    def test_find_similar_faces(self, owner: Owner) -> None:
        photo = make_named_photo(owner, "123")
        make_faces(photo, 1)
        make_face(photo=photo, space=Space.objects.get(), vector=unit(0, 1), confidence=0.99)
        make_face(photo=photo, space=Space.objects.get(), vector=unit(0.8, 0.6))

        results = _run(SIMILAR_FACES)

        assert [each.id for each in results] == [123002, 123000]
        payload = results[1].payload or {}
        assert payload["face_index"] == 0
        assert payload["bbox"].keys() == {"x", "y", "width", "height"}


def _run(snippet: str) -> list[models.ScoredPoint]:
    given: dict[str, Any] = {
        "generate_clip_embedding": lambda _: unit(0.8, 0.6).tolist(),
        "generate_face_embedding": lambda _: unit(0.81, 0.59),
        "query_image": None,
        "query_face_image": None,
    }
    exec(snippet, given)  # noqa: S102  # our own text, above
    given["client"].close()
    results: list[models.ScoredPoint] = given["results"]
    return results


class TestClient:
    def test_puts_points_in_and_finds_them(self, client: QdrantClient) -> None:
        points = [
            models.PointStruct(id=1, vector=[3.0, 4.0, *[0.0] * 6], payload={"city": "Bandung"}),
            models.PointStruct(id=2, vector=unit(0, 1).tolist(), payload={"city": "Bogor"}),
        ]
        for _ in range(2):
            written = client.upsert(IMAGES, points, wait=True)
            assert written.status == models.UpdateStatus.COMPLETED

        in_bandung = models.Filter(
            must=[models.FieldCondition(key="city", match=models.MatchValue(value="Bandung"))]
        )
        found = client.query_points(IMAGES, query=unit(1).tolist(), query_filter=in_bandung).points
        alike = client.query_points(IMAGES, query=123, limit=5, with_vectors=True).points

        assert [(each.id, each.payload) for each in found] == [(1, {"city": "Bandung"})]
        assert [each.id for each in alike] == [1, 2]
        assert alike[0].score == pytest.approx(0.6, abs=1e-3)
        assert alike[0].vector == pytest.approx([0.6, 0.8, 0, 0, 0, 0, 0, 0], abs=1e-3)

    def test_takes_columns_and_arrays(self, client: QdrantClient) -> None:
        vectors = [unit(1, number).tolist() for number in range(3)]
        client.upsert(IMAGES, models.Batch(ids=[1, 2, 3], vectors=vectors, payloads=[{}] * 3))
        client.upload_collection(
            IMAGES, np.eye(DIMENSION, dtype=np.float32), ids=range(10, 10 + DIMENSION), wait=True
        )

        batches = client.query_batch_points(
            IMAGES, [models.QueryRequest(query=unit(*[0] * n, 1).tolist(), limit=1) for n in (1, 2)]
        )

        assert client.count(IMAGES).count == 1 + 3 + DIMENSION
        assert [batch.points[0].id for batch in batches] == [11, 12]

    def test_reads_page_by_page(self, client: QdrantClient) -> None:
        vectors = [unit(1).tolist()] * 4
        client.upsert(IMAGES, models.Batch(ids=[4, 3, 200, 1], vectors=vectors))

        page, following = client.scroll(IMAGES, limit=3, with_payload=False)
        last, end = client.scroll(IMAGES, limit=3, offset=following, with_vectors=True)

        assert [each.id for each in page] == [1, 3, 4]
        assert [each.id for each in last] == [123, 200]
        assert (page[0].payload, last[0].vector, end) == (None, unit(1).tolist(), None)
        assert [each.id for each in client.retrieve(IMAGES, [200, 5, 123])] == [200, 123]

    def test_changes_payloads_and_takes_points_out(self, client: QdrantClient) -> None:
        client.upsert(IMAGES, models.Batch(ids=[1, 2], vectors=[unit(1).tolist()] * 2))

        client.set_payload(IMAGES, {"a": 1, "b": 2}, [1, 2])
        client.delete_payload(IMAGES, ["a"], [1])
        client.clear_payload(IMAGES, models.PointIdsList(points=[2]))
        assert [each.payload for each in client.retrieve(IMAGES, [1, 2])] == [{"b": 2}, {}]
        client.overwrite_payload(IMAGES, {"c": 3}, models.Filter(must=[_has_b()]))
        assert client.retrieve(IMAGES, [1])[0].payload == {"c": 3}

        client.delete(IMAGES, [1])
        client.delete(IMAGES, models.FilterSelector(filter=models.Filter(must=[_has_id(2)])))
        assert client.count(IMAGES).count == 1

    def test_is_told_of_collections(self, client: QdrantClient) -> None:
        info = client.get_collection(IMAGES)
        cosine = models.VectorParams(size=DIMENSION, distance=models.Distance.COSINE)

        assert info.config.params.vectors == cosine
        assert (info.status, info.points_count) == ("green", 1)
        assert [each.name for each in client.get_collections().collections] == [IMAGES]
        assert client.collection_exists(IMAGES)
        assert not client.collection_exists(FACES)
        assert client.create_collection(IMAGES, vectors_config=cosine)
        assert client.info().version == "1.15.1"

    @pytest.mark.parametrize(
        ("vector", "error"),
        [
            ([1.0, 2.0], "Point 5: vector: it has 2 numbers"),
            ([float("nan")] * 8, "Point 5: vector"),
        ],
    )
    def test_is_told_what_is_wrong(
        self, client: QdrantClient, vector: list[float], error: str
    ) -> None:
        with pytest.raises(UnexpectedResponse) as refused:
            client.upsert(IMAGES, [models.PointStruct(id=5, vector=vector)])

        assert refused.value.status_code == 400
        assert refused.value.structured()["status"]["error"].startswith(error)

    def test_may_have_its_token_as_a_key(
        self, client: QdrantClient, live_server: LiveServer, token: str
    ) -> None:
        with pytest.warns(UserWarning, match="insecure connection"):
            by_key = QdrantClient(url=live_server.url, api_key=token)
        with pytest.warns(UserWarning, match="insecure connection"):
            by_bearer = QdrantClient(url=live_server.url, auth_token_provider=lambda: token)

        for each in (by_key, by_bearer):
            assert each.count(IMAGES).count == 1
            each.close()

    def test_without_a_token_is_refused(
        self, client: QdrantClient, live_server: LiveServer
    ) -> None:
        stranger = QdrantClient(url=live_server.url)

        with pytest.raises(UnexpectedResponse) as refused:
            stranger.count(IMAGES)

        assert refused.value.status_code == 401
        stranger.close()


def _has_b() -> models.FieldCondition:
    return models.FieldCondition(key="b", range=models.Range(gte=2))


def _has_id(number: int) -> models.HasIdCondition:
    return models.HasIdCondition(has_id=[number])
