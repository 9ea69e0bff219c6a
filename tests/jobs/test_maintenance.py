"""Jobs that are not about photos: asked for over HTTP, done by a worker."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from faces.grouping import one_at_a_time
from faces.models import Cluster, Face, Membership
from faces.people.naming import name_cluster
from jobs import maintenance, queue, services
from jobs.errors import LeaseLost
from jobs.models import Event, Item, Job, State
from photos.models import Owner
from tests.factories import (
    make_cluster,
    make_face,
    make_owner,
    make_photo,
    make_space,
    unit,
)
from tests.jobs.maintained import (
    THUMBNAILS,
    claim,
    shown,
    work,
)

pytestmark = pytest.mark.django_db

CLUSTER = "/api/v1/faces/cluster"
MERGE = "/api/v1/faces/clusters/merge"


class TestGroupingAsAJob:
    def test_says_what_it_changed(self, api: APIClient, owner: Owner) -> None:
        space = make_space()
        for _ in range(3):
            make_face(photo=make_photo(owner=owner), space=space, vector=unit(1, 0))

        answer = api.post(CLUSTER, {"queue": True})
        work()

        assert (answer.status_code, answer.json()["kind"]) == (202, "cluster")
        job = shown(api, answer)
        assert (job["status"], job["error"], job["result"]) == ("completed", None, None)
        assert job["outcome"] == {"joined": 0, "clusters": 1, "faces": 3}
        assert job["progress"]["steps"] == {"done": 1, "total": 1}

    def test_that_is_not_wanted_as_one_is_done_at_once(self, api: APIClient) -> None:
        answer = api.post(CLUSTER, {"queue": False})

        assert (answer.status_code, answer.json()["clusters"]) == (200, 0)
        assert Job.objects.count() == 0

    def test_refuses_what_is_neither_yes_nor_no(self, api: APIClient) -> None:
        answer = api.post(CLUSTER, {"queue": "perhaps"})

        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["queue"])


class TestMerging:
    def test_makes_one_cluster_of_several(self, api: APIClient, owner: Owner) -> None:
        into, other = make_cluster(owner=owner, faces=1), make_cluster(owner=owner, faces=2)
        faces = list(
            Face.objects.filter(membership__part__cluster=other).values_list("pk", flat=True)
        )

        answer = api.post(MERGE, {"into": into.public_id, "clusters": [other.public_id]})
        work()

        assert (answer.status_code, answer.json()["kind"]) == (202, "merge")
        job = shown(api, answer)
        assert job["status"] == "completed"
        assert job["outcome"] == {
            "into": into.public_id,
            "person": None,
            "person_before": None,
            "moved": [{"cluster": other.public_id, "person": None, "faces": sorted(faces)}],
            "gone": [],
        }
        assert Membership.objects.filter(part__cluster=into).count() == 3

    def test_can_be_done_at_once(self, api: APIClient, owner: Owner) -> None:
        into, other = make_cluster(owner=owner, faces=1), make_cluster(owner=owner, faces=1)
        body = {"into": into.public_id, "clusters": [other.public_id], "queue": False}

        first, again = api.post(MERGE, body), api.post(MERGE, body)

        assert (first.status_code, len(first.json()["moved"])) == (200, 1)
        assert again.status_code == 404

    def test_of_different_people_fails_with_a_code(self, api: APIClient, owner: Owner) -> None:
        into, other = make_cluster(owner=owner, faces=1), make_cluster(owner=owner, faces=1)
        name_cluster(into, "Anna")
        name_cluster(other, "Ben")
        body = {"into": into.public_id, "clusters": [other.public_id]}

        queued, at_once = api.post(MERGE, body), api.post(MERGE, body | {"queue": False})
        work()

        assert (at_once.status_code, at_once.json()["code"]) == (409, "people_differ")
        job = shown(api, queued)
        assert (job["status"], job["error"]["code"]) == ("failed", "people_differ")
        assert job["outcome"] is None
        assert Cluster.objects.count() == 2

    def test_into_one_that_has_gone_meanwhile_fails(self, api: APIClient, owner: Owner) -> None:
        into, other = make_cluster(owner=owner, faces=1), make_cluster(owner=owner, faces=1)
        there = {"into": into.public_id, "clusters": [other.public_id]}
        back = {"into": other.public_id, "clusters": [into.public_id]}

        answers = [api.post(MERGE, body) for body in (there, back)]
        work()
        work()

        first, second = (shown(api, answer) for answer in answers)
        assert (first["status"], second["status"]) == ("completed", "failed")
        assert second["error"]["code"] == "cluster_missing"
        assert Membership.objects.filter(part__cluster=into).count() == 2

    def test_of_a_worker_that_loses_its_lease_changes_nothing(
        self, api: APIClient, owner: Owner
    ) -> None:
        into, other = make_cluster(owner=owner, faces=1), make_cluster(owner=owner, faces=1)
        api.post(MERGE, {"into": into.public_id, "clusters": [other.public_id]})
        late = claim()
        Item.objects.update(lease_until="2026-01-01T00:00Z")
        queue.sweep()

        with pytest.raises(LeaseLost):
            maintenance.run(late)

        assert Cluster.objects.count() == 2

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"clusters": ["clu_2"]}, "into"),
            ({"into": "clu_1"}, "clusters"),
            ({"into": "clu_1", "clusters": []}, "clusters"),
            ({"into": "clu_1", "clusters": ["person_1"]}, "clusters"),
            ({"into": "clu_1", "clusters": ["clu_2/"]}, "clusters"),
            ({"into": "clu_1", "clusters": ["clu_2", "clu_1"]}, "clusters"),
            ({"into": "clu_1", "clusters": ["clu_2"] * 101}, "clusters"),
            ({"into": 1, "clusters": ["clu_2"]}, "into"),
        ],
    )
    def test_refuses_what_makes_no_sense(
        self, api: APIClient, body: dict[str, Any], field: str
    ) -> None:
        answer = api.post(MERGE, body)

        assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])

    def test_looks_at_others_clusters_as_at_missing_ones(
        self, api: APIClient, owner: Owner
    ) -> None:
        mine, theirs = make_cluster(owner=owner).public_id, make_cluster().public_id
        pairs = [(mine, theirs), (theirs, mine), (mine, "clu_0"), ("clu_0", mine)]

        answers = [api.post(MERGE, {"into": into, "clusters": [one]}) for into, one in pairs]

        assert {answer.status_code for answer in answers} == {404}
        assert len({str(answer.json()) for answer in answers}) == 1
        assert Job.objects.count() == 0

    @pytest.mark.parametrize("clusters", [1, 3])
    def test_costs_the_same_queries_however_many(
        self, owner: Owner, clusters: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        into, *others = (make_cluster(owner=owner, faces=2) for _ in range(clusters + 1))
        arguments = {
            "into": into.public_id,
            "clusters": [each.public_id for each in others],
        }

        with django_assert_num_queries(22):
            maintenance.at_once(owner, Job.Kind.MERGE, arguments)


class TestTasks:
    def test_are_there_for_all_kinds_but_those_of_photos(self) -> None:
        assert set(Job.Kind) - set(maintenance.TASKS) == {Job.Kind.PHOTOS, Job.Kind.REINDEX}

    def test_are_told_of_like_photos(self, api: APIClient, owner: Owner) -> None:
        answer = api.post(THUMBNAILS)
        work()

        told = Event.objects.filter(job_id=answer.json()["job_id"]).order_by("pk")
        assert list(told.values_list("kind", flat=True)) == ["job.created", "job.completed"]

    def test_of_others_look_like_missing_ones(self, api: APIClient) -> None:
        foreign = services.submit_task(make_owner(), Job.Kind.THUMBNAILS, {})

        assert api.get(f"/api/v1/jobs/{foreign.pk}").status_code == 404

    @pytest.mark.parametrize("url", [CLUSTER, MERGE, THUMBNAILS])
    def test_want_a_caller_who_is_known(self, url: str) -> None:
        assert APIClient().post(url).status_code == 401


@pytest.mark.django_db(transaction=True)
class TestTasksThatMeet:
    def test_are_tried_again_later(self, api: APIClient, owner: Owner) -> None:
        make_face(photo=make_photo(owner=owner), space=make_space(), vector=unit(1))
        api.post(CLUSTER, {"queue": True})

        with one_at_a_time(owner), ThreadPoolExecutor(1) as threads:
            item = threads.submit(_work_elsewhere).result()

        assert (item.state, item.error_code) == (State.QUEUED, "grouping_busy")


def _work_elsewhere() -> Item:
    try:
        return work()
    finally:
        connection.close()
