"""`python -m bench.soaking SECONDS PHOTO...`: submits photos, kills, waits for the end, compares.

Prints how many photos were lost or doubled, and what was killed when, as JSON. Workers run, and are
started again by whoever started us; only processes with our database in their environment are
killed, and backends of our database.
"""

import json
import os
import random
import signal
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from django.core.files.base import ContentFile
from django.db import connection
from django.db.models import Max, Min, QuerySet
from django.utils import timezone

import config.wsgi  # noqa: F401  # sets Django up, before its models are imported
from bench.memory import processes
from jobs import services
from jobs.connections import LOST
from jobs.models import UNFINISHED, Event, Item, Job, State
from jobs.services import Wishes
from photos.idempotency import Idempotency
from photos.models import Owner, Photo

OPERATIONS = ["faces"]
IN_QUEUE = 24  # photos that wait at a time, at most
OF_JOB = 4
CALM_S, END_S = 180, 300  # limits of the undisturbed run, and of the end
BETWEEN_S = (4.0, 12.0)  # kills
LOOK_S = 0.3
ATTEMPTS = 20  # more than anybody can be unlucky
NEAR_PX = 0.5  # the same box, from other batches of the model server

PROCESSING = Item.objects.filter(state=State.PROCESSING)

Got = TypeVar("Got")
Boxes = list[tuple[float, float, float, float]]


def persevere(ask: Callable[[], Got], *, limit_s: float = 60) -> Got:
    """Ask again while the database is away: it was killed."""
    give_up = time.monotonic() + limit_s
    while True:
        try:
            return ask()
        except LOST:
            connection.close()
            if time.monotonic() > give_up:
                raise
            time.sleep(LOOK_S)


@dataclass
class Soak:
    """One owner's photos; of each content it is known what it is a copy of."""

    owner: Owner
    originals: list[bytes]
    copies: dict[str, int] = field(default_factory=dict)  # external id -> original
    jobs: int = 0

    def submit(self, count: int) -> Job:
        """A job of the next copies. Asked again after a lost answer, it is the same job."""
        key = f"{self.owner.subject} {self.jobs}"
        numbers = range(len(self.copies), len(self.copies) + count)
        wishes = Wishes(max_attempts=ATTEMPTS, idempotency=Idempotency(key, key))

        def submit() -> Job:
            sources = [self._source(number) for number in numbers]
            return services.submit(self.owner, sources, operations=OPERATIONS, wishes=wishes)

        job = persevere(submit)
        self.jobs += 1
        self.copies |= {str(number): number % len(self.originals) for number in numbers}
        return job

    def _source(self, number: int) -> services.Source:
        data = self.originals[number % len(self.originals)]
        content = ContentFile(data + f" {self.owner.subject} {number}".encode(), "photo.jpg")
        return services.upload(content, external_id=str(number))

    def unfinished(self) -> int:
        mine = Item.objects.filter(owner=self.owner, state__in=UNFINISHED)
        return persevere(mine.count)

    def finish(self, *, limit_s: float) -> None:
        """Wait for the end of all. What has not ended by then is lost."""
        give_up = time.monotonic() + limit_s
        while self.unfinished() and time.monotonic() < give_up:
            time.sleep(LOOK_S)

    def boxes(self) -> dict[str, list[Boxes]]:
        """The faces of each photo row of each external id, from left to right."""
        found: dict[str, list[Boxes]] = {number: [] for number in self.copies}
        photos = Photo.objects.of(self.owner).prefetch_related("faces", "references")
        for photo in photos:
            faces = sorted((face.x, face.y, face.width, face.height) for face in photo.faces.all())
            for reference in photo.references.all():
                found[reference.external_id].append(faces)
        return found


