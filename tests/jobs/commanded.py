"""What `manage.py faces` is tried with: owners, their faces, and what was told."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from faces.errors import TrainingRefused
from jobs import queue
from jobs.models import Item, Job
from photos.models import Owner, Role, ServedModel, Space
from tests.factories import (
    make_face,
    make_owner,
    make_photo,
    make_space,
)


def run(*words: str) -> str:
    """What the command writes to standard output."""
    shown, beside = StringIO(), StringIO()
    call_command("faces", *words, stdout=shown, stderr=beside)
    return shown.getvalue()


def told(*words: str) -> list[dict[str, Any]]:
    """The objects of its JSON."""
    return [json.loads(line) for line in run(*words, "--json").splitlines()]


def faces(owner: Owner, space: Space, *vectors: Any, **values: Any) -> list[int]:
    return [
        make_face(photo=make_photo(owner=owner), space=space, vector=vector, **values).pk
        for vector in vectors
    ]


def activate(*names: str) -> None:
    for role in names:
        model = ServedModel.objects.create(
            name=f"{role}.packaged.1", role=role, pack="packaged", version=1, space=f"{role}:x:1",
            memory_bytes=1,
        )  # fmt: skip
        Role.objects.create(name=role, active=model)


@pytest.fixture
def anna(db: None) -> Owner:
    return make_owner(subject="anna")


@pytest.fixture
def space(db: None) -> Space:
    return make_space()


def _told_there(*words: str) -> list[dict[str, Any]]:
    """In another thread, with a connection of its own."""
    try:
        return told(*words)
    finally:
        connection.close()


REFUSED = {"done": False, "code": "too_few_people", "detail": "Nobody has 5 confirmed faces."}


def fail(job: Job) -> None:
    """The training ends as one without enough people."""
    [item] = Item.objects.claim(worker="anna", limit=1, lease_s=60)
    assert item.job == job
    queue.give_up(item, TrainingRefused(str(REFUSED["code"]), str(REFUSED["detail"])))
