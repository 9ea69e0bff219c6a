"""What a body may name: nothing of another owner, and nothing that is not the caller's to say."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import Model
from django.forms.models import model_to_dict
from rest_framework.test import APIClient

from faces.models import Cluster, Edit, Face, Person
from jobs.models import Delivery, Item, Job, State
from photos.models import Owner, Photo, Space
from tests.factories import (
    make_cluster,
    make_face,
    make_job,
    make_owner,
    make_person,
    make_photo,
    make_space,
    make_user,
    make_webhook,
    unit,
)

pytestmark = pytest.mark.django_db
THEIRS = "Zaphod"  # of the other owner
BOX = {"x": 1, "y": 1, "width": 40, "height": 40}
FLAGS = ("true", "1", "on", True, 1)
NOT_SAID = ("owner", "owner_id", "is_staff", "is_superuser", "status", "state", "worker_id")


class Library:
    """Photos, faces, clusters and people of `owner`."""

    def __init__(self, owner: Owner, space: Space, name: str) -> None:
        self.owner = owner
        self.photo = make_photo(owner=owner)
        self.person = make_person(owner=owner, name=name, contact_id=f"{name}-contact")
        self.cluster = make_cluster(owner=owner, faces=2, space=space, person=self.person)
        self.face = make_face(photo=self.photo, cluster=self.cluster, space=space, vector=unit(1))
        self.other = make_face(photo=make_photo(owner=owner), space=space, vector=unit(0, 1))
        self.job = make_job(owner=owner, items=1)

    def rows(self) -> list[dict[str, Any]]:
        """All that could be attached to somebody, or changed."""
        kinds: list[type[Model]] = [Photo, Face, Person, Cluster, Job]
        found: list[dict[str, Any]] = []
        for kind in kinds:
            scope = {"photo__owner": self.owner} if kind is Face else {"owner": self.owner}
            found += kind._default_manager.filter(**scope).order_by("pk").values()  # noqa: SLF001  # any model
        members: Any = self.cluster.memberships.order_by("pk").values()
        return [*found, *members]


@pytest.fixture
def space() -> Space:
    return make_space(dimension=8)


@pytest.fixture
def mine(owner: Owner, space: Space) -> Library:
    return Library(owner, space, "Anna")


@pytest.fixture
def theirs(space: Space) -> Library:
    return Library(make_owner(user=make_user()), space, THEIRS)


Asked = Callable[[Library, Library], tuple[str, Mapping[str, Any]]]
BODIES: Mapping[str, Asked] = {
    "answer": lambda m, t: (
        "faces/answer/", {"first": m.face.pk, "second": t.face.pk, "same": True},
    ),
    "assign-to faces": lambda m, t: (
        "faces/assign-to/", {"faces": [m.face.pk, t.face.pk], "person": m.person.pk},
    ),
    "assign-to person": lambda m, t: (
        "faces/assign-to/", {"faces": [m.other.pk], "person": t.person.pk},
    ),
    "cluster's person": lambda m, t: (
        f"faces/clusters/{m.cluster.public_id}/assign/", {"person": t.person.pk},
    ),
    "cluster split": lambda m, t: (
        f"faces/clusters/{m.cluster.public_id}/split/", {"faces": [m.face.pk, t.face.pk]},
    ),
    "cluster merge": lambda m, t: (
        "faces/clusters/merge/",
        {"into": m.cluster.public_id, "clusters": [t.cluster.public_id], "queue": False},
    ),
    "cluster merge into": lambda m, t: (
        "faces/clusters/merge/",
        {"into": t.cluster.public_id, "clusters": [m.cluster.public_id], "queue": False},
    ),
    "confirm": lambda m, t: ("faces/confirm/", {"faces": [m.face.pk, t.face.pk]}),
    "identify": lambda m, t: ("faces/identify/", {"photo_id": t.photo.pk}),
    "ignore": lambda m, t: ("faces/ignore/", {"faces": [m.face.pk, t.face.pk]}),
    "move faces": lambda m, t: (
        "faces/move/", {"faces": [t.face.pk], "cluster": m.cluster.public_id},
    ),
    "move cluster": lambda m, t: (
        "faces/move/", {"faces": [m.face.pk], "cluster": t.cluster.public_id},
    ),
    "redetect": lambda m, t: ("faces/redetect/", {"photos": [m.photo.pk, t.photo.pk]}),
    "remove": lambda m, t: ("faces/remove/", {"faces": [m.face.pk, t.face.pk]}),
    "verify": lambda m, t: (
        "faces/verify/", {"first_face_id": m.face.pk, "second_face_id": t.face.pk},
    ),
    "retry": lambda m, t: (
        f"jobs/{m.job.pk}/retry/", {"items": [t.job.items.get().pk]},
    ),
    "new person": lambda m, t: ("people/", {"name": "Ben", "faces": [m.other.pk, t.face.pk]}),
    "merge people": lambda m, t: (f"people/{m.person.pk}/merge/", {"people": [t.person.pk]}),
    "reference faces": lambda m, t: (
        f"people/{m.person.pk}/references/", {"face_ids": [t.face.pk]},
    ),
    "reference photos": lambda m, t: (
        f"people/{m.person.pk}/references/", {"photo_ids": [t.photo.pk]},
    ),
    "reject": lambda m, t: (
        f"people/{m.person.pk}/reject/", {"faces": [m.face.pk, t.face.pk]},
    ),
    "enrol": lambda m, t: ("people/enrol/", {"name": "Ben", "face_ids": [t.face.pk]}),
    "drawn face": lambda m, t: (
        f"photos/{m.photo.pk}/faces/", {"box": BOX, "person": t.person.pk},
    ),
    "search": lambda m, t: ("search/", {"person_ids": [t.person.pk]}),
    "by face": lambda m, t: ("search/by-face/", {"face_id": t.face.pk}),
    "by person": lambda m, t: ("search/by-face/", {"person_id": t.person.pk}),
    "by cluster": lambda m, t: ("search/by-face/", {"cluster_id": t.cluster.public_id}),
    "by contact": lambda m, t: ("search/by-face/", {"contact_id": f"{THEIRS}-contact"}),
    "different": lambda m, t: (
        f"search/near-duplicates/{m.photo.pk}/different/", {"others": [t.photo.pk]},
    ),
    "saved search": lambda m, t: (
        "search/saved/", {"name": "a", "asked": {"person_ids": [t.person.pk]}},
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _no_server(settings: Any) -> None:
    settings.TRITON_URL = "127.0.0.1:9"


class TestForeignIds:
    @pytest.mark.parametrize("what", BODIES)
    def test_are_taken_for_none(
        self, api: APIClient, mine: Library, theirs: Library, what: str
    ) -> None:
        url, body = BODIES[what](mine, theirs)
        before = mine.rows(), theirs.rows()

        answer = api.post(f"/api/v1/{url}", body, format="json")

        assert answer.status_code in {400, 404, 422}, answer.content
        assert THEIRS not in answer.content.decode()
        assert (mine.rows(), theirs.rows()) == before
        assert not Edit.objects.exists()

    def test_are_no_cover(self, api: APIClient, mine: Library, theirs: Library) -> None:
        answer = api.patch(f"/api/v1/people/{mine.person.pk}/", {"cover": theirs.face.pk})

        mine.person.refresh_from_db()
        assert answer.status_code in {400, 404}
        assert mine.person.cover is None


class TestWhatIsNotToBeSaid:
    @pytest.mark.parametrize("flag", FLAGS, ids=repr)
    def test_changes_nothing(
        self, api: APIClient, mine: Library, theirs: Library, flag: object
    ) -> None:
        said = dict.fromkeys(NOT_SAID, flag) | {"owner": theirs.owner.pk, "attempts": 99}
        photo = {"url": "http://93.184.215.14/a.jpg", "operations": [], **said}

        answers = [
            api.post("/api/v1/process/image/", photo, HTTP_PREFER="respond-async"),
            api.patch(f"/api/v1/people/{mine.person.pk}/", {"favourite": True, **said}),
            api.post("/api/v1/search/saved/", {"name": "a", "asked": {"q": "cat"}, **said}),
        ]

        assert all(each.status_code < 300 or each.status_code == 400 for each in answers)
        assert not User.objects.filter(is_staff=True).exists()
        assert Person.objects.get(pk=mine.person.pk).owner == mine.owner
        assert not Job.objects.filter(owner=theirs.owner).exclude(pk=theirs.job.pk).exists()
        waiting = {(each.state, each.attempts) for each in Item.objects.all()}
        assert waiting == {(State.QUEUED, 0)}


class TestPing:
    def test_goes_where_the_webhook_does(self, api: APIClient, owner: Owner) -> None:
        webhook = make_webhook(owner=owner)
        before = model_to_dict(webhook)

        answer = api.post(
            f"/api/v1/webhooks/{webhook.pk}/ping/", {"url": "http://127.0.0.1:9/", "secret": "mine"}
        )

        webhook.refresh_from_db()
        assert answer.status_code < 300
        assert Delivery.objects.get().webhook == webhook
        assert model_to_dict(webhook) == before
        assert webhook.secret not in json.dumps(answer.json())
