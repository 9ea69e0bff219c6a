"""A demo without authentication: everybody on this machine is one and the same user."""

from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import User
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from config.access.scopes import EVERYDAY, Scope

USER = "demo"
_HERE = {"127.0.0.1", "::1", ""}  # "" is a socket, which only this machine has
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")
LOUD = "AUTH_DISABLED: everybody on this machine may use the API without any key."


class Everybody:
    """What stands in for a key."""

    scopes: ClassVar[frozenset[Scope]] = EVERYDAY


class NoAuthentication(BaseAuthentication):
    """With `AUTH_DISABLED`, who shows nothing is the user `demo`; else nobody."""

    def authenticate(self, request: Request) -> tuple[User, Everybody] | None:
        if not settings.AUTH_DISABLED:
            return None
        if not settings.DEBUG and not _is_here(request):
            raise PermissionDenied("AUTH_DISABLED is for this machine alone.")
        user, _ = User.objects.get_or_create(username=USER)
        return user, Everybody()


def _is_here(request: Request) -> bool:
    near = request.META.get("REMOTE_ADDR", "") in _HERE
    return near and not any(name in request.headers for name in _FORWARDED)
