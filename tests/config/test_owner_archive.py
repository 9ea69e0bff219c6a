"""A whole owner as an archive, and into another house: the same people, and nothing computed."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from config.keeping.errors import ArchiveInvalid
from config.keeping.owners import members
from config.keeping.owners.exporting import export_owner
from config.keeping.owners.importing import import_owner
from faces.models import Cluster, Edit, Face, FaceVector, Membership, Pair, Person, Rejection
from faces.people import naming, placing
from jobs.erasure import erase
from photos.models import Analysis, Owner, Photo, Reference, Space
from photos.vectors import load
from search.models import (
    Caption,
    DetectedObject,
    DifferentPhotos,
    ImageVector,
    PhotoTag,
    SavedSearch,
    TextLine,
)
from tests.factories import make_cluster, make_owner, make_place, make_space, unit
from tests.jobs.kept import data_of, keep_face, keep_person, keep_photo
from tests.search.words.library import caption, see, tag, write

pytestmark = pytest.mark.django_db(transaction=True)
FOUND = (Analysis, DetectedObject, TextLine, PhotoTag, Caption)


@pytest.fixture
def space() -> Space:
    return make_space()


@pytest.fixture
def owner(space: Space) -> Owner:
    """Anna and Ben, who were corrected; a stranger's cluster; and what was found in photos."""
    owner = make_owner(subject="first")
    anna = keep_person(owner, "Anna", space, 1)
    ben = keep_person(owner, "Ben", space, 0, 1)
    naming.change(anna, aliases=["Annie"], contact_id="c-1", favourite=True)
    stranger = make_cluster(owner=owner, space=space)
    place = make_place(within=make_place())
    alone = keep_photo(owner, place=place)
    face = keep_face(alone, stranger, space, 0, 0, 1)
    placing.reject(owner, [face.pk], ben)
    see(alone, "dog")
    tag(alone, "beach")
    caption(alone, "A dog on the beach.")
    write(alone, "HELLO", "WORLD")
    Analysis.objects.create(photo=alone, operation="objects", recipe="o")
    Reference.objects.create(owner=owner, photo=alone, external_id="17")
    ImageVector.objects.create(photo=alone, owner=owner, space=space, vector=unit(1, 2).tolist())
    first, second = Photo.objects.of(owner).order_by("pk")[:2]
    DifferentPhotos.objects.create(owner=owner, first=first, second=second)
    SavedSearch.objects.create(
        owner=owner, name="Anna's", asked={"q": "beach", "person_ids": [anna.pk]}
    )
    return owner


def archived(owner: Owner) -> io.BytesIO:
    file = io.BytesIO()
    assert export_owner(owner, file) == 0
    file.seek(0)
    return file


def told(owner: Owner) -> dict[str, Any]:
    """All of an owner's, by content and name, whatever the keys of rows are."""
    faces = Face.objects.filter(photo__owner=owner).select_related("photo")
    at = {face.pk: (face.photo.sha256, face.x, face.y) for face in faces}
    people = Person.objects.filter(owner=owner).order_by("name")
    mine = Photo.objects.of(owner)
    return {
        "photos": sorted(mine.values_list("sha256", "place", "dated_at", "width")),
        "people": list(people.values_list("name", "aliases", "contact_id", "favourite")),
        "faces": sorted(
            (at[each.face_id], each.how, each.similarity, each.cluster.person_id is None)
            for each in Membership.objects.filter(part__cluster__owner=owner)
        ),
        "who": sorted(
            (at[each.face_id], each.cluster.person.name)
            for each in Membership.objects.filter(part__cluster__person__owner=owner)
            if each.cluster.person
        ),
        "rejections": sorted(
            (at[each.face_id], each.person.name)
            for each in Rejection.objects.filter(person__owner=owner)
        ),
        "vectors": sorted(
            (at[key], tuple(row.tolist()))
            for key, row in zip(
                *load(FaceVector.objects.filter(owner=owner), "face_id"), strict=True
            )
        ),
        "images": load(ImageVector.objects.filter(owner=owner), "photo__sha256")[1].tolist(),
        "references": list(
            Reference.objects.filter(owner=owner).values_list("external_id", "photo__sha256")
        ),
        "different": DifferentPhotos.objects.of(owner).count(),
        "searches": list(SavedSearch.objects.filter(owner=owner).values_list("name", flat=True)),
        **{table.__name__: table.objects.filter(photo__owner=owner).count() for table in FOUND},
    }


def rows() -> dict[str, int]:
    tables = (*FOUND, Photo, Face, FaceVector, Membership, Cluster, Person, Pair, Edit, SavedSearch)
    return {table.__name__: table.objects.count() for table in tables}


