"""One PostgreSQL server: its data folder, its processes, its start and its stop, without locks."""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterable
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from local import LocalError
from local.postgres_programs import (
    MAJOR,
    SHELTER,
    Identity,
    programs_for,
    server_identity,
    wheel_programs,
)
from local.processes import wait_until

SUPERUSER = "postgres"
PORT = "5432"  # of no network: it is part of the socket's name
START_S = 300  # the longest recovery after a crash
STOP_S = 60
LONGEST_SOCKET_DIR = 90  # of the 107 bytes that a socket's path may have
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")  # a comma would begin a second folder
LOG_LINES = 20
MB = 2**20


class Server:
    """The server whose files are in `home`, running or not."""

    def __init__(self, home: Path, shelter: Path = SHELTER) -> None:
        self.home = home
        self.data = home / "data"
        self.log = self.data / "server.log"
        self._shelter = shelter

    @cached_property
    def identity(self) -> Identity:
        return server_identity(self.data)

    @cached_property
    def programs(self) -> Path:
        return programs_for(self.identity, wheel_programs(), self._shelter)

    @cached_property
    def socket_dir(self) -> Path:
        """The folder of its socket; a short one if the path would be too long for a socket."""
        path = self.home / "socket"
        if len(bytes(path)) <= LONGEST_SOCKET_DIR and PLAIN_PATH.fullmatch(str(path)):
            return path
        digest = sha256(bytes(self.home)).hexdigest()[:16]
        return Path(f"/tmp/kindred-{digest}")  # noqa: S108  # whose it is, is checked

    @property
    def address(self) -> tuple[str, ...]:
        """The options by which its client programs find it."""
        return "-h", str(self.socket_dir), "-p", PORT, "-U", SUPERUSER

    def ready(self) -> bool:
        """Whether it answers. Its process ids would not tell: they may be dead, or another's."""
        return self.run("pg_isready", "--quiet", *self.address).returncode == 0

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a client program, as ourselves."""
        return subprocess.run(  # noqa: S603  # a program of the wheel
            [self.programs / program, *arguments],
            env=clean_environment(),
            capture_output=True,
            text=True,
            check=False,
        )

    def start(self) -> None:
        """Have it answer.

        Raises:
            LocalError: it cannot; with the end of the server's own log.
        """
        if self.ready():
            return
        self._check_owner()
        self._own(self.socket_dir)
        if not self.data.exists():
            self._initialise()
        self._check_version()
        # one that recovers from a crash, or one of which the last process is about to go
        wait_until(lambda: self.ready() or not self.pids(), timeout_s=START_S, what="PostgreSQL")
        if not self.ready():
            self._launch()

    def stop(self) -> None:
        """Have no process of it. What was committed stays."""
        self._check_owner()
        for mode in ("fast", "immediate"):
            if self.pids():
                order = ("-D", self.data, "-m", mode, "-w", "-t", STOP_S, "stop")
                self._run_as_server("pg_ctl", *order)
        if self.pids():
            raise LocalError(explain("PostgreSQL does not stop", self._log_after(0)))

    def pids(self) -> list[int]:
        """Its processes: those that work in its data folder. No zombie does, and no namesake."""
        return [
            int(process.name)
            for process in Path("/proc").iterdir()
            if process.name.isdigit() and _serves(process, self.data)
        ]

    def _check_owner(self) -> None:
        if self.data.exists() and os.geteuid() not in (0, self.data.stat().st_uid):
            raise LocalError(f"{self.data} belongs to another user: PostgreSQL is theirs to start.")

    def _check_version(self) -> None:
        version = (self.data / "PG_VERSION").read_text().strip()
        if version != MAJOR:
            raise LocalError(
                f"{self.data} holds data of PostgreSQL {version}, and this is {MAJOR}: dump them "
                "with the old version and load them here, or move that folder away."
            )

    def _initialise(self) -> None:
        """Make the data folder; a half-made one never gets its name."""
        new = self.home / "data.new"
        shutil.rmtree(new, ignore_errors=True)
        self._own(new)
        options = ("--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums")
        made = self._run_as_server("initdb", "-D", new, "-U", SUPERUSER, *options)
        if made.returncode:
            shutil.rmtree(new, ignore_errors=True)
            raise LocalError(explain("PostgreSQL cannot make its data folder", made.stderr))
        new.rename(self.data)

    def _launch(self) -> None:
        self._clear_traces()
        logged = self.log.stat().st_size if self.log.exists() else 0
        how = ("-D", self.data, "-l", self.log, "-w", "-t", START_S, "-o", self._options())
        started = self._run_as_server("pg_ctl", *how, "start")
        if started.returncode:
            reason = self._log_after(logged) or started.stderr
            raise LocalError(explain("PostgreSQL does not start", reason))

    def _clear_traces(self) -> None:
        """Make harmless what a killed server left; there is none now, as pids() is empty.

        The number in its files is that of a zombie, or by now of another process, and PostgreSQL
        would take either for a server. A number it knows to be wrong is pg_ctl's parent: ours.
        With the rest of the file it finds the killed server's shared memory, and removes it.
        """
        pid_file = self.data / "postmaster.pid"
        if pid_file.exists():
            _, *rest = pid_file.read_text().splitlines(keepends=True) or [""]
            pid_file.unlink()
            with pid_file.open("x") as new:  # root follows no link that the server's user laid
                new.writelines([f"{os.getpid()}\n", *rest])
            pid_file.chmod(0o644)
        for trace in self.socket_dir.glob(".s.PGSQL.*"):
            trace.unlink()

    def _options(self) -> str:
        settings = server_settings(memory())
        where = ("-k", str(self.socket_dir), "-p", PORT)
        return shlex.join([*where, *(f"-c{name}={value}" for name, value in settings.items())])

    def _log_after(self, position: int) -> str:
        if not self.log.exists():
            return ""
        return self.log.read_bytes()[position:].decode(errors="replace")

    def _own(self, folder: Path) -> None:
        """Have `folder`, closed to all but the server's user. Never takes another's."""
        owner = self.identity.get("user", os.geteuid())
        if not os.path.lexists(folder):
            folder.mkdir(mode=0o700)
            os.chown(folder, owner, self.identity.get("group", -1))
        found = folder.lstat()
        if folder.is_symlink() or not folder.is_dir() or found.st_uid != owner:
            raise LocalError(f"{folder} is not the server's own folder: remove it.")

    def _run_as_server(self, program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        """As the server's user, in a session of its own: our Ctrl-C is not for the server."""
        return subprocess.run(  # noqa: S603  # a program of the wheel
            [self.programs / program, *map(str, arguments)],
            cwd="/",
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            start_new_session=True,
            check=False,
            **self.identity,
        )


