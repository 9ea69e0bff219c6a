"""Faces that somebody draws: added, moved, deleted, and all of it undone."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from django.core.files.storage import default_storage

from faces import gone
from faces.errors import BoxUnusable, FaceMissing, FaceThere, TwiceInPhoto
from faces.models import Edit, Face, FaceVector, GroupingDue, Membership, Pair, Person, Rejection
from faces.people import boxes, naming, placing
from faces.people.changes import row_of
from faces.people.editing import undo
from faces.services import FindFaces, spaces_of
from inference.faces import DetectedFace
from inference.geometry import Box
from photos.models import Owner, Photo, Space
from photos.operations import Place
from tests.factories import make_cluster, make_face, make_owner, make_person, make_photo, unit
from tests.fakes import IDENTITY, MOVES, FakeDetector, FakeEmbedder, FakeHead, face_at
from tests.pictures import noise

pytestmark = pytest.mark.django_db
SCENE = noise(width=640, height=480)
BOX = Box(300, 200, 80, 90)


@pytest.fixture(autouse=True)
def space(db: None) -> Space:
    """Of the models' vectors: an index is not made in a transaction that has written vectors."""
    return spaces_of([IDENTITY, MOVES])[0]


def models(*seen: DetectedFace) -> FindFaces:
    """They see `seen` around what is drawn, in pixels of what they are shown."""
    return FindFaces(FakeDetector(list(seen)), FakeEmbedder([unit(1, 2)]), "fakes")


def drawn(photo: Photo, box: Box = BOX, find: FindFaces | None = None) -> boxes.Drawn:
    return boxes.look(photo, SCENE, boxes.checked(photo, box), find)


def rows() -> list[Any]:
    tables = (Face, Person, Rejection, Pair)
    told = [row_of(row) for table in tables for row in table.objects.order_by("pk")]
    places = Membership.objects.order_by("face").values(
        "face", "part__cluster", "how", "similarity"
    )
    return [*told, *places]


def last_edit() -> Edit:
    return Edit.objects.latest("pk")


class TestADrawnFace:
    def test_is_where_it_was_drawn(self) -> None:
        photo = make_photo()

        face = boxes.add(photo, drawn(photo))

        face.refresh_from_db()
        assert (face.x, face.y, face.width, face.height) == (300, 200, 80, 90)
        assert (face.drawn, face.confidence) == (True, 1)
        assert default_storage.exists(str(face.crop))
        assert (last_edit().kind, last_edit().faces) == ("face", [face.pk])

    def test_may_be_of_who_is_called_so_or_of_somebody_new(self) -> None:
        photo = make_photo()
        anna = make_person(owner=photo.owner, name="Anna", aliases=["Anni"])

        known = boxes.add(photo, drawn(photo), name="Anni")
        new = boxes.add(photo, drawn(photo, Box(10, 10, 80, 90)), name=" Ben ")

        people = {face.pk: face.person for face in Face.objects.with_people()}
        assert people == {known.pk: anna, new.pk: Person.objects.get(name="Ben")}
        undo(photo.owner, last_edit().pk, None)
        assert (Face.objects.get(), Person.objects.get()) == (known, anna)

    def test_has_no_vector_where_no_model_looked(self) -> None:
        photo = make_photo()

        face = boxes.add(photo, drawn(photo))

        assert face.vectors.count() == 0
        assert len(face.landmarks) == 5
        assert "uncertain" in face.quality_reasons

    def test_is_kept_as_the_embedder_and_the_head_see_it(self) -> None:
        photo, seeing = make_photo(), models(face_at(92, 92, side=85))
        seeing = replace(seeing, head=FakeHead())

        face = boxes.add(photo, drawn(photo, find=seeing))
        before = dict(face.vectors.values_list("space__name", "vector"))
        boxes.move(
            Face.objects.with_people().get(), drawn(photo, Box(310, 210, 80, 90), find=seeing)
        )

        assert before == {
            IDENTITY.space: pytest.approx(unit(1, 2), abs=1e-3),
            MOVES.space: pytest.approx(unit(1, 2)[::-1], abs=1e-3),
        }
        assert set(face.vectors.values_list("space__name", flat=True)) == before.keys()
        assert GroupingDue.objects.get().space.name == MOVES.space

    def test_has_the_landmarks_that_the_detector_sees_around_it(self) -> None:
        photo = make_photo()
        seen = face_at(92, 92, side=85)  # 90 pixels above and left of the box are shown

        face = boxes.add(photo, drawn(photo, find=models(face_at(0, 0), seen)))

        expected = seen.landmarks + np.array([210, 110])
        assert np.allclose(face.landmarks, expected, atol=0.02)
        assert face.vectors.get().vector[:2] == pytest.approx([0.447, 0.894], abs=1e-3)
        assert GroupingDue.objects.get().owner == photo.owner

    def test_is_aligned_by_its_box_where_the_detector_sees_none(self) -> None:
        photo = make_photo()

        face = boxes.add(photo, drawn(photo, find=models(face_at(0, 0))))

        assert all(300 < x < 380 and 200 < y < 290 for x, y in face.landmarks)
        assert face.vectors.count() == 1
        assert face.quality < 0.5

    def test_is_whose_it_is_said_to_be(self) -> None:
        anna = make_person()
        photo = make_photo(owner=anna.owner)

        face = boxes.add(photo, drawn(photo, find=models()), person=anna)

        member = Membership.objects.select_related("part__cluster").get(face=face)
        assert (member.cluster.person, member.how) == (anna, "manual")
        assert member.cluster.space == face.vectors.get().space
        undo(photo.owner, last_edit().pk, None)
        assert (Face.objects.count(), Membership.objects.count()) == (0, 0)
        assert Person.objects.get() == anna

    def test_of_who_is_not_to_be_recognised_has_no_vector(self) -> None:
        anna = make_person(unrecognised=True)
        photo = make_photo(owner=anna.owner)

        boxes.add(photo, drawn(photo, find=models()), person=anna)

        assert FaceVector.objects.count() == 0

    def test_can_not_be_of_somebody_who_is_there_already(self) -> None:
        cluster = make_cluster()
        photo = make_photo(owner=cluster.owner)
        make_face(photo=photo, cluster=cluster, x=10)
        anna = naming.name_cluster(cluster, "Anna")
        before = rows()

        with pytest.raises(TwiceInPhoto):
            boxes.add(photo, drawn(photo), person=anna)
        assert rows() == before

    def test_is_refused_where_a_face_is(self) -> None:
        photo = make_photo()
        face = boxes.add(photo, drawn(photo))

        with pytest.raises(FaceThere, match=f"face {face.pk} is there"):
            boxes.add(photo, drawn(photo, Box(305, 205, 80, 90)))
        assert Face.objects.count() == 1

    @pytest.mark.parametrize(
        ("box", "reason"),
        [
            (Box(-1, 0, 50, 50), "640 pixels wide and 480 high"),
            (Box(600, 0, 50, 50), "640 pixels wide"),
            (Box(0, 450, 50, 50), "480 high"),
            (Box(float("nan"), 0, 50, 50), "numbers of pixels"),
            (Box(0, 0, float("inf"), 50), "numbers of pixels"),
            (Box(0, 0, 7.9, 50), "8 pixels wide and high at least"),
            (Box(9, 9, -50, 50), "inside of the photo|at least"),
        ],
    )
    def test_lies_inside_of_the_photo_and_is_large_enough(self, box: Box, reason: str) -> None:
        with pytest.raises(BoxUnusable, match=reason):
            boxes.checked(make_photo(), box)


