"""The administrator of a service on this machine: made once, with a password of their own."""

import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from local import LocalError
from local.stack import CommandFailed, Service

NAME = "admin"
_TAKEN = "already taken"  # in Django's words
_TOKEN = re.compile(r"token (\w+) for")  # in the REST framework's


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
        """What proves to the API that it is them."""
        written = service.manage("drf_create_token", NAME)
        found = _TOKEN.search(written)
        if found is None:
            raise LocalError(f"No token in what drf_create_token wrote: {written}")
        return found[1]

    def sentence(self) -> str:
        """How to sign in as them."""
        if not self.file.exists():
            return f"user {NAME}, with the password that it has"
        return f"user {NAME}, password {self.file.read_text().strip()} (kept in {self.file})"

    def _write(self, password: str) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.touch(mode=0o600)
        self.file.write_text(f"{password}\n")
