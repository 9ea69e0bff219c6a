"""A small library as workers leave it: real files in the folders of photos, and what was found."""

import itertools
import os
from datetime import timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from faces.models import Cluster, Face, FaceVector, Membership, Person
from faces.people import naming
from photos.models import Owner, Photo, Space
from photos.services import Content, folder_of
from tests.factories import make_cluster, unit
from tests.pictures import jpeg

OLD = timedelta(days=2)
_seed = itertools.count(1)


def put(key: str, data: bytes, *, age: timedelta = OLD) -> str:
    """A file that was written so long ago."""
    default_storage.save(key, ContentFile(data))
    then = (timezone.now() - age).timestamp()
    os.utime(default_storage.path(key), (then, then))
    return key


def keep_photo(owner: Owner, data: bytes | None = None, **values: Any) -> Photo:
    """With its original and its thumbnail, where a worker puts them."""
    data = jpeg(width=160, height=120, seed=next(_seed)) if data is None else data
    content = Content.of(data)
    folder = folder_of(owner, content)
    facts = {
        "original": put(f"{folder}/original.jpg", data),
        "thumbnail": put(f"{folder}/thumbnail.jpg", data),
        "media_type": "image/jpeg",
        "size_bytes": len(data),
        "width": 160,
        "height": 120,
    }
    return Photo.objects.create(owner=owner, sha256=content.sha256, **facts | values)


def keep_face(photo: Photo, cluster: Cluster | None, space: Space, *numbers: float) -> Face:
    """The next to those that the photo has."""
    folder, count = str(photo.original).rpartition("/")[0], photo.faces.count()
    face = Face.objects.create(
        photo=photo,
        x=10.0 + 60 * count,
        y=10.0,
        width=50.0,
        height=60.0,
        landmarks=[[20.0, 20.0], [40.0, 20.0], [30.0, 35.0], [22.0, 50.0], [38.0, 50.0]],
        confidence=0.9,
        quality=0.9,
        crop=put(f"{folder}/face-{count}.jpg", jpeg(width=8, height=8, seed=next(_seed))),
    )
    vector = unit(*numbers).tolist()
    FaceVector.objects.create(face=face, owner_id=photo.owner_id, space=space, vector=vector)
    if cluster:
        Membership.objects.create(face=face, part_id=cluster.pk, how="clustered", similarity=0.8)
    return face


def keep_person(owner: Owner, name: str, space: Space, *numbers: float, faces: int = 2) -> Person:
    """Somebody in so many photos."""
    cluster = make_cluster(owner=owner, space=space)
    for _ in range(faces):
        keep_face(keep_photo(owner), cluster, space, *numbers)
    return naming.name_cluster(cluster, name)


def data_of(key: object) -> bytes:
    with default_storage.open(str(key)) as file:
        return bytes(file.read())


def files_of(photo: Photo) -> list[str]:
    folder = str(photo.original).rpartition("/")[0]
    try:
        return sorted(default_storage.listdir(folder)[1])
    except FileNotFoundError:
        return []