class TestImport:
    def test_gives_another_owner_the_same(self, owner: Owner) -> None:
        other = make_owner()

        brought = import_owner(other, archived(owner))

        assert told(other) == told(owner)
        assert brought.people
        assert (brought.people.conflict_count, brought.rows["photos"]) == (0, 5)
        [search] = SavedSearch.objects.filter(owner=other)
        anna = Person.objects.get(owner=other, name="Anna")
        assert search.asked == {"q": "beach", "person_ids": [anna.pk]}

    def test_brings_the_files(self, owner: Owner) -> None:
        other = make_owner()

        import_owner(other, archived(owner))

        for photo in Photo.objects.of(other):
            mine = Photo.objects.get(owner=owner, sha256=photo.sha256)
            for its, known in ((photo.original, mine.original), (photo.thumbnail, mine.thumbnail)):
                assert str(its).startswith(f"{other.pk}/")
                assert data_of(its) == data_of(known)
        assert all(default_storage.exists(str(face.crop)) for face in Face.objects.all())

    def test_twice_changes_nothing(self, owner: Owner) -> None:
        other, archive = make_owner(), archived(owner)
        import_owner(other, archive)
        before, counts = told(other), rows()

        again = import_owner(other, archive)

        assert (told(other), rows()) == (before, counts)
        assert again.people
        assert (sum(again.rows.values()), again.files, again.vectors, again.clusters) == (0,) * 4
        assert again.people.edit is None

    def test_into_the_owner_it_is_of_changes_nothing(self, owner: Owner) -> None:
        before, counts = told(owner), rows()

        import_owner(owner, archived(owner))

        assert (told(owner), rows()) == (before, counts)

    def test_into_an_empty_house_keeps_ids_of_clusters(self, owner: Owner) -> None:
        archive, before = archived(owner), told(owner)
        ids = set(Cluster.objects.values_list("public_id", flat=True))
        Membership.objects.all().delete()
        for table in (SavedSearch, Cluster, Person, Photo, Space):
            table.objects.all().delete()
        owner.delete()
        other = make_owner(subject="elsewhere")

        import_owner(other, archive)

        assert told(other) == before
        assert set(Cluster.objects.values_list("public_id", flat=True)) == ids

    def test_leaves_what_was_said_here(self, owner: Owner, space: Space) -> None:
        other = make_owner()
        archive = archived(owner)
        photo = Photo.objects.get(owner=owner, faces__membership__part__cluster__person=None)
        data = data_of(photo.original)
        mine = keep_photo(other, data)
        face = keep_face(mine, make_cluster(owner=other, space=space), space, 1)
        its = photo.faces.get()
        Face.objects.filter(pk=face.pk).update(x=its.x + 1, y=its.y, width=50, height=60)
        carl = naming.name_cluster(Cluster.objects.get(owner=other), "Carl")

        import_owner(other, archive)

        assert mine.faces.get() == face
        assert Membership.objects.get(face=face).cluster.person == carl

    def test_brings_back_nobody_who_was_erased_there(self, owner: Owner) -> None:
        anna = Person.objects.get(name="Anna")
        archive = archived(owner)
        erase(owner, anna.pk)
        other = make_owner()
        import_owner(other, archived(owner))

        import_owner(other, archive)

        names = set(Person.objects.filter(owner=other).values_list("name", flat=True))
        theirs = Membership.objects.filter(part__cluster__person__owner=other)
        assert {each.cluster.person.name for each in theirs if each.cluster.person} == {"Ben"}
        assert names >= {"Ben"}

    def test_goes_on_where_it_was_killed(
        self, owner: Owner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other, archive = make_owner(), archived(owner)

        def die(*_args: Any) -> int:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(members, "add", die)
            with pytest.raises(KeyboardInterrupt):
                import_owner(other, archive)
        import_owner(other, archive)

        assert told(other) == told(owner)


class TestRefusal:
    def test_of_what_is_no_archive(self) -> None:
        with pytest.raises(ArchiveInvalid):
            import_owner(make_owner(), io.BytesIO(b"no zip"))

    def test_of_another_version(self) -> None:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("owner.json", json.dumps({"format": "kindred-owner", "version": 2}))

        with pytest.raises(ArchiveInvalid, match="version"):
            import_owner(make_owner(), file)

    def test_of_an_original_that_is_not_what_its_name_says(self, owner: Owner) -> None:
        file, forged = archived(owner), io.BytesIO()
        with zipfile.ZipFile(file) as archive, zipfile.ZipFile(forged, "w") as to:
            for name in archive.namelist():
                data = archive.read(name)
                to.writestr(name, b"forged" if "original" in name else data)
        other = make_owner()

        with pytest.raises(ArchiveInvalid, match="not what its name says"):
            import_owner(other, forged)
        assert Photo.objects.of(other).count() == 0

    def test_of_names_that_lead_elsewhere(self, owner: Owner, tmp_path: Path) -> None:
        file = archived(owner)
        with zipfile.ZipFile(file, "a") as archive:
            archive.writestr(f"files/{'a' * 64}/../../../../escaped.jpg", b"1")
            archive.writestr("/escaped.jpg", b"1")

        import_owner(make_owner(), file)

        assert list(tmp_path.rglob("escaped.jpg")) == []


class TestCommands:
    def test_write_and_read_an_archive(self, owner: Owner, tmp_path: Path, capsys: Any) -> None:
        to = tmp_path / "first.zip"

        call_command("export_owner", owner="first", to=to)
        call_command("import_owner", str(to), owner="second")

        assert to.stat().st_mode & 0o777 == 0o600
        assert told(Owner.objects.get(subject="second")) == told(owner)
        assert "photos 5" in capsys.readouterr().out

    def test_refuse_what_is_there_or_not_there(self, owner: Owner, tmp_path: Path) -> None:
        to = tmp_path / "first.zip"
        to.write_bytes(b"mine")

        with pytest.raises(CommandError, match="there already"):
            call_command("export_owner", owner="first", to=to)
        with pytest.raises(CommandError, match="no owner"):
            call_command("export_owner", owner="nobody", to=tmp_path / "other.zip")
        with pytest.raises(CommandError, match="can't be read"):
            call_command("import_owner", str(to), owner="first")
        assert to.read_bytes() == b"mine"
