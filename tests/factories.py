"""One function per model. What a test does not name does not matter to it."""

import hashlib
import itertools
import uuid
from typing import Any

import numpy as np
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from config.access.keys import Terms, issue
from config.access.scopes import EVERYDAY
from config.models import ApiKey
from faces.models import Cluster, Face, FaceVector, Membership, Person
from inference.arrays import Array
from jobs.models import (
    DEFAULT_PRIORITY,
    FINAL,
    Delivery,
    Event,
    Item,
    Job,
    RemoteWorker,
    State,
    StorageSource,
    Webhook,
    WorkerToken,
)
from jobs.telling import webhooks
from photos.models import Owner, Photo, Place, Space
from tests.pictures import jpeg

DIMENSION = 8  # of test vectors; real ones have 512 numbers
_number = itertools.count(1)


def make_user(**values: Any) -> User:
    return User.objects.create_user(**{"username": f"user-{next(_number)}"} | values)


def make_key(*, user: User | None = None, **values: Any) -> tuple[ApiKey, str]:
    """A key for what is done every day, and its secret."""
    defaults = {"name": f"key-{next(_number)}", "scopes": EVERYDAY}
    return issue(Terms(user=user or make_user(), **defaults | values))


def make_owner(**values: Any) -> Owner:
    return Owner.objects.create(**{"subject": f"subject-{next(_number)}"} | values)


def make_space(**values: Any) -> Space:
    number = next(_number)
    defaults = {
        "name": f"face_embedder:{number}",
        "role": "face_embedder",
        "weights_sha256": f"{number:064x}",
        "version": "1",
        "dimension": DIMENSION,
        "same_person_cosine": 0.5,
    }
    return Space.objects.create(**defaults | values)


def make_photo(*, owner: Owner | None = None, **values: Any) -> Photo:
    """A photo with a real (plain) picture behind it."""
    owner = owner or make_owner()
    sha256 = hashlib.sha256(str(next(_number)).encode()).hexdigest()
    key = f"{owner.pk}/{sha256}"
    defaults = {
        "sha256": sha256,
        "original": _file(f"{key}/original.jpg"),
        "thumbnail": _file(f"{key}/thumbnail.jpg"),
        "media_type": "image/jpeg",
        "size_bytes": 1000,
        "width": 640,
        "height": 480,
    }
    return Photo.objects.create(owner=owner, **defaults | values)


def make_place(**values: Any) -> Place:
    number = next(_number)
    defaults = {
        "id": number,
        "name": f"City {number}",
        "country": "Indonesia",
        "country_code": "ID",
        "latitude": -8.5,
        "longitude": 115.2,
        "population": 1000,
    }
    return Place.objects.create(**defaults | values)


def make_face(
    *,
    photo: Photo | None = None,
    cluster: Cluster | None = None,
    vector: Array | None = None,
    space: Space | None = None,
    **values: Any,
) -> Face:
    """A face; with a `vector` in `space`, and a member of `cluster`, where these are given."""
    number = next(_number)
    photo = photo or make_photo(owner=cluster.owner if cluster else None)
    defaults = {
        "x": float(number),
        "y": 10.0,
        "width": 50.0,
        "height": 60.0,
        "landmarks": [[20.0, 20.0], [40.0, 20.0], [30.0, 35.0], [22.0, 50.0], [38.0, 50.0]],
        "confidence": 0.9,
        "quality": 0.9,
        "crop": _file(f"{photo.owner_id}/{photo.sha256}/face-{number}.jpg"),
    }
    face = Face.objects.create(photo=photo, **defaults | values)
    if vector is not None:
        space = space or make_space()
        FaceVector.objects.create(face=face, owner=photo.owner, space=space, vector=vector.tolist())
    if cluster:
        how = Membership.How.CLUSTERED
        Membership.objects.create(face=face, part_id=cluster.pk, how=how, similarity=0.8)
    return face


def make_person(*, owner: Owner | None = None, **values: Any) -> Person:
    defaults = {"name": f"Person {next(_number)}"}
    return Person.objects.create(owner=owner or make_owner(), **defaults | values)


def make_cluster(*, owner: Owner | None = None, faces: int = 0, **values: Any) -> Cluster:
    """A cluster, of `faces` faces in as many photos."""
    owner = owner or make_owner()
    values.setdefault("space", Space.objects.first() or make_space())
    cluster = Cluster.objects.create(owner=owner, **values)
    for _ in range(faces):
        make_face(photo=make_photo(owner=owner), cluster=cluster)
    return cluster


def make_job(*, owner: Owner | None = None, items: int = 0, **values: Any) -> Job:
    job = Job.objects.create(owner=owner or make_owner(), **{"operations": ["faces"]} | values)
    for _ in range(items):
        make_item(job=job)
    return job


def make_item(*, job: Job | None = None, **values: Any) -> Item:
    defaults: dict[str, Any] = {
        "source": Item.Source.URL,
        "location": "https://photos.example/a.jpg",
        "state": State.QUEUED,
    }
    job = job or make_job()
    values = defaults | values
    values.setdefault("rank", values.get("priority", DEFAULT_PRIORITY))
    if values["state"] in FINAL:
        values.setdefault("finished_at", timezone.now())
    return Item.objects.create(job=job, owner=job.owner, **values)


def make_event(*, owner: Owner | None = None, **values: Any) -> Event:
    defaults = {"kind": Event.Kind.JOB_COMPLETED, "job_id": uuid.uuid4(), "data": {"status": "ok"}}
    event = Event.objects.create(owner=owner or make_owner(), **defaults | values)
    event.refresh_from_db()  # the database has the clock
    return event


def make_webhook(
    *, owner: Owner | None = None, url: str = "https://receiver.example/", **values: Any
) -> Webhook:
    webhook = webhooks.create(owner or make_owner(), url)
    Webhook.objects.filter(pk=webhook.pk).update(**values)
    webhook.refresh_from_db()
    return webhook


def make_delivery(*, webhook: Webhook | None = None, **values: Any) -> Delivery:
    """Of an event to a webhook."""
    webhook = webhook or make_webhook()
    values.setdefault("event", make_event(owner=webhook.owner))
    delivery = Delivery.objects.create(
        channel=Delivery.Channel.WEBHOOK, owner=webhook.owner, webhook=webhook, **values
    )
    delivery.refresh_from_db()
    return delivery


def make_remote_worker(**values: Any) -> RemoteWorker:
    number = next(_number)
    token = WorkerToken.objects.create(name=f"token-{number}", digest=f"{number:064x}")
    return RemoteWorker.objects.create(token=token, **{"name": f"worker-{number}"} | values)


def make_storage_source(*, owner: Owner | None = None, **values: Any) -> StorageSource:
    defaults = {"bucket": "photos", "base_url": "https://bucket.example"}
    return StorageSource.objects.create(owner=owner or make_owner(), **defaults | values)


def unit(*numbers: float, dimension: int = DIMENSION) -> Array:
    """A vector (dimension,) of length 1 that begins with `numbers`."""
    vector = np.zeros(dimension, np.float32)
    vector[: len(numbers)] = numbers
    return vector / np.linalg.norm(vector)


def _file(key: str) -> str:
    return default_storage.save(key, ContentFile(jpeg()))
