"""Clustering over HTTP: at once and as a job, told first, and taken back."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from faces.models import Centroid, Cluster, Edit, Membership
from faces.people import naming
from jobs import maintenance
from jobs.models import Item, State
from photos.models import Owner, Space
from tests.factories import (
    make_cluster,
    make_face,
    make_owner,
    make_photo,
    make_space,
    make_user,
    unit,
)

pytestmark = pytest.mark.django_db
API = "/api/v1/faces"


@pytest.fixture
def owner() -> Owner:
    return make_owner(user=make_user())


@pytest.fixture
def api(owner: Owner) -> APIClient:
    client = APIClient()
    client.force_authenticate(owner.user)
    return client


@pytest.fixture
def space() -> Space:
    return make_space()


def faces(owner: Owner, space: Space, *vectors: Any, **values: Any) -> list[int]:
    return [
        make_face(photo=make_photo(owner=owner), space=space, vector=vector, **values).pk
        for vector in vectors
    ]


def places(keys: list[int]) -> list[int | None]:
    there = dict(Membership.objects.values_list("face_id", "part__cluster"))
    return [there.get(key) for key in keys]


def finish(job: dict[str, Any]) -> Any:
    [item] = Item.objects.claim(worker="anna", limit=1, lease_s=60)
    maintenance.run(item)
    item.refresh_from_db()
    assert (str(item.job_id), item.state) == (job["job_id"], State.SUCCEEDED)
    return item.outcome


class TestDual:
    def test_matches_people_and_clusters_the_rest(
        self, api: APIClient, owner: Owner, space: Space
    ) -> None:
        named = make_cluster(owner=owner, space=space)
        faces(owner, space, *[unit(1, 0)] * 3, cluster=named)
        naming.name_cluster(named, "Anna")
        annas = faces(owner, space, unit(1, 0.1))
        bens = faces(owner, space, *[unit(0, 1)] * 3)

        answer = api.post(
            f"{API}/cluster/dual", {"person_threshold": 0.7, "unknown_method": "dbscan"}
        )

        assert answer.json() == {"joined": 1, "clusters": 1, "faces": 3}
        assert places(annas) == [named.pk]
        [unknown] = Cluster.objects.exclude(pk=named.pk)
        assert places(bens) == [unknown.pk] * 3
        assert unknown.label == f"unknown_cluster_{unknown.public_id[4:]}"
        assert named.label == f"person_{named.person_id}"

    @pytest.mark.parametrize("method", ["hdbscan", "dbscan", "agglomerative"])
    def test_as_a_job_does_the_same(
        self, api: APIClient, owner: Owner, space: Space, method: str
    ) -> None:
        keys = faces(owner, space, *[unit(0, 1)] * 4)

        answer = api.post(f"{API}/cluster/dual", {"unknown_method": method, "queue": True})

        assert answer.status_code == 202
        assert finish(answer.json()) == {"joined": 0, "clusters": 1, "faces": 4}
        assert len(set(places(keys))) == 1

    def test_needs_three_faces_for_a_cluster_unless_asked_otherwise(
        self, api: APIClient, owner: Owner, space: Space
    ) -> None:
        faces(owner, space, *[unit(0, 1)] * 2)

        assert api.post(f"{API}/cluster/dual").json()["clusters"] == 0
        assert api.post(f"{API}/cluster/dual", {"min_cluster_size": 2}).json()["clusters"] == 1

    def test_is_stricter_with_a_higher_threshold(
        self, api: APIClient, owner: Owner, space: Space
    ) -> None:
        named = make_cluster(owner=owner, space=space)
        faces(owner, space, unit(1, 0), cluster=named)
        naming.name_cluster(named, "Anna")
        faces(owner, space, unit(1, 1.2))

        strict = {"person_threshold": 0.99, "dry_run": True}
        assert api.post(f"{API}/cluster/dual", strict).json()["joined"] == 0
        loose = {"person_threshold": 0.5, "dry_run": True}
        assert api.post(f"{API}/cluster/dual", loose).json()["joined"] == 1
        assert Membership.objects.count() == 1

    @pytest.mark.parametrize(
        ("asked", "field"),
        [
            ({"person_threshold": 1.5}, "person_threshold"),
            ({"unknown_method": "kmeans"}, "unknown_method"),
            ({"min_cluster_size": 1}, "min_cluster_size"),
            ({"max_faces": 0}, "max_faces"),
        ],
    )
    def test_says_what_it_can_not_take(
        self, api: APIClient, owner: Owner, asked: dict[str, Any], field: str
    ) -> None:
        answer = api.post(f"{API}/cluster/dual", asked)

        assert answer.status_code == 400
        assert field in str(answer.json())

    def test_of_an_owner_without_models_is_nothing(self, api: APIClient, owner: Owner) -> None:
        assert api.post(f"{API}/cluster/dual").json() == {"joined": 0, "clusters": 0, "faces": 0}


class TestAssign:
    def test_makes_no_clusters(self, api: APIClient, owner: Owner, space: Space) -> None:
        named = make_cluster(owner=owner, space=space)
        faces(owner, space, unit(1, 0), cluster=named)
        annas = faces(owner, space, unit(1, 0.1))
        others = faces(owner, space, *[unit(0, 1)] * 4)

        answer = api.post(f"{API}/assign", {"queue": True})

        assert finish(answer.json()) == {"joined": 1, "clusters": 0, "faces": 0}
        assert places(annas + others) == [named.pk] + [None] * 4


class TestRecluster:
    def test_tells_first_then_does_it_and_can_be_undone(
        self, api: APIClient, owner: Owner, space: Space
    ) -> None:
        wrong = make_cluster(owner=owner, space=space)
        keys = faces(owner, space, *[unit(1, 0)] * 3, *[unit(0, 1)] * 3, cluster=wrong)

        told = api.post(f"{API}/recluster", {"dry_run": True}).json()
        assert (told["moved"], told["new_clusters"], told["edit"]) == (3, 1, None)
        assert len(set(places(keys))) == 1

        done = finish(api.post(f"{API}/recluster", {"queue": True}).json())

        assert (done["moved"], done["new_clusters"]) == (3, 1)
        assert len(set(places(keys))) == 2
        assert Edit.objects.get(pk=done["edit"]).actor == owner.user


class TestClear:
    def test_takes_back_what_came_by_itself(
        self, api: APIClient, owner: Owner, space: Space
    ) -> None:
        make_cluster(owner=owner, space=space, faces=3)
        theirs = make_cluster(space=space, faces=3)

        assert api.post(f"{API}/clear-clustering", {"dry_run": True}).json() == {
            "faces": 3, "clusters": 1,
        }  # fmt: skip
        assert api.post(f"{API}/clear-clustering").json() == {"faces": 3, "clusters": 1}

        assert list(Cluster.objects.all()) == [theirs]


class TestNumbers:
    def test_centroids_are_computed_anew(self, api: APIClient, owner: Owner, space: Space) -> None:
        cluster = make_cluster(owner=owner, space=space)
        faces(owner, space, unit(1, 0), unit(0, 1), cluster=cluster)

        assert api.post(f"{API}/centroids/").json() == {"clusters": 1}
        assert Centroid.objects.get().size == 2

    def test_stats_are_the_owners(self, api: APIClient, owner: Owner, space: Space) -> None:
        make_cluster(owner=owner, space=space, faces=2)
        make_cluster(space=space, faces=3)

        told = api.get(f"{API}/stats").json()

        assert (told["faces"]["total"], told["clusters"]) == (2, {"total": 1, "named": 0})
