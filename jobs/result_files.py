"""Results as files, for jobs that want them: one folder a job, in the storage `results`.

Of a job of one photo: `embedding.bin`, and for each of its faces `faces/0.jpg` and `faces/0.bin`.
Of several photos, each has a folder in that, named after its position: `0/embedding.bin`.
A `.bin` is a vector as float32, little endian, without a header.
"""

import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage, storages
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from faces.models import FaceVector
from jobs.models import Item, Job
from photos.models import Photo, Role
from photos.operations import ALL, EMBEDDING, FACES
from search.models import ImageVector

# What a path inside a job's folder looks like: nothing else is looked for.
PATH = r"(?:[0-9]{1,6}/)?(?:embedding\.bin|faces/[0-9]{1,6}\.(?:jpg|bin))"
_IS_JOB = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_GONE = "forgotten"  # folder of what is only to be taken off the disk
_MANY = 1000  # files and folders: too many to be deleted while somebody waits
_BATCH = 1000  # folders that the database is asked for at once

Vector = TypeVar("Vector", ImageVector, FaceVector)


@dataclass(frozen=True)
class ResultFile:
    path: str  # in the job's folder
    size_bytes: int


def write(item: Item, photo: Photo) -> None:
    """Write what the item's job asked for, and `photo` has, to files. In no transaction: slow.

    They are made of the stored rows, so that doing it twice writes the same files again.
    """
    folder, wanted = folder_of(item), {*item.job.operations}
    if wanted & {ALL, EMBEDDING}:
        for row in _of_one_space(ImageVector.objects.filter(photo=photo)):
            _save(f"{folder}/embedding.bin", _as_bytes(row))
    if wanted & {ALL, FACES}:
        _write_faces(f"{folder}/faces", photo)


def _write_faces(folder: str, photo: Photo) -> None:
    """Numbered as the API lists them. What was written of faces that are gone goes."""
    vectors = _of_one_space(FaceVector.objects.filter(face__photo=photo))
    of_face, written = {row.face_id: _as_bytes(row) for row in vectors}, set[str]()
    for number, face in enumerate(photo.faces.order_by("pk")):
        with face.crop.open() as crop:
            _save(f"{folder}/{number}.jpg", crop.read())
        written.add(f"{number}.jpg")
        if face.pk in of_face:
            _save(f"{folder}/{number}.bin", of_face[face.pk])
            written.add(f"{number}.bin")
    for name in _names_in(folder) - written:
        storages["results"].delete(f"{folder}/{name}")


def renew_faces(item: Item, photo: Photo) -> int:
    """Have the files of the faces that `photo` has now, and of no others: some are gone.

    Where a picture that is to be in them has got lost, none stay. Returns how many files went.
    """
    folder = f"{folder_of(item)}/faces"
    before = len(_names_in(folder))
    if before:
        try:
            _write_faces(folder, photo)
        except FileNotFoundError:
            shutil.rmtree(_place(folder), ignore_errors=True)
    return before - len(_names_in(folder))


def _names_in(folder: str) -> set[str]:
    try:
        return set(storages["results"].listdir(folder)[1])
    except FileNotFoundError:
        return set()


def _of_one_space(vectors: QuerySet[Vector]) -> QuerySet[Vector]:
    """Those of the active model, or else of the newest one: vectors of two are not comparable."""
    active = Exists(Role.objects.filter(active__space=OuterRef("space__name")))
    first = vectors.order_by(active.desc(), "-pk").values("space")[:1]
    return vectors.filter(space=first)


def _as_bytes(row: ImageVector | FaceVector) -> bytes:
    return np.asarray(row.vector, "<f4").tobytes()


def folder_of(item: Item) -> str:
    """Where the files of its photo are, or would be."""
    items = Item.objects.filter(job=item.job_id)
    if items.values("pk")[:2].count() == 1:
        return str(item.job_id)
    return f"{item.job_id}/{items.filter(pk__lt=item.pk).count()}"


def _save(path: str, data: bytes) -> None:
    storages["results"].save(path, ContentFile(data))


def files(job_pk: uuid.UUID, *, after: str = "") -> Iterator[ResultFile]:
    """The job's files by position and number, those that come after the path `after`."""
    return _walk(storages["results"], str(job_pk), "", _order(after) if after else [])


def _walk(
    storage: Storage, folder: str, inside: str, after: list[tuple[int, str]]
) -> Iterator[ResultFile]:
    """What lies in the folder `inside`, in the order of _order()."""
    try:
        folders, names = storage.listdir(f"{folder}/{inside}")
    except FileNotFoundError:
        return
    is_folder = dict.fromkeys(folders, True) | dict.fromkeys(names, False)
    for name in sorted(is_folder, key=_order):
        path = f"{inside}{name}"
        place = _order(path)
        if is_folder[name]:
            if place >= after[: len(place)]:
                yield from _walk(storage, folder, f"{path}/", after)
        elif place > after and not _is_unfinished(name):
            yield ResultFile(path, storage.size(f"{folder}/{path}"))


def _order(path: str) -> list[tuple[int, str]]:
    """Shorter names come first: 2 before 10."""
    return [(len(name), name) for name in path.split("/")]


def _is_unfinished(name: str) -> bool:
    """Whether it is still being written, or was left so: `0.jpg.<32 hex digits>`."""
    return Path(name).suffix not in {".bin", ".jpg"}


def opened(job_pk: uuid.UUID, path: str) -> File[bytes]:
    """One of the job's files, by its path as files() has it.

    Raises:
        FileNotFoundError: there is none.
    """
    return storages["results"].open(f"{job_pk}/{path}")


def forget(job_pk: uuid.UUID) -> None:
    """Have the job's files no more. Doing it twice changes nothing.

    Where they are many, which takes minutes, it is prune() that takes them off the disk.
    """
    folder, gone = _place(str(job_pk)), _place(f"{_GONE}/{uuid.uuid4()}")
    if not folder.exists():
        return
    gone.parent.mkdir(mode=0o700, exist_ok=True)
    with suppress(FileNotFoundError):  # somebody else is forgetting it
        folder.rename(gone)
        if len(list(islice(gone.rglob("*"), _MANY))) < _MANY:
            shutil.rmtree(gone)


def forget_folder(folder: str) -> None:
    """Have no more what lies in one of folder_of(). Doing it twice changes nothing."""
    shutil.rmtree(_place(folder), ignore_errors=True)


def prune(older_than: timedelta) -> int:
    """Delete the files of jobs that were finished so long ago, or are not there any more.

    Returns of how many jobs. What is in no folder of a job is left alone.
    """
    jobs = outdated(older_than)
    for pk in jobs:
        forget(pk)
    for gone in _place(_GONE).glob("*"):
        with suppress(FileNotFoundError):
            shutil.rmtree(gone)
    return len(jobs)


def outdated(older_than: timedelta) -> list[uuid.UUID]:
    """The jobs whose files prune() would delete."""
    old, found = Q(finished_at__lt=Now() - older_than), list[uuid.UUID]()
    having = _jobs_with_files()
    for start in range(0, len(having), _BATCH):
        batch = having[start : start + _BATCH]
        kept = Job.objects.filter(pk__in=batch).exclude(old).values_list("pk", flat=True)
        found += set(batch).difference(kept)
    return found


def _place(path: str) -> Path:
    return Path(storages["results"].path(path))


def _jobs_with_files() -> list[uuid.UUID]:
    try:
        folders, _ = storages["results"].listdir("")
    except FileNotFoundError:
        return []
    return [uuid.UUID(name) for name in folders if _IS_JOB.fullmatch(name)]
