"""API keys: how services come in."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from config.access import keys
from config.access.scopes import EVERYDAY, Scope
from config.models import ApiKey
from photos.models import Owner
from tests.factories import make_key, make_owner, make_photo, make_user
from tests.problems import said

pytestmark = pytest.mark.django_db
REFUSED = {
    "code": "authentication_failed",
    "detail": "There is no such key, or it has expired or was revoked.",
}
JOBS = "/api/v1/jobs/"


def ask(secret: str, path: str = JOBS, **headers: str) -> Any:
    answer: Any = APIClient().get(path, headers={"Authorization": f"Bearer {secret}"} | headers)
    if answer.streaming:
        b"".join(answer.streaming_content)  # closes the file
    return answer


def key_of(secret: str) -> ApiKey | None:
    found = keys.find(secret)
    return found.key if found else None


class TestSecret:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Authorization": "Token {}"},
            {"Authorization": "token {}"},
            {"Authorization": "Bearer {}"},
            {"X-API-Key": "{}"},
            {"api-key": "{}"},
        ],
    )
    def test_comes_in_any_header_that_clients_know(self, headers: Mapping[str, str]) -> None:
        _, secret = make_key()

        sent = {name: value.format(secret) for name, value in headers.items()}

        assert APIClient().get(JOBS, headers=sent).status_code == 200

    def test_is_not_kept(self) -> None:
        key, secret = make_key()

        with connection.cursor() as cursor:
            cursor.execute("SELECT row_to_json(k)::text FROM config_apikey k")
            [row] = cursor.fetchone() or []

        assert secret not in row
        assert secret.startswith(key.prefix)
        assert secret not in repr(key)
        assert len(secret) - len(key.prefix) > 32

    def test_is_in_no_log(self, caplog: pytest.LogCaptureFixture) -> None:
        _, secret = make_key()

        with caplog.at_level(logging.DEBUG):
            ask(secret)
            ask(f"{secret}x")
            APIClient().get(f"{JOBS}?api_key={secret}")

        assert caplog.records
        assert secret not in caplog.text

    @pytest.mark.parametrize("secret", ["", "x", "kkey_", "kkey_x\0", "ä", "x" * 10_000])
    def test_that_is_none_is_refused(self, secret: str) -> None:
        make_key()

        answer = APIClient().get(JOBS, headers={"X-API-Key": secret})

        assert (answer.status_code, said(answer)) == (401, REFUSED)

    def test_is_no_shorter_for_others_that_begin_alike(self) -> None:
        (one, first), (other, second) = make_key(), make_key()
        ApiKey.objects.update(prefix="kkey_same12")

        assert [key_of(first), key_of(second)] == [one, other]
        assert keys.find("kkey_same12") is None


class TestKey:
    @pytest.mark.parametrize("ends", ["revoked", "expired", "user inactive"])
    def test_opens_nothing_any_more(self, ends: str) -> None:
        key, secret = make_key()
        assert ask(secret).status_code == 200

        if ends == "revoked":
            keys.revoke([key])
        elif ends == "expired":
            ApiKey.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        else:
            key.user.is_active = False
            key.user.save()

        answer = ask(secret)
        assert (answer.status_code, said(answer)) == (401, REFUSED)

    def test_is_one_prepared_statement_with_its_user_and_its_owner(self) -> None:
        owner = make_owner(user=make_user())
        _, secret = make_key(user=owner.user)
        ask(secret)

        with CaptureQueriesContext(connection) as asked:
            ask(secret, "/api/v1/search/saved/")

        tables = [each["sql"].partition(" FROM ")[2].split()[0] for each in asked]
        assert tables == ["config_apikey", '"search_savedsearch"']
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement ~ 'apikey'")
            assert cursor.fetchone() == (1,)

    def test_leaves_what_no_request_asks_for(self) -> None:
        user = make_user()
        _, secret = make_key(user=user)

        found = keys.find(secret)

        assert found is not None
        assert found.user.get_deferred_fields() == {"password", "last_login", "date_joined"}
        assert found.user.date_joined == user.date_joined

    def test_says_when_it_was_used_once_a_minute(self) -> None:
        key, secret = make_key()
        ask(secret)
        key.refresh_from_db()
        first = key.used_at
        ask(secret)
        key.refresh_from_db()
        assert first is not None
        assert key.used_at == first

        ApiKey.objects.update(used_at=first - timedelta(minutes=2))
        ask(secret)

        key.refresh_from_db()
        assert key.used_at is not None
        assert key.used_at >= first

    def test_acts_for_its_user(self) -> None:
        user = make_user()
        _, secret = make_key(user=user)

        ask(secret, "/api/v1/search/suggest/?q=a")

        assert Owner.objects.get().user == user

    def test_acts_for_its_owner(self) -> None:
        mine, photo = make_photo(owner=make_owner(user=make_user())), make_photo()
        _, secret = make_key(user=mine.owner.user, owner=photo.owner)

        seen = [ask(secret, f"/media/{each.thumbnail}").status_code for each in (mine, photo)]

        assert seen == [404, 200]

    def test_is_nobody_of_the_staff_without_the_scope(self) -> None:
        boss, photo = make_user(is_staff=True, is_superuser=True), make_photo()
        _, everyday = make_key(user=boss)
        _, admin = make_key(user=boss, scopes=EVERYDAY | {Scope.ADMIN})

        for path in (f"/media/{photo.thumbnail}", "/api/v1/admin/stats/"):
            assert ask(everyday, path).status_code in {403, 404}
            assert ask(admin, path).status_code == 200
        boss.refresh_from_db()
        assert boss.is_superuser


class TestOwnerOfARequest:
    def test_is_named_by_a_key_for_all(self) -> None:
        photo = make_photo(owner=make_owner(subject="anna"))
        _, secret = make_key(scopes=EVERYDAY | {Scope.ALL_OWNERS})
        path = f"/media/{photo.thumbnail}"

        assert ask(secret, path).status_code == 404
        assert ask(secret, path, **{"X-Owner": "anna"}).status_code == 200
        assert ask(secret, path, **{"X-Owner": "ben"}).status_code == 404
        assert Owner.objects.filter(subject="ben").exists()

    def test_is_refused_to_a_key_for_one(self) -> None:
        owner = make_owner(subject="anna", user=make_user())
        make_owner(subject="ben")
        _, secret = make_key(user=owner.user)

        asked = {name: ask(secret, **{"X-Owner": name}) for name in ("anna", "ben", "carl")}

        assert {name: each.status_code for name, each in asked.items()} == {
            "anna": 200, "ben": 403, "carl": 403,
        }  # fmt: skip
        assert asked["ben"].json() == asked["carl"].json()

    @pytest.mark.parametrize(
        ("subject", "code"), [("", 400), ("x" * 256, 400), ("a\tb", 400), ("user:99", 403)]
    )
    def test_has_a_name_that_can_be_one(self, subject: str, code: int) -> None:
        _, secret = make_key(scopes={Scope.READ, Scope.ALL_OWNERS})

        assert ask(secret, **{"X-Owner": subject}).status_code == code
        assert not Owner.objects.exists()


class TestRotation:
    def test_ends_the_old_secret(self) -> None:
        key, old = make_key()

        new = keys.rotate(key)

        assert [ask(each).status_code for each in (old, new)] == [401, 200]

    def test_leaves_the_old_secret_a_while(self) -> None:
        key, old = make_key()

        new = keys.rotate(key, grace_s=60)

        assert [ask(each).status_code for each in (old, new)] == [200, 200]
        ApiKey.objects.update(old_until=timezone.now())
        assert [ask(each).status_code for each in (old, new)] == [401, 200]

    def test_knows_one_secret_before(self) -> None:
        key, first = make_key()

        second = keys.rotate(key, grace_s=60)
        third = keys.rotate(key, grace_s=60)

        assert [ask(each).status_code for each in (first, second, third)] == [401, 200, 200]
