"""What cleaning up is tried with: files and rows, and how old they are."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.utils import timezone

from jobs import cleanup
from jobs.cleanup import Cleaned, Order
from jobs.models import Job, State
from photos.models import Owner
from photos.services import Content, folder_of
from search.models import AskedSearch
from tests.factories import (
    make_item,
    make_job,
    make_owner,
)
from tests.pictures import jpeg

NOTHING = dict.fromkeys(cleanup.BROOMS, 0)


def ago(**span: float) -> Any:
    return timezone.now() - timedelta(**span)


def run(*, dry_run: bool = False, job_days: float = 30, limit_s: float = 60) -> Cleaned:
    order = Order(job_days=job_days, event_days=7, search_days=90, dry_run=dry_run)
    return cleanup.run(order, limit_s=limit_s)


def removed(**counts: int) -> Cleaned:
    return Cleaned(NOTHING | counts, complete=True)


def note_search(*, days: float) -> AskedSearch:
    """That somebody has asked for photos so many days ago."""
    noted = AskedSearch.objects.create(
        owner=make_owner(), language="en", parts=[], filters=[], word_count=1, found=0, took_ms=1.0
    )
    AskedSearch.objects.filter(pk=noted.pk).update(at=ago(days=days))
    return noted


def age_file(storage: Storage, key: str, *, days: float = 2) -> None:
    """Let the file look as if it was written so many days ago."""
    then = ago(days=days).timestamp()
    os.utime(storage.path(key), (then, then))


def put(key: str, *, days: float = 2, storage: str = "default") -> str:
    key = storages[storage].save(key, ContentFile(jpeg()))
    age_file(storages[storage], key, days=days)
    return key


def files(storage: str = "default") -> set[str]:
    root = Path(storages[storage].path(""))
    return {str(file.relative_to(root)) for file in root.rglob("*") if file.is_file()}


def make_left(owner: Owner, content: bytes, *, days: float = 2) -> str:
    """A file of a photo that has no row."""
    return put(f"{folder_of(owner, Content.of(content))}/original.jpg", days=days)


def make_finished(**values: Any) -> Job:
    job = make_job(finished_at=ago(days=31), **values)
    make_item(job=job, state=State.SUCCEEDED)
    return job
