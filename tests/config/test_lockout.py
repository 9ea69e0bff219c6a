"""Who guesses passwords of staff is locked out for a while."""

from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.test import Client

from tests.factories import make_user

pytestmark = pytest.mark.django_db
PAGE = "/admin/login/"
PASSWORD = "correct horse battery staple"  # noqa: S105  # of a test
HOME = "192.0.2.7"


@pytest.fixture(autouse=True)
def _staff(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.AXES_FAILURE_LIMIT = 3
    make_user(username="anna", password=PASSWORD, is_staff=True)


def sign_in(password: str = "guess", username: str = "anna", address: str = HOME) -> Any:  # noqa: S107  # of a test
    sent = {"username": username, "password": password}
    return Client().post(PAGE, sent, REMOTE_ADDR=address)


class TestGuessing:
    def test_is_locked_out(self) -> None:
        codes = [sign_in().status_code for _ in range(4)]

        answer = sign_in(PASSWORD)
        assert codes == [200, 200, 429, 429]
        assert answer.status_code == 429
        assert answer.headers["Retry-After"] == "900"
        assert "Too many tries. Come back in 15 minutes." in answer.content.decode()

    def test_locks_out_nobody_else(self) -> None:
        make_user(username="ben", password=PASSWORD, is_staff=True)
        for _ in range(4):
            sign_in()

        assert sign_in(PASSWORD, address="192.0.2.8").status_code == 302
        assert sign_in(PASSWORD, username="ben").status_code == 302

    def test_is_forgotten_after_a_while(self) -> None:
        for _ in range(4):
            sign_in()
        for attempt in AccessAttempt.objects.all():
            attempt.attempt_time -= timedelta(minutes=16)
            attempt.save()

        assert sign_in(PASSWORD).status_code == 302

    def test_begins_anew_with_the_right_password(self) -> None:
        for _ in range(3):
            assert [sign_in().status_code for _ in range(2)] == [200, 200]
            assert sign_in(PASSWORD).status_code == 302

    def test_is_of_an_address_that_nobody_can_choose(self) -> None:
        codes = []
        for number in range(4):
            sent = {"username": "anna", "password": "guess"}
            answer = Client().post(
                PAGE, sent, REMOTE_ADDR=HOME, HTTP_X_FORWARDED_FOR=f"10.0.0.{number}"
            )
            codes.append(answer.status_code)

        assert codes[-1] == 429

    def test_leaves_no_password_behind(self) -> None:
        sign_in("my other password")

        kept = AccessAttempt.objects.get()
        assert "my other password" not in f"{kept.post_data}{kept.get_data}"
