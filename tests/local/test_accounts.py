from dataclasses import dataclass, field
from pathlib import Path

import pytest

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

    def test_is_given_a_key_at_first(self, admin: Admin) -> None:
        service = FakeService({}, answer="kkey_1f2e\n")

        assert admin.token(service) == "kkey_1f2e"
        [asked] = service.asked
        assert asked[-4:] == ("admin", "people", "read", "write")

    def test_has_a_new_secret_of_a_key(self, admin: Admin) -> None:
        class Known(FakeService):
            def manage(self, *words: str, **extra: str) -> str:
                if "--rotate" not in words:
                    raise CommandFailed(words[0], "CommandError: 'admin' has a key 'local' already")
                return super().manage(*words, **extra)

        service = Known({}, answer="kkey_1f2e\n")

        assert admin.token(service) == "kkey_1f2e"
        assert service.asked == [("api_key", "local", "--user", "admin", "--rotate")]

    def test_says_why_there_is_no_key(self, admin: Admin) -> None:
        with pytest.raises(CommandFailed, match="the disk is full"):
            admin.token(FakeService({}, failure="the disk is full"))
