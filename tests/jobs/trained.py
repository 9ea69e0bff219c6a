"""What training is tried with: models, faces, and a trainer that is quick."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

import photos.services
import photos.serving
from faces.models import Face, FaceVector
from faces.trainer import Trainer
from inference.arrays import Array
from jobs import maintenance, queue
from jobs.models import Item
from jobs.operations import current_recipes
from jobs.steps import Outcome, Progress
from jobs.training import Parts
from photos.models import Analysis, Owner, Role, ServedModel, Space
from photos.operations import FACES
from tests.factories import make_face, make_photo, make_space, unit
from tests.fakes import IDENTITY, FakeEmbedder
from tests.tiny import Tiny
from tests.trainer import PYTHON, ROOT

API = "/api/v1/faces"
PROGRAM = ROOT / "tests" / "trainer.py"
HEAD, NEXT = "face_matcher.trained.1", "face_matcher.trained.2"
DETECTOR, EMBEDDER = "face_detector.fake.1", "face_embedder.fake.1"
ALONE = f"{DETECTOR}+{EMBEDDER}"


@pytest.fixture
def space() -> Space:
    """Of the active embedder; a detector is active as well."""
    for name, of in ((DETECTOR, "face_detector:fake:1"), (EMBEDDER, IDENTITY.space)):
        role, pack, _ = name.split(".")
        model = ServedModel.objects.create(
            name=name, role=role, pack=pack, version=1, space=of, memory_bytes=1
        )
        Role.objects.create(name=role, active=model)
    return make_space(name=IDENTITY.space)


@pytest.fixture
def parts(tiny: Tiny, tmp_path: Path, settings: Any) -> Parts:
    """The real ones, but for the trainer, which is quick, and the embedder, which is not asked."""
    if not PYTHON.exists():
        pytest.skip("What publishes models is not installed: run `make models`.")
    settings.TRAININGS_ROOT = tmp_path / "trainings"
    return Parts(
        Trainer((PYTHON, PROGRAM, "better"), ROOT),
        settings.TRAININGS_ROOT,
        tiny.folder,
        photos.serving.client,
        lambda _client: FakeEmbedder(),
    )


@pytest.fixture
def staff(admin_user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(admin_user)
    return client


def doing(parts: Parts, how: str) -> Parts:
    return replace(parts, trainer=Trainer((sys.executable, PROGRAM, how), ROOT))


def add(owner: Owner, space: Space, *numbers: float, **values: Any) -> Face:
    """A face of a photo that was looked at as it is done now."""
    photo = make_photo(owner=owner)
    recipe = current_recipes().get(FACES, ALONE)
    Analysis.objects.create(photo=photo, operation=FACES, recipe=recipe)
    vector = unit(*(numbers or (1, 0, 0, 0, 1)))
    return make_face(photo=photo, space=space, vector=vector, **values)


def finish(steps: Any) -> tuple[list[Progress], Outcome]:
    told = []
    while True:
        try:
            told.append(next(steps))
        except StopIteration as end:
            return told, end.value()


def vectors(space: Space) -> dict[int, Array]:
    rows = FaceVector.objects.filter(space=space)
    return {row.face_id: np.array(row.vector, np.float32) for row in rows}


def work(**values: Any) -> Item:
    """Do, as a drain does, what the queue gives."""
    [item] = Item.objects.claim(worker="anna", limit=1, lease_s=60)
    try:
        maintenance.run(item, **values)
    except queue.KNOWN_ERRORS as exc:
        queue.give_up(item, exc)
    item.refresh_from_db()
    return item
