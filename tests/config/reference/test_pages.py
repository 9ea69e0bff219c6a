"""Pages that are made from the code: as the code is, for everything there is."""

import io
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command, get_commands
from django.core.management.base import CommandError
from django.db import OperationalError, connection
from drf_spectacular.generators import SchemaGenerator

from config.mishaps import APPS, OF_TRAINERS, codes_of
from config.reference import commands, pages, rest
from config.statuses import errors
from faces.views.people import PersonViewSet
from jobs.views.jobs import JobViewSet

pytestmark = pytest.mark.django_db  # some metrics are known by asking it
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@cache
def _made() -> Mapping[str, str]:
    return pages.pages()


@pytest.fixture
def made(db: None) -> Mapping[str, str]:
    return _made()


@pytest.fixture(scope="module")
def operations() -> set[str]:
    generator: Any = SchemaGenerator  # has no types
    paths = generator().get_schema(request=None, public=True)["paths"]
    return {f"`{method.upper()} {path}`" for path, acts in paths.items() for method in acts}


class TestPages:
    def test_are_as_the_code_is(self, made: Mapping[str, str]) -> None:
        stale = {name for name, text in pages.written().items() if made.get(name) != text}

        assert not stale | (made.keys() - pages.written().keys()), "call `manage.py reference`"

    def test_have_every_operation_once(self, made: Mapping[str, str], operations: set[str]) -> None:
        headings = [
            heading for name in rest.GROUPS for heading in _HEADING.findall(_rest(made, name))
        ]

        assert sorted(each for each in headings if each.startswith("`")) == sorted(operations)

    def test_say_what_an_operation_asks_takes_and_answers(self, made: Mapping[str, str]) -> None:
        text = _rest(made, "people").partition("## `POST /api/v1/people/`")[2].partition("\n## ")[0]

        assert "with the scope `people`" in text
        assert "| `Idempotency-Key` | header | string |" in text
        assert "- Sent is [NewPersonRequest](#newpersonrequest), as JSON, a form" in text
        assert "- `201`: [Done](shapes.md#done)." in text
        assert "[of faces](../errors.md#faces)" in text

    def test_have_every_command(self, made: Mapping[str, str]) -> None:
        ours = {name for name, app in get_commands().items() if app in APPS} - {"migrate"}

        headings = set(_HEADING.findall(made["reference/commands.md"]))

        assert headings >= ours
        assert {"faces recluster", "models activate", "retention set"} < headings

    def test_say_the_same_of_commands_wherever_they_are_made(
        self, made: Mapping[str, str], settings: Any
    ) -> None:
        settings.GRPC_ADDRESS = "10.0.0.9:1"
        settings.WORKER_SERVER = "https://elsewhere.example"
        settings.WORKER_POLL_INTERVAL = 99.0

        assert commands.as_markdown() == made["reference/commands.md"]

    def test_have_every_code_with_what_it_means(self, made: Mapping[str, str]) -> None:
        text = made["reference/errors.md"]
        of_anything = {code for status in _codes() for code in status}
        known = {vars(error)["code"] for error in errors()} | of_anything

        said = dict(
            re.findall(r"^\| `(\w+)` \| \d+ \|(?: (?:yes)? \|)? (.+) \|$", text, re.MULTILINE)
        )

        assert said.keys() >= known - {*OF_TRAINERS.split()}
        assert all(said.values())
        assert all(f"`{code}`" in text for code in OF_TRAINERS.split())

    def test_have_what_is_counted_and_who_may_ask(self, made: Mapping[str, str]) -> None:
        assert "| `kindred_items_ended_total` | counter |" in made["reference/metrics.md"]
        assert "| `/api/v1/jobs/` | GET |" in made["permissions.md"]


class TestCommand:
    def test_writes_what_has_changed_and_removes_what_is_no_page_any_more(
        self, tmp_path: Path, made: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pages, "FOLDER", tmp_path)
        monkeypatch.setattr(pages, "pages", lambda: made)
        (tmp_path / "reference").mkdir()
        (tmp_path / "permissions.md").write_text("As it was.", "utf-8")
        (tmp_path / "reference/old.md").write_text("No more.", "utf-8")
        first, second = io.StringIO(), io.StringIO()

        call_command("reference", stdout=first)
        call_command("reference", stdout=second)

        assert first.getvalue().split() == sorted(
            f"docs/{name}" for name in (*made, "reference/old.md")
        )
        assert pages.written() == made
        assert second.getvalue() == ""

    def test_needs_a_database(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def away() -> None:
            raise OperationalError("Nobody is there.")

        monkeypatch.setattr(connection, "ensure_connection", away)

        with pytest.raises(CommandError, match="`make reference` starts one"):
            call_command("reference")


def _rest(made: Mapping[str, str], name: str) -> str:
    return made[f"reference/rest/{name}.md"]


def _codes() -> list[frozenset[str]]:
    """Of an operation that takes a body, and of one that does not."""
    sending, looking = codes_of(PersonViewSet, "POST"), codes_of(JobViewSet, "GET")
    return [*sending.values(), *looking.values()]
