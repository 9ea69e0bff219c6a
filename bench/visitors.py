"""What visitors of the whole service do, for locust: `locust -f bench/visitors.py --host URL ...`.

Runs in the environment of peers, and imports nothing of ours. VISITORS names a JSON file with the
`keys` of the users and a `folder` of photos to send, which are taken in turn.
"""

import itertools
import json
import os
from pathlib import Path
from random import Random
from typing import Any

from locust import HttpUser, between

QUESTIONS = (
    "Anna", "Anna and Ben", "a cat on a chair", "kopi di meja", "rocket", "people at a table",
    "coins last year", "Citra without Ben", "sepeda motor", "portrait with a flag",
)  # fmt: skip
SEEN = 40  # addresses of pictures that somebody remembers

_GIVEN = json.loads(Path(os.environ["VISITORS"]).read_text())
_KEYS = itertools.cycle(_GIVEN["keys"])
_PHOTOS = itertools.cycle(sorted(Path(_GIVEN["folder"]).iterdir()))
_NUMBERS = itertools.count()


def upload(visitor: Any) -> None:
    """A photo that nobody has sent before, and a look at how far it is."""
    name = f"visit-{os.getpid()}-{next(_NUMBERS)}"
    content = next(_PHOTOS).read_bytes() + name.encode()
    answer = visitor.client.post(
        "/api/v1/process/image",
        name="upload",
        files={"file": ("photo.jpg", content, "image/jpeg")},
        data={"operations": "faces", "external_id": name},
        headers={"Prefer": "respond-async"},
    )
    if answer.ok:
        job = answer.json()["job_id"]
        visitor.client.get(f"/api/v1/jobs/{job}/status", name="job")


def search(visitor: Any) -> None:
    question = {"q": visitor.chance.choice(QUESTIONS)}
    answer = visitor.client.get("/api/v1/search/", params=question, name="search")
    if answer.ok:
        hits = answer.json()["results"]
        visitor.seen += [hit["photo"]["thumbnail"] for hit in hits if hit["photo"]["thumbnail"]]
        del visitor.seen[:-SEEN]


def people(visitor: Any) -> None:
    visitor.client.get("/api/v1/people/", name="people")
    visitor.client.get("/api/v1/faces/clusters/", name="clusters")


def look(visitor: Any) -> None:
    """At a picture that a search has found, as large as a list shows it."""
    if not visitor.seen:
        search(visitor)
    if visitor.seen:
        where = visitor.chance.choice(visitor.seen)
        visitor.client.get(where, params={"size": "list"}, name="picture")


class Visitor(HttpUser):  # type: ignore[misc]  # locust has an environment of its own
    """Somebody with a key, who does one thing after the other."""

    wait_time = between(0.2, 1.0)  # seconds
    tasks = {upload: 1, search: 2, people: 2, look: 4}

    def on_start(self) -> None:
        number = next(_NUMBERS)
        self.chance, self.seen = Random(number), list[str]()  # noqa: S311  # the same each time
        self.client.headers["X-API-Key"] = next(_KEYS)
