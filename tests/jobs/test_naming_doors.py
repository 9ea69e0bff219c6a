"""Names in files are read when somebody asks for it."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from jobs import maintenance
from jobs.models import Item, Job
from photos.models import Owner
from tests.jobs.test_naming import ANNA, names, stored

pytestmark = pytest.mark.django_db


URL = "/api/v1/faces/read-names"


class TestDoors:
    def test_a_job_reads_them(self, api: APIClient, owner: Owner) -> None:
        photo = stored(owner, ANNA)

        answer = api.post(URL, {"limit": 10})
        [item] = Item.objects.claim(worker="anna", limit=1, lease_s=60)
        maintenance.run(item)

        told = api.get(answer.headers["Location"]).json()
        assert (answer.status_code, told["kind"], told["status"]) == (
            202,
            "read_names",
            "completed",
        )
        assert (told["outcome"]["faces"], names(photo)) == (1, [("Anna", False)])

    def test_with_an_idempotency_key_it_is_one(self, api: APIClient) -> None:
        headers = {"Idempotency-Key": "k"}

        first, second = (api.post(f"{URL}/", {"limit": 1}, headers=headers) for _ in range(2))
        other = api.post(URL, {"limit": 2}, headers=headers)

        assert first.json()["job_id"] == second.json()["job_id"]
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")

    @pytest.mark.parametrize("asked", [{"limit": 0}, {"limit": "all"}, {"dry_run": "maybe"}])
    def test_refuses_what_it_can_not_read(self, api: APIClient, asked: Any) -> None:
        answer = api.post(URL, asked)

        assert (answer.status_code, list(answer.json()["fields"])) == (400, list(asked))
        assert Job.objects.count() == 0

    def test_a_command_reads_them(self, owner: Owner) -> None:
        photo, shown = stored(owner, ANNA), StringIO()

        call_command("faces", "read-names", "--limit", "5", "--json", stdout=shown)

        told = json.loads(shown.getvalue())
        assert (told["owner"], told["read-names"]["faces"]) == (owner.subject, 1)
        assert names(photo) == [("Anna", False)]

    def test_are_closed_where_names_are_left_alone(
        self, api: APIClient, owner: Owner, settings: Any
    ) -> None:
        settings.READ_NAMES = False
        photo = stored(owner, ANNA)

        answer = api.post(URL)

        assert (answer.status_code, answer.json()["code"]) == (422, "names_unwanted")
        with pytest.raises(CommandError, match="set READ_NAMES"):
            call_command("faces", "read-names")
        assert (names(photo), Job.objects.count()) == ([(None, False)], 0)
