"""Callers of the doors, as each system's clients say who they are."""

from typing import Any

from rest_framework.test import APIClient

from photos.models import Owner
from tests.factories import make_key, make_owner, make_user


def key_of(owner: Owner, **values: Any) -> str:
    return make_key(user=owner.user, **values)[1]


def with_key(owner: Owner) -> APIClient:
    """A client that sends `X-API-Key`."""
    return APIClient(headers={"X-API-Key": key_of(owner)})


def with_bearer(owner: Owner, **values: Any) -> APIClient:
    """A client that sends `Authorization: Bearer`."""
    return APIClient(headers={"Authorization": f"Bearer {key_of(owner, **values)}"})


def stranger() -> Owner:
    """Somebody else, who has an owner of their own."""
    return make_owner(user=make_user())
