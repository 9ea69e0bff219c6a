"""Who is in a photo, asked over gRPC."""

import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import grpc
import pytest
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.test import Client
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

from config.rpc import recognition_pb2 as pb
from config.rpc.server import AT_ONCE, SERVICE
from faces.models import Face, Person
from faces.people import placing
from jobs.models import Job
from local.processes import wait_until
from photos import roles
from photos.models import Owner, Photo
from tests.config.calling import LIMIT_S, Caller, calling, error, key_of
from tests.config.seeing import work
from tests.factories import make_item, make_job, make_owner, make_person, make_user, unit

pytestmark = pytest.mark.django_db(transaction=True)
JPEG = b"\xff\xd8\xff"
URL = "https://photos.example/1.jpg"
ANNA = unit(1, 0)


@pytest.fixture
def caller(owner: Owner, settings: Any) -> Iterator[Caller]:
    roles.sync(settings.MODEL_REPOSITORY)
    with calling(key_of(owner)) as caller:
        yield caller


def name(owner: Owner, said: str) -> Person:
    """Say whose the one face is."""
    person = make_person(owner=owner, name=said)
    placing.assign(owner, [Face.objects.get(photo__owner=owner).pk], person)
    return person


class TestProcessPhoto:
    def test_tells_boxes_people_and_a_picture(self, caller: Caller, owner: Owner) -> None:
        first = caller.process(photo_id="one", url=URL)
        work(1, ANNA)
        first.result()
        anna = name(owner, "Anna")

        call = caller.process(photo_id="two", url=f"{URL}?2")
        work(1, unit(1, 0.2), unit(0, 1))
        answer = call.result()

        assert (answer.photo_id, answer.status) == ("two", pb.DONE)
        assert (answer.width, answer.height) == (96, Photo.objects.latest("pk").height)
        known, unknown = answer.faces
        assert (known.box.left, known.box.top, known.box.right, known.box.bottom) == (4, 4, 32, 32)
        assert known.matches[0].person == pb.Person(person_id=str(anna.pk), name="Anna")
        assert known.matches[0].similarity == pytest.approx(0.98, abs=0.01)
        assert not unknown.matches
        path = answer.annotated_image_url.removeprefix("http://127.0.0.1:8000")
        assert Client().get(path).getvalue().startswith(JPEG)
        assert answer.annotated_image_expires_at.ToDatetime().year > 2000

    def test_can_leave_the_picture_out(self, caller: Caller) -> None:
        call = caller.process(url=URL, options=pb.AnswerOptions(without_picture=True))
        work(1)

        answer = call.result()

        assert (answer.annotated_image_url, list(answer.faces)) == ("", [])
        assert not answer.HasField("annotated_image_expires_at")

    def test_says_in_time_that_it_is_not_done(self, caller: Caller) -> None:
        waiting = caller.process(photo_id="one", url=URL, deadline_s=2).result()

        assert (waiting.photo_id, waiting.status) == ("one", pb.PROCESSING)
        work(1, ANNA)
        done = caller.get(job_id=waiting.job_id)
        assert (done.photo_id, done.status, len(done.faces)) == ("one", pb.DONE, 1)

    def test_says_why_a_photo_could_not_be_had(self, caller: Caller) -> None:
        call = caller.process(url="https://photos.example/missing.jpg")
        work(1)

        assert error(call) == (
            grpc.StatusCode.INVALID_ARGUMENT,
            "fetch_status",
            "The host says that it has no such photo.",
        )

    @pytest.mark.parametrize(
        ("asked", "code", "field"),
        [
            ({}, "invalid", "url"),
            ({"url": "file:///etc/passwd"}, "invalid_url", ""),
            ({"url": "http://127.0.0.1/1.jpg"}, "blocked_address", ""),
            ({"url": URL, "photo_id": "x" * 256}, "invalid", "external_id"),
            ({"url": URL, "options": {"min_similarity": 2}}, "invalid", "min_similarity"),
            ({"url": URL, "options": {"min_similarity": float("nan")}}, "invalid", "similarity"),
            ({"url": URL, "options": {"max_matches": 0}}, "invalid", "max_matches"),
            ({"url": URL, "options": {"max_matches": 101}}, "invalid", "max_matches"),
        ],
    )
    def test_says_what_is_wrong_with_a_question(
        self, caller: Caller, asked: dict[str, Any], code: str, field: str
    ) -> None:
        status, said, detail = error(caller.process(**asked))

        assert (status, said) == (grpc.StatusCode.INVALID_ARGUMENT, code)
        assert field in detail
        assert not Job.objects.exists()


