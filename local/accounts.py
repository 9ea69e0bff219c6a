"""The administrator of a service on this machine: made once, with a password of their own."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from local.stack import CommandFailed, Service

NAME = "admin"
_KEY = "local"  # what the administrator's API key is called
_TAKEN = "already taken"  # in Django's words
_HAS_KEY = "has a key"  # in those of `manage.py api_key`


@dataclass(frozen=True)
class Admin:
    """Who they are. The password is in `file`, unless somebody else made them or changed it."""

    file: Path

    def ensure(self, service: Service) -> None:
        """Have them in the service's database. Doing it twice changes nothing."""
        new = not self.file.exists()
        if new:
            self._write(secrets.token_urlsafe(12))
        secret = {"DJANGO_SUPERUSER_PASSWORD": self.file.read_text().strip()}
        who = ("--username", NAME, "--email", f"{NAME}@localhost")
        try:
            service.manage("createsuperuser", "--no-input", *who, **secret)
        except CommandFailed as exc:
            if new:
                self.file.unlink()
            if _TAKEN not in exc.reason:
                raise

    def token(self, service: Service) -> str:
        """A key of theirs for the API, with a new secret: nobody knows the one from before."""
        asked = ("api_key", _KEY, "--user", NAME)
        try:
            written = service.manage(*asked, "--scopes", "admin", "people", "read", "write")
        except CommandFailed as exc:
            if _HAS_KEY not in exc.reason:
                raise
            written = service.manage(*asked, "--rotate")
        return written.strip()

    def sentence(self) -> str:
        """How to sign in as them."""
        if not self.file.exists():
            return f"user {NAME}, with the password that it has"
        return f"user {NAME}, password {self.file.read_text().strip()} (kept in {self.file})"

    def _write(self, password: str) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.touch(mode=0o600)
        self.file.write_text(f"{password}\n")
