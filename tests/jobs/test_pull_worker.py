"""A remote worker as it runs: a real server over HTTP, a real model server, real photos."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Self

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from faces.models import Face, FaceVector
from inference.client import TritonClient
from inference.control import State as Loaded
from inference.control import TritonControl
from inference.errors import InferenceNotReady, ModelRefused
from jobs import queue, steering, tasks
from jobs.models import Item, Job, RemoteWorker, State
from jobs.remote import puller, tokens
from jobs.remote.look import Decode
from jobs.remote.models import LocalModels, LoneKeeper
from jobs.remote.puller import Puller
from jobs.remote.server import (
    Claimed,
    Lease,
    NotOurs,
    Refused,
    RemoteServer,
    ServerAway,
    ServerError,
    TokenRefused,
)
from local.processes import wait_until
from photos import roles
from photos.errors import FetchTooLarge
from photos.images import Decoded, decode
from photos.models import Analysis, Owner, Photo
from search.models import Caption, DetectedObject, ImageVector, PhotoTag, TextLine
from search.spaces import SEARCHED
from tests.factories import make_owner
from tests.jobs.remote import PHOTO, submit
from tests.photos.web import Server, answer
from tests.tiny import GIVEN, Tiny

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 60


@pytest.fixture
def models(transactional_db: None, triton_url: str, settings: Any) -> None:
    """The real ones, known to the server."""
    settings.TRITON_URL = triton_url
    roles.sync(settings.MODEL_REPOSITORY)


def pull(server: LiveServer, settings: Any, *, owner: Owner | None = None, name: str = "a") -> None:
    """Run `manage.py pull_worker` until nothing is left that it can do."""
    _, settings.WORKER_TOKEN = tokens.issue(name, owner)
    call_command("pull_worker", server=server.url, worker_id=name, once=True)


def rows_of(owner: Owner) -> dict[str, list[Any]]:
    """Everything that is stored about the owner's photos, but for ids and times."""
    mine = {"photo__owner": owner}
    return {
        "photos": list(
            Photo.objects.of(owner)
            .order_by("sha256")
            .values_list("sha256", "width", "height", "media_type", "size_bytes", "taken_at")
        ),
        "analyses": sorted(Analysis.objects.filter(**mine).values_list("operation", "recipe")),
        "faces": list(
            Face.objects.filter(**mine)
            .order_by("photo__sha256", "x")
            .values_list(
                "x",
                "y",
                "width",
                "height",
                "landmarks",
                "confidence",
                "quality",
                "quality_reasons",
            )
        ),
        "face vectors": [
            row.vector for row in FaceVector.objects.filter(owner=owner).order_by("face__x")
        ],
        "vectors": [row.vector for row in ImageVector.objects.filter(owner=owner)],
        "objects": sorted(
            DetectedObject.objects.filter(**mine).values_list(
                "label", "confidence", "x", "y", "width", "height"
            )
        ),
        "lines": list(
            TextLine.objects.filter(**mine).order_by("position").values_list("text", "quad")
        ),
        "tags": sorted(PhotoTag.objects.filter(**mine).values_list("key", "confidence")),
        "captions": sorted(
            Caption.objects.filter(**mine).values_list("language", "sentence", "context")
        ),
    }


def files_of(owner: Owner) -> dict[str, bytes]:
    """What lies in the storage for the owner, by the part of its key that is not the owner's."""
    folder = Path(default_storage.path(str(owner.pk)))
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


class LosingServer(RemoteServer):
    """Its first answer to what was found gets lost on the way."""

    losses = 0

    def complete(self, lease: Lease, answer: Mapping[str, Any]) -> dict[str, Any]:
        told = super().complete(lease, answer)
        if not self.losses:
            self.losses += 1
            raise ServerAway("The answer got lost.")
        return told


class BrokenLine(RemoteServer):
    """No photo ever comes through as a whole."""

    def photo(self, lease: Lease, *, max_bytes: int) -> Any:
        raise ServerAway("The line broke.")


class LateServer(RemoteServer):
    """It is away for the first three questions."""

    losses = 0

    def claim(self, *, limit: int, recipes: Mapping[str, str]) -> Claimed:
        if self.losses < 3:
            self.losses += 1
            raise ServerAway("The server is away.")
        return super().claim(limit=limit, recipes=recipes)


