"""Sidecars that can't be read lose no photo; and those in the intake go when nobody waits."""

import os
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command

from faces.portability.files import BESIDE
from jobs import cleanup, uploads
from jobs.models import Item
from jobs.pipeline import Parts
from photos.models import Owner, Photo
from photos.regions.xmp import MAX_BYTES
from tests.jobs.aged import files
from tests.jobs.lying_beside import ANNA, folder, look, names, parts, picture, put, saying, take

__all__ = ["folder", "parts"]  # fixtures

pytestmark = pytest.mark.django_db(transaction=True)

BOMB = b"""<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<x:xmpmeta xmlns:x="adobe:ns:meta/">&b;</x:xmpmeta>"""


class TestSidecarsThatCanNotBeRead:
    @pytest.mark.parametrize(
        ("content", "why"),
        [
            (b"", "The XMP can't be read: no element found: line 1, column 0."),
            (b"\0\xff\xfe binary", "The XMP can't be read"),
            (saying(ANNA)[:-40], "The XMP can't be read"),
            (BOMB, "The XMP declares a type of document, which no XMP does."),
            (saying(ANNA) + b" " * MAX_BYTES, f"The XMP has more than {MAX_BYTES} bytes."),
            (b"<a>" * 100_000 + b"</a>" * 100_000, "The XMP has no rdf:RDF in it."),
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
        put(folder, a_xmp=saying(ANNA), b_jpg_XMP=saying(ANNA), c_txt=b"")
        told, said = StringIO(), StringIO()

        call_command("scan", str(folder), owner=owner.subject, stdout=said, stderr=told)

        assert said.getvalue().startswith("0 new, 0 known")
        assert told.getvalue().splitlines() == [
            "a.xmp: a sidecar without its photo",
            "b.jpg.XMP: a sidecar without its photo",
        ]
        assert not Item.objects.exists()


class TestSidecarsInTheIntake:
    def test_stay_while_somebody_waits_for_their_photos(self, owner: Owner, folder: Path) -> None:
        put(folder, a_jpg=picture(), a_xmp=saying(ANNA))
        look(owner, folder)
        storage = storages["intake"]
        nobodys = uploads.new_key(sidecar=True)
        for key in (nobodys, nobodys + uploads.SIDECAR):
            storage.save(key, ContentFile(b"1"))
        for key in files("intake"):
            os.utime(storage.path(key), (0, 0))

        cleanup.run(cleanup.Order(job_days=0, event_days=1), limit_s=60)

        key = Item.objects.get().location
        assert files("intake") == {key, f"{key}.xmp"}