class Killer:
    """Kills something now and then, and knows what was in hand then."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._next_at = 0.0
        self.kills: list[dict[str, Any]] = []

    def look(self) -> None:
        now = time.monotonic()
        if now < self._next_at:
            return
        self._next_at = now + self._chance.uniform(*BETWEEN_S)
        ways = [self._busy_worker, self._any_process, self._backend, self._connection]
        way = self._chance.choices(ways, weights=(5, 2, 1, 2))[0]
        in_hand = persevere(lambda: list(PROCESSING.values_list("pk", flat=True)))
        at = timezone.now()
        if what := persevere(way):
            self.kills.append({"what": what, "at": at, "in_hand": in_hand})

    def _busy_worker(self) -> str:
        busy = PROCESSING.values_list("worker", flat=True)
        ours = set(_worker_pids())
        pids = sorted({int(worker.split(":")[1]) for worker in busy} & ours)
        return _kill(self._chance.choice(pids), "a worker at work") if pids else ""

    def _any_process(self) -> str:
        pids = _worker_pids()
        return _kill(self._chance.choice(pids), "any process of the worker") if pids else ""

    def _backend(self) -> str:
        pids = _backends()
        return _kill(self._chance.choice(pids), "a database backend, -9") if pids else ""

    def _connection(self) -> str:
        pids = _backends()
        if not pids:
            return ""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [self._chance.choice(pids)])
        return "a database connection"

    def told(self) -> list[dict[str, Any]]:
        """Each kill; seconds to the next end of a photo, and to those of all that were in hand."""
        return [
            {
                "what": kill["what"],
                "next": _seconds(kill["at"], Item.objects.filter(finished_at__gt=kill["at"]), Min),
                "all in hand": _seconds(
                    kill["at"], Item.objects.filter(pk__in=kill["in_hand"]), Max
                ),
            }
            for kill in self.kills
        ]


def _seconds(since: datetime, items: QuerySet[Item], which: type[Min | Max]) -> float:
    """From `since` to the first or last end of `items`; 0 if there is none."""
    end = items.aggregate(end=which("finished_at"))["end"]
    return max(0.0, (end - since).total_seconds()) if end else 0.0


def _worker_pids() -> list[int]:
    """Of `manage.py worker`, all its processes; not of the guard that starts it again."""
    marks = (os.environ["DATABASE_URL"], "manage.py", "worker")
    return [int(process.name) for process in processes(*marks, without="guard.py")]


def _backends() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return [pid for (pid,) in cursor.fetchall()]


def _kill(pid: int, what: str) -> str:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return ""
    return what


def soak(seconds: float, soaked: Soak) -> Killer:
    killer = Killer(random.Random(4))  # noqa: S311  # a random test, the same each time
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if soaked.unfinished() <= IN_QUEUE - OF_JOB:
            soaked.submit(OF_JOB)
        killer.look()
        time.sleep(LOOK_S)
    return killer


def _near(one: Boxes, other: Boxes) -> bool:
    return len(one) == len(other) and all(
        abs(a - b) <= NEAR_PX
        for box, like in zip(one, other, strict=True)
        for a, b in zip(box, like, strict=True)
    )


def compare(calm: Soak, soaked: Soak) -> tuple[set[str], set[str], list[str]]:
    """External ids of photos that were lost, and of those there is too much of; what is wrong."""
    items = Item.objects.filter(owner=soaked.owner, job__kind=Job.Kind.PHOTOS)
    ends = Counter(items.filter(state=State.SUCCEEDED).values_list("external_id", flat=True))
    told = Counter(
        data["external_id"]
        for data in Event.objects.filter(
            owner=soaked.owner, kind=Event.Kind.PHOTO_COMPLETED
        ).values_list("data", flat=True)
    )
    jobs = Job.objects.filter(owner=soaked.owner, kind=Job.Kind.PHOTOS)  # the house has its own
    finished = Event.objects.filter(job_id__in=jobs.values("pk"), kind=Event.Kind.JOB_COMPLETED)
    wanted = {original: boxes for original, [boxes] in calm.boxes().items()}
    lost, doubled, wrong = set(), set(), list[str]()
    for number, rows in soaked.boxes().items():
        right = [row for row in rows if _near(row, wanted[str(soaked.copies[number])])]
        if min(ends[number], told[number], len(right)) < 1:
            lost.add(number)
        if max(ends[number], told[number], len(rows)) > 1:
            doubled.add(number)
    wrong += [
        f"Item {each.pk} is {each.state}: {each.error_code} {each.error_detail}"
        for each in items.exclude(state=State.SUCCEEDED)
    ]
    if jobs.count() != soaked.jobs or finished.count() != soaked.jobs:
        wrong.append(f"{soaked.jobs} jobs: {jobs.count()} rows, {finished.count()} ends told")
    return lost, doubled, wrong


def undisturbed(originals: list[bytes]) -> Soak:
    """The originals, each done once while nothing is killed: what all their copies must be like."""
    calm = begun("calm", originals)
    calm.submit(len(originals))
    calm.finish(limit_s=CALM_S)
    if calm.unfinished():
        sys.exit(f"Undisturbed, the photos were not done after {CALM_S} s.")
    return calm


def begun(name: str, originals: list[bytes]) -> Soak:
    """Of an owner whom nobody knows yet."""
    return Soak(Owner.objects.create(subject=f"{name} {uuid.uuid4().hex[:6]}"), originals)


def main(seconds: str, *files: str) -> None:
    originals = [Path(file).read_bytes() for file in files]
    calm = undisturbed(originals)
    soaked = begun("soaked", originals)
    killer = soak(float(seconds), soaked)
    soaked.finish(limit_s=END_S)
    lost, doubled, wrong = persevere(lambda: compare(calm, soaked))
    result = {
        "photos": len(soaked.copies),
        "lost": len(lost) + bool(wrong),
        "doubled": len(doubled),
        "wrong": [*wrong, *(f"lost: {each}" for each in sorted(lost))],
        "kills": killer.told(),
    }
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