@dataclass
class Workers:
    """Remote workers in threads of ours. `meanwhile` happens when a photo is being decoded."""

    server: LiveServer
    settings: Any
    count: int = 1
    kind: type[RemoteServer] = RemoteServer
    repository: Path | None = None
    meanwhile: Callable[[], object] = lambda: None
    poll_s: float = 0.2
    servers: list[Any] = field(default_factory=list)
    pullers: list[Puller] = field(default_factory=list)
    _held: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        triton = self._held.enter_context(TritonClient(self.settings.TRITON_URL, timeout_s=30))
        looks = self._held.enter_context(ThreadPoolExecutor(3))
        for number in range(self.count):
            _, secret = tokens.issue(f"token {number}")
            ours = self.kind(self.server.url, secret, f"nas-{number}")
            self.servers.append(self._held.enter_context(ours))
            models = LocalModels(triton, self.repository or self.settings.MODEL_REPOSITORY)
            self.pullers.append(
                Puller(ours, models, self._decoding, looks, triton.live, 2, self.poll_s)
            )
        return self

    def __exit__(self, *_error: object) -> None:
        self._held.close()

    def run(self) -> list[int]:
        """Until nothing is left to do; returns how many photos each has done."""
        with ThreadPoolExecutor(len(self.pullers)) as pool:
            list(pool.map(lambda puller: puller.run(once=True), self.pullers))
        return [puller.told for puller in self.pullers]

    def run_until(self, check: Callable[[], bool]) -> None:
        with ThreadPoolExecutor(len(self.pullers)) as pool:
            running = [pool.submit(puller.run) for puller in self.pullers]
            try:
                wait_until(check, timeout_s=LIMIT_S)
            finally:
                for puller in self.pullers:
                    puller.stop()
        for each in running:
            each.result()

    @contextmanager
    def _decoding(self, claimed: Claimed) -> Iterator[Decode]:
        @contextmanager
        def decoded(data: bytes) -> Iterator[Decoded]:
            self.meanwhile()
            connection.close()
            yield decode(data, max_pixels=claimed.max_pixels)

        yield decoded


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """The address of a web server that answers one POST."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # as the base class calls it
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:9/")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            """Nobody reads it."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(server.handle_request)
        yield f"http://127.0.0.1:{server.server_port}"
        asked.result()


def unfinished(job: Job) -> bool:
    return job.items.filter(state__in=[State.QUEUED, State.PROCESSING]).exists()