def _serves(process: Path, data: Path) -> bool:
    try:
        return (process / "cwd").readlink() == data and "postgres" in (process / "comm").read_text()
    except OSError:  # it has gone, or is not ours
        return False


def clean_environment() -> dict[str, str]:
    """Ours, less what would turn PostgreSQL's programs to another server."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return ours | {"LC_ALL": "C"}


def memory(limit: Path = Path("/sys/fs/cgroup/memory.max")) -> int:
    """Bytes this machine, or the container we are in, has."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    allowed = limit.read_text().strip() if limit.exists() else "max"
    return min(machine, int(allowed)) if allowed.isdigit() else machine


def server_settings(memory_bytes: int) -> dict[str, str]:
    """Modest, for a machine that does other things too. No network."""
    quarter = memory_bytes // 4 // MB
    return {
        "listen_addresses": "",
        "max_connections": "300",  # web, workers with their pools, listeners
        "shared_buffers": f"{min(quarter, 1024)}MB",
        "maintenance_work_mem": f"{min(quarter, 512)}MB",
        "max_wal_size": "4GB",
        "random_page_cost": "1.1",
        "jit": "off",
    }


def explain(what: str, words: str) -> str:
    """A sentence, and the end of the server's own words."""
    lines = [line for line in words.splitlines() if line.strip()]
    sentence = f"{what}: {_reason(lines)}"
    return "\n".join([sentence, *lines[-LOG_LINES:]])


def _reason(lines: Iterable[str]) -> str:
    """The line that tells most."""
    text = list(lines)
    if any("No space left on device" in line for line in text):
        return "the disk is full."
    severe = [line for line in text if re.search(r"\b(PANIC|FATAL|ERROR|error):", line)]
    return (severe or text or ["it gave no reason."])[-1].strip()
