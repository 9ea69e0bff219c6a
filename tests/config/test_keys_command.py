"""Keys by command, and keys that were made of tokens."""

from collections.abc import Mapping
from datetime import timedelta
from importlib import import_module
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from config.access import keys
from config.access.scopes import EVERYDAY
from config.models import ApiKey
from tests.config.test_keys import JOBS, key_of
from tests.factories import make_key, make_owner, make_user

pytestmark = pytest.mark.django_db


class TestCommand:
    def test_makes_a_key(self) -> None:
        make_user(username="anna")
        make_owner(subject="home")
        out = StringIO()

        call_command("api_key", "backup", user="anna", owner="home", days=1.5, stdout=out)

        key = key_of(out.getvalue().strip())
        assert key
        assert key.owner
        assert key.expires_at
        assert (key.name, key.user.username, key.owner.subject) == ("backup", "anna", "home")
        assert {*key.scopes} == EVERYDAY
        assert key.expires_at - timezone.now() > timedelta(days=1.4)

    def test_rotates_and_revokes_one(self) -> None:
        user = make_user(username="anna")
        _, old = make_key(user=user, name="backup")
        out = StringIO()

        call_command("api_key", "backup", user="anna", rotate=True, stdout=out)
        new = out.getvalue().strip()
        assert keys.find(old) is None
        assert keys.find(new)
        call_command("api_key", "backup", user="anna", revoke=True)

        assert keys.find(new) is None

    @pytest.mark.parametrize(
        ("values", "reason"),
        [
            ({"user": "nobody"}, "There is no user 'nobody'"),
            ({"name": "there"}, "has a key 'there' already"),
            ({"name": "new", "rotate": True}, "has no key 'new'"),
            ({"name": "new", "revoke": True}, "has no key 'new'"),
            ({"name": "new", "owner": "x"}, "There is no owner 'x'"),
        ],
    )
    def test_says_what_is_wrong(self, values: Mapping[str, Any], reason: str) -> None:
        make_key(user=make_user(username="anna"), name="there")
        asked = {"name": "there", "user": "anna", **values}

        with pytest.raises(CommandError, match=reason):
            call_command("api_key", asked.pop("name"), **asked)

        assert ApiKey.objects.count() == 1


class TestKeysOfTokens:
    """What becomes of the tokens of the REST framework, which were kept as they are sent."""

    TABLE = """
        CREATE TABLE authtoken_token (
            key varchar(40) PRIMARY KEY, created timestamptz NOT NULL,
            user_id integer NOT NULL REFERENCES auth_user
        )
    """

    def test_open_what_they_opened(self) -> None:
        anna, old = make_user(), "0123456789abcdef" * 2 + "01234567"
        with connection.cursor() as cursor:
            cursor.execute(self.TABLE)
            values: list[Any] = [old, timezone.now(), anna.pk]
            cursor.execute("INSERT INTO authtoken_token VALUES (%s, %s, %s)", values)
        ContentType.objects.create(app_label="authtoken", model="token")

        self.move()

        key = key_of(old)
        assert key
        assert (key.user, key.name, key.prefix) == (anna, "token", old[:8])
        assert APIClient().get(JOBS, headers={"Authorization": f"Token {old}"}).status_code == 200
        assert not ContentType.objects.filter(app_label="authtoken").exists()
        assert "authtoken_token" not in connection.introspection.table_names()

    def test_need_not_be_there(self) -> None:
        self.move()

        assert not ApiKey.objects.exists()

    def move(self) -> None:
        with connection.schema_editor() as editor:
            import_module("config.migrations.0002_keys_of_tokens").move(apps, editor)
