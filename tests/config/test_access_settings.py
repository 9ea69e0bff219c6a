"""What the settings of access may be, in a process that starts with them."""

import os
import string
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

SECRET = "not a secret, but " + string.ascii_letters


def run(words: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    """Python, in the checkout, with no settings but these."""
    return subprocess.run(  # noqa: S603  # our own program
        [sys.executable, *words],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "SECRET_KEY": SECRET, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def start(**variables: str) -> str:
    """What a process says that reads the settings: empty, if nothing is wrong."""
    done = run(["-c", "import config.settings"], **variables)
    return done.stderr.strip().rpartition("\n")[2] if done.returncode else ""


class TestKeys:
    @pytest.mark.parametrize(
        ("variables", "reason"),
        [
            ({"PUBLIC_KEY_PATH": "/nowhere.pem"}, "PUBLIC_KEY_PATH: there is no file"),
            ({"JWT_JWKS": "/nowhere.json"}, "JWT_JWKS: there is no file"),
            ({"JWT_JWKS": "http://issuer.example/jwks"}, "keys are fetched by https"),
            ({"JWT_JWKS": "file:///etc/passwd"}, "keys are fetched by https"),
            ({"PUBLIC_KEY_PATH": "/a", "JWT_JWKS": "/b"}, "not both"),
            ({"JWT_LEEWAY_S": "soon"}, "ValueError"),
        ],
    )
    def test_that_can_not_be_meant_stop_the_start(
        self, variables: dict[str, str], reason: str
    ) -> None:
        assert reason in start(**variables)

    def test_may_be_fetched(self, tmp_path: Path) -> None:
        assert start(JWT_JWKS="https://issuer.example/jwks") == ""


class TestAuthDisabled:
    @pytest.mark.parametrize(
        ("variables", "starts"),
        [
            ({}, True),
            ({"DEBUG": "1", "ALLOWED_HOSTS": "*"}, True),
            ({"ALLOWED_HOSTS": "photos.example"}, False),
            ({"ALLOWED_HOSTS": "localhost,*"}, False),
        ],
    )
    def test_is_for_this_machine(self, variables: dict[str, str], starts: bool) -> None:  # noqa: FBT001  # what is expected
        said = start(AUTH_DISABLED="true", **variables)

        assert (said == "") is starts
        assert starts or "AUTH_DISABLED lets everybody in" in said


class TestAPod:
    @pytest.mark.parametrize(
        ("address", "host"), [("10.1.2.3", "10.1.2.3"), ("fd00::1", "[fd00::1]")]
    )
    def test_answers_to_its_address_as_well(self, address: str, host: str) -> None:
        program = "import config.settings as s; print(s.ALLOWED_HOSTS)"

        done = run(["-c", program], ALLOWED_HOSTS="photos.example", POD_IP=address)

        assert done.stdout.strip() == str(["photos.example", host])


class TestSecretKey:
    @pytest.mark.parametrize(
        "key", ["changeme", "x" * 60, "django-insecure-" + string.ascii_letters, "secret" * 5]
    )
    def test_that_others_know_stops_the_start(self, key: str) -> None:
        assert "SECRET_KEY is an example, or too simple" in start(SECRET_KEY=key)
        assert start(SECRET_KEY=key, DEBUG="1") == ""


class TestProduction:
    def test_has_nothing_that_django_warns_of(self) -> None:
        production = {"HTTPS": "1", "ALLOWED_HOSTS": "photos.example"}

        done = run(["manage.py", "check", "--deploy", "--fail-level", "WARNING"], **production)

        assert (done.returncode, "no issues" in done.stdout) == (0, True), done.stderr

    def test_has_cookies_that_go_nowhere_else(self) -> None:
        names = [f"{kind}_COOKIE_{what}" for kind in ("SESSION", "CSRF", "LANGUAGE")
                 for what in ("SECURE", "HTTPONLY", "SAMESITE")]  # fmt: skip
        program = f"import config.settings as s; print([getattr(s, each) for each in {names}])"

        done = run(["-c", program], HTTPS="1")

        assert done.stdout.strip() == str([True, True, "Lax"] * 3)