class TestPullWorker:
    def test_leaves_the_rows_and_files_that_our_own_worker_leaves(
        self, live_server: LiveServer, models: None, group_photo: bytes, settings: Any
    ) -> None:
        here, there = make_owner(), make_owner()
        submit(here, group_photo)
        tasks.drain()

        job = submit(there, group_photo)
        pull(live_server, settings)

        assert job.items.get().state == State.SUCCEEDED
        assert rows_of(there) == rows_of(here)
        assert files_of(there) == files_of(here)
        assert [len(rows_of(there)[kind]) for kind in ("faces", "vectors")] == [6, 1]

    def test_shares_the_photos_with_other_workers(
        self, live_server: LiveServer, models: None, group_photo: bytes, settings: Any
    ) -> None:
        owner = make_owner()
        copies = [group_photo + bytes([number]) for number in range(8)]
        job = submit(owner, *copies, operations=["faces"])

        with Workers(live_server, settings, count=2) as workers:
            told = workers.run()

        assert sum(told) == 8
        assert set(job.items.values_list("state", "attempts")) == {(State.SUCCEEDED, 1)}
        assert Face.objects.filter(photo__owner=owner).count() == 8 * 6

    def test_leaves_others_photos_to_others(
        self, live_server: LiveServer, models: None, settings: Any
    ) -> None:
        mine, theirs = make_owner(), make_owner()
        jobs = [submit(owner, operations=["objects"]) for owner in (mine, theirs)]

        pull(live_server, settings, owner=mine)

        states = [job.items.get().state for job in jobs]
        assert states == [State.SUCCEEDED, State.QUEUED]

    def test_says_what_is_wrong_with_a_photo_and_goes_on(
        self, live_server: LiveServer, models: None, settings: Any
    ) -> None:
        job = submit(make_owner(), PHOTO[:600], b"no photo", PHOTO, operations=["objects"])

        pull(live_server, settings)

        ends = list(job.items.order_by("pk").values_list("state", "error_code"))
        assert ends == [
            (State.FAILED, "image_truncated"),
            (State.FAILED, "unsupported_format"),
            (State.SUCCEEDED, ""),
        ]

    def test_does_not_look_again_at_what_is_known(
        self, live_server: LiveServer, models: None, settings: Any
    ) -> None:
        owner = make_owner()
        submit(owner, operations=["objects"])
        pull(live_server, settings)
        again = submit(owner, operations=["objects"])

        pull(live_server, settings, name="b")

        item = again.items.get()
        assert (item.state, sorted(item.stage_ms)) == (State.SUCCEEDED, ["fetch"])

    def test_does_what_its_models_allow(
        self, live_server: LiveServer, models: None, settings: Any, tmp_path: Path
    ) -> None:
        some, everything = (submit(make_owner(), operations=[name]) for name in ("faces", "all"))
        whole = Path(settings.MODEL_REPOSITORY)
        for folder in whole.glob("face_*"):
            (tmp_path / folder.name).symlink_to(folder)

        with Workers(live_server, settings, repository=tmp_path) as workers:
            workers.run()

        assert RemoteWorker.objects.get().operations == ["faces"]
        states = [job.items.get().state for job in (some, everything)]
        assert states == [State.SUCCEEDED, State.QUEUED]

    def test_takes_other_weights_of_the_same_name_for_other_models(
        self, triton: TritonClient, models: None, settings: Any
    ) -> None:
        name = "object_detector.packaged.1"
        ours = LocalModels(triton, settings.MODEL_REPOSITORY)

        ours.follow({"object_detector": name}, {name: "object_detector:0123456789abcdef:1"})

        assert ours.recipes() == {}

    def test_embeds_no_photos_that_would_not_be_found(
        self, triton: TritonClient, settings: Any
    ) -> None:
        ours = LocalModels(triton, settings.MODEL_REPOSITORY)
        known = roles.spaces(settings.MODEL_REPOSITORY)
        active = {role: f"{role}.packaged.1" for role in ("image_encoder", "text_encoder")}
        ours.follow(active, known)
        assert {"embedding", "tags"} <= ours.recipes().keys()

        ours.follow({**active, SEARCHED: "image_encoder.old.1"}, known)

        assert not {"embedding", "tags"} & ours.recipes().keys()

    def test_stores_nothing_of_a_photo_that_is_cancelled_meanwhile(
        self, live_server: LiveServer, models: None, settings: Any
    ) -> None:
        job = submit(make_owner(), operations=["objects"])

        with Workers(live_server, settings, meanwhile=lambda: steering.cancel(job)) as workers:
            workers.run()

        assert (job.items.get().state, Photo.objects.count()) == (State.CANCELLED, 0)

    def test_that_comes_late_changes_nothing(
        self, live_server: LiveServer, models: None, settings: Any
    ) -> None:
        job = submit(make_owner(), operations=["objects"])

        def give_it_to_another() -> None:
            job.items.update(lease_until=timezone.now())
            queue.sweep()
            Item.objects.claim(worker="other", limit=1, lease_s=60, suspects=True)

        with Workers(live_server, settings, meanwhile=give_it_to_another) as workers:
            workers.run()

        item = job.items.get()
        assert (item.state, item.worker) == (State.PROCESSING, "other")
        assert Photo.objects.count() == 0

    def test_tells_the_end_again_when_the_answer_gets_lost(
        self, live_server: LiveServer, models: None, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(puller, "pause_s", lambda tries: 0.0)
        job = submit(make_owner(), operations=["objects"])

        with Workers(live_server, settings, kind=LosingServer) as workers:
            workers.run()

        assert job.items.get().state == State.SUCCEEDED
        assert [server.losses for server in workers.servers] == [1]
        assert Analysis.objects.count() == 1

    def test_uses_up_the_attempts_of_a_photo_that_never_comes(
        self, live_server: LiveServer, models: None, settings: Any
    ) -> None:
        job = submit(make_owner(), operations=["objects"])

        def is_over() -> bool:
            job.items.update(run_after=timezone.now())
            return not unfinished(job)

        with Workers(live_server, settings, kind=BrokenLine, poll_s=0.1) as workers:
            workers.run_until(is_over)

        item = job.items.get()
        assert (item.state, item.attempts) == (State.FAILED, item.max_attempts)
        assert item.error_code == "fetch_unreachable"

    def test_waits_for_a_server_that_is_away(
        self, live_server: LiveServer, models: None, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(puller, "pause_s", lambda tries: 0.0)
        job = submit(make_owner(), operations=["objects"])

        with Workers(live_server, settings, kind=LateServer) as workers:
            workers.run_until(lambda: not unfinished(job))

        assert job.items.get().state == State.SUCCEEDED
        assert workers.servers[0].losses == 3

    def test_is_told_of_new_work(
        self, live_server: LiveServer, models: None, settings: Any
    ) -> None:
        job: list[Job] = []

        def submitted_and_done() -> bool:
            if not job and RemoteWorker.objects.exclude(operations=[]).exists():
                job.append(submit(make_owner(), operations=["objects"]))
            return bool(job) and not unfinished(job[0])

        with Workers(live_server, settings, poll_s=LIMIT_S * 2) as workers:
            workers.run_until(submitted_and_done)

        assert job[0].items.get().state == State.SUCCEEDED

    def test_claims_nothing_while_its_model_server_is_down(
        self, live_server: LiveServer, models: None, settings: Any
    ) -> None:
        job = submit(make_owner(), operations=["objects"])
        settings.TRITON_URL = "127.0.0.1:9"

        pull(live_server, settings)

        item = job.items.get()
        assert (item.state, item.attempts) == (State.QUEUED, 0)


class TestProcess:
    def test_needs_no_database_and_ends_in_order(
        self,
        live_server: LiveServer,
        models: None,
        group_photo: bytes,
        triton_url: str,
        tmp_path: Path,
    ) -> None:
        job = submit(make_owner(), *(group_photo + bytes([n]) for n in range(6)))
        token = tmp_path / "token"
        token.write_text(tokens.issue("nas")[1] + "\n")
        words = ["--worker-id", "my-nas", "--poll-interval", "10", "--debug"]
        environment = {
            "DATABASE_URL": "postgres://nobody@127.0.0.1:9/none",
            "TRITON_URL": triton_url,
            "WORKER_SERVER": live_server.url,
            "PHOTOS_IN_FLIGHT": "2",
        }
        program = [sys.executable, "run_worker.py", "--token-file", str(token), *words]

        with (tmp_path / "log").open("wb") as log:
            worker = subprocess.Popen(  # noqa: S603  # our own program
                program, cwd=ROOT, env=os.environ | environment, stdout=log, stderr=log
            )
            try:
                wait_until(
                    job.items.filter(state=State.SUCCEEDED).exists,
                    timeout_s=LIMIT_S,
                    alive=lambda: worker.poll() is None,
                )
                worker.send_signal(signal.SIGTERM)
                ended = worker.wait(LIMIT_S)
            finally:
                worker.kill()
                worker.wait()

        assert ended == 0, (tmp_path / "log").read_text()
        left = set(job.items.values_list("state", flat=True))
        assert left <= {State.SUCCEEDED, State.QUEUED}
        assert not job.items.filter(state=State.QUEUED, attempts__gt=0).exists()

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ({"server": ""}, "Say for which server"),
            ({"server": "ftp://photos.example"}, "Give the server's address as https://"),
            ({"server": "photos.example"}, "Give the server's address as https://"),
            ({"server": "https://photos.example:port"}, "Give the server's address as https://"),
            ({"server": "https://me:secret@photos.example"}, "Give the server's address"),
            ({"server": "https://photos.example/?key=secret"}, "Give the server's address"),
            ({"server": "http://93.184.216.34"}, "is on the internet, or unknown: use https://"),
            ({"server": "http://nowhere.invalid"}, "is on the internet, or unknown: use https://"),
            ({"server": "http://127.0.0.1:9"}, "The server gives no answer"),
            ({"token_file": Path("/nowhere")}, "the token can't be read"),
        ],
    )
    def test_says_what_is_wrong_with_how_it_is_started(
        self, settings: Any, words: dict[str, Any], said: str
    ) -> None:
        settings.WORKER_TOKEN = "token"  # noqa: S105  # of nothing

        with pytest.raises(CommandError, match=said):
            call_command("pull_worker", **{"server": "http://127.0.0.1:9", "once": True} | words)

    def test_wants_a_token(self, settings: Any) -> None:
        settings.WORKER_TOKEN = ""

        with pytest.raises(CommandError, match="There is no token"):
            call_command("pull_worker", server="http://127.0.0.1:9", once=True)

    def test_ends_when_its_token_is_refused(
        self, live_server: LiveServer, models: None, settings: Any
    ) -> None:
        settings.WORKER_TOKEN = "kworker_wrong"  # noqa: S105  # of nothing

        with pytest.raises(CommandError, match="401 authentication_failed: There is no such"):
            call_command("pull_worker", server=live_server.url)


