"""What is wrong in a request about points is told, and nothing is stored."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from photos.models import Owner
from search.models import Point
from tests.factories import DIMENSION
from tests.jobs.qdrant import VECTOR, arrange, error_of, url
from tests.search.points.arranged import IMAGES

pytestmark = pytest.mark.django_db
NO_UUID = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
BAD_VECTORS: list[tuple[Any, str]] = [
    ([1.0], f"it has 1 numbers; here they have {DIMENSION}."),
    ([], f"it has 0 numbers; here they have {DIMENSION}."),
    ([0] * DIMENSION, "its numbers must be finite, and one must not be 0."),
    ([*VECTOR[:-1], 10**400], "its numbers must be finite"),
    ([*VECTOR[:-1], None], f"give one list of {DIMENSION} numbers."),
    ([*VECTOR[:-1], "1"], f"give one list of {DIMENSION} numbers."),
    ([*VECTOR[:-1], True], f"give one list of {DIMENSION} numbers."),
    ([VECTOR], "Vectors with names, sparse ones, and several of one point are not supported."),
    ({"image": VECTOR}, f"give one list of {DIMENSION} numbers."),
    ("text", f"give one list of {DIMENSION} numbers."),
]
BAD_POINTS: list[tuple[Any, str]] = [
    ({}, "points.0: Give an id and a vector."),
    (7, "points.0: Give an id and a vector."),
    ({"id": 1}, "points.0: Give an id and a vector."),
    ({"id": 1, "vector": VECTOR, "shard": 1}, "points.0.shard: This is not supported here."),
    ({"id": NO_UUID, "vector": VECTOR}, "points.0.id: '6ba7b810"),
    ({"id": -1, "vector": VECTOR}, "points.0.id: -1 is no id: give a whole number from 0 on."),
    ({"id": 1.5, "vector": VECTOR}, "points.0.id: 1.5 is no id"),
    ({"id": 2**63, "vector": VECTOR}, "points.0.id: 9223372036854775808 is no id"),
    ({"id": 10**15, "vector": VECTOR}, "Point 1000000000000000: ids of your own are less than"),
    ({"id": 1, "vector": VECTOR, "payload": []}, "Point 1: payload: give an object."),
    ({"id": 1, "vector": VECTOR, "payload": {"a": "\0"}}, "Point 1: payload: it has a letter"),
    ({"id": 1, "vector": VECTOR, "payload": {"a": "x" * 70_000}}, "Point 1: payload: it has 70009"),
]
SEARCH = {"vector": VECTOR, "limit": 1}
BAD_REQUESTS: list[tuple[str, Any, str]] = [
    ("search", [], "Invalid data. Expected a dictionary"),
    ("search", {"vector": VECTOR}, "limit: This field is required."),
    ("search", SEARCH | {"limit": 0}, "limit: Ensure this value is greater than or equal to 1."),
    ("search", SEARCH | {"limit": 1001}, "limit: Ensure this value is less than or equal to 1000."),
    ("search", SEARCH | {"offset": -1}, "offset: Ensure this value is greater than"),
    ("search", SEARCH | {"offset": 10**9}, "offset: Ensure this value is less than"),
    ("search", SEARCH | {"with_vector": ["a"]}, "with_vector: Give true or false"),
    (
        "search",
        SEARCH | {"with_payload": {"include": ["a.b"]}},
        "with_payload: Give a list of names",
    ),
    ("search", SEARCH | {"with_payload": {"all": 1}}, "with_payload: Give true, false, or names"),
    (
        "search",
        SEARCH | {"score_threshold": "high"},
        "score_threshold: A valid number is required.",
    ),
    ("search", SEARCH | {"shard_key": "a"}, "shard_key: This is not supported here."),
    ("search", SEARCH | {"params": {"quantization": {}}}, "params.quantization: This is not"),
    ("search", SEARCH | {"params": {"hnsw_ef": 500}}, "params.hnsw_ef: Ensure this value is less"),
    ("search", SEARCH | {"filter": {"must": [{"a": 1}]}}, "filter.must.0: a is not supported."),
    (
        "search/batch",
        {"searches": [SEARCH] * 65},
        "searches: Ensure this field has no more than 64",
    ),
    ("query", {}, "query: This field is required."),
    ("query", {"query": {"recommend": {}}}, "query: Give a vector or the id of a point"),
    ("query", {"query": "text"}, "query: 'text' is no id"),
    ("query", {"query": VECTOR, "prefetch": []}, "prefetch: This is not supported here."),
    ("scroll", {"offset": NO_UUID}, "offset: '6ba7b810"),
    ("scroll", {"order_by": "a"}, "order_by: This is not supported here."),
    ("count", {"filter": {"must": 1}}, "filter.must.0: give an object"),
    ("delete", {}, "Give exactly one of points and filter."),
    ("delete", {"points": [1], "filter": {}}, "Give exactly one of points and filter."),
    ("delete", {"points": list(range(1001))}, "points: Give a list of 1000 ids at most."),
    ("payload", {"points": [1]}, "payload: This field is required."),
    ("payload", {"points": [1], "payload": 7}, "payload: give an object."),
    ("payload/delete", {"points": [1], "keys": "a"}, "keys: Expected a list of items"),
    ("", {"ids": 5}, "ids: Give a list of 1000 ids at most."),
]


@pytest.fixture(autouse=True)
def _photos(owner: Owner) -> None:
    arrange(owner)


class TestMistakes:
    @pytest.mark.parametrize(("vector", "said"), BAD_VECTORS)
    def test_in_a_vector_is_told_with_its_point(
        self, api: APIClient, vector: Any, said: str
    ) -> None:
        points = [{"id": 1, "vector": VECTOR}, {"id": 17, "vector": vector}]

        upserted = error_of(api.put(url(), {"points": points}), 400)
        searched = error_of(api.post(url("search"), {"vector": vector, "limit": 1}), 400)

        assert upserted.startswith("Point 17: vector: ")
        assert said in upserted
        assert said in searched
        assert not Point.objects.filter(number__lt=8).exists()

    @pytest.mark.parametrize(("point", "said"), BAD_POINTS)
    def test_in_a_point_is_told(self, api: APIClient, point: Any, said: str) -> None:
        assert said in error_of(api.put(url(), {"points": [point]}), 400)

    @pytest.mark.parametrize(("path", "body", "said"), BAD_REQUESTS)
    def test_in_a_request_is_told(self, api: APIClient, path: str, body: Any, said: str) -> None:
        assert said in error_of(api.post(url(path), body), 400)

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"points": [], "batch": {"ids": [], "vectors": []}},
            {"batch": {"ids": [1], "vectors": []}},
            {"batch": {"ids": [1], "vectors": [VECTOR], "payloads": [{}, {}]}},
            {"batch": {"ids": 1, "vectors": [VECTOR]}},
            {"points": [{"id": 1, "vector": VECTOR}] * 1001},
        ],
    )
    def test_in_a_list_of_points_is_told(self, api: APIClient, body: Any) -> None:
        assert error_of(api.put(url(), body), 400)
        assert not Point.objects.filter(number__lt=8).exists()

    @pytest.mark.parametrize("text", ["", "{", '{"vector": NaN}', "[" * 5000, '{"ids": [1e999]}'])
    def test_that_is_no_json_is_told(self, api: APIClient, text: str) -> None:
        answer = api.post(url(), text, content_type="application/json")

        assert error_of(answer, 400)

    def test_that_is_too_large_is_told(self, api: APIClient) -> None:
        answer = api.put(
            url(), "[]", content_type="application/json", CONTENT_LENGTH=str(33 * 2**20)
        )

        assert error_of(answer, 413)

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("post", f"/collections/{IMAGES}/points/recommend"),
            ("put", f"/collections/{IMAGES}/index"),
            ("get", "/collections/a/b/c/d"),
            ("get", "/collections/photos"),
            ("post", "/collections/photos/points/search"),
            ("get", f"/collections/{IMAGES}/points/99"),
        ],
    )
    def test_in_an_address_is_told(self, api: APIClient, method: str, path: str) -> None:
        assert error_of(getattr(api, method)(path, {}), 404)

    def test_that_would_take_a_collection_away_is_told(self, api: APIClient) -> None:
        assert error_of(api.delete(f"/collections/{IMAGES}"), 405)
