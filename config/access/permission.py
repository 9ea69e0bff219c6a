"""The table of permissions, as the REST framework asks for it."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from config.access.addresses import client_of
from config.access.scopes import EVERYTHING
from config.access.table import Need, Way, need_of
from jobs.models import WorkerToken


@dataclass(frozen=True)
class Watcher:
    """Whoever has shown METRICS_TOKEN, as the `auth` of a request."""


class ByTable(BasePermission):
    """Lets in whom the row of the endpoint does. Without a row: nobody."""

    def has_permission(self, request: Request, view: Any) -> bool:
        need = need_of(type(view), act_of(request, view))
        return need is not None and meets(request, need)


def act_of(request: Request, view: Any) -> str:
    """The action of a view set, or else the method; empty: of none that is there."""
    if hasattr(view, "action_map"):
        return view.action or ""
    method = (request.method or "").lower()
    return "get" if method == "head" else method


def meets(request: Request, need: Need) -> bool:
    """Whether who comes may do what asks for `need`.

    Raises:
        PermissionDenied: they are known, but their key is not for that.
    """
    match need.way:
        case Way.ANYHOW | Way.OWN:
            return True
        case Way.WORKER:
            return isinstance(request.auth, WorkerToken)
        case Way.WATCHER if isinstance(request.auth, Watcher) or _is_near(request):
            return True
    if not request.user.is_authenticated:
        return False
    scopes = getattr(request.auth, "scopes", EVERYTHING)  # who is signed in has no key
    if need.scope and need.scope not in scopes:
        raise PermissionDenied(f"Your key is not for that: it lacks the scope {need.scope}.")
    return not need.right or (request.user.is_staff and request.user.has_perm(need.right))


def _is_near(request: Request) -> bool:
    """Metrics may be read from there."""
    client = client_of(request.META, settings.TRUSTED_PROXY_HOPS)
    return client is not None and any(client in each for each in settings.METRICS_ALLOWED_IPS)
