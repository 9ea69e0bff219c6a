"""Names written beside photos, and read again elsewhere."""

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from faces.models import Erasure, Person
from faces.people import naming, placing
from faces.portability.files import NamedFaces, portraits
from faces.portability.sidecars import Outcome, sidecar_of, write
from faces.services import FindFaces
from inference.geometry import Box
from photos.errors import XmpInvalid
from photos.images import decode
from photos.models import Owner, Photo
from photos.operations import Place
from photos.regions import Region, read, sidecar
from photos.services import Content, Picture, keep, note_analyses, store
from tests.factories import make_cluster, make_face, make_owner, make_person, make_photo, unit
from tests.fakes import FakeDetector, FakeEmbedder, face_at
from tests.photos.packets import DIGIKAM
from tests.pictures import jpeg, noise

pytestmark = pytest.mark.django_db

ORIENTATION = 0x0112
SIZE = (640, 480)
ANNA, BEN = Box(100, 50, 60, 70), Box(300, 50, 60, 70)


@pytest.fixture
def owner() -> Owner:
    return make_owner()


@pytest.fixture
def photo(owner: Owner) -> Photo:
    return make_photo(owner=owner)


def face(photo: Photo, box: Box) -> int:
    return make_face(photo=photo, x=box.x, y=box.y, width=box.width, height=box.height).pk


def named(photo: Photo, box: Box, name: str) -> Person:
    return naming.create(photo.owner, name, faces=[face(photo, box)])


def told(data: bytes) -> dict[str, Box]:
    return {each.name: each.box for each in read(data, SIZE, 1)}


class TestSidecar:
    def test_has_the_names_that_somebody_can_vouch_for(self, owner: Owner, photo: Photo) -> None:
        named(photo, ANNA, "Anna")
        ben = make_cluster(owner=owner, person=make_person(owner=owner, name="Ben"))
        clustered = make_face(photo=photo, cluster=ben, x=300, y=50, width=60, height=70)
        cleo = make_cluster(owner=owner, person=make_person(owner=owner, name="Cleo"))
        matched = make_face(photo=photo, cluster=cleo, x=500)
        matched.membership.how = "matched"
        matched.membership.save()
        make_face(photo=photo, cluster=make_cluster(owner=owner), x=10)
        named(make_photo(owner=owner), ANNA, "Dan")

        assert clustered.pk
        assert told(sidecar_of(photo)) == {"Anna": ANNA, "Ben": BEN}

    @pytest.mark.parametrize("mark", ["hidden", "unrecognised"])
    def test_leaves_out_who_is_to_be_kept_quiet(self, photo: Photo, mark: str) -> None:
        anna = named(photo, ANNA, "Anna")
        before = sidecar_of(photo)
        details: dict[str, Any] = {mark: True}
        naming.change(anna, **details)

        assert told(sidecar_of(photo)) == {}
        assert told(sidecar_of(photo, before)) == {}

    def test_keeps_what_else_a_sidecar_says(self, photo: Photo) -> None:
        Photo.objects.filter(pk=photo.pk).update(width=400, height=300)
        photo.refresh_from_db()
        named(photo, BEN, "Ben")

        data = sidecar_of(photo, DIGIKAM)

        assert b"People/Anna" in data
        assert [each.name for each in read(data, (400, 300), 1)] == ["Anna", "Ben"]

    def test_takes_the_place_of_older_names(self, photo: Photo) -> None:
        anna = named(photo, ANNA, "Anna")
        before = sidecar_of(photo)
        naming.change(anna, name="Anna Smith")

        assert told(sidecar_of(photo, before)) == {"Anna Smith": ANNA}

    def test_keeps_names_on_faces_that_nobody_has_named_here(self, photo: Photo) -> None:
        face(photo, ANNA)

        assert told(sidecar_of(photo, sidecar([Region("Anna", ANNA)], SIZE, 1))) == {"Anna": ANNA}

    def test_drops_what_somebody_has_said_to_be_wrong(self, owner: Owner, photo: Photo) -> None:
        anna = make_person(owner=owner, name="Anna")
        placing.reject(owner, [face(photo, ANNA)], anna)

        assert told(sidecar_of(photo, sidecar([Region("Anna", ANNA)], SIZE, 1))) == {}

    def test_drops_who_was_erased(self, owner: Owner, photo: Photo) -> None:
        place = [photo.sha256, ANNA.x, ANNA.y, ANNA.width, ANNA.height]
        Erasure.objects.create(owner=owner, person=1, places=[place])

        assert told(sidecar_of(photo, sidecar([Region("Anna", ANNA)], SIZE, 1))) == {}

    def test_of_its_own_is_the_same(self, photo: Photo) -> None:
        named(photo, ANNA, "Anna")
        before = sidecar_of(photo)

        assert sidecar_of(photo, before) == before

    def test_of_what_is_none_is_refused(self, photo: Photo) -> None:
        with pytest.raises(XmpInvalid):
            sidecar_of(photo, b"Anna")

    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_names_the_same_faces_elsewhere(self, orientation: int) -> None:
        """Written beside a photo of one owner, put into its file, and ingested by another."""
        here, there = make_owner(), make_owner()
        photo = ingested(here, picture(orientation))
        for name, row in zip(("Anna", "Ben"), photo.faces.order_by("x"), strict=True):
            naming.create(here, name, faces=[row.pk])

        again = ingested(there, picture(orientation, sidecar_of(photo)))

        assert photo.orientation == orientation
        assert who(again) == who(photo) == [("Anna", 20.0, 30.0), ("Ben", 90.0, 60.0)]
        assert not again.faces.filter(drawn=True).exists()


