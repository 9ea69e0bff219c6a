"""The queue's statements: `python -m bench.queue_statements fill ITEMS | measure CLAIMS`.

Puts so many items into the database of the settings, or prints how long each statement takes there
and how the claim is planned, as JSON.
"""

import json
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from django.db import connection, transaction

import config.wsgi  # noqa: F401  # sets Django up, before its models are imported
from jobs import queue, services
from jobs.models import Item, Job
from photos.models import Owner

JOBS, OWNERS, PRIORITIES = 20, 10, 11
TIMES = 20  # that the less frequent ones are run


def fill(items: int) -> None:
    """Let `items` wait, of several owners and jobs, at all priorities, in their turns."""
    for number in range(JOBS):
        owner, _ = Owner.objects.get_or_create(subject=f"bench {number % OWNERS}")
        services.submit(owner, [services.Source(Item.Source.URL, "https://8.8.8.8/photo.jpg")])
    columns = {
        str(field.column): f"template.{field.column}"
        for field in Item._meta.concrete_fields  # noqa: SLF001  # Django documents it
        if not field.primary_key
    }
    columns |= {"job_id": "job.id", "owner_id": "job.owner_id", "turn": f"number / {JOBS}"}
    columns |= dict.fromkeys(("priority", "rank"), f"number %% {PRIORITIES}")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO jobs_item ({", ".join(columns)})
            SELECT {", ".join(columns.values())}
            FROM (SELECT * FROM jobs_item LIMIT 1) AS template,
                generate_series(1, %s - {JOBS}) AS number
                JOIN (SELECT *, row_number() OVER () - 1 AS place FROM jobs_job) AS job
                    ON job.place = number %% {JOBS}""",  # noqa: S608  # our own words
            [items],
        )
        cursor.execute("VACUUM ANALYZE jobs_item")
        cursor.execute("ANALYZE")


def measure(claims: int) -> dict[str, Any]:
    before = _table_scans()
    items: list[Item] = []
    ms = {
        "claim": _ms(claims, lambda: items.extend(_claim())),
        "end": _ms(claims, lambda: queue.hand_back(items.pop())),
        "claim of a suspect": _ms(TIMES, lambda: _claim(suspects=True)),
    }
    plan = _plan()
    owner, job = Owner.objects.earliest("pk"), Job.objects.earliest("created_at")
    queryset = Item.objects
    ms |= {
        "whether any waits": _ms(TIMES, queryset.any_waiting),
        "the next turn of an owner": _ms(TIMES, lambda: queryset.next_turn(owner.pk, 5)),
        "what is to rise": _ms(TIMES, lambda: queryset.age(after_s=1e9)),
        "sweep": _ms(TIMES, queryset.sweep),
        "whether a job is done": _ms(TIMES, lambda: queue.settle([job.pk])),
        "claim for one owner": _ms(TIMES, lambda: _claim_back(owner_pk=owner.pk)),
        "claim for a worker that can't": _ms(5, lambda: _claim_back(operations=["faces"])),
    }
    return {"ms": ms, "plan": plan, "table_scans": _table_scans() - before}


def _claim(**wishes: Any) -> list[Any]:
    return Item.objects.claim(worker="bench", limit=1, lease_s=60, **wishes)


def _claim_back(**wishes: Any) -> None:
    for item in _claim(**wishes):
        queue.hand_back(item)


def _ms(times: int, work: Callable[[], object]) -> float:
    """The median of so many runs, after some that let PostgreSQL plan."""
    took = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        took.append(1000 * (time.perf_counter() - start))
    return median(took)


def _plan() -> list[str]:
    """Of the claim, as this connection has prepared it, and its times."""
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute(
            "SELECT name FROM pg_prepared_statements WHERE statement LIKE '%deaths = 0%SKIP%'"
        )
        [(name,)] = cursor.fetchall()
        cursor.execute(f"EXPLAIN (ANALYZE, COSTS OFF) EXECUTE {name}('bench', 60)")
        lines = [line for (line,) in cursor.fetchall()]
        transaction.set_rollback(True)
    return lines


def _table_scans() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'jobs_item'")
        [(scans,)] = cursor.fetchall()
        return int(scans)


def main(order: str, number: str) -> None:
    if order == "fill":
        fill(int(number))
        sys.stdout.write("{}")
    else:
        sys.stdout.write(json.dumps(measure(int(number))))


if __name__ == "__main__":
    main(*sys.argv[1:])
