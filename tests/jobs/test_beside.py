"""Sidecars in a folder that is scanned: what they say comes along with their photos."""

import io
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command
from django.utils import timezone
from PIL import Image

from faces.models import Edit, Face, Person
from faces.people.editing import undo
from faces.portability.files import BESIDE
from faces.services import FindFaces
from inference.geometry import Box
from jobs import cleanup
from jobs.drain import Drain
from jobs.models import Item, Job, State
from jobs.pipeline import Parts
from jobs.scanning import Order, Scanned, scan
from photos.models import Owner, Photo
from photos.regions import Region, sidecar
from photos.regions.xmp import MAX_BYTES
from tests.factories import make_owner, make_person, unit
from tests.fakes import FakeDetector, FakeEmbedder, decoded_here, face_at, operations
from tests.jobs.aged import files
from tests.photos.packets import packet
from tests.pictures import noise

pytestmark = pytest.mark.django_db(transaction=True)

SIZE = (160, 120)  # of the upright photo
ORIENTATION, ORIGINAL, CAMERA = 0x0112, 0x9003, 0x8769
ANNA = Region("Anna", Box(8, 8, 36, 36))  # around the face that is found
BEN = Region("Ben", Box(100, 60, 30, 40))  # where none is
TAKEN = 'xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:DateTimeOriginal="{}"'
BOMB = b"""<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<x:xmpmeta xmlns:x="adobe:ns:meta/">&b;</x:xmpmeta>"""


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


class TestNewPhotos:
    @pytest.mark.parametrize("name", ["a_jpg_xmp", "a_xmp"])
    def test_get_the_names_in_their_sidecars(
        self, name: str, owner: Owner, folder: Path, parts: Parts
    ) -> None:
        put(folder, a_jpg=picture(), **{name: saying(ANNA, BEN)})

        found = take(owner, folder, parts)

        assert (found.new, found.sidecars) == (1, 1)
        assert names(owner) == [("Anna", False), ("Ben", True)]
        assert files("intake") == set()

    def test_believe_the_one_that_has_their_whole_name(
        self, owner: Owner, folder: Path, parts: Parts
    ) -> None:
        cleo = Region("Cleo", ANNA.box)
        put(folder, a_jpg=picture(), a_jpg_xmp=saying(ANNA), a_xmp=saying(cleo))

        found = take(owner, folder, parts)

        assert (names(owner), found.left_out) == ([("Anna", False)], 0)

    def test_believe_their_own_files_first(self, owner: Owner, folder: Path, parts: Parts) -> None:
        put(folder, a_jpg=picture(ANNA), a_xmp=saying(Region("Cleo", ANNA.box), BEN))

        take(owner, folder, parts)

        assert names(owner) == [("Anna", False), ("Ben", True)]
        assert not Person.objects.filter(name="Cleo").exists()

    @pytest.mark.parametrize(
        ("taken", "name", "said"),
        [
            ("", "a.jpg", ("2024-05-06T12:00:00", "exif")),
            ("", "IMG_20230712_101112.jpg", ("2024-05-06T12:00:00", "exif")),
            ("2022:02:02 02:02:02", "a.jpg", ("2022-02-02T02:02:02", "exif")),
        ],
    )
    def test_get_a_date_where_they_have_none(
        self, taken: str, name: str, said: tuple[str, str], owner: Owner, folder: Path, parts: Parts
    ) -> None:
        put(folder)
        (folder / name).write_bytes(picture(taken=taken))
        told = packet(attributes=TAKEN.format("2024-05-06T12:00:00"))
        (folder / f"{name}.xmp").write_bytes(told)

        take(owner, folder, parts)

        photo = Photo.objects.get()
        assert (photo.dated_at.replace(tzinfo=None).isoformat(), photo.dated_by) == said

    def test_get_dates_alone_where_names_are_not_read(
        self, owner: Owner, folder: Path, parts: Parts, settings: Any
    ) -> None:
        put(folder, a_jpg=picture(), a_xmp=saying(ANNA))
        settings.READ_NAMES = False
        take(owner, folder, parts)
        unnamed = names(owner)

        settings.READ_NAMES = True
        take(owner, folder, parts)

        assert (unnamed, names(owner)) == ([(None, False)], [("Anna", False)])


