"""Sidecars in a folder that is scanned: what they say comes along with their photos."""

import os
from pathlib import Path
from typing import Any

import pytest

from faces.models import Edit, Face, Person
from faces.people.editing import undo
from jobs import maintenance
from jobs.naming import read_names
from jobs.pipeline import Parts
from photos.models import Owner, Photo
from photos.regions import Region
from tests.factories import make_owner, make_person
from tests.jobs.aged import files
from tests.jobs.lying_beside import (
    ANNA,
    BEN,
    TAKEN,
    folder,
    look,
    names,
    parts,
    picture,
    put,
    rows,
    saying,
    take,
)
from tests.photos.packets import packet

__all__ = ["folder", "parts"]  # fixtures

pytestmark = pytest.mark.django_db(transaction=True)


class TestNewPhotos:
    @pytest.mark.parametrize("name", ["a_jpg_xmp", "a_xmp", "a_jpg_XMP", "a_XMP"])
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

    def test_have_the_names_in_their_own_files_read_as_well(
        self, owner: Owner, folder: Path, parts: Parts, settings: Any
    ) -> None:
        settings.READ_NAMES = False
        put(folder, a_jpg=picture(ANNA), a_xmp=saying(BEN))
        take(owner, folder, parts)
        settings.READ_NAMES = True
        look(owner, folder)

        maintenance.to_the_end(read_names(owner, {}, {}))

        assert names(owner) == [("Anna", False), ("Ben", True)]

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
