"""Asking more than once for an edit that is to be made once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from faces.models import Cluster, Edit, Membership, Person
from faces.people import naming
from photos.models import Owner
from tests.factories import make_cluster, make_owner, make_person, make_user

pytestmark = pytest.mark.django_db
URL = "/api/v1/edits"
CLUSTERS = "/api/v1/faces/clusters"
PEOPLE = "/api/v1/people"
MERGE = f"{CLUSTERS}/merge"


def faces_of(cluster: Cluster) -> list[int]:
    members = Membership.objects.filter(part__cluster=cluster)
    return list(members.order_by("face_id").values_list("face_id", flat=True))


def rows() -> list[Any]:
    tables = (Person.objects, Cluster.objects, Membership.objects)
    return [list(table.order_by("pk").values()) for table in tables]


def post(api: APIClient, url: str, body: Any = None, key: str = "one") -> Any:
    return api.post(url, body, headers={"idempotency-key": key})


class Library:
    """Rows of `owner`, for a request to any of the doors."""

    def __init__(self, owner: Owner) -> None:
        self.cluster, self.other = (make_cluster(owner=owner, faces=2) for _ in range(2))
        self.anna = make_person(owner=owner, name="Anna")
        self.ben = make_person(owner=owner, name="Ben")
        [self.one, self.two] = faces_of(self.cluster)
        naming.create(owner, "Cleo")
        self.edit = Edit.objects.get()


DOORS: dict[str, Any] = {
    "people": lambda own: (PEOPLE, {"name": "Dora", "faces": [own.one]}),
    "merge people": lambda own: (f"{PEOPLE}/{own.anna.pk}/merge", {"people": [own.ben.pk]}),
    "reject": lambda own: (f"{PEOPLE}/{own.anna.pk}/reject", {"faces": [own.one]}),
    "label": lambda own: (f"{CLUSTERS}/{own.cluster.public_id}/label", {"name": "Dora"}),
    "assign": lambda own: (f"{CLUSTERS}/{own.cluster.public_id}/assign", {"person": own.anna.pk}),
    "contact": lambda own: (f"{CLUSTERS}/{own.cluster.public_id}/assign", {"contact_id": "c-7"}),
    "split": lambda own: (f"{CLUSTERS}/{own.cluster.public_id}/split", {"faces": [own.one]}),
    "merge": lambda own: (
        MERGE,
        {"into": own.cluster.public_id, "clusters": [own.other.public_id], "queue": False},
    ),
    "assign to": lambda own: ("/api/v1/faces/assign-to", {"faces": [own.one], "name": "Dora"}),
    "move": lambda own: (
        "/api/v1/faces/move",
        {"faces": [own.one], "cluster": own.other.public_id},
    ),
    "remove": lambda own: ("/api/v1/faces/remove", {"faces": [own.one]}),
    "confirm": lambda own: ("/api/v1/faces/confirm", {"faces": [own.one]}),
    "ignore": lambda own: ("/api/v1/faces/ignore", {"faces": [own.one]}),
    "answer": lambda own: (
        "/api/v1/faces/answer",
        {"first": own.one, "second": own.two, "same": True},
    ),
    "undo": lambda own: (f"{URL}/{own.edit.pk}/undo", {}),
}


class TestTheSameKey:
    @pytest.mark.parametrize("door", DOORS)
    def test_is_the_same_edit(self, api: APIClient, owner: Owner, door: str) -> None:
        url, body = DOORS[door](Library(owner))

        first = post(api, url, body)
        made, after = Edit.objects.count(), rows()
        again = post(api, f"{url}/", body)

        assert first.status_code in {200, 201}
        assert (again.status_code, again.json()) == (first.status_code, first.json())
        assert made == Edit.objects.count() == 2
        assert rows() == after

    @pytest.mark.parametrize("door", DOORS)
    def test_with_another_body_is_refused(self, api: APIClient, owner: Owner, door: str) -> None:
        url, body = DOORS[door](Library(owner))
        post(api, url, body)
        after = rows()

        answer = post(api, url, body | {"x": 1})

        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
        assert rows() == after

    def test_at_another_address_is_refused(self, api: APIClient, owner: Owner) -> None:
        own = Library(owner)
        post(api, f"{PEOPLE}/{own.anna.pk}/reject", {"faces": [own.one]})

        answer = post(api, f"{PEOPLE}/{own.ben.pk}/reject", {"faces": [own.one]})

        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")

    def test_is_the_same_edit_when_what_it_was_about_has_gone(
        self, api: APIClient, owner: Owner
    ) -> None:
        first = post(api, PEOPLE, {"name": "Anna"}).json()
        api.delete(f"{PEOPLE}/{first['person']['id']}")

        again = post(api, PEOPLE, {"name": "Anna"})

        assert (again.status_code, again.json()["edit"]) == (201, first["edit"])
        assert again.json()["person"] is None
        assert not Person.objects.exists()

    def test_changes_nothing_though_there_was_nothing_to_be_changed_the_first_time(
        self, api: APIClient, owner: Owner
    ) -> None:
        cluster = make_cluster(owner=owner)
        naming.name_cluster(cluster, "Anna")
        where = f"{CLUSTERS}/{cluster.public_id}/label"
        first = post(api, where, {"name": "Anna"}).json()
        naming.name_cluster(cluster, "Ben")

        again = post(api, where, {"name": "Anna"}).json()

        assert again["edit"] == first["edit"]
        assert again["cluster"]["person"]["name"] == "Ben"
        assert api.get(f"{URL}/{first['edit']['id']}").json()["changes"] == []

    def test_is_free_after_a_refusal(self, api: APIClient, owner: Owner) -> None:
        taken = make_person(owner=owner, name="Anna")
        refused = post(api, PEOPLE, {"name": "Anna"}).status_code
        taken.delete()

        assert (refused, post(api, PEOPLE, {"name": "Anna"}).status_code) == (409, 201)

    def test_of_another_owner_is_another_edit(self, api: APIClient) -> None:
        other = APIClient()
        other.force_authenticate(make_owner(user=make_user()).user)

        for client in (api, other):
            assert post(client, PEOPLE, {"name": "Anna"}).status_code == 201
        assert Person.objects.count() == 2

    @pytest.mark.parametrize("queued", ["first", "second"])
    def test_of_a_merge_is_not_that_of_one_done_otherwise(
        self, api: APIClient, owner: Owner, queued: str
    ) -> None:
        into, one, two = (make_cluster(owner=owner, faces=1).public_id for _ in range(3))
        post(api, MERGE, {"into": into, "clusters": [one], "queue": queued == "first"})

        body = {"into": into, "clusters": [two], "queue": queued == "second"}
        answer = post(api, MERGE, body)

        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
        assert Cluster.objects.filter(public_id=two).exists()

    @pytest.mark.parametrize("whose", ["into", "other", None])
    def test_of_a_merge_tells_the_same_whoever_it_was(
        self, api: APIClient, owner: Owner, whose: str | None
    ) -> None:
        into, other = make_cluster(owner=owner, faces=1), make_cluster(owner=owner, faces=2)
        if whose:
            naming.name_cluster(into if whose == "into" else other, "Anna")
        body = {"into": into.public_id, "clusters": [other.public_id], "queue": False}

        first, again = (post(api, MERGE, body).json() for _ in range(2))

        assert first == again
        assert (first["person"] is None) == (whose is None)

    @pytest.mark.parametrize("key", ["", "k" * 256, "a\tb"])
    def test_has_to_be_one(self, api: APIClient, key: str) -> None:
        answer = post(api, PEOPLE, {"name": "Anna"}, key)

        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["Idempotency-Key"])
        assert not Person.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestManyAtOnce:
    def test_with_one_key_make_one_edit(self, owner: Owner) -> None:
        cluster = make_cluster(owner=owner, faces=3)
        [face, *_] = faces_of(cluster)

        def split(_: int) -> tuple[int, Any]:
            client = APIClient()
            client.force_authenticate(owner.user)
            try:
                url = f"{CLUSTERS}/{cluster.public_id}/split"
                answer = post(client, url, {"faces": [face]})
                return answer.status_code, answer.json()
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(split, range(20)))

        assert Edit.objects.count() == 1
        assert [status for status, _ in answers] == [200] * 20
        assert all(body == answers[0][1] for _, body in answers)
        assert Cluster.objects.count() == 2

    def test_without_a_key_have_one_winner(self, owner: Owner) -> None:
        def create(_: int) -> int:
            client = APIClient()
            client.force_authenticate(owner.user)
            try:
                return int(client.post(PEOPLE, {"name": "Anna"}).status_code)
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as threads:
            codes = list(threads.map(create, range(8)))

        assert sorted(codes) == [201, *[409] * 7]
        assert Person.objects.count() == 1
