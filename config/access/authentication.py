"""Who asks, as the REST framework wants to know it."""

import logging
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied, ValidationError
from rest_framework.request import Request

import photos.services
from config.access import keys
from config.access.claims import Claims, ClaimsUnfit, JwtInvalid, Rules, claims_of
from config.access.jwks import JwksAddress, JwksFile, Keys, PemFile
from config.access.scopes import Scope
from config.access.subjects import user_of
from config.access.throttle import count_wrong
from config.models import ApiKey
from photos.models import Owner
from photos.models.owners import LONGEST_SUBJECT, act_for, acted_for

log = logging.getLogger(__name__)

SCHEMES = ("token", "bearer")  # of the header Authorization
HEADERS = ("X-API-Key", "api-key")  # that hold nothing but a key
OWNER = "X-Owner"  # for whom a key acts that may act for all
_REFUSED = "There is no such key, or it has expired or was revoked."
_JWT_REFUSED = "The token is not valid here, or has expired."
_DOTS = 2  # of a JWT; a key has none


class JwtAuthentication(BaseAuthentication):
    """A JWT of the issuer whose keys we have. The request's `auth` is what it says."""

    def authenticate(self, request: Request) -> tuple[User, Claims] | None:
        trusted, token = issuer_keys(settings.JWT_PEM, settings.JWT_JWKS), _secret(request)
        if trusted is None or token is None or token.count(".") != _DOTS:
            return None
        try:
            claims = claims_of(token, trusted, _rules())
        except JwtInvalid as exc:
            log.info("A JWT was refused: %s", exc)
            count_wrong(request)
            raise AuthenticationFailed(_JWT_REFUSED) from exc
        except ClaimsUnfit as exc:
            raise PermissionDenied(str(exc)) from exc
        user = user_of(claims)
        if user is None:
            raise AuthenticationFailed(_JWT_REFUSED)
        act_for(user, _owner(request, acted_for(user), claims.scopes))
        return user, claims

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


@lru_cache
def issuer_keys(pem: str, jwks: str) -> Keys | None:
    """Those that the settings name. None: JWTs are not taken."""
    if pem:
        return PemFile(Path(pem))
    if "://" in jwks:
        return JwksAddress(jwks)
    return JwksFile(Path(jwks)) if jwks else None


def _rules() -> Rules:
    return Rules(
        settings.JWT_ISSUER,
        settings.JWT_AUDIENCE,
        settings.JWT_LEEWAY_S,
        settings.JWT_REQUIRED_CLAIMS,
    )


class KeyAuthentication(BaseAuthentication):
    """An API key, in any of the headers that clients know.

    The request's `auth` is the key. Its user is the key's: without the scope `admin` nobody of
    the staff, whoever that is, for this request.
    """

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        secret = _secret(request)
        if secret is None:
            return None
        found = keys.find(secret)
        if found is None:
            count_wrong(request)
            raise AuthenticationFailed(_REFUSED)
        user, scopes = found.user, frozenset(found.key.scopes)
        if Scope.ADMIN not in scopes:
            user.is_staff = user.is_superuser = False
        act_for(user, _owner(request, found.owner, scopes))
        return user, found.key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def _secret(request: Request) -> str | None:
    """What was sent as a key; None: nothing was."""
    scheme, _, secret = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() in SCHEMES:
        return secret.strip()
    return next((request.headers[name] for name in HEADERS if name in request.headers), None)


def _owner(request: Request, own: Owner | None, scopes: frozenset[str]) -> Owner | None:
    """For whom somebody acts now. None: an owner of their user, which is not made yet.

    Raises:
        PermissionDenied: another one is asked for, and they act for one alone.
    """
    asked = request.headers.get(OWNER)
    if asked is None or (own and own.subject == asked):
        return own
    if Scope.ALL_OWNERS not in scopes:
        raise PermissionDenied(f"You act for one owner alone: leave {OWNER} out.")
    if not (asked.isascii() and asked.isprintable() and 0 < len(asked) <= LONGEST_SUBJECT):
        raise ValidationError({OWNER: "Give an owner's subject: 255 ASCII letters at most."})
    return photos.services.owner_called(asked)
