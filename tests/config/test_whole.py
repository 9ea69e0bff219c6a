"""`manage.py audit`: what is found wrong, what is mended, and what is left to somebody."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection

from config.keeping import audit
from config.keeping.audit import Found
from faces import centroids
from faces.models import Centroid, Erasure, FaceVector, Membership, Tally
from jobs.models import Removal
from photos.hnsw import create_index, name_of
from photos.models import Owner, Photo, Space
from search.models import ImageVector, Point, PointVector
from tests.factories import make_face, make_space, unit
from tests.jobs.kept import files_of, keep_face, keep_person, keep_photo, put
from tests.search.changing import make_model

pytestmark = pytest.mark.django_db(transaction=True)
FACES = "face_embedder"


@pytest.fixture
def space(db: None) -> Space:
    """Of a model that is here."""
    space = make_space()
    model = make_model("here", FACES)
    model.space = space.name
    model.save()
    return space


@pytest.fixture
def library(owner: Owner, space: Space) -> Owner:
    keep_person(owner, "Anna", space, 1)
    create_index(FaceVector, space)
    return owner


def audited(*, fix: bool = False, quick: bool = False) -> dict[str, Found]:
    """What is wrong, by the name of the check."""
    return {each.name: each for each in audit.audit(fix=fix, quick=quick) if each.found}


def found_and_mended(name: str) -> tuple[int, int, int]:
    """How many were found; how many mended; and how many there are after it."""
    [only] = audited().values()
    assert only.name == name
    mended = audited(fix=True)[name].mended
    return only.found, mended, sum(each.found for each in audited().values())


class TestWholeLibrary:
    def test_has_nothing_to_mend(self, library: Owner) -> None:
        assert audited() == {}

    def test_is_told_as_json_with_counts(self, library: Owner) -> None:
        out = StringIO()

        call_command("audit", json=True, stdout=out)

        told = json.loads(out.getvalue())
        assert told["whole"] is True
        assert {each["found"] for each in told["checks"].values()} == {0}
        assert (told["rows"]["photos.Photo"], told["rows"]["faces.Face"]) == (2, 2)


class TestFiles:
    def test_originals_that_are_gone_are_told(self, library: Owner) -> None:
        photo = Photo.objects.order_by("pk")[0]
        default_storage.delete(str(photo.original))

        told = audited(fix=True)["originals"]

        assert (told.found, told.left) == (1, 1)
        assert told.examples == [f"photo {photo.pk}: original.jpg"]
        assert "restore a backup" in told.otherwise

    def test_originals_that_have_changed_are_told(self, library: Owner) -> None:
        photo = Photo.objects.order_by("pk")[0]
        put(str(photo.original), b"rot")

        assert audited()["contents"].left == 1
        assert audited(quick=True) == {}

    def test_thumbnails_and_faces_are_made_again(self, library: Owner) -> None:
        photo = Photo.objects.order_by("pk")[0]
        for key in (str(photo.thumbnail), str(photo.faces.get().crop)):
            default_storage.delete(key)

        assert found_and_mended("pictures") == (2, 2, 0)

    def test_orphans_go_when_they_are_old(self, library: Owner) -> None:
        folder = str(Photo.objects.order_by("pk")[0].original).rpartition("/")[0]
        put(f"{folder}/face-old.jpg", b"1")
        put(f"{folder}/face-new.jpg", b"1", age=timedelta(0))

        assert found_and_mended("orphans") == (1, 1, 0)

        assert "face-new.jpg" in files_of(Photo.objects.order_by("pk")[0])


class TestCounts:
    def test_of_clusters_are_made_right(self, library: Owner) -> None:
        Tally.objects.update(face_count=17, doubts=3)

        assert found_and_mended("tallies") == (1, 1, 0)

        assert Tally.objects.get().face_count == 2

    def test_of_means_are_made_again(self, library: Owner, space: Space) -> None:
        centroids.of(library, space)
        Centroid.objects.update(size=9)

        assert found_and_mended("centroids") == (1, 1, 0)

    def test_photos_of_memberships_are_those_of_faces(self, library: Owner) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE faces_membership DISABLE TRIGGER USER")
            cursor.execute("UPDATE faces_membership SET photo_id = 0")
            cursor.execute("ALTER TABLE faces_membership ENABLE TRIGGER USER")

        assert found_and_mended("memberships") == (2, 2, 0)

        assert {each.photo_id for each in Membership.objects.all()} == {
            photo.pk for photo in Photo.objects.all()
        }


class TestVectors:
    def test_of_dead_spaces_go_where_others_have_followed(
        self, library: Owner, space: Space
    ) -> None:
        dead, photo = make_space(), keep_photo(library)
        both, alone = (keep_face(photo, None, dead, 1) for _ in range(2))
        FaceVector.objects.create(face=both, owner=library, space=space, vector=unit(1).tolist())

        told = audited(fix=True)["spaces"]

        assert (told.found, told.mended, told.left) == (2, 1, 1)
        assert told.examples == [f"face {alone.pk} in {dead.name}"]
        assert FaceVector.objects.get(space=dead).face == alone

    def test_that_services_brought_stay(self, library: Owner, space: Space) -> None:
        point = Point.objects.create(owner=library, collection="faces", number=1)
        PointVector.objects.create(
            point=point, owner=library, space=make_space(), vector=unit(1).tolist()
        )

        assert audited(fix=True)["spaces"].left == 1
        assert PointVector.objects.count() == 1

    def test_say_nothing_where_no_model_is_known(self, owner: Owner) -> None:
        keep_face(keep_photo(owner), None, make_space(), 1)

        assert "spaces" not in audited()

    def test_of_another_size_are_told(self, library: Owner, space: Space) -> None:
        photo = keep_photo(library)
        other = make_space(role="image_encoder", dimension=4)
        ImageVector.objects.create(photo=photo, owner=library, space=other, vector=unit(1).tolist())

        told = audited(fix=True)["dimensions"]

        assert (told.left, told.examples) == (1, [f"photo {photo.pk}"])


class TestIndexes:
    def test_that_are_missing_are_built(self, library: Owner, space: Space) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP INDEX {name_of(FaceVector, space)}")

        assert found_and_mended("indexes") == (1, 1, 0)


class TestErasures:
    def test_that_were_killed_are_finished(self, library: Owner) -> None:
        Erasure.objects.create(owner=library, person=1, counts={"rows": {}, "files": 0, "left": {}})
        Removal.objects.create(
            owner=library, why="asked", photos=[[1, "a" * 64]], counts={"files": 0}
        )

        assert found_and_mended("erasures") == (2, 2, 0)


class TestCommand:
    def test_says_what_is_wrong_and_what_to_do(self, library: Owner) -> None:
        default_storage.delete(str(Photo.objects.order_by("pk")[0].original))
        out = StringIO()

        with pytest.raises(CommandError, match="1 could not be mended"):
            call_command("audit", fix=True, stdout=out)

        said = out.getvalue()
        assert "originals: 1 photos whose original is not in the storage" in said
        assert "Send these photos again" in said
        assert "tallies: all right" in said

    def test_tells_a_few_examples_of_many(self, library: Owner) -> None:
        photo = keep_photo(library)
        for _ in range(30):
            make_face(photo=photo, crop="nowhere.jpg")

        told: Any = audited()["pictures"]

        assert (told.found, len(told.examples)) == (30, audit.MOST_EXAMPLES)