def picture(orientation: int, xmp: bytes = b"") -> bytes:
    """A photo that is 160 pixels wide and 120 high, once it is upright."""
    exif, file = Image.Exif(), io.BytesIO()
    exif[ORIENTATION] = orientation
    width, height = (160, 120) if orientation < 5 else (120, 160)
    options = {"xmp": xmp} if xmp else {}
    Image.fromarray(noise(width=width, height=height)).save(file, "JPEG", exif=exif, **options)
    return file.getvalue()


def ingested(owner: Owner, data: bytes) -> Photo:
    """With two faces, in other boxes than a person would draw."""
    decoded, content = decode(data, max_pixels=10**5), Content.of(data)
    kept = Picture.of(decoded)
    photo = store(owner, content, kept, keep(owner, content, kept))
    note_analyses(photo, {"faces": "fakes"})
    seen = FakeDetector([face_at(20, 30, side=32), face_at(90, 60, side=32)])
    found = FindFaces(seen, FakeEmbedder([unit(1), unit(0, 1)]), "fakes").look(decoded.pixels)
    regions = decoded.exif.regions
    NamedFaces(found, regions, portraits(decoded)).keep(Place(owner, "some/folder"))(photo)
    return photo


def who(photo: Photo) -> list[tuple[str, float, float]]:
    rows = photo.faces.filter(membership__part__cluster__person__isnull=False).order_by("x")
    return list(rows.values_list("membership__part__cluster__person__name", "x", "y"))


class TestWrite:
    """Beside the files of a folder."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        folder = tmp_path / "library"
        folder.mkdir()
        return folder

    @pytest.fixture
    def data(self) -> bytes:
        return jpeg(seed=1)

    @pytest.fixture
    def photo(self, owner: Owner, data: bytes) -> Photo:
        sha256 = hashlib.sha256(data).hexdigest()
        photo = make_photo(owner=owner, sha256=sha256, size_bytes=len(data))
        named(photo, ANNA, "Anna")
        return photo

    def outcomes(self, owner: Owner, folder: Path, *, dry_run: bool = False) -> dict[str, Outcome]:
        written = write(Photo.objects.of(owner), folder, dry_run=dry_run)
        return {str(each.path.relative_to(folder)): each.outcome for each in written}

    def test_finds_photos_by_their_content(
        self, owner: Owner, photo: Photo, data: bytes, folder: Path
    ) -> None:
        (folder / "2024").mkdir()
        (folder / "2024" / "IMG_1.jpg").write_bytes(data)
        (folder / "as long.jpg").write_bytes(bytes(len(data)))
        (folder / "other.jpg").write_bytes(jpeg(seed=2))

        outcomes = self.outcomes(owner, folder)

        assert outcomes == {"2024/IMG_1.jpg.xmp": Outcome.WRITTEN}
        assert told((folder / "2024" / "IMG_1.jpg.xmp").read_bytes()) == {"Anna": ANNA}
        assert (folder / "2024" / "IMG_1.jpg").read_bytes() == data
        assert len(list(folder.rglob("*"))) == 5

    def test_twice_writes_nothing(
        self, owner: Owner, photo: Photo, data: bytes, folder: Path
    ) -> None:
        (folder / "a.jpg").write_bytes(data)
        self.outcomes(owner, folder)

        assert self.outcomes(owner, folder) == {"a.jpg.xmp": Outcome.SAME}

    def test_goes_on_with_the_sidecar_that_is_there(
        self, owner: Owner, photo: Photo, data: bytes, folder: Path
    ) -> None:
        (folder / "a.jpg").write_bytes(data)
        (folder / "a.xmp").write_bytes(sidecar([Region("Ben", BEN)], SIZE, 1))

        assert self.outcomes(owner, folder) == {"a.xmp": Outcome.WRITTEN}
        assert told((folder / "a.xmp").read_bytes()) == {"Anna": ANNA, "Ben": BEN}

    def test_leaves_alone_what_it_cannot_read(
        self, owner: Owner, photo: Photo, data: bytes, folder: Path
    ) -> None:
        (folder / "a.jpg").write_bytes(data)
        (folder / "a.jpg.xmp").write_bytes(b"Anna")

        assert self.outcomes(owner, folder) == {"a.jpg.xmp": Outcome.INVALID}
        assert (folder / "a.jpg.xmp").read_bytes() == b"Anna"

    def test_tried_out_writes_nothing(
        self, owner: Owner, photo: Photo, data: bytes, folder: Path
    ) -> None:
        (folder / "a.jpg").write_bytes(data)

        assert self.outcomes(owner, folder, dry_run=True) == {"a.jpg.xmp": Outcome.WRITTEN}
        assert [each.name for each in folder.iterdir()] == ["a.jpg"]

    def test_of_nobody_makes_no_file(
        self, owner: Owner, photo: Photo, data: bytes, folder: Path
    ) -> None:
        (folder / "a.jpg").write_bytes(data)
        naming.delete(owner.people.get())

        assert self.outcomes(owner, folder) == {"a.jpg.xmp": Outcome.NONE}
        assert [each.name for each in folder.iterdir()] == ["a.jpg"]

    def test_knows_only_the_owners_photos(self, photo: Photo, data: bytes, folder: Path) -> None:
        (folder / "a.jpg").write_bytes(data)

        assert self.outcomes(make_owner(), folder) == {}
