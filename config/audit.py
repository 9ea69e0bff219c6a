"""What is changed over the API, and what is taken out of it that faces can be known by: noted.

Of what staff do on their pages the admin's own history tells, and of people their edits do. Here is
who did what, when and from where; never what was sent, as that may be a name, a vector or a secret.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.db.models.functions import Now
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from config.access.addresses import client_of
from config.access.claims import Claims
from config.access.scopes import Scope
from config.access.table import Need, Way, need_of
from config.models import ApiKey, AuditEntry
from photos.models.owners import acted_for

log = logging.getLogger(__name__)

# They tell vectors, say whose face is where in a file, or let a photo be seen without a key.
EXPORTS = ("ExportView.get", "DisclosureView.get", "SidecarView.post", "AnnotatedView.post")
TAKEN = "takes_vectors"  # of a request that a view gives vectors of faces to
_SAFE = {"GET", "HEAD", "OPTIONS"}
_FAILED = 400  # and what is above


def noted(
    answer: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """A middleware: a row for each change, and for each export."""

    def answered(request: HttpRequest) -> HttpResponseBase:
        response = answer(request)
        if response.status_code < _FAILED and (act := _act_of(request)):
            note(request, act, response.status_code)
        return response

    return answered


def note(request: HttpRequest, act: str, status: int = 0) -> None:
    """Write down that who asks did `act`. What was done stays done, if that fails."""
    user = getattr(request, "user", None)
    owner = acted_for(user) if user else None
    try:
        AuditEntry.objects.create(
            actor=getattr(user, "pk", None),
            actor_name=user.get_username() if user else "",
            owner=owner.pk if owner else None,
            credential=_credential(getattr(request, "auth", None)),
            act=act,
            path=request.path[: AuditEntry.LONGEST],
            status=status,
            address=_address(request),
        )
    except DatabaseError:
        log.exception("%s was not noted", act)


def prune(days: float) -> int:
    """Delete what is older: how many rows."""
    return AuditEntry.objects.filter(at__lt=Now() - timedelta(days=days)).delete()[0]


def _act_of(request: HttpRequest) -> str:
    """Which view does what, such as `PersonViewSet.merge`; empty: that is not noted."""
    found = request.resolver_match.func if request.resolver_match else None
    view = getattr(found, "cls", None)
    if view is None:
        return ""
    method = (request.method or "").lower()
    act = (getattr(found, "actions", None) or {}).get(method, method)
    name = f"{view.__name__}.{act}"
    exports = name in EXPORTS or getattr(request, TAKEN, False)
    return name if exports or _changes(request, need_of(view, act)) else ""


def _changes(request: HttpRequest, need: Need | None) -> bool:
    """Workers are left out: of what they do jobs tell."""
    asked = need is not None and need.way is Way.CALLER and need.scope not in {None, Scope.READ}
    return asked and request.method not in _SAFE


def _credential(auth: Any) -> str:
    """By what somebody came in: how a key begins, or what it is else."""
    match auth:
        case ApiKey():
            return auth.prefix
        case Claims():
            return "JWT"
    return "session" if auth is None else type(auth).__name__


def _address(request: HttpRequest) -> str | None:
    client = client_of(request.META, settings.TRUSTED_PROXY_HOPS)
    return str(client) if client else None
