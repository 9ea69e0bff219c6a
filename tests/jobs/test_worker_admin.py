"""Remote workers and their tokens, as staff see them."""

import hashlib
import re

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from jobs.models import RemoteWorker, State, WorkerToken
from jobs.remote.tokens import issue
from tests.factories import make_item, make_owner, make_user

pytestmark = pytest.mark.django_db

TOKENS, WORKERS = "/admin/jobs/workertoken/", "/admin/jobs/remoteworker/"


@pytest.fixture
def staff(admin_user: User) -> Client:
    client = Client()
    client.force_login(admin_user)
    return client


def make_worker(name: str = "nas", *, photos: int = 0) -> RemoteWorker:
    token, _ = issue(f"token of {name}", make_owner())
    worker = RemoteWorker.objects.create(token=token, name=name, operations=["faces"])
    for _ in range(photos):
        make_item(state=State.PROCESSING, worker=worker.worker, lease_until="2100-01-01T00:00Z")
    return worker


class TestTokens:
    def test_are_shown_once_when_they_are_made(self, staff: Client) -> None:
        owner = make_owner()

        page = staff.post(f"{TOKENS}add/", {"name": "nas", "owner": owner.pk}, follow=True)

        shown = re.search(r"<code>(\S+)</code>", page.content.decode())
        assert shown
        token = WorkerToken.objects.get()
        assert (token.name, token.owner) == ("nas", owner)
        assert token.digest == hashlib.sha256(shown[1].encode()).hexdigest()
        again = staff.get(TOKENS).content.decode()
        assert shown[1] not in again
        assert token.digest not in again

    def test_are_revoked(self, staff: Client) -> None:
        worker = make_worker()

        staff.post(TOKENS, {"action": "revoke", "_selected_action": [worker.token_id]})

        worker.token.refresh_from_db()
        assert worker.token.revoked_at

    def test_are_not_revoked_by_who_may_only_look(self) -> None:
        worker, client, user = make_worker(), Client(), make_user(is_staff=True)
        user.user_permissions.add(Permission.objects.get(codename="view_workertoken"))
        client.force_login(user)
        assert client.get(TOKENS).status_code == 200

        client.post(TOKENS, {"action": "revoke", "_selected_action": [worker.token_id]})

        worker.token.refresh_from_db()
        assert worker.token.revoked_at is None

    @pytest.mark.parametrize("count", [1, 3])
    def test_cost_the_same_queries_however_many_there_are(
        self, staff: Client, django_assert_num_queries: DjangoAssertNumQueries, count: int
    ) -> None:
        for number in range(count):
            make_worker(f"nas-{number}")

        with django_assert_num_queries(5):
            assert staff.get(TOKENS).status_code == 200


class TestWorkers:
    def test_show_what_they_have_in_hand(self, staff: Client) -> None:
        make_worker(photos=2)

        page = staff.get(WORKERS).content.decode()

        assert '<td class="field-in_hand">2</td>' in page
        assert '<td class="field-can">faces</td>' in page

    @pytest.mark.parametrize("count", [1, 3])
    def test_cost_the_same_queries_however_many_there_are(
        self, staff: Client, django_assert_num_queries: DjangoAssertNumQueries, count: int
    ) -> None:
        for number in range(count):
            make_worker(f"nas-{number}", photos=number)

        with django_assert_num_queries(4):
            assert staff.get(WORKERS).status_code == 200
