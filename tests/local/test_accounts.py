from dataclasses import dataclass, field
from pathlib import Path

import pytest

from local import LocalError
from local.accounts import Admin
from local.stack import CommandFailed, Service


@dataclass(frozen=True)
class FakeService(Service):
    """Answers with `answer`, or fails with `failure`."""

    answer: str = ""
    failure: str = ""
    asked: list[tuple[str, ...]] = field(default_factory=list)
    passwords: list[str] = field(default_factory=list)

    def manage(self, *words: str, **extra: str) -> str:
        self.asked.append(words)
        self.passwords.extend(extra.values())
        if self.failure:
            raise CommandFailed(words[0], self.failure)
        return self.answer


@pytest.fixture
def admin(tmp_path: Path) -> Admin:
    return Admin(tmp_path / "new" / "admin-password")


class TestAdmin:
    def test_gets_a_password_that_only_we_can_read(self, admin: Admin) -> None:
        service = FakeService({})

        admin.ensure(service)

        (password,) = service.passwords
        assert len(password) >= 16
        assert admin.file.read_text() == f"{password}\n"
        assert admin.file.stat().st_mode & 0o777 == 0o600
        assert admin.sentence() == f"user admin, password {password} (kept in {admin.file})"

    def test_keeps_the_password(self, admin: Admin) -> None:
        first, second = FakeService({}), FakeService({})

        admin.ensure(first)
        admin.ensure(second)

        assert first.passwords == second.passwords

    def test_may_be_there_already(self, admin: Admin) -> None:
        taken = FakeService({}, failure="CommandError: Error: That username is already taken.")

        admin.ensure(taken)

        assert not admin.file.exists()
        assert admin.sentence() == "user admin, with the password that it has"

    def test_says_why_it_cannot_be_made(self, admin: Admin) -> None:
        with pytest.raises(CommandFailed, match="the disk is full"):
            admin.ensure(FakeService({}, failure="the disk is full"))

    def test_has_a_token(self, admin: Admin) -> None:
        service = FakeService({}, answer="Generated token 1f2e for user admin\n")

        assert admin.token(service) == "1f2e"
        assert service.asked == [("drf_create_token", "admin")]

    def test_says_that_there_is_no_token(self, admin: Admin) -> None:
        with pytest.raises(LocalError, match="No token"):
            admin.token(FakeService({}, answer="something else"))