class TestRemoteServer:
    @pytest.mark.parametrize(
        ("status", "body", "error"),
        [
            (500, b"", ServerAway),
            (502, b"<html>", ServerAway),
            (429, b"{}", ServerAway),
            (200, b"<html>welcome", ServerAway),
            (200, b"[]", ServerAway),
            (200, b'{"items": [{}]}', ServerAway),
            (302, b"", Refused),
            (401, b"{}", TokenRefused),
            (403, b"", Refused),
            (409, b'{"code": "lease_lost", "detail": "x"}', NotOurs),
            (422, b'{"code": "invalid", "detail": "x"}', Refused),
        ],
    )
    def test_says_what_an_answer_means(
        self, status: int, body: bytes, error: type[ServerError]
    ) -> None:
        with (
            answering(status, body) as url,
            RemoteServer(url, "token", "nas") as remote_server,
            pytest.raises(error),
        ):
            remote_server.heartbeat([])

    def test_reads_no_more_of_a_photo_than_there_may_be(self) -> None:
        lease = Lease(1, 1, ("faces",))
        with (
            Server(lambda path: answer(b"x" * 1000)) as web,
            RemoteServer(web.url(""), "token", "nas") as remote_server,
            pytest.raises(FetchTooLarge),
        ):
            remote_server.photo(lease, max_bytes=999)