class TestMoving:
    def test_makes_all_anew_that_follows_from_the_box(self) -> None:
        cluster = make_cluster()
        face = make_face(cluster=cluster, vector=unit(1), photo=make_photo(owner=cluster.owner))
        old_crop, member = str(face.crop), Membership.objects.get()

        boxes.move(face, drawn(face.photo, find=models()))

        face.refresh_from_db()
        assert (face.x, face.y, face.width, face.height, face.drawn) == (300, 200, 80, 90, True)
        assert str(face.crop) != old_crop
        assert face.vectors.get().vector[:2] == pytest.approx([0.447, 0.894], abs=1e-3)
        assert Membership.objects.get() == member

    def test_is_undone_but_for_what_the_models_say(self) -> None:
        face = make_face(vector=unit(1))
        before = rows()
        boxes.move(face, drawn(face.photo, find=models()))

        undo(face.photo.owner, last_edit().pk, None)

        assert rows() == before
        assert default_storage.exists(str(Face.objects.get().crop))
        assert FaceVector.objects.count() == 0

    def test_twice_changes_nothing(self) -> None:
        face = make_face()
        boxes.move(face, drawn(face.photo, find=models()))
        before = rows()

        boxes.move(face, drawn(face.photo, find=models()))

        assert rows() == before
        assert (Edit.objects.count(), FaceVector.objects.count()) == (1, 1)

    def test_onto_another_face_is_refused(self) -> None:
        face = make_face()
        make_face(photo=face.photo, x=300, y=200, width=80, height=90)

        with pytest.raises(FaceThere):
            boxes.move(face, drawn(face.photo))


class TestDeleting:
    def test_is_undone_exactly(self) -> None:
        cluster = make_cluster(faces=1)
        face = make_face(cluster=cluster, photo=make_photo(owner=cluster.owner))
        anna = naming.name_cluster(cluster, "Anna")
        naming.change(anna, cover=face)
        placing.reject(face.photo.owner, [face.pk], make_person(owner=anna.owner))
        placing.answer(face.photo.owner, face.pk, Face.objects.exclude(pk=face.pk).get().pk,
                       same=True)  # fmt: skip
        before = rows()

        boxes.delete(face)

        assert not Face.objects.filter(pk=face.pk).exists()
        assert (Rejection.objects.count(), Person.objects.filter(cover=None).count()) == (0, 2)
        undo(face.photo.owner, last_edit().pk, None)
        assert rows() == before
        assert default_storage.exists(str(face.crop))

    def test_of_the_only_face_takes_its_cluster_away_and_back(self) -> None:
        cluster = make_cluster(faces=1)
        [face] = Face.objects.all()

        boxes.delete(face)
        left = list(Membership.objects.all())
        undo(cluster.owner, last_edit().pk, None)

        assert left == []
        assert Membership.objects.get().cluster == cluster

    def test_twice_finds_no_face(self) -> None:
        face = make_face()
        boxes.delete(face)

        with pytest.raises(FaceMissing):
            boxes.delete(face)

    def test_keeps_models_from_finding_it_again_until_it_is_undone(self, owner: Owner) -> None:
        face = make_face(photo=make_photo(owner=owner), x=4, y=4, width=100, height=100)
        photo = face.photo
        boxes.delete(face)

        def look() -> list[Face]:
            find = FindFaces(FakeDetector([face_at(4, 4, 100)]), FakeEmbedder([unit(1)]), "other")
            find.look(SCENE).keep(Place(owner, "some"))(photo)
            return list(photo.faces.all())

        assert look() == []
        undo(owner, last_edit().pk, None)
        assert look() == [face]
        assert face.vectors.count() == 1
        assert gone.boxes(make_photo(owner=make_owner())) == []
