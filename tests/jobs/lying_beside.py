"""Photos with sidecars in a folder that is scanned, and what workers make of them."""

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from PIL import Image

from faces.models import Edit, Face, Person
from faces.services import FindFaces
from inference.geometry import Box
from jobs.drain import Drain
from jobs.models import Item, Job, State
from jobs.pipeline import Parts
from jobs.scanning import Order, Scanned, scan
from photos.models import Owner, Photo
from photos.regions import Region, sidecar
from tests.factories import unit
from tests.fakes import FakeDetector, FakeEmbedder, decoded_here, face_at, operations
from tests.pictures import noise

SIZE = (160, 120)  # of the upright photo
ORIENTATION, ORIGINAL, CAMERA = 0x0112, 0x9003, 0x8769
ANNA = Region("Anna", Box(8, 8, 36, 36))  # around the face that is found
BEN = Region("Ben", Box(100, 60, 30, 40))  # where none is
TAKEN = 'xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:DateTimeOriginal="{}"'


def picture(*regions: Region, taken: str = "", seed: int = 0, orientation: int = 6) -> bytes:
    exif, file = Image.Exif(), io.BytesIO()
    exif[ORIENTATION] = orientation
    if taken:
        exif.get_ifd(CAMERA)[ORIGINAL] = taken
    pixels = Image.fromarray(noise(width=SIZE[1], height=SIZE[0], seed=seed))
    pixels.save(file, "JPEG", exif=exif, xmp=sidecar(regions, SIZE, orientation))
    return file.getvalue()


def saying(*regions: Region) -> bytes:
    return sidecar(regions, SIZE, 6)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "pictures"


@pytest.fixture
def parts(db: None) -> Iterator[Parts]:
    find = FindFaces(FakeDetector([face_at(10, 10, side=32)]), FakeEmbedder([unit(1)]), "fakes")
    with ThreadPoolExecutor(2) as looks:
        yield Parts(
            fetch=lambda url: b"",
            operations=operations(find),
            looks=looks,
            decoded=decoded_here,
            max_bytes=10**6,
        )


def put(folder: Path, **contents: bytes) -> None:
    """Files by their names, with `_` for the dots."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name.replace("_", ".")).write_bytes(content)


def look(owner: Owner, folder: Path, **more: Any) -> Scanned:
    found = Scanned()
    order = Order(folder, 10**6, **{"operations": ("faces",), **more})
    for step in scan(owner, order, now=timezone.now()):
        found = step
    return found


def take(owner: Owner, folder: Path, parts: Parts, **more: Any) -> Scanned:
    """A look, and what workers make of it."""
    found = look(owner, folder, **more)
    Drain(parts, in_flight=1, lease_s=60, limit_s=60).run()
    photos = Item.objects.filter(job__kind=Job.Kind.PHOTOS)
    assert not photos.exclude(state=State.SUCCEEDED).exists()
    return found


def names(owner: Owner) -> list[tuple[str | None, bool]]:
    """Of whom the faces are, and which of them are drawn."""
    faces = Face.objects.filter(photo__owner=owner).order_by("photo", "x")
    return list(faces.values_list("membership__part__cluster__person__name", "drawn"))


def rows() -> list[Any]:
    tables: tuple[Any, ...] = (Photo, Face, Person, Edit)
    return [list(table.objects.order_by("pk").values()) for table in tables]
