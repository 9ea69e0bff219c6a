"""Clusters over HTTP."""

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from faces.people.naming import name_cluster
from photos.models import Owner
from tests.factories import make_cluster, make_face, make_photo, make_space, unit

pytestmark = pytest.mark.django_db
URL = "/api/v1/faces/clusters"


class TestClusters:
    def test_show_who_they_are_and_their_faces(self, api: APIClient, owner: Owner) -> None:
        cluster = make_cluster(owner=owner, faces=2)
        name_cluster(cluster, "Anna")

        [shown] = api.get(URL).json()["results"]

        assert shown["id"] == cluster.public_id
        assert (shown["label"], shown["person"]["name"]) == (cluster.label, "Anna")
        assert (shown["face_count"], len(shown["faces"])) == (2, 2)

    def test_say_why_a_face_is_poor(self, api: APIClient, owner: Owner) -> None:
        cluster = make_cluster(owner=owner)
        make_face(cluster=cluster, quality=0.2, quality_reasons=["small", "turned"])

        [shown] = api.get(URL).json()["results"]
        [listed] = api.get(f"{URL}/{cluster.public_id}/faces").json()["results"]

        assert shown["faces"][0]["quality_reasons"] == ["small", "turned"]
        assert listed["quality_reasons"] == ["small", "turned"]

    @pytest.mark.parametrize("count", [1, 3])
    def test_cost_a_fixed_number_of_queries(
        self,
        api: APIClient,
        owner: Owner,
        count: int,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for _ in range(count):
            make_cluster(owner=owner, faces=2)

        with django_assert_num_queries(1):
            answer = api.get(URL)

        assert len(answer.json()["results"]) == count

    def test_can_be_the_named_ones_alone(self, api: APIClient, owner: Owner) -> None:
        named, unnamed = make_cluster(owner=owner), make_cluster(owner=owner)
        name_cluster(named, "Anna")

        def ids(query: str) -> list[str]:
            return [cluster["id"] for cluster in api.get(f"{URL}?{query}").json()["results"]]

        assert (ids("named=true"), ids("named=false")) == ([named.public_id], [unnamed.public_id])

    def test_come_in_pages(self, api: APIClient, owner: Owner) -> None:
        for _ in range(3):
            make_cluster(owner=owner)

        first = api.get(f"{URL}?page_size=2").json()
        second = api.get(first["next"]).json()

        assert (len(first["results"]), len(second["results"])) == (2, 1)

    def test_of_others_are_not_listed(self, api: APIClient) -> None:
        make_cluster(faces=2)

        assert api.get(URL).json()["results"] == []

    def test_need_a_token(self) -> None:
        assert APIClient().get(URL).status_code == 401


class TestCluster:
    def test_is_found_by_its_id(self, api: APIClient, owner: Owner) -> None:
        cluster = make_cluster(owner=owner, faces=1)

        assert api.get(f"{URL}/{cluster.public_id}/").json()["id"] == cluster.public_id

    def test_shows_all_its_faces_page_by_page(self, api: APIClient, owner: Owner) -> None:
        cluster = make_cluster(owner=owner, faces=3)

        page = api.get(f"{URL}/{cluster.public_id}/faces?page_size=2").json()

        assert len(page["results"]) == 2
        assert len(api.get(page["next"]).json()["results"]) == 1

    def test_of_another_owner_looks_like_a_missing_one(self, api: APIClient) -> None:
        theirs = api.get(f"{URL}/{make_cluster().public_id}")
        missing = api.get(f"{URL}/clu_000000000000")

        assert theirs.status_code == missing.status_code == 404
        assert theirs.json() == missing.json()


class TestGrouping:
    def test_says_what_it_changed(self, api: APIClient, owner: Owner) -> None:
        space = make_space()
        for _ in range(3):
            make_face(photo=make_photo(owner=owner), space=space, vector=unit(1, 0))

        answer = api.post("/api/v1/faces/cluster")

        assert answer.json() == {"joined": 0, "clusters": 1, "faces": 3}

    def test_before_the_first_photo_is_nothing(self, api: APIClient) -> None:
        assert api.post("/api/v1/faces/cluster").json() == {"joined": 0, "clusters": 0, "faces": 0}
