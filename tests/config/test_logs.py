"""What a line of the log says."""

import json
import logging
from typing import Any

import pytest
from rest_framework.test import APIClient

from config.logs import JsonLines, configured
from jobs.logged import Knowing, about, what

LINE = {"name": "jobs.drain", "levelno": logging.INFO, "levelname": "INFO"}


def line(**values: Any) -> logging.LogRecord:
    record = logging.makeLogRecord({**LINE, "msg": "Item %s waits", "args": (7,), **values})
    assert Knowing().filter(record)
    return record


class TestLines:
    def test_say_in_json_what_they_are_about(self) -> None:
        with about(request_id="r-1"), about(job_id="j-1", item_id=7):
            text = JsonLines().format(line())

        said = json.loads(text)
        assert {name: said[name] for name in ("level", "logger", "message")} == {
            "level": "INFO",
            "logger": "jobs.drain",
            "message": "Item 7 waits",
        }
        assert (said["request_id"], said["job_id"], said["item_id"]) == ("r-1", "j-1", "7")
        assert said["at"].endswith("+00:00")
        assert "\n" not in text

    def test_say_what_went_wrong(self) -> None:
        with pytest.raises(ValueError, match="one") as raised:
            int("one")

        text = JsonLines().format(line(exc_info=raised._excinfo))  # noqa: SLF001  # as logging has it

        assert "\n" not in text
        assert "ValueError: invalid literal" in json.loads(text)["error"]

    @pytest.mark.parametrize("form", ["plain", "json"])
    def test_are_written_as_the_settings_say(self, form: str) -> None:
        given = configured("INFO", form)
        formatter = given["formatters"][form]
        made = JsonLines() if form == "json" else logging.Formatter(formatter["format"])

        with about(job_id="j-1"):
            text = made.format(line())

        assert given["handlers"]["console"]["formatter"] == form
        assert ("[job_id j-1]" if form == "plain" else '"job_id": "j-1"') in text

    def test_are_about_nothing_afterwards(self) -> None:
        with pytest.raises(ZeroDivisionError), about(job_id="j-1"):
            _ = 1 / 0

        assert dict(what()) == {}


@pytest.mark.django_db
class TestRequests:
    def test_are_known_in_all_that_is_logged_of_them(
        self, api: APIClient, django_capture_on_commit_callbacks: Any
    ) -> None:
        lines: list[Any] = []

        class Keeping(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                lines.append((record.getMessage(), dict(what())))

        log, handler = logging.getLogger("jobs.events"), Keeping()
        log.addHandler(handler)
        log.setLevel(logging.INFO)
        try:
            with django_capture_on_commit_callbacks(execute=True):
                answer = api.post(
                    "/api/v1/process/image/",
                    {"url": "https://photos.example/a.jpg"},
                    headers={"Prefer": "respond-async", "X-Request-ID": "trace-1"},
                )
        finally:
            log.removeHandler(handler)

        assert answer.status_code == 202
        assert lines[0][0].startswith(f"Job {answer.json()['job_id']}: photos, 1 to do")
