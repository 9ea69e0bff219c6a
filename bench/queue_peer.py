"""Empty jobs through procrastinate: `python -m bench.queue_peer URL WORKERS JOBS`.

Each worker is a process with one connection, which fetches a job and finishes it through
procrastinate's own job manager, as its worker does for each job. Prints the seconds, as JSON.
"""

import asyncio
import json
import logging
import sys
from collections.abc import Callable
from functools import partial

from procrastinate import App, PsycopgConnector
from procrastinate.jobs import Status

from bench.crew import race

BATCH = 1000  # jobs of one statement


def app_of(url: str) -> App:
    return App(connector=PsycopgConnector(conninfo=url, min_size=1, max_size=1))


async def install(url: str) -> None:
    async with app_of(url).open_async() as app:
        if not await app.check_connection_async():
            await app.schema_manager.apply_schema_async()


async def fill(url: str, jobs: int) -> None:
    async with app_of(url).open_async() as app:
        empty = app.configure_task("empty", allow_unknown=True)
        for first in range(0, jobs, BATCH):
            await empty.batch_defer_async(*[{} for _ in range(min(BATCH, jobs - first))])


def work(url: str, ready: Callable[[], object]) -> None:
    asyncio.run(_work(url, ready))


async def _work(url: str, ready: Callable[[], object]) -> None:
    async with app_of(url).open_async() as app:
        worker = await app.job_manager.register_worker()
        ready()
        while job := await app.job_manager.fetch_job(queues=None, worker_id=worker):
            await app.job_manager.finish_job(job, Status.SUCCEEDED, delete_job=False)


def main(url: str, workers: str, jobs: str) -> None:
    logging.getLogger("procrastinate").setLevel(logging.ERROR)  # that an App is made in a script
    asyncio.run(install(url))
    asyncio.run(fill(url, int(jobs)))
    sys.stdout.write(json.dumps({"seconds": race(int(workers), partial(work, url))}))


if __name__ == "__main__":
    main(*sys.argv[1:])
