"""Is it alive? Asked by the healthchecks of containers, every few seconds: imports no Django.

python -m config.probe http://127.0.0.1:8000/readyz
python -m config.probe grpc://127.0.0.1:50051
python -m config.probe file:///tmp/worker-alive        touched less than 60 seconds ago
"""

import sys
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import SplitResult, urlsplit

TIMEOUT_S = 5
STALE_S = 60  # a worker is watched every 5 seconds, and a database may take its time to answer
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # it is beside us
USAGE = "Say what to ask: http://HOST:PORT/PATH, grpc://HOST:PORT or file:///PATH"


def main(arguments: Sequence[str]) -> int:
    """0 if it is alive; else says why not."""
    try:
        [address] = arguments
        fault = fault_of(urlsplit(address))
    except ValueError:
        fault = USAGE
    if fault:
        sys.stderr.write(f"{fault}\n")
    return 1 if fault else 0


def fault_of(address: SplitResult) -> str:
    """A sentence, or nothing.

    Raises:
        ValueError: nobody can be asked at such an address.
    """
    match address.scheme:
        case "http":
            return _http(address.geturl())
        case "grpc":
            return _grpc(address.netloc)
        case "file":
            return _file(Path(address.path))
    raise ValueError(address.scheme)


def _http(url: str) -> str:
    try:
        with _DIRECT.open(url, timeout=TIMEOUT_S):
            return ""
    except HTTPError as exc:
        return f"{url} answers {exc.code}: {exc.read(300).decode(errors='replace')}"
    except (URLError, OSError) as exc:
        return f"{url} does not answer: {exc}"


def _grpc(target: str) -> str:
    import grpc  # noqa: PLC0415  # a probe of something else need not wait for it
    from grpc_health.v1 import health_pb2, health_pb2_grpc  # noqa: PLC0415

    with grpc.insecure_channel(target, options=[("grpc.enable_http_proxy", 0)]) as channel:
        asked = health_pb2.HealthCheckRequest()
        health: Any = health_pb2_grpc.HealthStub(channel)
        try:
            said = health.Check(asked, timeout=TIMEOUT_S)
        except grpc.RpcError as exc:
            return f"{target} does not answer: {exc.code().name}"
    serving = said.status == health_pb2.HealthCheckResponse.SERVING
    return "" if serving else f"{target} does not serve."


def _file(path: Path) -> str:
    try:
        age_s = time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return f"{path} is not there: nobody has begun."
    return f"{path} was touched {age_s:.0f} seconds ago." if age_s > STALE_S else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
