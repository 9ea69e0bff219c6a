"""The public keys that JWTs are signed with: of a file, or of an address in the settings."""

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import httpx2
import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

log = logging.getLogger(__name__)

Key = EllipticCurvePublicKey
ALGORITHM = "ES256"
FRESH_S = 300  # after which keys of an address are fetched again
RETRY_S = 60  # and as soon as this, where a key is not known
_TIMEOUT_S = 5.0
_MAX_BYTES = 256 * 1024


class KeysInvalid(ValueError):
    """What was read are no keys that can be used here."""


class Keys(Protocol):
    def of(self, kid: str | None) -> Key | None:
        """The key that a JWT with this `kid` is signed with. None: there is none."""


class PemFile:
    """One key, whatever its JWTs call it. A file that has changed is read again."""

    def __init__(self, path: Path) -> None:
        self._file = _File(path, _pem)

    def of(self, kid: str | None) -> Key | None:
        return self._file.keys().get("")


class JwksFile:
    """Several keys, each with its `kid`. A key that is taken out counts no more at once."""

    def __init__(self, path: Path) -> None:
        self._file = _File(path, keys_of)

    def of(self, kid: str | None) -> Key | None:
        return self._file.keys().get(kid or "")


class JwksAddress:
    """The same, fetched: every `FRESH_S`, and for a `kid` that is new, but never more often than
    every `RETRY_S`. While it can't be fetched, what is known goes on.
    """

    def __init__(self, url: str, now: Callable[[], float] = time.monotonic) -> None:
        self._url, self._now, self._lock = url, now, threading.Lock()
        self._keys: Mapping[str, Key] = {}
        self._fetched_at = self._tried_at = float("-inf")

    def of(self, kid: str | None) -> Key | None:
        name, now = kid or "", self._now()
        wanted = name not in self._keys or now - self._fetched_at > FRESH_S
        if wanted and now - self._tried_at > RETRY_S:
            with self._lock:
                if self._now() - self._tried_at > RETRY_S:  # nobody else has just done so
                    self._fetch()
        return self._keys.get(name)

    def _fetch(self) -> None:
        self._tried_at = self._now()
        try:
            self._keys = keys_of(_fetched(self._url))
        except (httpx2.HTTPError, ValueError) as exc:
            log.error("The keys of JWTs can't be fetched: %s", exc)  # noqa: TRY400  # no trace needed
        else:
            self._fetched_at = self._tried_at


class _File:
    def __init__(self, path: Path, read: Any) -> None:
        self._path, self._read = path, read
        self._seen: tuple[int, int] | None = None
        self._keys: Mapping[str, Key] = {}

    def keys(self) -> Mapping[str, Key]:
        """What it holds now; nothing, if it is gone or broken."""
        try:
            stat = self._path.stat()
            if self._seen != (stat.st_mtime_ns, stat.st_size):
                self._keys = self._read(self._path.read_bytes())
                self._seen = (stat.st_mtime_ns, stat.st_size)
        except (OSError, ValueError) as exc:
            log.error("The keys of JWTs can't be read: %s", exc)  # noqa: TRY400  # no trace needed
            self._keys, self._seen = {}, None
        return self._keys


def keys_of(data: bytes) -> dict[str, Key]:
    """Those of a JWKS that can be used here: on P-256, for signatures, with a `kid`.

    Raises:
        KeysInvalid, ValueError: it is none, or no JSON.
    """
    document = json.loads(data)
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise KeysInvalid("That is no JWKS: it has no list of keys.")
    found = {}
    for each in listed:
        if isinstance(each, dict) and _is_meant(each) and (key := _key(each)):
            found[each["kid"]] = key
    return found


def _is_meant(jwk: Mapping[str, Any]) -> bool:
    uses = jwk.get("use", "sig") == "sig" and jwk.get("alg", ALGORITHM) == ALGORITHM
    named = isinstance(jwk.get("kid"), str) and jwk["kid"] != ""
    return uses and named and jwk.get("kty") == "EC" and jwk.get("crv") == "P-256"


def _key(jwk: dict[str, Any]) -> Key | None:
    public = {name: value for name, value in jwk.items() if name != "d"}  # a slip of the issuer
    try:
        key = jwt.PyJWK(public, ALGORITHM).key
    except jwt.PyJWTError:
        return None
    return key if isinstance(key, EllipticCurvePublicKey) else None


def _pem(data: bytes) -> dict[str, Key]:
    key = load_pem_public_key(data)
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise KeysInvalid("The public key is not one on P-256, as ES256 needs it.")
    return {"": key}


def _fetched(url: str) -> bytes:
    """
    Raises:
        HTTPError: nothing came, or not what was asked for.
        KeysInvalid: it is too long.
    """
    with httpx2.stream("GET", url, timeout=_TIMEOUT_S, follow_redirects=False) as answer:
        answer.raise_for_status()
        data = b""
        for part in answer.iter_bytes():
            data += part
            if len(data) > _MAX_BYTES:
                raise KeysInvalid("The document is too long for a JWKS.")
    return data
