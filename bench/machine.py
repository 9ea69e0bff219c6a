"""On what was measured: the machine, how busy it was, and which versions of everything."""

import os
import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

import psycopg
from tritonclient.grpc import InferenceServerClient

from local.stack import CHECKOUT, Surroundings

_GB = 2**20  # of the kernel's kB
_MEMORY = r"MemTotal:\s*(\d+)"
_VECTOR = "SELECT default_version FROM pg_available_extensions WHERE name = 'vector'"


def facts() -> dict[str, str]:
    """What does not change from run to run on the same machine."""
    return {
        "processor": _first(r"model name\s*:\s*(.+)", "/proc/cpuinfo") or platform.machine(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{int(_first(_MEMORY, '/proc/meminfo') or 0) / _GB:.1f} GB",
        "system": _first(r'PRETTY_NAME="?([^"\n]+)', "/etc/os-release") or platform.system(),
        "kernel": platform.release(),
    }


def short() -> str:
    return f"{os.cpu_count()} x {platform.machine()}, Python {platform.python_version()}"


def load() -> float:
    """Processes that wanted a processor, in the last minute."""
    return os.getloadavg()[0]


def versions(surroundings: Surroundings, folder: Path) -> dict[str, str]:
    """Of our code, and of the parts that it runs on: they are asked, so they have to start."""
    with surroundings.database_server() as server, psycopg.connect(server) as connection:
        [vector] = connection.execute(_VECTOR).fetchone() or ["none"]
        postgresql = connection.info.parameter_status("server_version") or "unknown"
    with (
        surroundings.model_server(folder) as triton,
        InferenceServerClient(triton.url) as client,
    ):
        served = client.get_server_metadata().version
    return {
        "revision": revision(),
        "Python": platform.python_version(),
        "PostgreSQL": postgresql,
        "pgvector": str(vector),
        "Triton": served,
        "ONNX Runtime": version("onnxruntime"),
        "models": ", ".join(models(surroundings.repository)),
    }


def revision() -> str:
    """Of git, and whether something was changed since."""
    described = ["git", "describe", "--always", "--dirty=, changed since", "--abbrev=12"]
    try:
        ran = subprocess.run(  # noqa: S603  # our own words
            described, cwd=CHECKOUT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"  # an archive, or a machine without git
    return ran.stdout.strip()


def models(repository: Path) -> list[str]:
    """Those that are built there, by pack, version and role."""
    return sorted(folder.parent.parent.name for folder in repository.glob("*/*/model.onnx"))


def _first(pattern: str, file: str) -> str:
    try:
        found = re.search(pattern, Path(file).read_text())
    except OSError:
        return ""
    return found[1].strip() if found else ""
