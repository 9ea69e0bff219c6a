"""The services of docker-compose.yml as processes of this machine: commands and healthchecks.

What a container has at fixed places is elsewhere here, so each word of a command, and each
variable, is told where: paths below folders of the test, ports on loopback that are free.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import psycopg
from psycopg import conninfo, sql

from local.postgres_programs import Identity, programs_for, server_identity, wheel_programs
from local.postgres_server import clean_environment
from local.processes import Command, Supervisor, wait_until
from local.stack import CHECKOUT
from local.triton import ENVIRONMENT, LOOPBACK, Installation, free_ports
from tests.deploy.composed import services

PATIENCE_S = 120
SECRETS = ("secret_key", "database_password", "metrics_token", "s3_access_key", "s3_secret_key")
_PLACE = re.compile(
    r"(?<!\w)(/run/secrets|/data|/backups|/models|/tmp/worker-alive|/tmp/metrics)(?![\w-])"
)
OF_THE_WHEEL = ("postgres", "pg_isready")
SERVED = ("triton", "web", "worker", "grpc")  # in the order in which Compose would start them


@dataclass(frozen=True)
class House:
    """Where everything is that containers have at places of their own."""

    folder: Path
    ports: Mapping[str, int]  # by their number in a container

    @classmethod
    def within(cls, folder: Path) -> "House":
        for name in ("data/tmp", "run/secrets", "postgres"):
            (folder / name).mkdir(parents=True)
        for name in SECRETS:
            (folder / "run/secrets" / name).write_text(f"{token_hex(32)}\n")
        wanted = ("8000", "50051", "5432", "8100", "8101", "8002")
        found = [*free_ports(), *free_ports()]
        assert len(set(found)) == len(wanted)
        return cls(folder, dict(zip(wanted, found, strict=True)))

    def here(self, word: str) -> str:
        """A word of a command, or a variable, as it is on this machine."""
        for host in ("postgres", "triton", "127.0.0.1", "0.0.0.0"):  # noqa: S104  # a container's
            for number, port in self.ports.items():
                word = word.replace(f"{host}:{number}", f"{LOOPBACK}:{port}")
        for number, port in self.ports.items():
            word = word.replace(f"-port={number}", f"-port={port}")
        return _PLACE.sub(lambda found: self._place(found[0]), word)

    def _place(self, path: str) -> str:
        if path == "/models":
            return str(CHECKOUT / "model_repository")
        return f"{self.folder}{path.removeprefix('/tmp')}"  # noqa: S108  # a container's

    def variables(self, name: str) -> dict[str, str]:
        """What the service is told, and nothing that this process is."""
        told: Mapping[str, Any] = services()[name].get("environment", {})
        ours = {each: os.environ[each] for each in ("PATH", "LANG", "HOME") if each in os.environ}
        alone = {each: it for each, it in told.items() if each != "METRICS_ADDRESS"}  # of one host
        return ours | {each: self.here(str(value)) for each, value in alone.items()}

    def words(self, words: Sequence[str]) -> list[str]:
        """A command, with the program that it means here."""
        program, *rest = (self.here(each) for each in words)
        if program == "python":
            return [sys.executable, *rest]
        if program == "gunicorn":
            return [sys.executable, "-m", "gunicorn", *rest]
        if program in OF_THE_WHEEL:
            return [str(self.postgres.programs / program), *rest]
        return [program, *rest]

    @property
    def postgres(self) -> "Programs":
        return Programs.of(self.folder / "postgres")

    def command(self, name: str) -> Command:
        """A service, to be supervised."""
        service = services()[name]
        words, variables = self.words(service["command"]), self.variables(name)
        if name == "triton":
            install = Installation(ENVIRONMENT)
            backends = install.lay_out_backends(self.folder / "backends")
            regions = f"kindred-{token_hex(6)}-"
            own = f"--backend-config=python,shm-region-prefix-name={regions}"
            words = [*install.server_arguments(backends), *words[1:], own]
            variables |= install.variables()
            return Command(name, words, variables, CHECKOUT, grace_s=15, shared_memory=regions)
        return Command(name, words, variables, CHECKOUT)

    def run(
        self, name: str, words: Sequence[str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """A service that ends, or `words` within one that runs."""
        asked = self.words(words or services()[name]["command"])
        return subprocess.run(  # noqa: S603  # what our own file says
            asked,
            cwd=CHECKOUT,
            env={**self.variables(name), **self.shell()},
            capture_output=True,
            text=True,
            check=False,
        )

    def shell(self) -> dict[str, str]:
        """For commands that say `python` to a shell."""
        return {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}

    def healthy(self, name: str) -> subprocess.CompletedProcess[str]:
        """The service's own healthcheck."""
        kind, *words = services()[name]["healthcheck"]["test"]
        assert kind == "CMD"
        if name == "postgres":  # its port is that of a container
            words = [*words, f"--port={self.ports['5432']}"]
        return self.run(name, words)


