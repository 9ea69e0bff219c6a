"""API keys over HTTP: everybody's own, and none that may more than who makes it."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from config.access import keys
from config.access.scopes import Scope
from config.models import ApiKey
from photos.models import Owner
from tests.config.test_keys import key_of
from tests.factories import make_key, make_owner, make_user

pytestmark = pytest.mark.django_db
KEYS = "/api/v1/keys/"
MAKERS = {Scope.READ, Scope.KEYS}


def client_of(secret: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_X_API_KEY=secret)
    return client


def make(client: APIClient, scopes: Collection[str] = ("read",), **values: Any) -> Any:
    return client.post(KEYS, {"name": "new", "scopes": [*scopes]} | values)


class TestMaking:
    def test_shows_the_key_once(self, api: APIClient, owner: Owner) -> None:
        answer = make(api, ["read", "write"])

        made = answer.json()
        key = key_of(made["key"])
        assert answer.status_code == 201
        assert answer.headers["Cache-Control"] == "no-store"
        assert key
        assert (key.user, key.created_by, key.scopes) == (owner.user, owner.user, ["read", "write"])
        listed = api.get(KEYS).json()["results"]
        assert [each["id"] for each in listed] == [key.pk]
        assert "key" not in listed[0]
        assert made["key"] not in api.get(f"{KEYS}{key.pk}/").content.decode()

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"name": "there"}, "name"),
            ({"name": ""}, "name"),
            ({"name": "x" * 101}, "name"),
            ({"scopes": []}, "scopes"),
            ({"scopes": ["all"]}, "scopes"),
            ({"scopes": ["admin"]}, "scopes"),
            ({"scopes": ["all-owners"]}, "scopes"),
            ({"scopes": "read"}, "scopes"),
            ({"expires_at": "2020-01-01T00:00Z"}, "expires_at"),
            ({"expires_at": "soon"}, "expires_at"),
        ],
    )
    def test_says_what_is_wrong(
        self, api: APIClient, owner: Owner, values: dict[str, Any], field: str
    ) -> None:
        make_key(user=owner.user, name="there")

        answer = make(api, **values)

        assert answer.status_code == 400
        assert [*answer.json()["fields"]] == [field]
        assert ApiKey.objects.count() == 1

    def test_takes_nothing_that_is_not_asked_for(self, api: APIClient, owner: Owner) -> None:
        boss, other = make_user(is_superuser=True), make_owner()

        made = make(api, user=boss.pk, owner=other.pk, created_by=boss.pk, digest="x", parent=1)

        key = ApiKey.objects.get(pk=made.json()["id"])
        assert (key.user, key.owner, key.created_by, key.parent) == (
            owner.user,
            None,
            owner.user,
            None,
        )
        assert key.digest != "x"

    @pytest.mark.parametrize(
        ("staff", "scope", "code"),
        [
            ({"is_staff": True}, "admin", 201),
            ({"is_staff": True}, "all-owners", 400),
            ({"is_staff": True, "is_superuser": True}, "all-owners", 201),
        ],
    )
    def test_gives_staff_what_they_may(self, staff: dict[str, bool], scope: str, code: int) -> None:
        api = APIClient()
        api.force_authenticate(make_user(**staff))

        assert make(api, [scope]).status_code == code


class TestKeysOfAKey:
    def test_may_less_or_as_much(self) -> None:
        _, secret = make_key(scopes=MAKERS)

        answers = {scope: make(client_of(secret), [scope], name=scope) for scope in Scope.values}

        made = [scope for scope, answer in answers.items() if answer.status_code == 201]
        assert made == ["read"]

    def test_are_of_its_owner_and_end_with_it(self) -> None:
        ends = timezone.now() + timedelta(days=1)
        key, secret = make_key(scopes=MAKERS, owner=make_owner(), expires_at=ends)

        made = make(client_of(secret), expires_at=(ends + timedelta(days=1)).isoformat()).json()
        open_ended = make(client_of(secret), name="other").json()

        for each in (made, open_ended):
            child = ApiKey.objects.get(pk=each["id"])
            assert (child.parent, child.owner, child.expires_at) == (key, key.owner, ends)

    def test_are_revoked_with_it(self) -> None:
        key, secret = make_key(scopes=MAKERS)
        child = make(client_of(secret)).json()["key"]

        keys.revoke([key])

        assert (keys.find(secret), keys.find(child)) == (None, None)

    def test_are_all_that_it_sees(self) -> None:
        key, secret = make_key(scopes=MAKERS)
        sibling, _ = make_key(user=key.user)
        client = client_of(secret)
        child = make(client).json()["id"]

        listed = [each["id"] for each in client.get(KEYS).json()["results"]]

        assert listed == [child, key.pk]
        assert client.get(f"{KEYS}{sibling.pk}/").status_code == 404


class TestKey:
    def test_is_rotated(self, api: APIClient, owner: Owner) -> None:
        key, old = make_key(user=owner.user)

        new = api.post(f"{KEYS}{key.pk}/rotate/", {"grace_s": 60}).json()["key"]
        newest = api.post(f"{KEYS}{key.pk}/rotate/", {}).json()["key"]

        assert [key_of(each) for each in (old, new, newest)] == [None, None, key]

    def test_is_revoked(self, api: APIClient, owner: Owner) -> None:
        key, secret = make_key(user=owner.user)

        answer = api.delete(f"{KEYS}{key.pk}/")

        assert answer.status_code == 204
        assert keys.find(secret) is None
        assert api.get(f"{KEYS}{key.pk}/").json()["revoked_at"]

    @pytest.mark.parametrize(("method", "path"), [("get", ""), ("delete", ""), ("post", "rotate/")])
    def test_of_another_looks_like_none(self, api: APIClient, method: str, path: str) -> None:
        key, secret = make_key()

        theirs = getattr(api, method)(f"{KEYS}{key.pk}/{path}")
        missing = getattr(api, method)(f"{KEYS}{key.pk + 1}/{path}")

        assert (theirs.status_code, theirs.json()) == (404, missing.json())
        assert key_of(secret) == key

    def test_that_may_more_than_its_user_is_not_theirs(self, api: APIClient, owner: Owner) -> None:
        wider = [
            make_key(user=owner.user, owner=make_owner()),
            make_key(user=owner.user, scopes={Scope.READ, Scope.ALL_OWNERS}),
            make_key(user=owner.user, scopes={Scope.ADMIN}),
        ]
        same, _ = make_key(user=owner.user, owner=owner)

        for key, secret in wider:
            assert api.post(f"{KEYS}{key.pk}/rotate/", {}).status_code == 404
            assert key_of(secret) == key
        assert [each["id"] for each in api.get(KEYS).json()["results"]] == [same.pk]

    @pytest.mark.parametrize("grace", [-1, 10**9, "x"])
    def test_wants_a_grace_that_can_be_one(
        self, api: APIClient, owner: Owner, grace: object
    ) -> None:
        key, secret = make_key(user=owner.user)

        assert api.post(f"{KEYS}{key.pk}/rotate/", {"grace_s": grace}).status_code == 400
        assert key_of(secret) == key
