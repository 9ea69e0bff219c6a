"""A whole service of its own, whose parts a test stops and starts again. For test_outages.py."""

import json
import socket
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any, Self
from urllib.error import HTTPError, URLError

import pytest

from local import LocalError
from local.accounts import Admin
from local.api import Api, multipart
from local.postgres import DATABASE, Postgres
from local.processes import Child, Command, last_lines, wait_until
from local.stack import CHECKOUT, Service, web_server
from local.triton import LOOPBACK, Triton, free_ports

LIMIT_S = 120
_PAUSE_S = 0.1
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_AWAY = (HTTPException, HTTPError, URLError, OSError, ValueError)  # also half of an answer


class House:
    """PostgreSQL, Triton, web server and workers, with their files in `folder`."""

    def __init__(self, folder: Path, repository: Path) -> None:
        self.postgres = Postgres(folder / "postgres")
        # a server that is started again stays where it was: its clients are told of no other place
        self.triton = Triton(repository, (), folder / "triton", ports=free_ports())
        self.folder = folder
        self.port = _free_port()
        self._stack = ExitStack()
        self._web: Child | None = None

    def __enter__(self) -> Self:
        with self._stack:
            self._stack.enter_context(self.postgres.used())
            self.postgres.create_database(DATABASE)
            self._stack.enter_context(self.triton)
            self.service = Service(self._settings())
            self.service.prepare()
            admin = Admin(self.folder / "admin-password")
            admin.ensure(self.service)
            self.token = admin.token(self.service)
            self._start("worker", [sys.executable, "manage.py", "worker"])
            self.start_web()
            self._stack.callback(self.stop_web)
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

    def _settings(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.postgres.url(),
            "TRITON_URL": self.triton.url,
            "MODEL_REPOSITORY": str(self.triton.repository),
            "MEDIA_ROOT": str(self.folder / "media"),
            "INTAKE_ROOT": str(self.folder / "intake"),
            "RESULTS_ROOT": str(self.folder / "results"),
            "LEASE_S": "5",
            "EVENTS_HEARTBEAT_S": "1",
        }

    def _start(self, name: str, words: list[str]) -> Child:
        log = self._stack.enter_context((self.folder / f"{name}.log").open("ab"))
        child = Child(Command(name, words, self.service.settings, CHECKOUT), log)
        self._stack.callback(child.stop)
        return child

    def start_web(self) -> None:
        variables = {**self.service.settings, "DATABASE_POOL": "1"}
        command = Command("web", web_server(self.port), variables, CHECKOUT)
        with (self.folder / "web.log").open("ab") as log:
            self._web = Child(command, log)
        wait_until(Api(self.url).healthy, timeout_s=LIMIT_S, what="The web server")

    def stop_web(self) -> None:
        if self._web:
            self._web.stop()

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def restart_web(self) -> None:
        self.stop_web()
        self.start_web()

    def restart_postgres(self) -> None:
        self.postgres.server.stop()
        self.postgres.server.start()

    def restart_triton(self) -> None:
        self.triton.stop()
        self.triton.start()

    def drop_listeners(self) -> None:
        """End the connections on which somebody listens for NOTIFY."""
        self.postgres.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN %'"
        )

    def ask(self, path: str, *, body: bytes | None = None, **headers: str) -> Any:
        """What the API answers, however often it has to be asked: as callers do who retry."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers["Authorization"] = f"Token {self.token}"
        request = urllib.request.Request(  # noqa: S310  # our own service
            f"{self.url}/api/v1{path}", data=body, headers=headers
        )
        deadline = time.monotonic() + LIMIT_S
        while True:
            try:
                with _DIRECT.open(request, timeout=30) as answer:
                    return json.load(answer)
            except _AWAY:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE_S)

    def submit(self, photo: bytes, name: str) -> str:
        """Send a photo under `name`, twice if nobody answers; gives its job's id."""
        form, content_type = multipart({"external_id": name, "operations": "faces"}, name, photo)
        job = self.ask(
            "/process/image",
            body=form,
            Content_Type=content_type,
            Prefer="respond-async",
            Idempotency_Key=name,
        )
        return str(job["job_id"])

    def ask_database(self, statement: str) -> str:
        return self.postgres.sql(statement, database=DATABASE)

    def await_number(self, number: int, count: Callable[[], int], what: str) -> None:
        """Wait until `count()` says so. What is in the logs is shown if it doesn't."""
        try:
            wait_until(lambda: count() >= number, timeout_s=LIMIT_S, what=what)
        except LocalError as exc:
            logs = sorted(self.folder.glob("*.log"))
            journal = "\n".join(f"{log.name}:\n{last_lines(log, 40)}" for log in logs)
            pytest.fail(f"{exc} {count()} of {number}\n{journal}")

    def status(self, job: str) -> str:
        return str(self.ask(f"/jobs/{job}")["status"])

    def await_end(self, job: str) -> None:
        wait_until(
            lambda: self.status(job) not in {"pending", "processing"},
            timeout_s=LIMIT_S,
            what=f"Job {job}",
        )


@dataclass
class Listener:
    """Somebody who follows the owner's events, and comes back where the stream broke off."""

    house: House
    heard: list[str] = field(default_factory=list)  # jobs whose end was told
    _last: str = ""
    _event: dict[str, str] = field(default_factory=dict)
    _connected: threading.Event = field(default_factory=threading.Event)
    _stopping: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._follow)
        self._thread.start()
        self._connected.wait(LIMIT_S)
        return self

    def __exit__(self, *_error: object) -> None:
        self._stopping.set()
        self._thread.join(LIMIT_S)

    def _follow(self) -> None:
        while not self._stopping.is_set():
            try:
                self._listen()
            except _AWAY:
                self._stopping.wait(_PAUSE_S)

    def _listen(self) -> None:
        headers = {"Authorization": f"Token {self.house.token}"}
        if self._last:
            headers["Last-Event-ID"] = self._last
        request = urllib.request.Request(  # noqa: S310  # our own service
            f"{self.house.url}/api/v1/events", headers=headers
        )
        with _DIRECT.open(request, timeout=10) as stream:
            self._connected.set()
            self._event = {}
            for line in stream:
                self._read(line.decode().strip())
                if self._stopping.is_set():
                    return

    def _read(self, line: str) -> None:
        name, _, value = line.partition(": ")
        self._event[name] = value
        if line or "data" not in self._event:  # it is told whole, or not at all
            return
        event = json.loads(self._event["data"])
        if event["type"] == "job.completed":
            self.heard.append(event["job_id"])
        self._last, self._event = self._event.get("id", self._last), {}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