@dataclass(frozen=True)
class Programs:
    """PostgreSQL's, and the user that they run as: never root."""

    programs: Path
    identity: Identity
    data: Path

    @classmethod
    def of(cls, home: Path) -> "Programs":
        identity = server_identity(home / "data")
        return cls(
            programs_for(identity, wheel_programs(), Path("/var/lib/kindred")), identity, home
        )

    def run(self, program: str, *words: object) -> None:
        subprocess.run(  # noqa: S603  # a program of the wheel
            [self.programs / program, *map(str, words)],
            cwd="/",
            env=clean_environment(),
            check=True,
            capture_output=True,
            **self.identity,
        )


@contextmanager
def database(house: House) -> Iterator[None]:
    """The service `postgres` inside the block, by its own command: what the image does before it
    (a folder, a user, a database) is done here."""
    service, programs = services()["postgres"], house.postgres
    secret = house.folder / "run/secrets/database_password"
    if user := programs.identity.get("user"):
        os.chown(programs.data, user, programs.identity["group"])
    (house.folder / "run/secrets").chmod(0o755)
    options = service["environment"]["POSTGRES_INITDB_ARGS"].split()
    who = service["environment"]["POSTGRES_USER"]
    files = ("--pgdata", programs.data / "pg", f"--pwfile={secret}", "--auth=scram-sha-256")
    programs.run("initdb", f"--username={who}", *files, *options)
    where = [f"-cport={house.ports['5432']}", f"-cunix_socket_directories={programs.data}"]
    words = [*house.words(service["command"]), *where, "-D", str(programs.data / "pg")]
    begun = subprocess.Popen(  # noqa: S603  # what our own file says
        words,
        cwd="/",
        env=clean_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **programs.identity,
    )
    try:
        _made(house, service["environment"]["POSTGRES_DB"], who, secret.read_text().strip(), begun)
        yield
    finally:
        begun.terminate()
        begun.wait()


def _made(
    house: House, name: str, user: str, password: str, server: subprocess.Popen[bytes]
) -> None:
    """Have the database, once the server answers."""
    where = conninfo.make_conninfo(
        dbname="postgres", host=LOOPBACK, port=house.ports["5432"], user=user, password=password
    )

    def answers() -> bool:
        try:
            with psycopg.connect(where, autocommit=True) as connection:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        except psycopg.OperationalError:
            return False
        return True

    wait_until(
        answers, timeout_s=PATIENCE_S, alive=lambda: server.poll() is None, what="PostgreSQL"
    )


@contextmanager
def lived_in(folder: Path) -> Iterator[House]:
    """A house in which all services of the profile `cpu` run, and are healthy."""
    house = House.within(folder)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.enter_context(database(house))
        done = house.run("migrate")
        assert done.returncode == 0, done.stderr
        commands = [house.command(name) for name in SERVED]
        logs = folder / "logs"
        supervisor = stack.enter_context(Supervisor(commands, log_folder=logs))
        for name in SERVED:
            _await(house, name, supervisor)
        yield house


def _await(house: House, name: str, supervisor: Supervisor) -> None:
    def healthy() -> bool:
        supervisor.tend()
        return house.healthy(name).returncode == 0

    wait_until(healthy, timeout_s=PATIENCE_S, what=name)
