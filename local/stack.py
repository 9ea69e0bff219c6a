"""The whole service on this machine: its database, its model server, its web server, its workers.

The only module here that reads the environment, as `config/settings.py` does for the service.
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from os import environ
from pathlib import Path
from typing import Protocol, Self

from environ import Env

from local import LocalError
from local.postgres import DATABASE, Postgres
from local.postgres_server import SUPERUSER
from local.processes import Command
from local.triton import LOOPBACK, Triton

CHECKOUT = Path(__file__).resolve().parents[1]
THREADS = 32  # requests at once, at least
SPARE_THREADS = 8  # for others than the EVENT_STREAMS requests that may wait
GRACE_S = 5  # for requests in flight, when the web server stops
LAST_LINES = 15


class ModelServer(Protocol):
    """A Triton that answers at `url` (gRPC, host:port), or has ended."""

    @property
    def url(self) -> str: ...

    @property
    def alive(self) -> bool: ...


@dataclass(frozen=True)
class TheirTriton:
    """One that is not ours to start or to watch."""

    url: str
    alive: bool = True


@dataclass(frozen=True)
class Surroundings:
    """What the environment names: parts of the user's own, and where to keep things."""

    var: Path
    database_url: str
    database_name: str  # of the server that we start ourselves
    triton_url: str
    repository: Path

    @classmethod
    def read(cls) -> Self:
        """From the environment and, where that says nothing, from `.env` beside `manage.py`."""
        Env.read_env(str(CHECKOUT / ".env"))
        return cls(
            var=Path(environ.get("VAR_DIR") or CHECKOUT / "var").resolve(),
            database_url=environ.get("DATABASE_URL", ""),
            database_name=environ.get("DATABASE_NAME") or DATABASE,
            triton_url=environ.get("TRITON_URL", ""),
            repository=Path(environ.get("MODEL_REPOSITORY") or CHECKOUT / "model_repository"),
        )

    @contextmanager
    def database_server(self) -> Iterator[str]:
        """The URL of a PostgreSQL that answers inside the block: the user's, or ours."""
        if self.database_url:
            yield self.database_url
            return
        with Postgres(self.var / "postgres").used() as postgres:
            yield postgres.url(SUPERUSER)

    @contextmanager
    def model_server(self, folder: Path) -> Iterator[ModelServer]:
        """A Triton that answers inside the block: the user's, or ours with its log in `folder`.

        Ours begins with no model loaded: the service has them loaded as it needs them.

        Raises:
            LocalError: the models are not built, or ours does not start.
        """
        if self.triton_url:
            yield TheirTriton(self.triton_url)
            return
        built_models(self.repository)
        with Triton(self.repository, (), folder) as triton:
            yield triton


def built_models(repository: Path) -> list[str]:
    """The models that `repository` describes.

    Raises:
        LocalError: one of them is not built.
    """
    models = sorted(config.parent for config in repository.glob("*/config.pbtxt"))
    missing = [model.name for model in models if not any(model.glob("[0-9]*/model.onnx"))]
    if missing or not models:
        what = f"These models are not built: {', '.join(missing)}" if missing else "No models"
        raise LocalError(f"{what} in {repository}: run `make models`.")
    return [model.name for model in models]


@dataclass(frozen=True)
class Service:
    """One instance: `settings` are the variables of `config/settings.py` that make it one."""

    settings: Mapping[str, str]

    def manage(self, *words: str, **extra: str) -> str:
        """Run a command of `manage.py` to its end; gives what it writes.

        Raises:
            CommandFailed: with the end of what it wrote instead.
        """
        ran = subprocess.run(  # noqa: S603  # our own program
            [sys.executable, "manage.py", *words],
            cwd=CHECKOUT,
            env={**environ, **self.settings, **extra},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode:
            raise CommandFailed(words[0], ran.stderr or ran.stdout)
        return ran.stdout

    def prepare(self) -> None:
        """Have the tables, and the rows of the models that the repository has."""
        self.manage("migrate", "--verbosity=0")
        self.manage("models", "sync")

    def commands(
        self, port: int, *, restart_after_s: float | None, grpc_port: int | None = None
    ) -> list[Command]:
        """What has to run: the web server at `port` of the loopback, workers, and perhaps gRPC."""
        shared = {**self.settings, "PYTHONUNBUFFERED": "1"}
        web = shared | {"DATABASE_POOL": "1"}  # the workers fork: no pool survives that
        worker = [sys.executable, "manage.py", "worker"]
        found = [
            Command("web", self._web_server(port), web, CHECKOUT, restart_after_s=restart_after_s),
            Command("worker", worker, shared, CHECKOUT, restart_after_s=restart_after_s),
        ]
        if grpc_port is not None:
            words = grpc_server(f"{LOOPBACK}:{grpc_port}")
            at = web | {"PUBLIC_URL": f"http://{LOOPBACK}:{port}"}
            found.append(Command("grpc", words, at, CHECKOUT, restart_after_s=restart_after_s))
        return found

    def _web_server(self, port: int) -> list[str]:
        streams = {**environ, **self.settings}.get("EVENT_STREAMS") or 0
        return web_server(port, streams=int(streams))


class CommandFailed(LocalError):
    """A command of `manage.py` failed; `reason` is the end of what it wrote."""

    def __init__(self, command: str, written: str) -> None:
        self.reason = "\n".join(written.strip().splitlines()[-LAST_LINES:])
        super().__init__(f"manage.py {command} failed:\n{self.reason}")


def grpc_server(address: str) -> list[str]:
    """The command that serves gRPC there."""
    return [sys.executable, "manage.py", "grpc_server", f"--address={address}"]


def web_server(port: int, *, streams: int = 0) -> list[str]:
    """The command that serves the site at `port` of the loopback, also while so many wait."""
    options = {
        "config": "python:config.gunicorn",
        "bind": f"{LOOPBACK}:{port}",
        "threads": max(THREADS, streams + SPARE_THREADS),
        "graceful-timeout": GRACE_S,
        "log-level": "warning",
    }
    words = [f"--{name}={value}" for name, value in options.items()]
    return [sys.executable, "-m", "gunicorn", "config.wsgi", *words, "--no-control-socket"]
