"""What a remote worker is tried with: servers that answer, late or not at all, and its rows."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Self

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from pytest_django.live_server_helper import LiveServer

from faces.models import Face, FaceVector
from inference.client import TritonClient
from jobs.models import Job, State
from jobs.remote import tokens
from jobs.remote.look import Decode
from jobs.remote.models import LocalModels
from jobs.remote.puller import Puller
from jobs.remote.server import (
    Claimed,
    Lease,
    RemoteServer,
    ServerAway,
)
from local.processes import wait_until
from photos import roles
from photos.images import Decoded, decode
from photos.models import Analysis, Owner, Photo
from search.models import Caption, DetectedObject, ImageVector, PhotoTag, TextLine

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
