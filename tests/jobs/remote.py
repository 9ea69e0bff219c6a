"""What tests of remote workers have in common: a worker's client, and answers that are true."""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.files.base import ContentFile
from rest_framework.test import APIClient

from inference.arrays import Array
from inference.geometry import CROP_SIDE, TEMPLATE
from jobs import services
from jobs.models import Job, WorkerToken
from jobs.operations import current_recipes
from jobs.remote import tokens
from jobs.remote.pictures import picture_to_json
from photos.exif import PhotoExif
from photos.models import Owner, Role
from photos.services import Picture
from tests.factories import unit
from tests.pictures import jpeg

API = "/api/v1/worker"
WIDTH, HEIGHT = 80, 60  # pixels of the photo that answers are of
PHOTO = jpeg(width=WIDTH, height=HEIGHT)


def submit(
    owner: Owner, *photos: bytes, operations: Sequence[str] = ("all",), **values: Any
) -> Job:
    """A job of uploaded photos."""
    sources = [
        services.upload(ContentFile(photo, "a.jpg"), **values) for photo in photos or [PHOTO]
    ]
    return services.submit(owner, sources, operations=list(operations))


@dataclass
class Worker:
    """A remote worker that speaks to the API, and looks at nothing."""

    name: str = "nas"
    owner: Owner | None = None
    client: APIClient = field(default_factory=APIClient)
    token: WorkerToken = field(init=False)

    def __post_init__(self) -> None:
        self.token, secret = tokens.issue(f"token of {self.name}", self.owner)
        self.client.credentials(HTTP_AUTHORIZATION=f"Worker {secret}")

    def post(self, path: str, **words: Any) -> Any:
        body = json.dumps({"worker_id": self.name, **words}).replace("Infinity", "1e999")
        return self.client.post(f"{API}/{path}", body, content_type="application/json")

    def claim(self, *, limit: int = 10, **words: Any) -> Any:
        """What the server says; the worker can do everything, unless `recipes` say otherwise."""
        words.setdefault("recipes", current_recipes())
        answer = self.post("claim", limit=limit, **words)
        assert answer.status_code == 200, answer.json()
        return answer.json()

    def lease(self) -> dict[str, Any]:
        """The one photo that there is to claim."""
        [lease] = self.claim()["items"]
        return dict(lease)

    def photo(self, lease: dict[str, Any]) -> Any:
        return self.client.get(lease["photo_url"])

    def end(self, lease: dict[str, Any], how: str, **words: Any) -> Any:
        return self.post(f"items/{lease['id']}/{how}", **{"lease": lease["lease"], **words})

    def complete(self, lease: dict[str, Any], answer: dict[str, Any]) -> Any:
        return self.end(lease, "complete", **answer)


def answer_of(photo: bytes = PHOTO, **changes: Any) -> dict[str, Any]:
    """All that can be found in `photo`, which is of WIDTH x HEIGHT."""
    answer = {
        "sha256": hashlib.sha256(photo).hexdigest(),
        "recipes": current_recipes(),
        "stage_ms": {"fetch": 12.5, "decode": 3, "faces": 40.0},
        "picture": picture_of(),
        "findings": findings(),
        "failures": {},
    }
    return answer | changes


def picture_of(**changes: Any) -> dict[str, Any]:
    picture = Picture("JPEG", WIDTH, HEIGHT, PhotoExif(), jpeg(width=40, height=30))
    return picture_to_json(picture) | changes


def findings(**changes: Any) -> dict[str, Any]:
    found = {
        "embedding": {
            "space": space_of("image_encoder"),
            "vector": encoded(unit(1, dimension=384)),
        },
        "faces": {"space": space_of("face_embedder"), "faces": [face()]},
        "objects": [{"label": "dog", "box": [1, 2, 30, 40], "confidence": 0.8}],
        "ocr": [{"text": "EXIT", "quad": [[1, 1], [20, 1], [20, 9], [1, 9]], "confidence": 0.9}],
        "tags": [{"key": "dog", "confidence": 0.75}],
    }
    return found | changes


def face(x: float = 4, y: float = 5, side: float = 30, **changes: Any) -> dict[str, Any]:
    landmarks = TEMPLATE / CROP_SIDE * side + [x, y]
    found = {
        "box": [x, y, side, side],
        "landmarks": landmarks.tolist(),
        "confidence": 0.9,
        "quality": {"size": 0.8, "sharpness": 0.9, "frontality": 0.9, "confidence": 0.9},
        "vector": encoded(unit(0, 1, dimension=512)),
        "crop": base64.b64encode(jpeg(width=48, height=48)).decode(),
    }
    return found | changes


def encoded(vector: Array) -> str:
    return base64.b64encode(vector.astype("<f4").tobytes()).decode()


def space_of(role: str) -> str:
    return Role.objects.get(name=role).active.space
