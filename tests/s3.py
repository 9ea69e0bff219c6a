"""A server that speaks S3's protocol, on loopback, empty at its start.

What moto keeps is the process's, not the server's: the buckets of one test's server would be the
next one's.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
from moto.server import ThreadedMotoServer

from local.triton import LOOPBACK


@contextmanager
def served() -> Iterator[str]:
    """Yields its address."""
    server = ThreadedMotoServer(ip_address=LOOPBACK, port=0, verbose=False)
    server.start()
    try:
        url = "http://{}:{}".format(*server.get_host_and_port())
        httpx2.post(f"{url}/moto-api/reset", timeout=10).raise_for_status()
        yield url
    finally:
        server.stop()
