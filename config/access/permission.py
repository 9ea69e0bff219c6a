"""The table of permissions, as the REST framework asks for it."""

from typing import Any

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from config.access.scopes import EVERYTHING
from config.access.table import Need, Way, need_of
from jobs.models import WorkerToken


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
    if not request.user.is_authenticated:
        return False
    scopes = getattr(request.auth, "scopes", EVERYTHING)  # who is signed in has no key
    if need.scope and need.scope not in scopes:
        raise PermissionDenied(f"Your key is not for that: it lacks the scope {need.scope}.")
    return not need.right or (request.user.is_staff and request.user.has_perm(need.right))
