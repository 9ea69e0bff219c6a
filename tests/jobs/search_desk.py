"""The page on which staff search, as a browser uses it: who looks, and what is on it."""

import re
from html import unescape
from typing import Any

from django.contrib.auth.models import Permission
from django.test import Client

from tests.factories import make_user

SEARCH = "/admin/search/"


def staff(client: Client, *permissions: str) -> Client:
    user = make_user(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return client


def look(client: Client, **asked: Any) -> str:
    """What is on the page, on one line."""
    answer = client.get(SEARCH, asked)
    assert answer.status_code == 200
    return " ".join(unescape(answer.content.decode()).split())


def shown(page: str) -> list[int]:
    """The photos of the grid."""
    return [int(key) for key in re.findall(r'class="photo" href="/admin/photos/photo/(\d+)/', page)]


def links(page: str) -> list[str]:
    return [unescape(each) for each in re.findall(r'href="(\?[^"]*)"', page)]