class TestPhotosThatAreHere:
    def test_get_what_a_sidecar_says_that_came_later(
        self, owner: Owner, folder: Path, parts: Parts
    ) -> None:
        put(folder, a_jpg=picture())
        take(owner, folder, parts)
        put(folder, a_xmp=saying(ANNA, BEN))

        found = look(owner, folder)

        assert (found.new, found.known, found.sidecars) == (0, 1, 1)
        assert names(owner) == [("Anna", False), ("Ben", True)]

    def test_get_what_is_new_in_a_sidecar(self, owner: Owner, folder: Path, parts: Parts) -> None:
        put(folder, a_jpg=picture(), a_xmp=saying(ANNA))
        take(owner, folder, parts)
        Person.objects.update(name="Anna Smith")
        put(folder, a_xmp=saying(Region("Cleo", ANNA.box), BEN))

        found = look(owner, folder)

        assert (found.sidecars, names(owner)) == (1, [("Anna Smith", False), ("Ben", True)])
        assert not Person.objects.filter(name="Cleo").exists()

    def test_do_not_change_by_the_same_again(
        self, owner: Owner, folder: Path, parts: Parts
    ) -> None:
        put(folder, a_jpg=picture(), a_xmp=saying(ANNA, BEN), b_jpg=picture(seed=1))
        put(folder, b_jpg_xmp=packet())
        take(owner, folder, parts)
        before = rows()
        os.utime(folder / "a.xmp")

        again = [take(owner, folder, parts), take(owner, folder, parts, recheck=True)]

        assert [(each.new, each.known, each.sidecars) for each in again] == [(0, 2, 0)] * 2
        assert rows() == before

    def test_keep_what_was_said_here(self, owner: Owner, folder: Path, parts: Parts) -> None:
        put(folder, a_jpg=picture(), a_xmp=saying(ANNA, BEN))
        take(owner, folder, parts)
        undo(owner, Edit.objects.get().pk, None)
        (folder / "a.xmp").write_bytes(saying(ANNA, BEN) + b"\n")

        found = look(owner, folder)

        assert (found.sidecars, names(owner)) == (1, [(None, False)])

    def test_get_names_once_faces_were_looked_for(
        self, owner: Owner, folder: Path, parts: Parts
    ) -> None:
        put(folder, a_jpg=picture(), a_xmp=saying(ANNA))
        take(owner, folder, parts, operations=())
        faceless = Face.objects.count(), Photo.objects.get().analyses.count()
        photo = Photo.objects.get()
        photo.analyses.create(operation="faces", recipe="fakes")

        found = look(owner, folder)

        assert (faceless, found.sidecars, names(owner)) == ((0, 0), 1, [("Anna", True)])

    def test_under_another_name_have_its_sidecar(
        self, owner: Owner, folder: Path, parts: Parts
    ) -> None:
        put(folder, a_jpg=picture())
        take(owner, folder, parts)
        (folder / "a.jpg").rename(folder / "b.jpg")
        put(folder, b_xmp=saying(ANNA))

        found = look(owner, folder)

        assert (found.known, found.sidecars, names(owner)) == (1, 1, [("Anna", False)])

    def test_of_others_have_their_own_names(
        self, owner: Owner, folder: Path, parts: Parts, tmp_path: Path
    ) -> None:
        other = make_owner()
        theirs = make_person(owner=other, name="Anna")
        put(tmp_path / "theirs", a_jpg=picture())
        take(other, tmp_path / "theirs", parts)
        put(folder, a_jpg=picture(), a_xmp=saying(ANNA))

        take(owner, folder, parts)

        assert (names(other), names(owner)) == ([(None, False)], [("Anna", False)])
        assert list(Person.objects.filter(owner=other)) == [theirs]

    def test_cost_the_same_queries_however_many_sidecars_were_read(
        self, owner: Owner, folder: Path, parts: Parts, django_assert_num_queries: Any
    ) -> None:
        for count in (1, 3):
            put(folder / str(count))
            for number in range(count):
                name = folder / str(count) / f"{count}-{number}"
                name.with_suffix(".jpg").write_bytes(picture(seed=10 * count + number))
                name.with_suffix(".xmp").write_bytes(saying(ANNA))
            take(owner, folder / str(count), parts)
            with django_assert_num_queries(4):
                look(owner, folder / str(count))


