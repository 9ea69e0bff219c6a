"""Many who listen while some upload: `python -m bench.crowd URL KEY STREAMS UPLOADS`.

Each listener must hear of each upload. Prints how many did so, how uploads were answered, and how
long it all took. As JSON.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import cv2
import httpx2
import numpy as np

PATIENCE_S = 120.0  # for all to be heard
AT_ONCE = 50  # listeners that come in the same moment
_SIDE = 512  # pixels of the photos
_CREATED = b"event: job.created"
_ALONE = 10  # uploads while nobody listens


@dataclass
class Listener:
    """Somebody on a connection of their own. `status`: of the answer, 0 while there is none."""

    status: int = 0
    heard: int = 0
    at: float = 0.0  # when they heard the last event
    error: str = ""
    seated: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self, url: httpx2.URL, key: str, events: int) -> None:
        """Until so many events were heard."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._hear(url, key, events)
        except (OSError, EOFError, TimeoutError) as exc:
            self.error = type(exc).__name__
        finally:
            self.seated.set()

    async def _hear(self, url: httpx2.URL, key: str, events: int) -> None:
        reader, writer = await asyncio.open_connection(url.host, url.port)
        try:
            head = f"GET /api/v1/events HTTP/1.1\r\nHost: {url.host}\r\nX-API-Key: {key}\r\n\r\n"
            writer.write(head.encode())
            self.status = int((await reader.readline()).split()[1])
            while self.heard < events and (line := await reader.readline()):
                if line.startswith(b"event: ready"):
                    self.seated.set()
                if line.startswith(_CREATED):
                    self.heard, self.at = self.heard + 1, time.perf_counter()
        finally:
            writer.close()


async def crowd(where: str, key: str, streams: int, uploads: int) -> dict[str, Any]:
    url = httpx2.URL(where)
    limits = httpx2.Limits(max_connections=uploads)
    async with httpx2.AsyncClient(
        base_url=url, headers={"X-API-Key": key}, timeout=PATIENCE_S, limits=limits
    ) as http:
        alone = [await upload(http, -1 - number) for number in range(_ALONE)]
        unheard = await _at_once(http, range(uploads, 2 * uploads))
        listeners = [Listener() for _ in range(streams)]
        start = time.perf_counter()
        tasks = await _seat(listeners, url, key, uploads)
        seated = time.perf_counter()
        answers = await _at_once(http, range(uploads))
        answered = time.perf_counter()
        await asyncio.gather(*tasks)
    last = max((each.at for each in listeners), default=answered)
    return {
        "streams": Counter(str(each.error or each.status) for each in listeners),
        "heard_all": sum(each.heard == uploads for each in listeners),
        "heard": sum(each.heard for each in listeners),
        "uploads": Counter(str(status) for status, _ in answers),
        "upload_ms": [ms for _, ms in answers],
        "alone_ms": [ms for _, ms in alone],
        "unheard_ms": [ms for _, ms in unheard],
        "seated_s": seated - start,
        "told_s": last - seated,
    }


async def _seat(
    listeners: list[Listener], url: httpx2.URL, key: str, events: int
) -> list[asyncio.Task[None]]:
    """Have all of them listen, some at a time, as people come."""
    tasks = []
    for first in range(0, len(listeners), AT_ONCE):
        coming = listeners[first : first + AT_ONCE]
        tasks += [asyncio.create_task(each.listen(url, key, events)) for each in coming]
        for each in coming:
            await each.seated.wait()
    return tasks


async def _at_once(http: httpx2.AsyncClient, numbers: Iterable[int]) -> list[tuple[int, float]]:
    return await asyncio.gather(*(upload(http, number) for number in numbers))


async def upload(http: httpx2.AsyncClient, number: int) -> tuple[int, float]:
    """Send a photo of its own; gives the status of the answer, and milliseconds."""
    content = _photo(number)
    start = time.perf_counter()
    answer = await http.post(
        "/api/v1/process/image",
        files={"file": (f"{number}.jpg", content)},
        headers={"Prefer": "respond-async"},
    )
    return answer.status_code, 1000 * (time.perf_counter() - start)


def _photo(number: int) -> bytes:
    pixels = np.random.default_rng(abs(number)).integers(0, 256, (_SIDE, _SIDE, 3), np.uint8)
    return cv2.imencode(".jpg", pixels)[1].tobytes()


def main(url: str, key: str, streams: str, uploads: str) -> None:
    told = asyncio.run(crowd(url, key, int(streams), int(uploads)))
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
