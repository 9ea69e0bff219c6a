"""What backups are tried with: a service with rows and files, and its destruction."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import connections

from faces.models import FaceVector, Person
from photos.models import Owner, Photo, Space
from photos.nearest import neighbours
from photos.nearest_sql import Library, Table
from search.words import index
from tests.factories import make_owner, make_space, unit
from tests.jobs.kept import keep_person
from tests.search.library import ask
from tests.search.words.library import caption, see


@pytest.fixture(autouse=True)
def _alone(settings: Any, tmp_path: Path) -> Iterator[None]:
    """A repository of our own, where heads are put."""
    settings.MODEL_REPOSITORY = tmp_path / "models"
    yield
    connections.close_all()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backups"


@dataclass
class House:
    owner: Owner
    anna: Person
    space: Space

    def told(self) -> dict[str, Any]:
        """What the audit says, and what is found by words, by people and by likeness."""
        out = StringIO()
        call_command("audit", json=True, stdout=out)
        library = Library(Table(FaceVector, "face_id"), self.owner, self.space)
        probes = np.stack([unit(1), unit(0.6, 0.8)])
        return {
            "audit": json.loads(out.getvalue()),
            "words": list(ask(self.owner, "dog on the beach").photos),
            "people": list(ask(self.owner, "Anna").photos),
            "alike": neighbours(library, probes, limit=10),
            "files": contents(),
        }


def contents() -> dict[str, bytes]:
    """All files of all storages, and what is in them."""
    roots = [Path(storages[name].path("")) for name in ("default", "intake", "results")]
    files = [file for root in roots for file in sorted(root.rglob("*")) if file.is_file()]
    return {str(file): file.read_bytes() for file in files}


@pytest.fixture
def house() -> House:
    owner, space = make_owner(), make_space()
    anna = keep_person(owner, "Anna", space, 1, faces=2)
    keep_person(owner, "Ben", space, 0, 1)
    for photo in Photo.objects.all():
        see(photo, "dog")
        caption(photo, "A dog runs on the beach.")
    index(list(Photo.objects.values_list("pk", flat=True)))
    ask(owner, "dog")  # it makes the space that photos are searched in
    storages["intake"].save("uploads/a", ContentFile(b"an upload that waits"))
    storages["results"].save("x/embedding.bin", ContentFile(b"1234"))
    return House(owner, anna, space)


def restored(folder: Path, **options: Any) -> str:
    out = StringIO()
    call_command("restore", str(folder), stdout=out, **options)
    return out.getvalue()
