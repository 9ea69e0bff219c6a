"""Jobs that are not about photos: asked for over HTTP, done by a worker."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from faces.grouping import one_at_a_time
from faces.models import Cluster, Face, Membership
from faces.people.naming import name_cluster
from inference.arrays import RGB
from jobs import maintenance, queue, services, steering
from jobs.errors import Cancelled, LeaseLost
from jobs.maintenance import Made
from jobs.models import Event, Item, Job, State
from photos.images import decode
from photos.models import Owner, Photo
from tests.factories import (
    make_cluster,
    make_face,
    make_owner,
    make_photo,
    make_space,
    unit,
)

pytestmark = pytest.mark.django_db
CLUSTER = "/api/v1/faces/cluster"
MERGE = "/api/v1/faces/clusters/merge"
THUMBNAILS = "/api/v1/faces/backfill-thumbnails"


def claim() -> Item:
    [item] = Item.objects.claim(worker="anna", limit=1, lease_s=60)
    return item


def work(item: Item | None = None, **values: Any) -> Item:
    """Do, as a drain does, what the queue gives."""
    item = item or claim()
    try:
        maintenance.run(item, **values)
    except queue.KNOWN_ERRORS as exc:
        queue.give_up(item, exc)
    queue.settle([item.job_id])
    item.refresh_from_db()
    return item


def shown(api: APIClient, answer: Any) -> dict[str, Any]:
    """The job that `answer` names, as it is now."""
    body: dict[str, Any] = api.get(answer.headers["Location"]).json()
    return body


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


@pytest.fixture
def lost(owner: Owner) -> list[Photo]:
    """Photos whose thumbnails and pictures of faces are not there any more."""
    photos = [make_photo(owner=owner, width=64, height=48) for _ in range(3)]
    for photo in photos:
        face = make_face(photo=photo, x=5, y=5, width=20, height=20)
        default_storage.delete(str(photo.thumbnail))
        default_storage.delete(str(face.crop))
    return photos


def pixels(file: Any) -> RGB:
    with default_storage.open(str(file)) as opened:
        return decode(bytes(opened.read()), max_pixels=10**6).pixels


def made_by(item: Item) -> dict[str, Any]:
    assert item.outcome is not None
    return dict(item.outcome)


class TestThumbnails:
    def test_that_have_got_lost_are_made_anew(
        self, api: APIClient, owner: Owner, lost: list[Photo]
    ) -> None:
        there = make_photo(owner=owner)

        answer = api.post(THUMBNAILS)
        work()

        job = shown(api, answer)
        assert (job["status"], job["kind"]) == ("completed", "backfill_thumbnails")
        assert job["outcome"] == {
            "photos": 4, "thumbnails": 3, "crops": 3, "failed": 0, "failures": [],
            "last_photo": there.pk,
        }  # fmt: skip
        assert job["progress"]["steps"]["total"] == 4
        for photo in lost:
            assert pixels(photo.thumbnail).shape == (48, 64, 3)
            assert max(pixels(photo.faces.get().crop).shape) == 192

    def test_that_are_there_are_left_alone(self, api: APIClient, lost: list[Photo]) -> None:
        for _ in range(2):
            api.post(THUMBNAILS)
        first, second = work(), work()

        assert (made_by(first)["thumbnails"], made_by(second)["thumbnails"]) == (3, 0)
        assert (made_by(first)["crops"], made_by(second)["crops"]) == (3, 0)

    def test_of_photos_that_can_not_be_read_are_told(
        self, api: APIClient, lost: list[Photo]
    ) -> None:
        default_storage.delete(str(lost[0].original))
        default_storage.save(str(lost[1].original), ContentFile(b"no photo"))

        answer = api.post(THUMBNAILS)
        work()

        outcome = shown(api, answer)["outcome"]
        assert (outcome["thumbnails"], outcome["failed"]) == (1, 2)
        assert outcome["failures"] == [
            {"photo": lost[0].pk, "code": "original_missing"},
            {"photo": lost[1].pk, "code": "unsupported_format"},
        ]

    def test_of_others_are_not_looked_at(self, api: APIClient) -> None:
        theirs = make_photo()
        default_storage.delete(str(theirs.thumbnail))

        api.post(THUMBNAILS)

        assert made_by(work())["photos"] == 0
        assert not default_storage.exists(str(theirs.thumbnail))

    def test_can_be_cancelled_between_two_photos(
        self, api: APIClient, owner: Owner, lost: list[Photo]
    ) -> None:
        answer = api.post(THUMBNAILS)
        item = claim()

        def cancel() -> bool:
            steering.cancel(item.job)
            return False

        with pytest.raises(Cancelled):
            maintenance.run(item, stopping=cancel)
        queue.drop(item)

        job = shown(api, answer)
        assert (job["status"], job["outcome"]["thumbnails"]) == ("cancelled", 1)

    def test_go_on_where_a_worker_has_stopped(self, api: APIClient, lost: list[Photo]) -> None:
        answer = api.post(THUMBNAILS)
        calls = count()

        stopped = work(stopping=lambda: next(calls) == 1)
        ended = work()

        assert (stopped.state, stopped.attempts) == (State.QUEUED, 0)
        assert (made_by(stopped)["photos"], stopped.done, stopped.total) == (2, 2, 3)
        assert (ended.state, made_by(ended)["thumbnails"]) == (State.SUCCEEDED, 3)
        assert shown(api, answer)["progress"]["steps"] == {"done": 3, "total": 3}

    def test_of_a_worker_that_was_killed_are_made_by_the_next(self, lost: list[Photo]) -> None:
        first = Made()
        first.complete(lost[0])

        owner = lost[0].owner
        made = maintenance.at_once(owner, Job.Kind.THUMBNAILS, {})

        assert (made["photos"], made["thumbnails"]) == (3, 2)

    @pytest.mark.parametrize("photos", [1, 3])
    def test_cost_the_same_queries_however_many_are_there(
        self, owner: Owner, photos: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for _ in range(photos):
            make_face(photo=make_photo(owner=owner))

        with django_assert_num_queries(6):
            maintenance.at_once(owner, Job.Kind.THUMBNAILS, {})


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
