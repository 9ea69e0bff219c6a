"""The real Triton server, without Docker: the program that rides in the nvidia-pytriton wheel.

It reads the same model repository as in production. Only the backend named `onnxruntime` is a
stand-in (`backend/onnxruntime`), which runs in the server's own environment.
"""

import filecmp
import os
import re
import secrets
import shutil
import socket
import subprocess
import urllib.request
from collections.abc import Iterable, Sequence
from functools import cached_property
from http import HTTPStatus
from itertools import islice
from pathlib import Path
from random import SystemRandom
from typing import Self
from urllib.error import URLError

from local import LocalError
from local.processes import Child, Command, last_lines, wait_until

ENVIRONMENT = Path(__file__).resolve().parents[1] / ".venvs" / "triton"
STAND_INS = Path(__file__).with_name("backend")
LOOPBACK = "127.0.0.1"
LOWEST_PORT = 10_000  # below are the usual ones: of web servers, databases, another Triton
GIVEN_PORTS = Path("/proc/sys/net/ipv4/ip_local_port_range")  # to whoever names none
START_S = 300  # the largest models on a cold disk
GRACE_S = 1  # for requests in flight: it keeps nothing that could be lost; unloading takes seconds
ATTEMPTS = 5  # to find ports that nobody takes before the server does
ERROR = re.compile(r"^(?:[EF]\d{4} [^\]]*\]|error:) *(.*)")  # `E1121 09:30:00.1 7 x.cc:1] "..."`
CAUSE = re.compile(r"^failed to (?:load|poll) ")  # lines that name the model, and why
TRACEBACK = r"\n\nAt:\n"  # as the log spells it; what follows is our own code
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # it is on this machine
PORT_TAKEN = "already in use"


class Triton:
    """A server of `models` from `repository`, with its log and its backends in `folder`."""

    def __init__(
        self,
        repository: Path,
        models: Sequence[str],
        folder: Path,
        environment: Path = ENVIRONMENT,
        ports: tuple[int, int, int] | None = None,
    ) -> None:
        """`ports`: of gRPC, HTTP and metrics; else free ones, others at each start."""
        self.repository = repository.resolve()
        self.models = models
        self.folder = folder.resolve()
        self.log = self.folder / "triton.log"
        self._install = Installation(environment)
        self._child: Child | None = None
        self._wanted_ports = ports
        self._ports = ports or (0, 0, 0)

    @property
    def url(self) -> str:
        """Where gRPC answers, as host:port."""
        return f"{LOOPBACK}:{self._ports[0]}"

    @property
    def http_url(self) -> str:
        return f"http://{LOOPBACK}:{self._ports[1]}"

    @property
    def metrics_url(self) -> str:
        return f"http://{LOOPBACK}:{self._ports[2]}/metrics"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.alive

    def start(self) -> None:
        """Have all models loaded and answering. Does nothing while it runs.

        Raises:
            LocalError: in the server's own words, when it or a model does not start.
        """
        for _ in range(ATTEMPTS):
            if self.alive or self._try_start():
                return
        raise LocalError("Triton found no free ports: others took them before it did.")

    def stop(self) -> None:
        """Have no process of it, and nothing of it in shared memory."""
        if self._child:
            self._child.stop()
            self._child = None

    def ready(self) -> bool:
        """Whether it answers, with all its models."""
        try:
            with DIRECT.open(f"{self.http_url}/v2/health/ready", timeout=1) as answer:
                return bool(answer.status == HTTPStatus.OK)
        except (URLError, OSError):
            return False

    def _try_start(self) -> bool:
        """Start it once; whether it did. Only ports that were taken meanwhile make that False."""
        self._ports = self._wanted_ports or free_ports()
        backends = self._install.lay_out_backends(self.folder / "backends")
        self.log.unlink(missing_ok=True)  # another server may still write to it
        with self.log.open("xb") as log:
            self._child = Child(self._command(backends), log)
        try:
            wait_until(self.ready, timeout_s=START_S, alive=lambda: self.alive, what="Triton")
        except BaseException as exc:
            self.stop()
            if not isinstance(exc, LocalError):
                raise
            if PORT_TAKEN in self.log.read_text(errors="replace"):
                return False
            raise LocalError(f"Triton does not start: {self._reason(exc)}") from exc
        return True

    def _command(self, backends: Path) -> Command:
        shared_memory = f"kindred-{secrets.token_hex(6)}-"
        return Command(
            "triton",
            [*self._install.server_arguments(backends), *self._arguments(shared_memory)],
            self._install.variables(),
            grace_s=GRACE_S,
            shared_memory=shared_memory,
        )

    def _arguments(self, shared_memory: str) -> list[str]:
        grpc, http, metrics = self._ports
        return [
            f"--model-repository={self.repository}",
            "--model-control-mode=explicit",
            *(f"--load-model={model}" for model in self.models),
            f"--backend-config=python,shm-region-prefix-name={shared_memory}",
            *(f"--{door}-address={LOOPBACK}" for door in ("grpc", "http", "metrics")),
            f"--grpc-port={grpc}",
            f"--http-port={http}",
            f"--metrics-port={metrics}",
            "--allow-gpu-metrics=false",
        ]

    def _reason(self, otherwise: LocalError) -> str:
        """The server's own error lines."""
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(server_errors(lines)) or f"{otherwise}\n{last_lines(self.log)}"


