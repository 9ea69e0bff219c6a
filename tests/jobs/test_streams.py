"""Listening to what happens: order, resuming, ends, and whose it is."""

from collections.abc import Iterator
from itertools import islice
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from jobs import events, steering
from jobs.models import Event, Item, Job, State
from jobs.models.positions import BEGINNING
from jobs.telling import streams
from jobs.telling.streams import News
from photos.models import Owner
from tests.factories import make_item, make_job, make_owner
from tests.jobs.listening import Told, finish, submit, tell, told
from tests.jobs.streamed import (
    URL,
    Get,
    Listen,
    _short,
    everything,
    get,
    listen,
)
from tests.problems import said

__all__ = ["_short", "get", "listen"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

MALFORMED = ["a", "-1", "1-2", "1:", "1:2,", "1~2", "1~2~3", "1~2~3-", "\u0661", "1" * 19, "1.5"]


def url_of(job: Job) -> str:
    return f"/api/v1/jobs/{job.pk}/events"


def heard(answer: Any) -> Iterator[Told]:
    return told(answer.streaming_content)


def ready(answer: Any) -> str:
    """The first words of a stream."""
    return str(next(answer.streaming_content).decode())


def kinds(found: list[Told]) -> list[str]:
    return [each.kind for each in found]


class TestEventsOfAJob:
    def test_tell_all_from_its_beginning_to_its_end(self, get: Get, owner: Owner) -> None:
        job = submit(owner, photos=2)
        finish()

        answer = get(url_of(job))

        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "text/event-stream"
        assert answer.headers["Cache-Control"] == "no-cache"
        assert answer.headers["X-Accel-Buffering"] == "no"
        found = list(heard(answer))
        assert kinds(found) == ["job.created", *["photo.completed"] * 2, "job.completed"]
        assert len({each.id for each in found}) == 4
        assert {each.data["job_id"] for each in found} == {str(job.pk)}
        assert [each.data["type"] for each in found] == kinds(found)
        assert found[-1].data["progress"]["completed"] == 2

    def test_begin_with_how_to_come_again(self, get: Get, owner: Owner) -> None:
        answer = get(url_of(submit(owner)))

        first = ready(answer)

        assert first == 'id: 0\nretry: 2000\nevent: ready\ndata: {"type": "ready"}\n\n'

    def test_go_on_while_it_is_unfinished(self, get: Get, owner: Owner) -> None:
        job = submit(owner)
        answer = get(url_of(job))
        listening = heard(answer)

        begun = next(listening)
        finish()
        rest = list(listening)

        assert kinds([begun, *rest]) == ["job.created", "photo.completed", "job.completed"]

    def test_go_on_when_a_failed_photo_is_tried_again(self, listen: Listen, owner: Owner) -> None:
        job = make_job(owner=owner, finished_at=timezone.now())
        item = make_item(job=job, state=State.FAILED, error_code="no_photo")
        events.tell(owner.pk, Event.Kind.JOB_FAILED, job.pk, {})
        steering.retry(Item.objects.filter(pk=item.pk))
        stream = listen(streams.of_job(job, BEGINNING))
        listening = told(stream)

        failed = next(listening)
        finish()

        assert kinds([failed, *listening]) == ["job.failed", "photo.completed", "job.completed"]

    def test_end_even_if_the_last_is_no_longer_kept(self, get: Get, owner: Owner) -> None:
        job = make_job(owner=owner, finished_at=timezone.now())

        answer = get(url_of(job))

        assert list(heard(answer)) == []

    def test_are_no_other_job_s(self, get: Get, owner: Owner) -> None:
        job, other = submit(owner), submit(owner)
        finish()

        answer = get(url_of(job))

        found = list(heard(answer))
        assert str(other.pk) not in {each.data["job_id"] for each in found}

    def test_of_another_owner_look_like_a_missing_one_s(self, get: Get) -> None:
        foreign = submit(make_owner())

        theirs, missing = get(url_of(foreign)), get(url_of(Job()))

        assert theirs.status_code == missing.status_code == 404
        assert theirs.json() == missing.json()


class TestResuming:
    def test_tells_what_came_after_the_last_event(self, get: Get, owner: Owner) -> None:
        job = submit(owner, photos=2)
        finish()
        first = get(url_of(job))
        seen = list(islice(heard(first), 2))

        answer = get(url_of(job), HTTP_LAST_EVENT_ID=seen[-1].id)

        rest = list(heard(answer))
        assert kinds(seen + rest) == ["job.created", *["photo.completed"] * 2, "job.completed"]
        assert len({each.id for each in seen + rest}) == 4

    def test_works_by_a_parameter_too(self, get: Get, owner: Owner) -> None:
        job = submit(owner)
        finish()
        [created] = islice(heard(get(url_of(job))), 1)

        answer = get(url_of(job), data={"last_event_id": created.id})

        assert kinds(list(heard(answer))) == ["photo.completed", "job.completed"]

    def test_after_the_end_says_that_there_is_no_more(self, get: Get, owner: Owner) -> None:
        job = submit(owner)
        finish()
        *_, last = heard(get(url_of(job)))

        answer = get(url_of(job), HTTP_LAST_EVENT_ID=last.id)

        assert (answer.status_code, answer.content) == (204, b"")

    def test_prefers_the_header_which_is_newer(self, get: Get, owner: Owner) -> None:
        job = submit(owner)
        finish()
        *_, last = heard(get(url_of(job)))

        answer = get(f"{url_of(job)}?last_event_id=0", HTTP_LAST_EVENT_ID=last.id)

        assert answer.status_code == 204

    @pytest.mark.parametrize(
        "position",
        [*MALFORMED, "9" * 18, f"1~{'9' * 18}~1-1"],
    )
    @pytest.mark.parametrize("way", ["owner", "job"])
    def test_refuses_what_no_event_is_called(
        self, get: Get, owner: Owner, position: str, way: str
    ) -> None:
        url = URL if way == "owner" else url_of(submit(owner))

        answer = get(url, data={"last_event_id": position})

        assert answer.status_code == 400
        assert said(answer) == {
            "code": "invalid",
            "detail": "last_event_id: No event has this id:"
            " send the id of the last event as it came, or none.",
            "fields": {
                "last_event_id": [
                    "No event has this id: send the id of the last event as it came, or none."
                ]
            },
        }


class TestEventsOfAnOwner:
    def test_begin_now(self, get: Get, owner: Owner) -> None:
        tell(owner, Event.Kind.JOB_CREATED)
        answer = get(URL)

        tell(owner, Event.Kind.JOB_COMPLETED, progress={"total": 1})

        found = next(heard(answer))
        assert (found.kind, found.data["progress"]) == ("job.completed", {"total": 1})

    def test_resume_where_the_stream_had_begun(self, get: Get, owner: Owner) -> None:
        first = get(URL)
        position = ready(first).partition("\n")[0].removeprefix("id: ")
        tell(owner, Event.Kind.JOB_FAILED)

        answer = get(URL, HTTP_LAST_EVENT_ID=position)

        assert next(heard(answer)).kind == "job.failed"

    def test_are_nobody_else_s(self, get: Get, owner: Owner) -> None:
        answer = get(URL)
        tell(make_owner(), Event.Kind.JOB_FAILED)

        tell(owner, Event.Kind.JOB_COMPLETED)

        assert next(heard(answer)).kind == "job.completed"

    def test_are_of_the_wanted_kinds(self, get: Get, owner: Owner) -> None:
        answer = get(URL, data={"kinds": "job.completed,photo.failed"})

        for kind in ("job.created", "job.completed", "photo.completed", "photo.failed"):
            tell(owner, Event.Kind(kind))

        found = list(islice(heard(answer), 2))
        assert kinds(found) == ["job.completed", "photo.failed"]

    def test_from_the_backup_of_another_server_are_not_told(self, owner: Owner) -> None:
        kind = Event.Kind.JOB_COMPLETED
        Event.objects.create(owner=owner, kind=kind, job_id=uuid4(), transaction=10**17)

        assert everything(owner).look() == News()

    @pytest.mark.parametrize("wanted", ["job.done", "job.completed,", ""])
    def test_of_unknown_kinds_are_refused(self, get: Get, wanted: str) -> None:
        answer = get(URL, data={"kinds": wanted})

        assert answer.status_code == 400
        assert list(answer.json()["fields"]) == ["kinds"]

    @pytest.mark.parametrize("url", [URL, f"/api/v1/jobs/{UUID(int=0)}/events"])
    def test_are_for_those_who_are_logged_in(self, url: str) -> None:
        answer = APIClient().get(url, HTTP_ACCEPT="text/event-stream")

        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")

    def test_come_to_those_who_accept_nothing_else(self, get: Get) -> None:
        answer = get(f"{URL}/", HTTP_ACCEPT="text/event-stream")

        assert answer.status_code == 200

    def test_have_no_head(self, api: APIClient) -> None:
        assert api.head(URL).status_code == 405