class TestSidecarsThatCanNotBeRead:
    @pytest.mark.parametrize(
        ("content", "why"),
        [
            (b"", "The XMP can't be read: no element found: line 1, column 0."),
            (b"\0\xff\xfe binary", "The XMP can't be read"),
            (saying(ANNA)[:-40], "The XMP can't be read"),
            (BOMB, "The XMP declares a type of document, which no XMP does."),
            (saying(ANNA) + b" " * MAX_BYTES, f"The XMP has more than {MAX_BYTES} bytes."),
            (b"<a>" * 100_000, "The XMP can't be read"),
        ],
        ids=["empty", "binary", "cut off", "bomb", "huge", "deep"],
    )
    def test_are_named_and_lose_no_photo(
        self, content: bytes, why: str, owner: Owner, folder: Path, parts: Parts
    ) -> None:
        put(folder, a_jpg=picture(), a_xmp=content)

        new, known = take(owner, folder, parts), look(owner, folder)

        assert (new.new, new.left_out, new.sidecars) == (1, 1, 0)
        assert (known.known, known.left_out, known.sidecars) == (1, 1, 0)
        assert new.problems == known.problems
        assert new.problems[0].startswith(f"a.jpg, its sidecar: {why}")
        assert names(owner) == [(None, False)]
        assert not Photo.objects.get().analyses.filter(operation=BESIDE).exists()

    def test_are_read_as_little_as_tells_that_they_are_too_large(
        self, owner: Owner, folder: Path, parts: Parts
    ) -> None:
        put(folder, a_jpg=picture())
        with (folder / "a.xmp").open("wb") as file:
            file.truncate(2**30)

        found = take(owner, folder, parts)

        assert found.problems == [f"a.jpg, its sidecar: The XMP has more than {MAX_BYTES} bytes."]
        assert Photo.objects.count() == 1

    def test_are_read_once_they_are_mended(self, owner: Owner, folder: Path, parts: Parts) -> None:
        put(folder, a_jpg=picture(), a_xmp=saying(ANNA)[:-40])
        take(owner, folder, parts)
        put(folder, a_xmp=saying(ANNA))

        found = look(owner, folder)

        assert (found.sidecars, names(owner)) == (1, [("Anna", False)])

    def test_are_links_and_folders(
        self, owner: Owner, folder: Path, parts: Parts, tmp_path: Path
    ) -> None:
        put(folder, a_jpg=picture(), b_jpg=picture(seed=1))
        put(tmp_path / "elsewhere", a_xmp=saying(ANNA))
        (folder / "a.xmp").symlink_to(tmp_path / "elsewhere" / "a.xmp")
        (folder / "b.xmp").mkdir()

        found = take(owner, folder, parts)

        assert (found.new, found.sidecars, found.left_out) == (2, 0, 0)
        assert names(owner) == [(None, False)] * 2

    def test_without_a_photo_are_named_alone(self, owner: Owner, folder: Path) -> None:
        put(folder, a_xmp=saying(ANNA), b_jpg_xmp=saying(ANNA), c_txt=b"")
        told, said = StringIO(), StringIO()

        call_command("scan", str(folder), owner=owner.subject, stdout=said, stderr=told)

        assert said.getvalue().startswith("0 new, 0 known")
        assert told.getvalue().splitlines() == [
            "a.xmp: a sidecar without its photo",
            "b.jpg.xmp: a sidecar without its photo",
        ]
        assert not Item.objects.exists()


class TestSidecarsInTheIntake:
    def test_stay_while_somebody_waits_for_their_photos(self, owner: Owner, folder: Path) -> None:
        put(folder, a_jpg=picture(), a_xmp=saying(ANNA))
        look(owner, folder)
        storage = storages["intake"]
        for name in ("nobodys", "nobodys.xmp"):
            storage.save(f"uploads/{name}", ContentFile(b"1"))
        for key in files("intake"):
            os.utime(storage.path(key), (0, 0))

        cleanup.run(cleanup.Order(job_days=0, event_days=1), limit_s=60)

        key = Item.objects.get().location
        assert files("intake") == {key, f"{key}.xmp"}
