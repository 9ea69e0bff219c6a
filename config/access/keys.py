"""Making, changing and finding API keys."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from config.access.finding import by_digest
from config.access.scopes import Scope
from config.models import ApiKey
from photos.models import Owner

PREFIX = "kkey_"  # so that whoever finds one knows what it opens
_SHOWN = len(PREFIX) + 6  # of a secret's letters: to know it by, and far too few to guess it
_USED_S = 60  # that a key is used is written down as often as this


@dataclass(frozen=True)
class Terms:
    """What a key is for."""

    name: str
    user: User
    scopes: frozenset[Scope]
    owner: Owner | None = None
    expires_at: datetime | None = None
    parent: ApiKey | None = None  # the key that it was made with


def issue(terms: Terms, *, by: User | None = None) -> tuple[ApiKey, str]:
    """A new key, and its secret: that is shown now, and never again."""
    secret = _new_secret()
    key = ApiKey.objects.create(
        name=terms.name,
        user=terms.user,
        owner=terms.owner,
        scopes=sorted(terms.scopes),
        expires_at=terms.expires_at,
        parent=terms.parent,
        created_by=by,
        **_traces(secret),
    )
    return key, secret


def rotate(key: ApiKey, *, grace_s: float = 0) -> str:
    """The key's new secret. The one before opens the same for `grace_s` seconds more."""
    secret = _new_secret()
    before: dict[str, object] = {"old_digest": None, "old_until": None}
    if grace_s > 0:
        before = {"old_digest": F("digest"), "old_until": Now() + timedelta(seconds=grace_s)}
    ApiKey.objects.filter(pk=key.pk).update(**before, **_traces(secret))
    return secret


def revoke(keys: Iterable[ApiKey]) -> int:
    """Let the keys, and those that were made with them, open nothing from now on: how many."""
    numbers = [key.pk for key in keys]
    with transaction.atomic():
        chosen = ApiKey.objects.filter(Q(pk__in=numbers) | Q(parent__in=numbers), revoked_at=None)
        return chosen.update(revoked_at=Now())


@dataclass(frozen=True)
class Found:
    """A key that counts, as whom it acts, and for whom; no owner: it is not made yet."""

    key: ApiKey
    user: User
    owner: Owner | None


def find(secret: str) -> Found | None:
    """The key that `secret` is of. None: there is none that is valid.

    Keys are found by their digest: how long that takes says nothing of the keys there are.
    """
    row = by_digest(_digest(secret))
    if row is None:
        return None
    found = Found(*row)
    _note_use(found.key)
    return found


def _note_use(key: ApiKey) -> None:
    """Once a minute: a row that each request changes would be the slowest part of it."""
    if key.used_at is None or (timezone.now() - key.used_at).total_seconds() > _USED_S:
        ApiKey.objects.filter(pk=key.pk).update(used_at=Now())


def _new_secret() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def _traces(secret: str) -> dict[str, str]:
    """What is kept of a secret."""
    return {"prefix": secret[:_SHOWN], "digest": _digest(secret)}


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
