"""What a benchmark of the service stands on: a database of its own, and programs that use it."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from os import environ
from pathlib import Path
from typing import Any

from local.accounts import Admin
from local.api import Api
from local.database import Database
from local.processes import Command, Supervisor, wait_until
from local.stack import CHECKOUT, Service, Surroundings
from local.triton import LOOPBACK, free_ports

READY_S = 60

SETTINGS = {"DJANGO_SETTINGS_MODULE": "config.settings"}  # read by some as they are imported


@contextmanager
def staged(surroundings: Surroundings, name: str, folder: Path) -> Iterator[dict[str, str]]:
    """The settings of a service with the empty database `name`, and its files in `folder`."""
    with surroundings.database_server() as server:
        database = Database(server, name)
        database.drop()
        database.create()
        settings = {
            "DATABASE_URL": database.url,
            "MEDIA_ROOT": str(folder / "media"),
            "INTAKE_ROOT": str(folder / "intake"),
            "RESULTS_ROOT": str(folder / "results"),
        }
        Service(settings).manage("migrate", "--verbosity=0")
        try:
            yield settings
        finally:
            database.drop()


def python(
    module: str,
    words: Sequence[object],
    settings: Mapping[str, str],
    *,
    program: Path = Path(sys.executable),
) -> dict[str, Any]:
    """Run a module in a process of its own, perhaps another Python's; gives the JSON it prints."""
    ran = subprocess.run(  # noqa: S603  # our own program
        [program, "-m", module, *map(str, words)],
        env={**environ, **SETTINGS, **settings},
        cwd=CHECKOUT,
        check=True,
        stdout=subprocess.PIPE,
    )
    result: dict[str, Any] = json.loads(ran.stdout)
    return result


@contextmanager
def serving(surroundings: Surroundings, settings: Mapping[str, str], folder: Path) -> Iterator[str]:
    """The URL of a web server, with a model server behind it."""
    with surroundings.model_server(folder / "triton") as triton:
        service = Service({**settings, "TRITON_URL": triton.url})
        port, *_ = free_ports()
        web, _worker = service.commands(port, restart_after_s=None)
        url = f"http://{LOOPBACK}:{port}"
        with Supervisor([web], log_folder=folder):
            wait_until(Api(url).healthy, timeout_s=READY_S, what="The web server")
            yield url


@contextmanager
def working(
    surroundings: Surroundings, settings: Mapping[str, str], folder: Path
) -> Iterator[dict[str, str]]:
    """Workers with a model server inside the block: the settings, with where that is."""
    with surroundings.model_server(folder / "triton") as triton:
        theirs = {**settings, "TRITON_URL": triton.url}
        Service(theirs).prepare()
        worker = Command("worker", [sys.executable, "manage.py", "worker"], theirs, CHECKOUT)
        with Supervisor([worker], log_folder=folder):
            yield theirs


@dataclass(frozen=True)
class Whole:
    """A service with all its parts: where it is, a key of its administrator, how it was started."""

    url: str
    key: str
    service: Service
    triton: Path  # the folder of the model server: its processes are known by it


@contextmanager
def whole(surroundings: Surroundings, settings: Mapping[str, str], folder: Path) -> Iterator[Whole]:
    """A web server, workers and a model server, inside the block."""
    place = folder / "triton"
    with surroundings.model_server(place) as triton:
        service = Service({**settings, "TRITON_URL": triton.url})
        service.prepare()
        admin = Admin(folder / "admin-password")
        admin.ensure(service)
        key = admin.token(service)
        port, *_ = free_ports()
        url = f"http://{LOOPBACK}:{port}"
        with Supervisor(service.commands(port, restart_after_s=None), log_folder=folder):
            wait_until(Api(url).healthy, timeout_s=READY_S, what="The web server")
            yield Whole(url, key, service, place)


def copies(originals: Sequence[Path], folder: Path, count: int) -> list[Path]:
    """`count` files that look like the originals; each has bytes of its own, so none is known."""
    folder.mkdir()
    made = []
    for number in range(count):
        original = originals[number % len(originals)]
        copy = folder / f"{number:05}{original.suffix}"
        copy.write_bytes(original.read_bytes() + f"{folder} {number}".encode())
        made.append(copy)
    return made
