"""Runs the whole service in the foreground, on this machine and for it alone, until Ctrl-C.

    python -m local.up [--port 8000] [--grpc-port 50051] [--demo]

With `--demo` it shows what the last demo found.
"""

import argparse
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from time import sleep

from local import LocalError
from local.accounts import Admin
from local.api import Api
from local.database import Database
from local.processes import TEND_S, Supervisor, interruptible, wait_until
from local.stack import ModelServer, Service, Surroundings
from local.stage import DATABASE, Stage
from local.triton import LOOPBACK, try_port

READY_S = 120
RESTART_AFTER_S = 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m local.up", description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--grpc-port", type=int, help="left out: gRPC is not served")
    parser.add_argument("--demo", action="store_true", help="show what the last demo found")
    given = parser.parse_args(arguments)
    try:
        with interruptible():
            run(Surroundings.read(), given.port, grpc_port=given.grpc_port, demo=given.demo)
    except LocalError as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    _say("Stopped; nothing is left running.")
    return 0


def run(surroundings: Surroundings, port: int, *, grpc_port: int | None, demo: bool) -> None:
    """Serve at `port`, and gRPC at `grpc_port` if there is one, until a signal comes.

    Raises:
        LocalError: a part does not start, or Triton ends.
    """
    check_free(port)
    if grpc_port is not None:
        check_free(grpc_port)
    admin = Admin(surroundings.var / "admin-password")
    with ExitStack() as stack:
        settings = _database(stack, surroundings, demo=demo)
        running = start(stack, surroundings, settings, port, grpc_port=grpc_port)
        _say(f"\n  http://{LOOPBACK}:{port}/   {admin.sentence()}")
        if grpc_port is not None:
            _say(f"  gRPC at {LOOPBACK}:{grpc_port}: docs/grpc.md")
        _say("  Ctrl-C stops everything.\n")
        _watch(running)


@dataclass(frozen=True)
class Running:
    """The whole service, which answers."""

    service: Service
    supervisor: Supervisor
    triton: ModelServer


def start(
    stack: ExitStack,
    surroundings: Surroundings,
    settings: Mapping[str, str],
    port: int,
    *,
    grpc_port: int | None = None,
) -> Running:
    """Everything but PostgreSQL, with an administrator, until `stack` is closed.

    Raises:
        LocalError: a part does not start.
    """
    _say("Triton starts; models are loaded when they are needed")
    triton = stack.enter_context(surroundings.model_server(surroundings.var / "triton"))
    where = {"TRITON_URL": triton.url, "MODEL_REPOSITORY": str(surroundings.repository)}
    service = Service({**settings, **where})
    _say(f"Triton answers at {triton.url}: TRITON_URL for manage.py models")
    _say("The tables are brought up to date")
    service.prepare()
    Admin(surroundings.var / "admin-password").ensure(service)
    commands = service.commands(port, restart_after_s=RESTART_AFTER_S, grpc_port=grpc_port)
    supervisor = stack.enter_context(Supervisor(commands))
    _await(Api(f"http://{LOOPBACK}:{port}").healthy, supervisor, what="The web server")
    if grpc_port is not None:
        _await(partial(_listens, grpc_port), supervisor, what="The gRPC server")
    return Running(service, supervisor, triton)


def check_free(port: int) -> None:
    """Raises LocalError if somebody else listens at `port` of the loopback, or we may not."""
    try:
        try_port(port)
    except (OSError, OverflowError) as exc:
        raise LocalError(
            f"Port {port} cannot be used ({exc}): choose another, as in `make up PORT=8100`."
        ) from exc


def _database(stack: ExitStack, surroundings: Surroundings, *, demo: bool) -> dict[str, str]:
    """The settings that name the database and, for the demo, where its files are."""
    stage = Stage(surroundings.var / "demo")
    if demo:
        stack.enter_context(stage.held())
    _say("PostgreSQL starts")
    server = stack.enter_context(surroundings.database_server())
    if demo:
        database = Database(server, DATABASE)
        if not database.exists():
            raise LocalError("There is nothing to show yet: run `make demo` first.")
        return {"DATABASE_URL": database.url, **stage.settings}
    if surroundings.database_url:
        return {"DATABASE_URL": surroundings.database_url}
    database = Database(server, surroundings.database_name)
    database.create()
    return {"DATABASE_URL": database.url}


def _await(answers: Callable[[], bool], supervisor: Supervisor, *, what: str) -> None:
    def ready() -> bool:
        supervisor.tend()
        return answers()

    wait_until(ready, timeout_s=READY_S, what=what)


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=1):
        return True
    return False


def _watch(running: Running) -> None:
    while running.triton.alive:
        running.supervisor.tend()
        sleep(TEND_S)
    raise LocalError("Triton has ended; its log is var/triton/triton.log.")


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
