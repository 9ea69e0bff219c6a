"""Doing once what a caller asks for more than once."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from django.core.files import File
from django.http import QueryDict
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from photos.errors import IdempotencyKeyReused

MAX_KEY = 255  # letters
HEADER = OpenApiParameter(
    "Idempotency-Key",
    location=OpenApiParameter.HEADER,
    description=f"1 to {MAX_KEY} characters of yours: asked again with it, the same is meant.",
)


@dataclass(frozen=True)
class Idempotency:
    """A caller's `Idempotency-Key`, and the digest of all that is asked for with it."""

    key: str
    fingerprint: str

    def check(self, fingerprint: str) -> None:
        """
        Raises:
            IdempotencyKeyReused: what was asked for with the key before is something else.
        """
        if fingerprint != self.fingerprint:
            raise IdempotencyKeyReused(
                "Something else was asked for with this Idempotency-Key: use another one."
            )


def idempotency_of(request: Request) -> Idempotency | None:
    """What `request` says by its `Idempotency-Key`: the key, and all that is asked for with it.

    Files count by their content. Source: draft-ietf-httpapi-idempotency-key-header.

    Raises:
        ValidationError: the key is empty, too long, or can't be printed.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not (key.isprintable() and 0 < len(key) <= MAX_KEY):
        raise ValidationError({"Idempotency-Key": f"Give 1 to {MAX_KEY} printable characters."})
    asked = json.dumps(_plain(request.data), sort_keys=True, default=_digest)
    path = request.path.rstrip("/")
    whole = f"{request.method} {path}\n{asked}"
    return Idempotency(key, hashlib.sha256(whole.encode()).hexdigest())


def _plain(data: Any) -> Any:
    return dict(data.lists()) if isinstance(data, QueryDict) else data


def _digest(file: File[bytes]) -> dict[str, str]:
    content = hashlib.sha256()
    for chunk in file.chunks():
        content.update(chunk)
    file.seek(0)  # others read it too
    return {"file": file.name or "", "sha256": content.hexdigest()}
