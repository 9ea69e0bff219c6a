"""Names in the files of photos that were stored before these were read."""

import io
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

from faces.models import Edit, Face, Membership, Person
from faces.people import boxes, naming, placing
from faces.people.changes import row_of
from faces.people.editing import undo
from inference.geometry import Box
from jobs import maintenance
from jobs.models import Job
from jobs.naming import read_names
from jobs.steps import Outcome
from photos.models import Owner, Photo
from photos.operations import FACES, TAGS
from photos.regions import Region, sidecar
from tests.factories import make_cluster, make_face, make_owner, make_person, make_photo, make_space
from tests.pictures import noise

pytestmark = pytest.mark.django_db
SIZE = (160, 120)  # of the upright photo
ORIENTATION = 0x0112
ANNA = Region("Anna", Box(8, 8, 36, 36))  # around the face that was found
BEN = Region("Ben", Box(100, 60, 30, 40))  # where none was


def stored(owner: Owner, *regions: Region, orientation: int = 6) -> Photo:
    """A photo with one face, whose file names `regions`; names were not read when it came."""
    exif, file = Image.Exif(), io.BytesIO()
    exif[ORIENTATION] = orientation
    xmp = sidecar(regions, SIZE, orientation)
    pixels = noise(width=SIZE[1], height=SIZE[0])
    Image.fromarray(pixels).save(file, "JPEG", exif=exif, xmp=xmp)
    photo = make_photo(owner=owner, width=SIZE[0], height=SIZE[1])
    key = f"{owner.pk}/{photo.sha256}/original.jpg"
    default_storage.delete(key)
    photo.original = default_storage.save(key, ContentFile(file.getvalue()))
    photo.save()
    for operation in (FACES, TAGS):
        photo.analyses.create(operation=operation, recipe="a+b")
    make_face(photo=photo, x=10, y=10, width=32, height=32)
    return photo


def read(owner: Owner, **arguments: Any) -> Outcome:
    return maintenance.to_the_end(read_names(owner, arguments, {}))


def names(photo: Photo) -> list[tuple[str | None, bool]]:
    """Of whom the faces are, and which of them are drawn."""
    faces = photo.faces.order_by("x")
    return list(faces.values_list("membership__part__cluster__person__name", "drawn"))


def found(photo: Photo) -> Face:
    return photo.faces.get(drawn=False)


def rows() -> list[Any]:
    tables = (Face, Person, Edit)
    return [row_of(row) for table in tables for row in table.objects.order_by("pk")]


class TestReading:
    def test_names_faces_as_when_they_are_first_found(self, owner: Owner) -> None:
        photo = stored(owner, ANNA, BEN)

        outcome = read(owner)

        assert names(photo) == [("Anna", False), ("Ben", True)]
        assert {key: outcome[key] for key in ("photos", "faces", "drawn", "people")} == {
            "photos": 1, "faces": 2, "drawn": 1, "people": 2,
        }  # fmt: skip
        edit = Edit.objects.get()
        assert (edit.kind, edit.actor, edit.asked) == ("import", None, {"photo": photo.pk})
        assert photo.tags.get().key == "people:2"
        assert default_storage.exists(str(photo.faces.get(drawn=True).crop))

    def test_twice_changes_nothing(self, owner: Owner) -> None:
        stored(owner, ANNA, BEN)
        stored(owner)
        read(owner)
        before = rows()

        outcome = read(owner)

        assert (outcome["photos"], rows()) == (0, before)

    def test_only_tells_in_a_dry_run(self, owner: Owner) -> None:
        photo = stored(owner, ANNA, BEN)
        before = (rows(), sorted(default_storage.listdir(f"{owner.pk}/{photo.sha256}")[1]))

        outcome = read(owner, dry_run=True)

        assert (outcome["faces"], outcome["drawn"], outcome["people"]) == (2, 1, 2)
        assert before == (
            rows(), sorted(default_storage.listdir(f"{owner.pk}/{photo.sha256}")[1]),
        )  # fmt: skip
        assert read(owner)["faces"] == 2

    def test_has_faces_looked_at_that_it_has_drawn(self, owner: Owner) -> None:
        make_space()
        stored(owner, ANNA)
        read(owner)
        before = Job.objects.count()

        stored(owner, BEN)
        read(owner)

        assert (before, Job.objects.get().kind) == (0, "look")

    def test_goes_on_where_it_was(self, owner: Owner) -> None:
        photos = [stored(owner, ANNA) for _ in range(3)]
        first = next(read_names(owner, {}, {}))
        assert first.outcome

        rest = list(read_names(owner, {}, first.outcome))

        assert [(each.done, each.total) for each in (first, *rest)] == [(1, 3), (2, 3), (3, 3)]
        assert [names(photo) for photo in photos] == [[("Anna", False)]] * 3
        assert Person.objects.count() == 1

    def test_reads_so_many_at_most_and_then_the_others(self, owner: Owner) -> None:
        photos = [stored(owner, ANNA) for _ in range(3)]

        counts = [read(owner, limit=2)["photos"] for _ in range(3)]

        assert counts == [2, 1, 0]
        assert names(photos[2]) == [("Anna", False)]

    def test_tells_of_files_that_can_not_be_read_and_tries_them_again(self, owner: Owner) -> None:
        lost, other = stored(owner, ANNA), stored(owner, ANNA)
        default_storage.delete(str(lost.original))

        outcome = read(owner)

        assert outcome["failures"] == [{"photo": lost.pk, "code": "original_missing"}]
        assert (outcome["photos"], outcome["failed"], names(other)) == (2, 1, [("Anna", False)])
        assert read(owner)["photos"] == 1

    def test_leaves_photos_of_others_and_their_people(self, owner: Owner) -> None:
        other = make_owner()
        make_person(owner=other, name="Anna")
        foreign, mine = stored(other, ANNA), stored(owner, ANNA)

        read(owner)

        assert (names(foreign), names(mine)) == ([(None, False)], [("Anna", False)])
        assert Person.objects.filter(owner=owner, name="Anna").count() == 1

    def test_leaves_photos_in_which_faces_have_still_to_be_found(self, owner: Owner) -> None:
        stored(owner, ANNA).analyses.all().delete()

        assert read(owner)["photos"] == 0


