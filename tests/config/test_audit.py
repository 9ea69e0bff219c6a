"""The audit log: who changed what over the API, and who took out what faces are known by."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from config import audit
from config.models import AuditEntry
from photos.models import Owner
from tests.config.calling import calling, error, key_of
from tests.factories import make_face, make_key, make_person, make_photo, make_space, unit

pytestmark = pytest.mark.django_db
NAME = "Zoë Ñandú"


@pytest.fixture
def key(owner: Owner) -> Any:
    return make_key(user=owner.user)


@pytest.fixture
def caller(key: Any) -> APIClient:
    return APIClient(headers={"X-API-Key": key[1]})


def noted() -> list[tuple[str, str, int]]:
    return list(AuditEntry.objects.order_by("pk").values_list("act", "path", "status"))


class TestWhatIsNoted:
    def test_changes_with_who_made_them(self, caller: APIClient, key: Any, owner: Owner) -> None:
        caller.post("/api/v1/people/", {"name": NAME}, REMOTE_ADDR="192.0.2.7")

        [entry] = AuditEntry.objects.values()
        assert entry | {"id": 0, "at": 0} == {
            "id": 0,
            "at": 0,
            "actor": owner.user.pk if owner.user else None,
            "actor_name": owner.user.get_username() if owner.user else "",
            "credential": key[0].prefix,
            "owner": owner.pk,
            "act": "PersonViewSet.create",
            "path": "/api/v1/people/",
            "status": 201,
            "address": "192.0.2.7",
        }

    def test_never_what_was_sent(self, caller: APIClient, key: Any) -> None:
        caller.post("/api/v1/people/?note=Zo%C3%AB", {"name": NAME, "aliases": ["Zo"]})

        [entry] = AuditEntry.objects.values()
        written = json.dumps(entry, default=str, ensure_ascii=False)
        assert not any(each in written for each in ("Zo", key[1]))

    @pytest.mark.django_db(transaction=True)  # an export has one of its own
    def test_exports_of_people(self, caller: APIClient) -> None:
        b"".join(caller.get("/api/v1/people/export/"))

        assert noted() == [("ExportView.get", "/api/v1/people/export/", 200)]

    @pytest.mark.parametrize(("asked", "count"), [({"with_vector": True}, 1), ({}, 0)])
    def test_vectors_of_faces(
        self, caller: APIClient, owner: Owner, asked: dict[str, bool], count: int
    ) -> None:
        make_face(photo=make_photo(owner=owner), vector=unit(1, 0), space=make_space())

        path = "/collections/faces/points/scroll"
        answer = caller.post(path, asked, format="json")

        assert answer.status_code == 200, answer.content
        assert noted() == [("PointViewSet.scroll", path, 200)] * count

    def test_not_what_was_refused_or_only_asked(self, caller: APIClient, owner: Owner) -> None:
        person = make_person(owner=owner)

        caller.get(f"/api/v1/people/{person.pk}/")
        caller.post("/api/v1/search/", {"q": "dogs"}, format="json")
        assert caller.post("/api/v1/people/", {}).status_code == 400
        assert caller.patch(f"/api/v1/people/{person.pk + 1}/").status_code == 404
        assert APIClient().post("/api/v1/people/", {"name": "A"}).status_code == 401

        assert noted() == []

    def test_both_of_two(self, caller: APIClient) -> None:
        for name in ("A", "B"):
            caller.post("/api/v1/people/", {"name": name})

        assert len(noted()) == 2

    def test_a_change_stays_that_can_not_be_noted(
        self, caller: APIClient, owner: Owner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(**_values: Any) -> None:
            raise DatabaseError

        monkeypatch.setattr(AuditEntry.objects, "create", fail)

        assert caller.post("/api/v1/people/", {"name": "A"}).status_code == 201
        assert owner.people.get().name == "A"


@pytest.mark.django_db(transaction=True)
def test_calls_over_grpc_are_noted(owner: Owner) -> None:
    with calling(key_of(owner)) as caller:
        error(caller.process(url="ftp://x"))

    assert noted() == [("FaceRecognition.process_photo", "grpc:process_photo", 0)]


class TestEntries:
    @pytest.fixture(autouse=True)
    def _two(self) -> None:
        for name, days in (("old", 40), ("new", 1)):
            at = timezone.now() - timedelta(days=days)
            AuditEntry.objects.create(
                actor_name=name, credential="JWT", act="A.b", path="/", status=200, at=at
            )

    def test_are_never_changed(self) -> None:
        with pytest.raises(DatabaseError, match="not changed"), transaction.atomic():
            AuditEntry.objects.update(actor_name="somebody else")
        with pytest.raises(DatabaseError, match="not changed"), transaction.atomic():
            connection.cursor().execute("UPDATE config_auditentry SET act = ''")

    def test_are_only_read_by_staff(self, admin_client: Client) -> None:
        page = admin_client.get("/admin/config/auditentry/").content.decode()
        entry = AuditEntry.objects.earliest("pk")
        address = f"/admin/config/auditentry/{entry.pk}"

        assert "old" in page
        assert "new" in page
        assert admin_client.get(f"{address}/change/").status_code == 200
        assert admin_client.post(f"{address}/change/", {"act": "x"}).status_code == 403
        assert admin_client.post(f"{address}/delete/", {"post": "yes"}).status_code == 403

    def test_go_when_they_are_old(self) -> None:
        removed = [audit.prune(30) for _ in range(2)]

        assert removed == [1, 0]
        assert AuditEntry.objects.get().actor_name == "new"

    def test_are_printed_and_pruned_by_a_command(self) -> None:
        out = StringIO()
        call_command("audit_log", stdout=out)
        call_command("audit_log", prune_days=30.0, stdout=out)

        *lines, last = out.getvalue().splitlines()
        assert [json.loads(line)["actor_name"] for line in lines] == ["old", "new"]
        assert last == "Deleted: 1"

    @pytest.mark.parametrize("asked", [{"limit": 0}, {"prune_days": -1.0}])
    def test_are_not_asked_for_nonsense(self, asked: dict[str, Any]) -> None:
        with pytest.raises(CommandError, match=r"--(limit|prune-days): give"):
            call_command("audit_log", **asked)