class TestGetPhoto:
    @pytest.mark.parametrize("asked", ["", "x", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"])
    def test_knows_no_other_jobs(self, caller: Caller, asked: str) -> None:
        with pytest.raises(grpc.RpcError) as raised:
            caller.get(job_id=asked)

        assert error(raised.value)[:2] == (grpc.StatusCode.NOT_FOUND, "not_found")

    def test_does_not_know_those_of_others(self, caller: Caller) -> None:
        theirs = make_item(job=make_job(owner=make_owner())).job

        with pytest.raises(grpc.RpcError) as foreign:
            caller.get(job_id=str(theirs.pk))
        with pytest.raises(grpc.RpcError) as missing:
            caller.get(job_id="6ba7b810-9dad-11d1-80b4-00c04fd430c8")

        assert error(foreign.value) == error(missing.value)


class TestProcessPhotos:
    def test_answers_each_and_goes_on_after_errors(self, caller: Caller) -> None:
        wanted = [f"photo {number}" for number in range(2 * AT_ONCE)]
        answers = caller.stream(
            [
                *(
                    pb.ProcessPhotoRequest(photo_id=each, url=f"{URL}?{each[-1]}")
                    for each in wanted
                ),
                pb.ProcessPhotoRequest(photo_id="bad", url="ftp://x"),
                pb.ProcessPhotoRequest(photo_id="gone", url="https://photos.example/missing.jpg"),
            ]
        )
        work(len(wanted) + 1, ANNA)

        by_id = {each.photo_id: each for each in answers}

        assert sorted(by_id) == sorted([*wanted, "bad", "gone"])
        assert all(len(by_id[each].photo.faces) == 1 for each in wanted)
        assert by_id["bad"].error.code == "invalid_url"
        assert by_id["gone"].error.code == "fetch_status"

    def test_is_answered_before_more_is_asked(self, caller: Caller) -> None:
        asked: SimpleQueue[pb.ProcessPhotoRequest | None] = SimpleQueue()
        asked.put(pb.ProcessPhotoRequest(photo_id="one", url=URL))
        answers = caller.stream(iter(asked.get, None))

        work(1, ANNA)
        first = next(answers)
        asked.put(pb.ProcessPhotoRequest(photo_id="two", url=f"{URL}?2"))
        asked.put(None)
        work(1, ANNA)

        assert [each.photo_id for each in (first, *answers)] == ["one", "two"]


class TestWhoMayCall:
    @pytest.mark.parametrize(
        "metadata",
        [
            (),
            (("authorization", "Bearer kkey_wrong"),),
            (("x-api-key", "wrong"),),
            (("cookie", "sessionid=wrong"),),
        ],
    )
    def test_nobody_without_a_key(self, metadata: tuple[tuple[str, str], ...]) -> None:
        with calling(metadata) as caller:
            status, _, detail = error(caller.process(url=URL))
            stream = caller.stream([pb.ProcessPhotoRequest(url=URL)])
            with pytest.raises(grpc.RpcError) as raised:
                next(stream)

        assert status == raised.value.code() == grpc.StatusCode.UNAUTHENTICATED
        assert "wrong" not in detail
        assert not Job.objects.exists()

    def test_photos_are_the_callers(self, caller: Caller, owner: Owner) -> None:
        call = caller.process(url=URL)
        work(1, ANNA)
        call.result()

        assert Photo.objects.get().owner == owner

    def test_people_of_others_are_no_matches(self, caller: Caller) -> None:
        other = make_owner(user=make_user())
        with calling(key_of(other)) as theirs:
            call = theirs.process(url=URL)
            work(1, ANNA)
            call.result()
        name(other, "Anna")

        call = caller.process(url=URL)
        work(1, ANNA)

        assert [list(face.matches) for face in call.result().faces] == [[]]


class TestTheServer:
    def test_says_that_it_is_well(self, caller: Caller) -> None:
        health: Any = health_pb2_grpc.HealthStub(caller.channel)

        answers = [
            health.Check(health_pb2.HealthCheckRequest(service=name), timeout=LIMIT_S).status
            for name in ("", SERVICE)
        ]

        assert answers == [health_pb2.HealthCheckResponse.SERVING] * 2

    def test_describes_itself(self, caller: Caller) -> None:
        known = ProtoReflectionDescriptorDatabase(caller.channel)

        assert SERVICE in known.get_services()

    def test_gives_its_connections_back(self, caller: Caller) -> None:
        opened = list[BaseDatabaseWrapper]()

        def note(connection: BaseDatabaseWrapper, **_: object) -> None:
            opened.append(connection)

        connection_created.connect(note)
        for _ in range(3):
            error(caller.process(url="ftp://x"))
        connection_created.disconnect(note)

        assert len(opened) == 3  # one for each call, in a thread of the server
        wait_until(lambda: others() == 0, timeout_s=LIMIT_S, what="The connections")
        assert [each for each in opened if each.connection is not None] == []


def others() -> int:
    """Connections to this database beside ours."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        [count] = cursor.fetchone() or (0,)
        return int(count)


class TestTheDescription:
    def test_is_what_our_messages_and_the_clients_are_made_of(self, tmp_path: Path) -> None:
        """If not: `make proto`."""
        made = [f"{each}={tmp_path}" for each in ("--python_out", "--pyi_out")]
        words = ["-Ikindred/v1=proto", *made, "proto/recognition.proto"]
        subprocess.run([sys.executable, "-m", "grpc_tools.protoc", *words], check=True)  # noqa: S603  # our own words

        files = list((tmp_path / "kindred/v1").iterdir())
        assert len(files) == 2
        for file, folder in product(files, ("config/rpc", "clients/python/kindred_client")):
            assert Path(folder, file.name).read_text() == file.read_text()