class TestWhatSomebodyHasSaidSince:
    """It goes before what the file says."""

    @pytest.fixture
    def photo(self, owner: Owner) -> Photo:
        return stored(owner, ANNA)

    def test_that_it_is_somebody_else(self, owner: Owner, photo: Photo) -> None:
        naming.create(owner, "Dan", faces=[found(photo).pk])

        read(owner)

        assert names(photo) == [("Dan", False)]

    def test_that_its_cluster_is_somebody_else(self, owner: Owner, photo: Photo) -> None:
        face = found(photo)
        cluster = make_cluster(owner=owner, faces=1)
        placing.move(owner, [face.pk], cluster)
        naming.name_cluster(cluster, "Dan")

        read(owner)

        assert names(photo) == [("Dan", False)]

    def test_that_its_group_is_somebody_by_another_name(self, owner: Owner, photo: Photo) -> None:
        group = make_cluster(owner=owner, person=make_person(owner=owner, name="Anna Smith"))
        Membership.objects.create(
            face=found(photo), part_id=group.pk, how="clustered", similarity=0.9
        )

        read(owner)

        assert names(photo) == [("Anna Smith", False)]
        assert not Person.objects.filter(name="Anna").exists()

    def test_that_it_is_not_them(self, owner: Owner, photo: Photo) -> None:
        placing.reject(owner, [found(photo).pk], make_person(owner=owner, name="Anna"))

        read(owner)

        assert names(photo) == [(None, False)]

    def test_that_it_is_not_there(self, owner: Owner, photo: Photo) -> None:
        boxes.delete(found(photo))

        read(owner)

        assert names(photo) == []

    def test_that_it_was_taken_out(self, owner: Owner, photo: Photo) -> None:
        naming.create(owner, "Anna", faces=[found(photo).pk])
        placing.remove(owner, [found(photo).pk])

        read(owner)

        assert names(photo) == [(None, False)]

    def test_that_it_is_left_out(self, owner: Owner, photo: Photo) -> None:
        placing.ignore(owner, [found(photo).pk])

        read(owner)

        assert names(photo) == [(None, False)]

    def test_that_what_was_read_before_is_wrong(self, owner: Owner) -> None:
        photo = stored(owner, ANNA, BEN)
        read(owner)
        undo(owner, Edit.objects.get().pk, None)

        read(owner)

        assert names(photo) == [(None, False)]

    def test_also_where_that_was_read_when_nobody_noted_it(self, owner: Owner) -> None:
        photo = stored(owner, BEN)
        read(owner)
        undo(owner, Edit.objects.get().pk, None)
        photo.analyses.filter(operation="names").delete()

        assert read(owner)["photos"] == 0

    def test_but_a_match_is_nobodys_word(self, owner: Owner, photo: Photo) -> None:
        dan = make_cluster(owner=owner, person=make_person(owner=owner, name="Dan"))
        Membership.objects.create(face=found(photo), part_id=dan.pk, how="matched", similarity=0.9)

        read(owner)

        assert names(photo) == [("Anna", False)]

    def test_nor_is_another_detector(self, owner: Owner, photo: Photo) -> None:
        face = found(photo)
        boxes.delete(face)
        undo(owner, Edit.objects.get().pk, None)

        read(owner)

        assert names(photo) == [("Anna", False)]
