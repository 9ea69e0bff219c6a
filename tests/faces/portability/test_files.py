"""Names in the files of photos, on their way to faces."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from faces.models import Edit, Erasure, Face, FaceVector, Membership, Pair, Person, Rejection
from faces.people import placing
from faces.people.editing import undo
from faces.portability.files import NamedFaces, name, portraits
from faces.services import FindFaces
from inference.geometry import Box
from photos.exif import PhotoExif
from photos.images import Decoded
from photos.models import Owner, Photo
from photos.operations import Place
from photos.regions import Region
from photos.services import note_analyses
from tests.factories import make_cluster, make_face, make_owner, make_person, make_photo, unit
from tests.fakes import FakeDetector, FakeEmbedder, face_at
from tests.pictures import noise

pytestmark = pytest.mark.django_db

SCENE = noise(width=640, height=480)
LEFT, RIGHT = face_at(20, 20, side=60), face_at(300, 20, side=60)
ANNA = Region("Anna", Box(15, 12, 75, 80))  # on LEFT, as other programs draw it
BEN = Region("Ben", Box(310, 25, 55, 55))  # on RIGHT
CLEO = Region("Cleo", Box(450, 300, 80, 90))  # where no face is found


@pytest.fixture
def owner() -> Owner:
    return make_owner()


@pytest.fixture
def photo(owner: Owner) -> Photo:
    return make_photo(owner=owner)


def ingest(photo: Photo, *regions: Region, recipe: str = "fakes") -> None:
    """Find the faces LEFT and RIGHT in `photo`, whose file names `regions`."""
    embedder = FakeEmbedder([unit(1, 0), unit(0, 1)])
    found = FindFaces(FakeDetector([LEFT, RIGHT]), embedder, recipe).look(SCENE)
    decoded = Decoded(SCENE, "JPEG", PhotoExif(regions=regions))
    store = NamedFaces(found, regions, portraits(decoded)).keep(Place(photo.owner, "some/folder"))
    if "faces" in note_analyses(photo, {"faces": recipe}):
        store(photo)


def names(photo: Photo) -> dict[float, str | None]:
    """Who is in the photo, by where."""
    faces = photo.faces.with_people().order_by("x")
    return {face.x: face.person.name if face.person else None for face in faces}


def people(owner: Owner) -> Sequence[str]:
    return list(Person.objects.filter(owner=owner).order_by("name").values_list("name", flat=True))


class TestNames:
    def test_go_to_the_faces_that_are_found_there(self, owner: Owner, photo: Photo) -> None:
        ben = make_person(owner=owner, name="Benjamin", aliases=["Ben"])
        make_person(name="Anna")  # of somebody else

        ingest(photo, ANNA, BEN)

        assert names(photo) == {20.0: "Anna", 300.0: "Benjamin"}
        assert people(owner) == ["Anna", "Benjamin"]
        assert {each.how for each in Membership.objects.all()} == {"manual"}
        assert ben.clusters.get().memberships.count() == 1

    def test_are_one_edit_that_can_be_undone(self, owner: Owner, photo: Photo) -> None:
        ingest(photo, ANNA, BEN, CLEO)
        edit = Edit.objects.of(owner).get()

        undo(owner, edit.pk, None)

        assert (edit.kind, edit.actor, edit.asked) == ("import", None, {"photo": photo.pk})
        assert names(photo) == {20.0: None, 300.0: None}
        assert people(owner) == []

    def test_without_a_face_have_one_drawn(self, photo: Photo) -> None:
        ingest(photo, CLEO)

        face = photo.faces.get(drawn=True)
        assert (face.x, face.y, face.width, face.height) == (450, 300, 80, 90)
        assert face.person
        assert face.person.name == "Cleo"
        assert not FaceVector.objects.filter(face=face).exists()
        with Image.open(Path(face.crop.path)) as crop:
            assert max(crop.size) == 192

    def test_are_not_read_again_for_another_model(self, owner: Owner, photo: Photo) -> None:
        ingest(photo, ANNA)
        face = photo.faces.get(x=20)
        placing.remove(owner, [face.pk])

        ingest(photo, ANNA, recipe="others")

        assert names(photo) == {20.0: None, 300.0: None}

    def test_stored_twice_are_the_same(self, photo: Photo) -> None:
        ingest(photo, ANNA, CLEO)
        before = list(Face.objects.values("pk", "membership__part__cluster"))

        ingest(photo, ANNA, CLEO)

        assert list(Face.objects.values("pk", "membership__part__cluster")) == before

    def test_take_a_face_from_a_match(self, owner: Owner, photo: Photo) -> None:
        ingest(photo)
        ben = make_cluster(owner=owner, person=make_person(owner=owner, name="Ben"))
        face = photo.faces.get(x=20)
        Membership.objects.create(face=face, part_id=ben.pk, how="matched", similarity=0.9)

        name(owner, photo, [ANNA], {})

        assert names(photo) == {20.0: "Anna", 300.0: None}

    def test_put_out_who_was_only_matched(self, owner: Owner, photo: Photo) -> None:
        ingest(photo)
        anna = make_cluster(owner=owner, person=make_person(owner=owner, name="Anna"))
        face = photo.faces.get(x=300)
        Membership.objects.create(face=face, part_id=anna.pk, how="matched", similarity=0.9)

        name(owner, photo, [ANNA], {})

        assert names(photo) == {20.0: "Anna", 300.0: None}

    def test_do_not_fight_what_somebody_has_said(self, owner: Owner, photo: Photo) -> None:
        ingest(photo)
        left, right = photo.faces.order_by("x")
        ben, dan = (make_person(owner=owner, name=each) for each in ("Ben", "Dan"))
        placing.assign(owner, [left.pk], dan)
        placing.reject(owner, [right.pk], ben)

        name(owner, photo, [ANNA, BEN], {})

        assert names(photo) == {20.0: "Dan", 300.0: None}
        assert Rejection.objects.get().person == ben

    def test_do_not_fight_what_was_said_of_pairs(self, owner: Owner, photo: Photo) -> None:
        ingest(photo)
        left = photo.faces.get(x=20)
        cluster = make_cluster(owner=owner, person=make_person(owner=owner, name="Anna"))
        other = make_face(photo=make_photo(owner=owner), cluster=cluster)
        Pair.objects.create(owner=owner, first=left, second=other, same=False)

        name(owner, photo, [ANNA], {})

        assert names(photo) == {20.0: None, 300.0: None}

    def test_put_nobody_into_a_photo_twice(self, owner: Owner, photo: Photo) -> None:
        again = Region("Anna", BEN.box)

        ingest(photo, ANNA, again, Region("Anna", CLEO.box))

        assert names(photo) == {20.0: "Anna", 300.0: None}

    def test_of_one_face_count_once(self, photo: Photo) -> None:
        ingest(photo, ANNA, Region("Ben", ANNA.box), Region("Cleo", CLEO.box), CLEO)

        assert names(photo) == {20.0: "Anna", 300.0: None, 450.0: "Cleo"}

    def test_that_are_too_long_are_left_out(self, photo: Photo) -> None:
        grows = "\u0958" * 200  # two letters each in the form that is stored

        ingest(photo, Region(grows, ANNA.box), BEN)

        assert names(photo) == {20.0: None, 300.0: "Ben"}

    def test_of_who_was_erased_do_not_come_back(self, owner: Owner, photo: Photo) -> None:
        for box in (Box(20, 20, 60, 60), CLEO.box):
            place = [photo.sha256, box.x, box.y, box.width, box.height]
            Erasure.objects.create(owner=owner, person=1, places=[place])

        ingest(photo, ANNA, BEN, CLEO)

        assert names(photo) == {300.0: "Ben"}
        assert people(owner) == ["Ben"]

    def test_leave_no_vector_of_who_is_not_to_be_recognised(
        self, owner: Owner, photo: Photo
    ) -> None:
        make_person(owner=owner, name="Anna", unrecognised=True)

        ingest(photo, ANNA, BEN)

        assert list(FaceVector.objects.values_list("face__x", flat=True)) == [300.0]
