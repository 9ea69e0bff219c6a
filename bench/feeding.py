"""Photos all the time, and what the service keeps meanwhile.

`python -m bench.feeding URL KEY MODELS PHOTOS SECONDS EACH FILE...` sends photos made of the files
over HTTP until there are so many, or the time is up, and waits for the end of all. One of EACH has
all operations done, the others those of faces. MODELS is a word by which the processes of the model
server are known. Prints what processes had now and then, as JSON.
"""

import json
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from django.db import connection
from django.db.models import QuerySet

import config.wsgi  # noqa: F401  # sets Django up, before its models are imported
from bench.memory import kept
from bench.variants import Variants
from jobs.models import UNFINISHED, Item, State

FED = "fed-"  # begins external ids
IN_QUEUE = 32  # photos that wait at a time, at most
LOOK_S, SAMPLE_S = 0.1, 5.0
END_S = 300.0
TELL_EACH = 500
_CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"


@dataclass
class Feeding:
    """Photos that go to `http`, and samples of those who take them."""

    http: httpx2.Client
    photos: Variants
    models: str
    all_each: int  # one photo of so many has all operations done
    sent: int = 0
    samples: list[dict[str, Any]] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    _sampled: float = -SAMPLE_S

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def feed(self, photos: int, seconds: float) -> None:
        while self.sent < photos and self.seconds < seconds:
            if _unfinished() < IN_QUEUE:
                for _ in range(min(IN_QUEUE // 4, photos - self.sent)):
                    self._send()
            else:
                time.sleep(LOOK_S)
            self.look()

    def finish(self) -> None:
        give_up = time.monotonic() + END_S
        while _unfinished() and time.monotonic() < give_up:
            time.sleep(LOOK_S)
            self.look()

    def look(self) -> None:
        """At the processes, if it is time."""
        if self.seconds - self._sampled < SAMPLE_S:
            return
        self._sampled = self.seconds
        database = os.environ["DATABASE_URL"]
        found = {
            "web": kept(database, "gunicorn", without="guard.py"),
            "workers": kept(database, "manage.py", "worker", without="guard.py"),
            "models": kept(self.models, without="guard.py"),
        }
        self.samples.append(
            {
                "s": self.seconds,
                "photos": _fed().exclude(state__in=UNFINISHED).count(),
                "connections": _connections(),
                "mb": {name: each.mb for name, each in found.items()},
                "largest": {name: each.largest_mb for name, each in found.items()},
                "files": {name: each.files for name, each in found.items()},
            }
        )

    def _send(self) -> None:
        """A photo; and sometimes a look at what has become of it."""
        operation = "all" if self.sent % self.all_each == 0 else "faces"
        answer = self.http.post(
            "/api/v1/process/image",
            data={"operations": operation, "external_id": f"{FED}{self.sent}"},
            files={"file": ("photo.jpg", self.photos.jpeg(self.sent), "image/jpeg")},
            headers={"Prefer": "respond-async"},
        )
        answer.raise_for_status()
        self.sent += 1
        if operation == "all":
            self.http.get(f"/api/v1/jobs/{answer.json()['job_id']}").raise_for_status()
            self.http.get("/api/v1/faces/clusters").raise_for_status()
        if self.sent % TELL_EACH == 0:
            sys.stderr.write(f"{self.sent} photos sent in {self.seconds:.0f} s\n")


def _fed() -> QuerySet[Item]:
    """Those that we have sent: there are jobs that no photo is behind, too."""
    return Item.objects.filter(external_id__startswith=FED)


def _unfinished() -> int:
    return _fed().filter(state__in=UNFINISHED).count()


def _connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_CONNECTIONS)
        [(count,)] = cursor.fetchall()
    return int(count)


def main(url: str, key: str, models: str, *words: str) -> None:
    photos, seconds, each, *files = words
    made = Variants([Path(file) for file in files])
    with httpx2.Client(base_url=url, headers={"X-API-Key": key}, timeout=60) as http:
        feeding = Feeding(http, made, models, int(each))
        feeding.feed(int(photos), float(seconds))
        feeding.finish()
    result = {
        "samples": feeding.samples,
        "sent": feeding.sent,
        "seconds": feeding.seconds,
        "done": _fed().filter(state=State.SUCCEEDED).count(),
        "unfinished": _unfinished(),
        "failed": list(_fed().filter(state=State.FAILED).values_list("error_code", flat=True)[:10]),
    }
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
