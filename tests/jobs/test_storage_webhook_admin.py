"""Storages as staff see and steer them."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from jobs.models import StorageSource
from tests.factories import make_owner, make_storage_source, make_user
from tests.jobs.announced import (
    s3,
    send,
    source,
)

__all__ = ["source"]  # fixtures
pytestmark = pytest.mark.django_db

ADMIN = "/admin/jobs/storagesource/"


class TestAdmin:
    VALUES = {
        "bucket": "photos",
        "base_url": "https://bucket.example/",
        "operations": ["faces"],
        "priority": 7,
        "enabled": "on",
    }

    def add(self, client: Client, **values: Any) -> Any:
        data = self.VALUES | {"owner": make_owner().pk} | values
        return client.post(f"{ADMIN}add/", data, follow=True)

    def told(self, response: Any) -> list[str]:
        return [str(message) for message in response.context["messages"]]

    def test_makes_a_secret_and_shows_it_once(self, admin_client: Client) -> None:
        response = self.add(admin_client)

        source = StorageSource.objects.get()
        assert (source.base_url, source.operations) == ("https://bucket.example", ["faces"])
        assert f"The secret of photos, shown this once: {source.secret}" in self.told(response)
        for page in (ADMIN, f"{ADMIN}{source.pk}/change/"):
            assert source.secret not in admin_client.get(page).content.decode()
        assert send(s3("a.jpg"), secret=source.secret).status_code == 202

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("base_url", "http://127.0.0.1/photos"),
            ("base_url", "ftp://bucket.example"),
            ("base_url", "https://bucket.example/?key="),
            ("operations", ["smell"]),
            ("priority", 11),
        ],
    )
    def test_refuses_what_can_not_work(self, admin_client: Client, field: str, value: Any) -> None:
        response = self.add(admin_client, **{field: value})

        assert response.context["errors"]
        assert StorageSource.objects.count() == 0

    def test_makes_a_new_secret(self, admin_client: Client) -> None:
        source = make_storage_source()
        data = {"action": "rotate", "_selected_action": str(source.pk)}

        response = admin_client.post(ADMIN, data, follow=True)

        old, new = source.secret, StorageSource.objects.get().secret
        assert f"The secret of photos, shown this once: {new}" in self.told(response)
        assert send(s3("a.jpg"), secret=old).status_code == 401
        assert send(s3("a.jpg"), secret=new).status_code == 202

    def test_keeps_the_secret_when_something_else_changes(self, admin_client: Client) -> None:
        source = make_storage_source()
        data = self.VALUES | {"owner": source.owner_id, "priority": 9}

        admin_client.post(f"{ADMIN}{source.pk}/change/", data)

        changed = StorageSource.objects.get()
        assert (changed.secret, changed.priority) == (source.secret, 9)

    def test_makes_no_secret_for_those_who_may_only_look(self, client: Client) -> None:
        staff = make_user(is_staff=True)
        staff.user_permissions.add(Permission.objects.get(codename="view_storagesource"))
        client.force_login(staff)
        source = make_storage_source()

        client.post(ADMIN, {"action": "rotate", "_selected_action": str(source.pk)})

        assert StorageSource.objects.get().secret == source.secret

    @pytest.mark.parametrize("rows", [1, 3])
    def test_costs_the_same_however_many_there_are(
        self, admin_client: Client, django_assert_num_queries: DjangoAssertNumQueries, rows: int
    ) -> None:
        for _ in range(rows):
            make_storage_source()

        with django_assert_num_queries(5):
            admin_client.get(ADMIN)