class TestLoneKeeper:
    def test_loads_a_model_when_it_is_needed(self, tiny: Tiny, settings: Any) -> None:
        model = tiny.write("doubler.tiny.1")
        keeper = LoneKeeper(settings.TRITON_URL, load_s=30, repository=tiny.folder)

        with TritonClient(settings.TRITON_URL, timeout_s=30, keeper=keeper) as client:
            doubled = client.infer(model, given=GIVEN)["doubled"]

        assert doubled.tolist() == [[2, 4]]

    def test_loads_no_files_that_are_not_what_was_built(self, tiny: Tiny, settings: Any) -> None:
        tiny.write("doubler.tiny.1")
        (tiny.folder / "doubler.tiny.1" / "1" / "model.onnx").write_bytes(b"other")
        keeper = LoneKeeper(settings.TRITON_URL, load_s=30, repository=tiny.folder)

        with pytest.raises(ModelRefused, match=r"model\.onnx is not the one that was built"):
            keeper.have("doubler.tiny.1")

        with TritonControl(settings.TRITON_URL, timeout_s=30) as control:
            assert control.state("doubler.tiny.1") is not Loaded.LOADED

    def test_says_that_there_is_no_such_model(self, tiny: Tiny, settings: Any) -> None:
        keeper = LoneKeeper(settings.TRITON_URL, load_s=30, repository=tiny.folder)

        with pytest.raises(InferenceNotReady):
            keeper.have("no.such.1")

    def test_loads_a_dead_model_anew(self, tiny: Tiny, settings: Any) -> None:
        tiny.write("doubler.tiny.1")
        keeper = LoneKeeper(settings.TRITON_URL, load_s=30, repository=tiny.folder)
        keeper.have("doubler.tiny.1")

        keeper.renew("doubler.tiny.1")

        with TritonControl(settings.TRITON_URL, timeout_s=30) as control:
            assert control.state("doubler.tiny.1") is Loaded.LOADED
