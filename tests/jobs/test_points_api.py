"""Qdrant's protocol, request by request."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from jobs.models import State
from photos.models import Owner, Space
from search.models import Point, SearchedSpace
from tests.factories import DIMENSION, make_item, make_job, make_key, unit
from tests.jobs.qdrant import VECTOR, arrange, error_of, url
from tests.search.points.arranged import (
    FACES,
    IMAGES,
    bring,
    make_faces,
    make_named_photo,
    place_of,
)

pytestmark = pytest.mark.django_db
SEARCH = {"vector": VECTOR, "limit": 1}


@pytest.fixture(autouse=True)
def _photos(owner: Owner) -> None:
    arrange(owner)


class TestAnswers:
    def test_have_the_shape_of_qdrant(self, api: APIClient) -> None:
        answer = api.post(url("count"), {}).json()

        assert answer.pop("time") >= 0
        assert answer == {"result": {"count": 1}, "status": "ok"}

    def test_are_json_whatever_is_accepted(self, api: APIClient) -> None:
        for accepted in ("text/html", "*/*", "no type"):
            answer = api.post(url("count"), {}, headers={"Accept": accepted})

            assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")

    @pytest.mark.parametrize("slash", ["", "/"])
    def test_come_with_and_without_the_trailing_slash(self, api: APIClient, slash: str) -> None:
        for path in ("", f"/{IMAGES}", f"/{IMAGES}/exists", f"/{IMAGES}/points/123"):
            assert api.get(f"/collections{path}{slash}").status_code == 200

    def test_tell_the_job_that_looked_last(self, api: APIClient, owner: Owner) -> None:
        photo = owner.photos.get()
        _, last, failed = (make_job(owner=owner) for _ in range(3))
        for job in (_, last):
            make_item(job=job, photo=photo, state=State.SUCCEEDED)
        make_item(job=failed, photo=photo, state=State.FAILED, error_code="x")

        payload = api.get(url("123")).json()["result"]["payload"]

        assert payload == {
            "job_id": str(last.pk),
            "media_store_id": 123,
            "task_type": "image_embedding",
        }
        filter_ = {"must": [{"key": "job_id", "match": {"value": str(last.pk)}}]}
        assert api.post(url("count"), {"filter": filter_}).json()["result"] == {"count": 1}

    @pytest.mark.parametrize(
        ("wanted", "shown"),
        [
            (True, {"a": 1, "b": 2}),
            (False, None),
            (None, {"a": 1, "b": 2}),
            (["a"], {"a": 1}),
            ({"include": ["b", "x"]}, {"b": 2}),
            ({"exclude": ["b"]}, {"a": 1}),
            ({"exclude": []}, {"a": 1, "b": 2}),
        ],
    )
    def test_have_the_payload_that_is_wanted(
        self, api: APIClient, owner: Owner, wanted: Any, shown: Any
    ) -> None:
        bring(place_of(owner), 1, a=1, b=2)

        answer = api.post(url(), {"ids": [1], "with_payload": wanted})

        assert answer.json()["result"] == [{"id": 1, "payload": shown, "vector": None}]

    def test_have_whole_numbers_as_they_were_sent_up_to_64_bits(self, api: APIClient) -> None:
        sent = {"most": 2**64 - 1, "least": -(2**63)}
        points = [{"id": 1, "vector": VECTOR, "payload": sent | {"more": 2**64}}]
        api.put(url(), {"points": points})

        payload = api.get(url("1")).json()["result"]["payload"]

        assert payload.pop("more") == pytest.approx(2**64)
        assert payload == sent


class TestCallers:
    def test_see_nothing_of_others(self, api: APIClient) -> None:
        by_id = {"must": [{"has_id": [7, 8]}]}

        assert api.post(url(), {"ids": [7, 8]}).json()["result"] == []
        assert api.post(url("count"), {"filter": by_id}).json()["result"] == {"count": 0}
        found = api.post(url("search"), {"vector": VECTOR, "limit": 100}).json()["result"]
        assert [each["id"] for each in found] == [123]
        foreign, missing = (error_of(api.get(url(each)), 404) for each in ("8", "9"))
        assert foreign == missing.replace("9", "8")
        foreign, missing = (
            error_of(api.post(url("query"), {"query": each}), 404) for each in (8, 9)
        )
        assert foreign == missing.replace("9", "8")

    def test_change_nothing_of_others(self, api: APIClient) -> None:
        api.post(url("delete"), {"points": [8]})
        api.put(url(), {"points": [{"id": 8, "vector": VECTOR, "payload": {"a": 1}}]})
        api.post(url("delete"), {"points": [8]})

        assert Point.objects.get().payload == {}

    def test_who_say_nothing_of_themselves_are_told_to(self) -> None:
        answer = APIClient().post(url("count"), {})

        assert error_of(answer, 401) == "Authentication credentials were not provided."

    @pytest.mark.parametrize("header", ["Authorization", "api-key"])
    def test_with_a_wrong_token_are_told(self, header: str) -> None:
        answer = APIClient().post(url("count"), {}, headers={header: "Token wrong"})

        assert error_of(answer, 401) == "There is no such key, or it has expired or was revoked."

    @pytest.mark.parametrize(
        ("header", "value"),
        [
            ("Authorization", "Token {}"),
            ("Authorization", "Bearer {}"),
            ("api-key", "{}"),
        ],
    )
    def test_have_their_token_in_any_header_of_the_client(self, header: str, value: str) -> None:
        _, secret = make_key()
        answer = APIClient().post(url("count"), {}, headers={header: value.format(secret)})

        assert answer.json()["result"] == {"count": 0}


class TestCollections:
    def test_are_those_that_have_a_length(self, api: APIClient, owner: Owner) -> None:
        there, exist = [], []
        for _ in range(2):
            listed = api.get("/collections").json()["result"]["collections"]
            there.append([each["name"] for each in listed])
            exist.append(api.get(f"/collections/{FACES}/exists").json()["result"]["exists"])
            make_faces(owner.photos.get(), 1)

        assert there == [[IMAGES], [IMAGES, FACES]]
        assert exist == [False, True]
        assert api.get("/collections/x/exists").json()["result"] == {"exists": False}

    def test_are_wanted_as_they_are_or_not_at_all(self, api: APIClient) -> None:
        vectors = {"size": DIMENSION, "distance": "Cosine"}
        for _ in range(2):
            answer = api.put(f"/collections/{IMAGES}", {"vectors": vectors})
            assert (answer.status_code, answer.json()["result"]) == (200, True)

        for other in ({"size": 512}, {"distance": "Dot"}):
            answer = api.put(f"/collections/{IMAGES}", {"vectors": vectors | other})
            assert "already exists, with vectors of 8 numbers" in error_of(answer, 409)
        assert error_of(api.put("/collections/mine", {"vectors": vectors}), 404)
        assert error_of(api.put(f"/collections/{IMAGES}", {"vectors": {"a": vectors}}), 400)

    def test_keep_points_of_photos_as_they_are(self, api: APIClient) -> None:
        points = [{"id": number, "vector": VECTOR} for number in (122, 123)]

        for answer in (
            api.put(url(), {"points": points}),
            api.post(url("delete"), {"points": [123]}),
            api.post(url("delete"), {"filter": {}}),
            api.post(url("payload"), {"points": [123], "payload": {}}),
            api.post(url("payload/clear"), {"points": [123]}),
        ):
            assert "Point 123 is of a photo or a face that is here." in error_of(answer, 409)
        assert api.post(url("count"), {}).json()["result"] == {"count": 1}


class TestQueries:
    @pytest.mark.parametrize(
        ("path", "body", "count"),
        [
            ("search", SEARCH | {"limit": 10, "with_payload": True, "with_vector": True}, 8),
            ("query", {"query": 123}, 11),
            ("scroll", {"filter": {"must_not": [{"is_empty": {"key": "job_id"}}]}}, 5),
            ("count", {}, 5),
            ("", {"ids": [123, 124, 125]}, 5),
        ],
    )
    @pytest.mark.parametrize("more", [1, 3])
    def test_are_as_many_however_many_points_there_are(
        self, owner: Owner, path: str, body: Any, count: int, more: int
    ) -> None:
        SearchedSpace.objects.create(space=Space.objects.get(role="image_encoder"))
        for number in range(more):
            make_named_photo(owner, str(124 + number), looks=unit(1))
            bring(place_of(owner), number)
        client = APIClient()
        client.force_authenticate(owner.user)

        with CaptureQueriesContext(connection) as queries:
            assert client.post(url(path), body).status_code == 200

        assert len(queries) == count


class TestHome:
    def test_of_browsers_is_the_admin(self, client: Client) -> None:
        answer = client.get("/", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})

        assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/")

    def test_of_programs_tells_the_protocol(self, client: Client) -> None:
        answer = client.get("/", headers={"Accept": "*/*"})

        assert answer.json() == {"title": "Kindred", "version": "1.15.1"}
        assert answer.headers["Vary"] == "Accept"
