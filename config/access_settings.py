"""Settings of who gets in: a part of config/settings.py, and read from the same environment."""

from datetime import timedelta
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from config.access.addresses import networks
from config.access.rates import Rate
from config.environment import env as _env

_HERE = {"localhost", "127.0.0.1", "[::1]"}
_SHORTEST, _FEWEST = 50, 5  # letters of a secret key, and different ones: as Django's own check

DEBUG = _env.bool("DEBUG", False)
ALLOWED_HOSTS = _env.list("ALLOWED_HOSTS", default=sorted(_HERE))
if _pod := _env.str("POD_IP", ""):  # by which Prometheus asks each pod of Kubernetes
    ALLOWED_HOSTS += [f"[{_pod}]" if ":" in _pod else _pod]
CSRF_TRUSTED_ORIGINS = _env.list("CSRF_TRUSTED_ORIGINS", default=[])

# --- HTTPS and cookies ----------------------------------------------------------------------------

HTTPS = _env.bool("HTTPS", False)  # behind a proxy that speaks TLS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [  # asked for by the proxy itself, and by Prometheus
    r"^(api/v1/)?health/?$",
    r"^(livez|readyz|metrics)/?$",
]
HSTS_DAYS = _env.float("HSTS_DAYS", 30.0)
SECURE_HSTS_SECONDS = round(HSTS_DAYS * 24 * 3600) if HTTPS else 0
# Whether all other hosts of the domain speak TLS, for ever, is not for this service to say.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# --- JWTs of services: docs/access.md -------------------------------------------------------------

JWT_PEM = _env.str("PUBLIC_KEY_PATH", "")  # a file with one public key
JWT_JWKS = _env.str("JWT_JWKS", "")  # a file or an address with several, each with its `kid`
JWT_ISSUER = _env.str("JWT_ISSUER", "")
JWT_AUDIENCE = _env.str("JWT_AUDIENCE", "")
JWT_LEEWAY_S = _env.int("JWT_LEEWAY_S", 10)  # by which clocks may differ
JWT_REQUIRED_CLAIMS = tuple(_env.list("JWT_REQUIRED_CLAIMS", default=["exp", "sub"]))
AUTH_DISABLED = _env.bool("AUTH_DISABLED", False)  # everybody is let in: for a demo

# --- From where: docs/access.md -------------------------------------------------------------------

TRUSTED_PROXY_HOPS = _env.int("TRUSTED_PROXY_HOPS", 0)  # proxies of ours before the service
HEALTH_FROM_ANYWHERE = _env.bool("HEALTH_FROM_ANYWHERE", False)  # /health, whatever ALLOWED_IPS is
try:
    ALLOWED_IPS = networks(_env.list("ALLOWED_IPS", default=[]))  # empty: from everywhere
except ValueError as exc:
    raise ImproperlyConfigured(f"ALLOWED_IPS: {exc}. Give networks, as in 10.0.0.0/8.") from exc
if TRUSTED_PROXY_HOPS < 0:
    raise ImproperlyConfigured("TRUSTED_PROXY_HOPS: give the number of proxies, 0 for none.")

# --- Guessing: docs/access.md ---------------------------------------------------------------------

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # asked first: it locks out who guesses passwords
    "django.contrib.auth.backends.ModelBackend",
]
LOGIN_TRIES = _env.int("LOGIN_TRIES", 5)
LOGIN_LOCK_MINUTES = _env.float("LOGIN_LOCK_MINUTES", 15.0)
AXES_ENABLED = LOGIN_TRIES > 0
AXES_FAILURE_LIMIT = LOGIN_TRIES
AXES_COOLOFF_TIME = timedelta(minutes=LOGIN_LOCK_MINUTES)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]  # so that nobody locks somebody else out
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "config.access.lockout.address_of"
AXES_LOCKOUT_CALLABLE = "config.access.lockout.locked_out"
AXES_DISABLE_ACCESS_LOG = True  # Django notes when somebody was last there: no more is kept
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

# --- How often: docs/access.md --------------------------------------------------------------------


def _rate(name: str, default: str = "") -> Rate | None:
    try:
        return Rate.of(_env.str(name, default))
    except ValueError as exc:
        raise ImproperlyConfigured(f"{name}: {exc}") from exc


RATE_PER_KEY, RATE_PER_OWNER = _rate("RATE_PER_KEY"), _rate("RATE_PER_OWNER")
RATE_OF_WRONG_KEYS = _rate("RATE_OF_WRONG_KEYS", "600/minute")  # from one address


def strong(secret_key: str) -> str:
    """The key, if it can be none that others know as well.

    Raises:
        ImproperlyConfigured: it is short, simple or an example.
    """
    is_example = secret_key.startswith("django-insecure-")
    is_short = len(secret_key) < _SHORTEST or len(set(secret_key)) < _FEWEST
    if (is_example or is_short) and not DEBUG:
        raise ImproperlyConfigured(
            f"SECRET_KEY is an example, or too simple: give one of {_SHORTEST} random letters, as "
            "`head -c 48 /dev/urandom | base64` makes them. DEBUG takes any."
        )
    return secret_key


def _check_keys(pem: str, jwks: str) -> None:
    if pem and jwks:
        raise ImproperlyConfigured("Set PUBLIC_KEY_PATH or JWT_JWKS, not both.")
    near = ("https://", "http://127.0.0.1", "http://localhost")
    if "://" in jwks and not jwks.startswith(near):
        raise ImproperlyConfigured("JWT_JWKS: keys are fetched by https, or from this machine.")
    for name, file in (("PUBLIC_KEY_PATH", pem), ("JWT_JWKS", "" if "://" in jwks else jwks)):
        if file and not Path(file).is_file():
            raise ImproperlyConfigured(f"{name}: there is no file {file}.")


def _check_demo(*, is_on: bool, debug: bool, hosts: list[str]) -> None:
    if is_on and not debug and not set(hosts) <= _HERE:
        raise ImproperlyConfigured(
            "AUTH_DISABLED lets everybody in: it is for a demo on this machine. Leave it out, or "
            "have ALLOWED_HOSTS name this machine alone."
        )


_check_keys(JWT_PEM, JWT_JWKS)
_check_demo(is_on=AUTH_DISABLED, debug=DEBUG, hosts=ALLOWED_HOSTS)
