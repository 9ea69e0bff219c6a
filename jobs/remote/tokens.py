"""Who a remote worker is: a token that opens the worker's API, and nothing else."""

import hashlib
import secrets
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models.functions import Now
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from jobs.models import WorkerToken
from photos.models import Owner

KEYWORD = "Worker"
PREFIX = "kworker_"  # so that whoever finds one knows what it opens


def issue(name: str, owner: Owner | None = None) -> tuple[WorkerToken, str]:
    """A new token called `name`, and what the worker sends: that is shown now, and never again.

    `owner`: whose photos alone it may see. Without one it may see everybody's.
    """
    secret = PREFIX + secrets.token_urlsafe(32)
    token = WorkerToken.objects.create(name=name, owner=owner, digest=_digest(secret.encode()))
    return token, secret


def revoke(token: WorkerToken) -> None:
    """Let the token open nothing from now on. What its workers hold is given to others soon."""
    WorkerToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=Now())


def _digest(secret: bytes) -> str:
    return hashlib.sha256(secret).hexdigest()


class WorkerTokenAuthentication(BaseAuthentication):
    """`Authorization: Worker TOKEN`. The request's `auth` is the token, its user is nobody.

    Tokens are found by their digest: how long that takes says nothing of the tokens there are.
    """

    def authenticate(self, request: Request) -> tuple[AnonymousUser, WorkerToken] | None:
        keyword, _, secret = get_authorization_header(request).partition(b" ")
        if keyword.lower() != KEYWORD.lower().encode():
            return None
        tokens = WorkerToken.objects.filter(digest=_digest(secret.strip()), revoked_at=None)
        token = tokens.select_related("owner").first()
        if token is None:
            raise AuthenticationFailed("There is no such worker token, or it was revoked.")
        return AnonymousUser(), token

    def authenticate_header(self, request: Request) -> str:
        return KEYWORD


class WorkerTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its own
    target_class = WorkerTokenAuthentication
    name = "workerToken"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": f"`{KEYWORD} TOKEN`, of `manage.py worker_token` or the admin.",
        }
