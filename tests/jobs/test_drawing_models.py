"""Faces that are drawn and found again, as the real models see them in a real photo."""

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image
from rest_framework.test import APIClient

import photos.services
from faces.models import Edit, Face, FaceVector
from faces.people import naming
from jobs import maintenance
from jobs.models import Item, Job
from photos import roles
from photos.models import Owner, Photo
from tests.factories import make_photo

pytestmark = pytest.mark.django_db


@pytest.fixture
def models(db: None, triton_url: str, settings: Any) -> None:
    settings.TRITON_URL = triton_url
    roles.sync(settings.MODEL_REPOSITORY)


def stored(owner: Owner, data: bytes) -> Photo:
    photo = make_photo(owner=owner)
    key = default_storage.save(f"{owner.pk}/{photo.pk}/original.jpg", ContentFile(data))
    photo.original = key
    photo.width, photo.height = Image.open(BytesIO(data)).size
    photo.save()
    return photo


def redetect(api: APIClient, **asked: Any) -> dict[str, Any]:
    """The outcome of the job, which a worker has done."""
    answer = api.post("/api/v1/faces/redetect", asked)
    assert answer.status_code == 202, answer.json()
    work()
    outcome: dict[str, Any] = api.get(answer.headers["Location"]).json()["outcome"]
    return outcome


def work() -> None:
    """As a worker does."""
    [item] = Item.objects.claim(worker="anna", limit=1, lease_s=60)
    maintenance.run(item)


def vector_of(face: Face) -> Any:
    return np.array(FaceVector.objects.get(face=face).vector)


@pytest.mark.usefixtures("models")
class TestFacesOfARealPhoto:
    def test_are_told_then_found_and_then_known(
        self, api: APIClient, owner: Owner, group_photo: bytes
    ) -> None:
        photo = stored(owner, group_photo)

        told = redetect(api)
        assert (told["added"], Face.objects.count()) == (6, 0)
        found = redetect(api, dry_run=False, photos=[photo.pk])
        again = redetect(api, dry_run=False)

        assert (found["added"], found["kept"], found["lost"]) == (6, 0, 0)
        assert (again["added"], again["kept"], again["lost"]) == (0, 6, 0)
        assert (Face.objects.count(), FaceVector.objects.count()) == (6, 6)
        assert Edit.objects.get().pk == found["changes"][0]["edit"]
        assert Job.objects.filter(kind="redetect").count() == 3

    def test_look_the_same_when_they_are_drawn(
        self, api: APIClient, owner: Owner, group_photo: bytes
    ) -> None:
        photo = stored(owner, group_photo)
        redetect(api, dry_run=False)
        found = Face.objects.order_by("x").first()
        assert found
        bare = stored(owner, group_photo)
        rough = {"x": found.x - 4, "y": found.y + 3, "width": found.width + 6,
                 "height": found.height - 5}  # fmt: skip

        answer = api.post(f"/api/v1/photos/{bare.pk}/faces", {"box": rough})

        assert answer.status_code == 201, answer.json()
        drawn = Face.objects.get(photo=bare)
        assert vector_of(drawn) @ vector_of(found) > 0.9
        apart = np.abs(np.array(drawn.landmarks) - np.array(found.landmarks))
        assert apart.max() < found.width / 10
        assert photos.services.current_space("face_embedder") == drawn.vectors.get().space
        assert photo.faces.count() == 6

    def test_are_known_again_when_their_deletion_is_undone(
        self, api: APIClient, owner: Owner, group_photo: bytes
    ) -> None:
        stored(owner, group_photo)
        redetect(api, dry_run=False)
        face = Face.objects.order_by("x")[0]
        anna = naming.create(owner, "Anna", faces=[face.pk])
        before = vector_of(face)
        deleted = api.delete(f"/api/v1/faces/{face.pk}").json()["edit"]["id"]
        default_storage.delete(str(face.crop))

        assert api.post(f"/api/v1/edits/{deleted}/undo").status_code == 200
        work()

        back = Face.objects.with_people().get(pk=face.pk)
        assert (back.person, back.crop) == (anna, face.crop)
        assert default_storage.exists(str(back.crop))
        assert vector_of(back) @ before > 0.99
        assert photos.services.current_space("face_embedder") == back.vectors.get().space
