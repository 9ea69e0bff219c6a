"""Settings of what is told about the service: a part of config/settings.py."""

import sys
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from config.access.addresses import Network, networks
from config.environment import VAR as _VAR
from config.environment import env as _env
from inference.sharing import share

# Programs that run for long, each of several processes: what they count lies in files that all see.
_PROGRAMS = {"worker": "worker", "grpc_server": "grpc", "pull_worker": "pull_worker"}
_FILES = {"worker.py": "worker", "run_worker.py": "pull_worker"}  # that do the same

LOG_FORMAT = _env.str("LOG_FORMAT", "plain", choices=["plain", "json"])
METRICS_DIR = Path(_env.str("METRICS_DIR", str(_VAR / "metrics")))  # of one machine, or container
METRICS_TOKEN = _env.str("METRICS_TOKEN", "")  # of whoever reads /metrics, as a bearer token
METRICS_ADDRESS = _env.str("METRICS_ADDRESS", "")  # host:port where a program that is no web server
TRITON_METRICS_URL = _env.str("TRITON_METRICS_URL", "")  # such as http://127.0.0.1:8002/metrics
TRACES_URL = _env.str("TRACES_URL", "")  # such as http://127.0.0.1:4318/v1/traces; empty: none
TRACES_SHARE = _env.float("TRACES_SHARE", 1.0)  # of requests and photos that are traced, 0 to 1
DISK_FREE_MB = _env.float("DISK_FREE_MB", 1024.0)  # with less, the service says that it is not well
_SHORTEST = 16  # letters of the token
if 0 < len(METRICS_TOKEN) < _SHORTEST:
    raise ImproperlyConfigured(f"METRICS_TOKEN: give {_SHORTEST} random letters or more.")


def _networks(name: str) -> tuple[Network, ...]:
    try:
        return networks(_env.list("METRICS_ALLOWED_IPS", default=[]))
    except ValueError as exc:
        raise ImproperlyConfigured(f"{name}: {exc}. Give networks, as in 10.0.0.0/8.") from exc


METRICS_ALLOWED_IPS = _networks("METRICS_ALLOWED_IPS")


def _program(words: list[str]) -> str:
    """What runs here, if it is one of those; empty: something that counts for itself alone."""
    file = Path(words[0])
    if "gunicorn" in file.parts:  # also as `python -m gunicorn`
        return "web"
    is_ours = file.name == "manage.py" and len(words) > 1
    return _PROGRAMS.get(words[1], "") if is_ours else _FILES.get(file.name, "")


def _shared(program: str) -> str:
    """Have a folder for its files. Where there can be none, each process counts alone."""
    if not program:
        return ""
    folder = METRICS_DIR / program
    try:
        folder.mkdir(parents=True, exist_ok=True)
        share(folder)
    except OSError as exc:
        sys.stderr.write(f"METRICS_DIR: {exc}: metrics of {program} are not shared.\n")
        return ""
    return program


METRICS_PROGRAM = _shared(_program(sys.argv))
