"""What is said of all checks at once: to who asks whether it is ready, and by `doctor`."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from config.access.scopes import Scope
from config.monitoring import looking
from config.monitoring.checks.findings import Finding, fine, warning, wrong
from photos import standing
from tests.config.monitoring.wrongs import (
    GONE,
    Use,
    checks,
    due,
    served,
)
from tests.factories import make_key, make_user

__all__ = ["checks", "served"]  # fixtures
pytestmark = pytest.mark.django_db


class TestReadiness:
    @pytest.mark.usefixtures("served")
    def test_tells_strangers_nothing_more(self) -> None:
        answer = APIClient().get("/readyz")

        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})

    def test_tells_staff_each_check(self, settings: Any) -> None:
        settings.TRITON_URL = GONE
        user = make_user(is_staff=True, is_superuser=True)
        client = APIClient(headers={"X-API-Key": make_key(user=user, scopes={Scope.ADMIN})[1]})

        answer = client.get("/readyz/")

        assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")
        checks = {each["name"]: each["ok"] for each in answer.json()["checks"]}
        assert checks == {
            "database": True,
            "migrations": True,
            "models": False,
            "storage": True,
        }

    def test_tells_callers_who_are_no_staff_nothing_more(
        self, api: APIClient, settings: Any
    ) -> None:
        settings.TRITON_URL = GONE

        assert api.get("/readyz").json() == {"status": "unavailable"}

    @pytest.mark.usefixtures("served")
    def test_is_none_where_a_model_s_file_is_another(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(
            standing, "refused", lambda models: {each.name: "It is another." for each in models}
        )

        assert APIClient().get("/readyz").status_code == 503

    def test_is_looked_at_now_and_then_however_many_ask(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = []

        def check() -> Finding:
            asked.append(1)
            return fine("a", "It is well.")

        each = looking.Looking([check])

        found = [each.findings() for _ in range(3)]
        each.forget()
        again = each.findings()

        assert len(asked) == 2
        assert [*found, again] == [[fine("a", "It is well.")]] * 4

    def test_of_the_process_asks_nobody(self, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(0):
            answer = APIClient().get("/livez")

        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def run(**options: Any) -> tuple[str, int]:
    out = StringIO()
    try:
        call_command("doctor", stdout=out, **options)
    except CommandError as exc:
        return out.getvalue(), exc.returncode
    return out.getvalue(), 0


WELL = fine("clock", "It goes right.")
SOON = warning("disk", "There is little room.", "Make some.")
BAD = wrong("models", "There are none.", "Build them.")


class TestDoctor:
    def test_says_what_is_wrong_and_how_to_mend_it(self, checks: Use) -> None:
        checks(WELL, SOON, BAD)

        said, code = run()

        assert code == 1
        assert said.splitlines() == [
            "ok    clock: It goes right.",
            "look  disk: There is little room.",
            "      Make some.",
            "WRONG models: There are none.",
            "      Build them.",
        ]

    @pytest.mark.parametrize(
        ("found", "strict", "code"),
        [([WELL], True, 0), ([SOON], False, 0), ([SOON], True, 1), ([BAD], False, 1)],
    )
    def test_ends_as_it_is(
        self, checks: Use, found: list[Finding], code: int, *, strict: bool
    ) -> None:
        checks(*found)

        assert run(strict=strict)[1] == code

    def test_tells_programs_in_json(self, checks: Use) -> None:
        checks(BAD)

        said, code = run(json=True)

        assert json.loads(said) == [
            {
                "name": "models",
                "level": "wrong",
                "says": "There are none.",
                "mend": "Build them.",
            }
        ]
        assert code == 1

    @pytest.mark.usefixtures("served")
    def test_finds_nothing_wrong_where_all_is_well(self, settings: Any, tmp_path: Path) -> None:
        settings.VAR, settings.DISK_FREE_MB = tmp_path, 0.0
        settings.ALLOWED_HOSTS = ["localhost"]
        due(0)

        said, code = run(strict=True)

        assert code == 0, said
        assert {line.split()[0] for line in said.splitlines()} == {"ok"}

    def test_names_each_check_once(self) -> None:
        documented = [each.name for each in (check() for check in looking.ALL)]

        assert len(set(documented)) == len(looking.ALL)
