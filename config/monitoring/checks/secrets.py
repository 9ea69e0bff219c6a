"""Is what is secret secret, and is what is only for a demo left at home?"""

import stat
from pathlib import Path

from django.conf import settings

from config.monitoring.checks.findings import Finding, fine, warning, wrong

_NAME = "secrets"
_HERE = {"localhost", "127.0.0.1", "[::1]"}
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def secrets() -> Finding:
    if settings.AUTH_DISABLED:
        says = "AUTH_DISABLED is on: everybody who reaches this service may do all."
        return wrong(_NAME, says, "Leave it out, and make a key: `manage.py api_key`.")
    if settings.DEBUG:
        says = "DEBUG is on: errors show settings and code to everybody."
        return wrong(_NAME, says, "Leave DEBUG out, or set it to false.")
    if file := _open_file():
        says = f"Other users of this machine may read {file}."
        return wrong(_NAME, says, f"chmod 600 {file}; if they may have, make a new one.")
    if not settings.HTTPS and not set(settings.ALLOWED_HOSTS) <= _HERE:
        says = "Other machines ask this service, and HTTPS is not set: keys may travel in the open."
        return warning(_NAME, says, "Put a proxy with TLS before it, and set HTTPS=true.")
    return fine(_NAME, "Secrets are kept.")


def _open_file() -> Path | None:
    """One with a secret in it, that others than its owner may read or change."""
    for file in (settings.VAR / "secret-key", settings.VAR / "admin-password"):
        if file.exists() and file.stat().st_mode & _OTHERS:
            return file
    return None
