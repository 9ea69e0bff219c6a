"""`python -m bench.chaos.load URL KEY SECONDS FILE PHOTO...`: use a service, then look after it.

Writes into FILE, as JSON, what was asked when and how it was answered, and what is lost, doubled or
otherwise wrong. Needs the service's settings, as it reads its tables at the end.
"""

import json
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from bench.chaos.callers import AGAIN_S, ALL, Caller, Notes, hooked
from bench.soaking import END_S, Soak, compare, persevere, undisturbed
from faces.models import Edit, Person
from jobs.models import UNFINISHED, Delivery, Item, Job

TOLD_S = 60  # until everybody must have heard of the last end


def use(url: str, key: str, seconds: float, originals: list[bytes], notes: Notes) -> None:
    """For so long; then until the last photo is done, and told."""
    with hooked(notes) as hook:
        Caller(url, key, notes).persist("webhook", "POST", "/webhooks/", json={"url": hook})
        crew = [
            threading.Thread(target=act, args=(Caller(url, key, notes), originals)) for act in ALL
        ]
        for each in crew:
            each.start()
        time.sleep(seconds)
        *others, listener = crew
        _finish(notes)
        notes.stop.set()
        for each in [*others, listener]:
            each.join()


def _finish(notes: Notes) -> None:
    """Let what was accepted end, while everybody goes on but those who bring more."""
    notes.closing.set()
    _until(lambda: notes.uploaded.is_set() and not _unfinished(notes), END_S)
    wanted = set(notes.jobs)
    _until(lambda: wanted <= notes.heard.keys() and wanted <= notes.hooked.keys(), TOLD_S)


def _unfinished(notes: Notes) -> int:
    mine = Item.objects.filter(job__in=list(notes.jobs), state__in=UNFINISHED)
    return persevere(mine.count)


def _until(holds: Any, limit_s: float) -> None:
    give_up = time.monotonic() + limit_s
    while not holds() and time.monotonic() < give_up:
        time.sleep(AGAIN_S)


def verdict(calm: Soak, notes: Notes) -> dict[str, Any]:
    """What became of all that was accepted."""
    owner = Job.objects.get(pk=next(iter(notes.jobs))).owner
    count = len(calm.originals)
    copies = {str(number): number % count for number in notes.jobs.values()}
    day = Soak(owner, calm.originals, copies=copies, jobs=len(notes.jobs))
    lost, doubled, wrong = compare(calm, day)
    for what, told in (("listeners", notes.heard), ("webhooks", notes.hooked)):
        lost |= {f"{what} {job}" for job in notes.jobs if job not in told}
        doubled |= {f"{what} {job}" for job, ids in told.items() if len(ids) > 1}
    doubled |= {f"heard {job}" for job, ids in notes.heard.items() if max(ids.values()) > 1}
    return {
        "photos": len(notes.jobs),
        "lost": sorted(lost),
        "doubled": sorted(doubled),
        "wrong": [*wrong, *notes.odd, *_of_people(owner.pk, notes), *_undelivered(owner.pk)],
        "repeated": sum(max(ids.values()) > 1 for ids in notes.hooked.values()),
        "merges": notes.merges,
    }


def _of_people(owner: int, notes: Notes) -> list[str]:
    """Each edit was made once, however often it was asked for."""
    edits = Counter(Edit.objects.filter(owner=owner).values_list("kind", flat=True))
    people = Person.objects.filter(owner=owner, name__startswith="Somebody ").count()
    wanted = (notes.people, notes.merges, notes.people - notes.merges)
    found = (edits[Edit.Kind.CREATE], edits[Edit.Kind.MERGE_PEOPLE], people)
    return [] if found == wanted else [f"people made, merged, left: {wanted}, found {found}"]


def _undelivered(owner: int) -> list[str]:
    failed = Delivery.objects.filter(owner=owner, state=Delivery.State.FAILED).count()
    return [f"{failed} deliveries were given up"] if failed else []


def ends(notes: Notes) -> list[tuple[float, float]]:
    """When each photo came in, and when it was done: seconds since 1970."""
    items = Item.objects.filter(job__in=list(notes.jobs))
    return [
        (begun.timestamp(), ended.timestamp())
        for begun, ended in items.values_list("created_at", "finished_at")
        if ended
    ]


def main(url: str, key: str, seconds: str, file: str, *photos: str) -> None:
    originals, notes = [Path(photo).read_bytes() for photo in photos], Notes()
    calm = undisturbed(originals)
    Path(file).with_suffix(".ready").touch()
    use(url, key, float(seconds), originals, notes)
    told = persevere(lambda: verdict(calm, notes)) | {
        "ends": persevere(lambda: ends(notes)),
        "calls": notes.calls,
    }
    Path(file).write_text(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
