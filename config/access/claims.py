"""What a JWT says, once it is known to be one that our issuer has signed for us."""

from dataclasses import dataclass
from typing import Any

import jwt

from config.access.jwks import ALGORITHM, Keys
from config.access.scopes import EVERYDAY, Scope
from photos.models.owners import LONGEST_SUBJECT
from photos.services import OF_USERS

INFERENCE = "ai_inference_support"  # the permission that services have
_LONGEST = 8192  # letters of a JWT
_LONGEST_KID = 200
_LAST_S = 2**33  # of seconds since 1970 that a claim may say: the year 2242
_TIMES = ("exp", "nbf", "iat")


class JwtInvalid(Exception):
    """It is not one that counts here. What is wrong with it is for the log, not for who sent it."""


class ClaimsUnfit(Exception):
    """It counts, but says what may be done in a way that can't be understood."""


@dataclass(frozen=True)
class Rules:
    """What a JWT must be like."""

    issuer: str = ""  # empty: any, as there is but one who has the key
    audience: str = ""
    leeway_s: int = 0
    required: tuple[str, ...] = ("exp", "sub")


@dataclass(frozen=True)
class Claims:
    """Who somebody is, and what they may do."""

    subject: str
    scopes: frozenset[Scope]

    @property
    def is_admin(self) -> bool:
        return Scope.ADMIN in self.scopes


def claims_of(token: str, keys: Keys, rules: Rules) -> Claims:
    """
    Raises:
        JwtInvalid: it is not signed as it must be, over, not for us, or no JWT.
        ClaimsUnfit: its permissions are none.
    """
    if len(token) > _LONGEST:
        raise JwtInvalid("too long")
    try:
        key = keys.of(_kid(jwt.get_unverified_header(token)))
        if key is None:
            raise JwtInvalid("no such kid")
        said = _decoded(token, key, rules)
    except (jwt.PyJWTError, ValueError) as exc:
        raise JwtInvalid(str(exc)) from exc
    return Claims(_subject(said), _scopes(said))


def _kid(header: dict[str, Any]) -> str | None:
    """Keys that a header brings along (`jwk`, `jku`, `x5c`, `x5u`) are not looked at.

    Raises:
        JwtInvalid: it is no header for us.
    """
    if header.get("alg") != ALGORITHM:
        raise JwtInvalid("another algorithm")
    if "crit" in header:
        raise JwtInvalid("it asks for an extension")  # we know none
    kid = header.get("kid")
    if kid is not None and not (isinstance(kid, str) and len(kid) <= _LONGEST_KID):
        raise JwtInvalid("no usable kid")
    return kid


def _decoded(token: str, key: Any, rules: Rules) -> dict[str, Any]:
    said = jwt.decode(
        token,
        key,
        algorithms=[ALGORITHM],
        audience=rules.audience or None,
        issuer=rules.issuer or None,
        leeway=rules.leeway_s,
        options={
            "require": sorted({"exp", "sub", *rules.required}),
            "verify_aud": bool(rules.audience),
            "verify_iss": bool(rules.issuer),
        },
    )
    for name in _TIMES:
        if name in said and not (type(said[name]) is int and 0 < said[name] < _LAST_S):
            raise JwtInvalid(f"{name} is no time")
    return said


def _subject(said: dict[str, Any]) -> str:
    """
    Raises:
        JwtInvalid: nobody can be called so.
    """
    subject = said["sub"]
    usable = isinstance(subject, str) and subject.isprintable() and subject.strip() == subject
    if not usable or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise JwtInvalid("no usable sub")
    if subject.startswith(OF_USERS):
        raise JwtInvalid("a sub that is for our own users")
    return str(subject)


def _scopes(said: dict[str, Any]) -> frozenset[Scope]:
    permissions, is_admin = said.get("permissions", []), said.get("is_admin", False)
    if not isinstance(permissions, list) or not all(isinstance(each, str) for each in permissions):
        raise ClaimsUnfit("`permissions` must be a list of strings.")
    if type(is_admin) is not bool:
        raise ClaimsUnfit("`is_admin` must be true or false.")
    everyday = EVERYDAY if INFERENCE in permissions else frozenset[Scope]()
    return everyday | {Scope.ADMIN} if is_admin else everyday