class Installation:
    """The server's own environment, in which nvidia-pytriton is installed, and never imported."""

    def __init__(self, environment: Path) -> None:
        self.environment = environment
        self.python = environment / "bin" / "python"

    @cached_property
    def packages(self) -> Path:
        found = sorted(self.environment.glob("lib/python3*/site-packages"))
        if not any((folder / "pytriton" / "tritonserver").is_dir() for folder in found):
            raise LocalError(f"Triton is not installed in {self.environment} (make setup).")
        return found[0]

    @property
    def root(self) -> Path:
        return self.packages / "pytriton" / "tritonserver"

    def server_arguments(self, backends: Path) -> list[str]:
        return [
            str(self.root / "bin" / "tritonserver"),
            f"--backend-directory={backends}",
            f"--cache-directory={self.root / 'caches'}",
        ]

    def variables(self) -> dict[str, str]:
        """What the server needs: its libraries, and as first Python on PATH the one of its stub."""
        _, *libraries = self._interpreter
        found = [str(self.packages / "nvidia_pytriton.libs"), *libraries]
        inherited = os.environ.get("LD_LIBRARY_PATH", "")
        return {
            "LD_LIBRARY_PATH": ":".join(filter(None, [*found, inherited])),
            "PATH": f"{self.python.parent}:{os.environ.get('PATH', '')}",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def lay_out_backends(self, folder: Path) -> Path:
        """Copy the backends into `folder`: Triton refuses links that lead out of it."""
        python = self.root / "backends" / "python"
        version, *_ = self._interpreter
        stub = self.root / "python_backend_stubs" / version / "triton_python_backend_stub"
        wanted = {path: Path("python") / path.name for path in [*python.glob("*.*"), stub]}
        wanted |= {path: path.relative_to(STAND_INS) for path in STAND_INS.glob("*/*.py")}
        for source, target in wanted.items():
            _copy(source, folder / target)
        return folder

    @cached_property
    def _interpreter(self) -> list[str]:
        """Its version, as 3.11, and the folders that may hold its shared library."""
        ask = (
            "import sys, sysconfig as s; print('%d.%d' % sys.version_info[:2], "
            "s.get_config_var('LIBDIR'), sys.base_prefix + '/lib', sep='\\n')"
        )
        words = [str(self.python), "-I", "-c", ask]
        ran = subprocess.run(words, capture_output=True, text=True, check=True)  # noqa: S603  # ours
        return ran.stdout.splitlines()


def _copy(source: Path, target: Path) -> None:
    """Whole or not at all: another server may be running from `target`."""
    if target.exists() and filecmp.cmp(source, target, shallow=False):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    shutil.copy(source, unfinished)
    unfinished.replace(target)


def free_ports() -> tuple[int, int, int]:
    """Three ports of the loopback on which nobody listens now.

    None that the system gives to connections and to whoever names none: these come and go all the
    time, and one of them would have it before whoever asked here.
    """
    given = int(GIVEN_PORTS.read_text().split()[0])
    ports = range(LOWEST_PORT, given if given > 2 * LOWEST_PORT else 2**16)
    first, second, third = islice(filter(_is_free, SystemRandom().sample(ports, 1000)), 3)
    return first, second, third


def _is_free(port: int) -> bool:
    try:
        try_port(port)
    except OSError:
        return False
    return True


def try_port(port: int) -> None:
    """
    Raises:
        OSError, OverflowError: somebody else listens at `port` of the loopback, or we may not.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
        probe.bind((LOOPBACK, port))


def server_errors(log: Iterable[str]) -> list[str]:
    """What the server says went wrong, each once, without time and place in its source.

    Only the lines about models, if there are any.
    """
    found = (ERROR.match(line) for line in log)
    texts = (match[1].strip('"').split(TRACEBACK)[0] for match in found if match)
    errors = list(dict.fromkeys(texts))
    return [text for text in errors if CAUSE.match(text)] or errors
