"""Vectors of faces in the space of a head."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from faces import moving
from faces.models import Calibration, FaceVector, GroupingDue, Membership
from inference.arrays import Array
from inference.identity import ModelIdentity
from photos.models import Analysis, Owner, Photo, Space
from tests.factories import make_cluster, make_face, make_person, make_photo, make_space, unit
from tests.fakes import MOVES

pytestmark = pytest.mark.django_db


@dataclass
class Reversing:
    """A head that has vectors the other way round. Some faces may go while it is asked."""

    going: list[int] = field(default_factory=list)
    identity: ModelIdentity = MOVES
    calls: int = 0

    def moved(self, vectors: Array) -> Array:
        self.calls += 1
        FaceVector.objects.filter(face__in=self.going).delete()
        return vectors[:, ::-1]


@pytest.fixture
def old() -> Space:
    return make_space()


@pytest.fixture
def new() -> Space:
    return make_space(role="face_matcher")


def add(owner: Owner, space: Space, *numbers: float) -> int:
    photo = make_photo(owner=owner)
    return make_face(photo=photo, space=space, vector=unit(*(numbers or (1, 0)))).pk


class TestFill:
    def test_gives_all_faces_vectors_in_the_new_space(
        self, owner: Owner, old: Space, new: Space
    ) -> None:
        faces = [add(owner, old) for _ in range(3)]

        added = sum(count for _, count in moving.fill(Reversing(), old, new))

        rows = FaceVector.objects.filter(space=new).order_by("face")
        assert (added, [row.face_id for row in rows]) == (3, faces)
        assert {row.owner_id for row in rows} == {owner.pk}
        assert np.allclose(np.array(rows[0].vector), unit(1, 0)[::-1])

    def test_twice_changes_nothing(self, owner: Owner, old: Space, new: Space) -> None:
        add(owner, old)
        list(moving.fill(Reversing(), old, new))
        head = Reversing()

        again = list(moving.fill(head, old, new))

        assert (again, head.calls) == ([], 0)

    def test_goes_on_where_it_was(self, owner: Owner, old: Space, new: Space) -> None:
        add(owner, old)
        [(last, _)] = moving.fill(Reversing(), old, new)
        late = add(owner, old)

        [(_, added)] = moving.fill(Reversing(), old, new, after=last)

        assert added == 1
        assert FaceVector.objects.filter(face=late, space=new).exists()

    def test_adds_nothing_for_those_who_go_meanwhile(
        self, owner: Owner, old: Space, new: Space
    ) -> None:
        stays, goes = add(owner, old), add(owner, old)

        [(_, added)] = moving.fill(Reversing(going=[goes]), old, new)

        assert added == 1
        assert list(FaceVector.objects.values_list("face", flat=True).distinct()) == [stays]


class TestNote:
    def test_says_that_photos_are_done_whose_faces_have_all_moved(
        self, owner: Owner, old: Space, new: Space
    ) -> None:
        photos = [make_photo(owner=owner) for _ in range(3)]
        make_face(photo=photos[0], space=old, vector=unit(1))
        list(moving.fill(Reversing(), old, new))
        make_face(photo=photos[1], space=old, vector=unit(1))
        for photo in photos:
            Analysis.objects.create(photo=photo, operation="faces", recipe="a")

        counts = [moving.note({"a"}, "a+b", old, new) for _ in range(2)]

        noted = Photo.objects.filter(analyses__recipe="a+b").order_by("pk")
        assert (counts, list(noted)) == ([2, 0], [photos[0], photos[2]])

    def test_says_nothing_of_photos_that_only_another_head_has_seen(
        self, owner: Owner, old: Space, new: Space
    ) -> None:
        other = make_space(role="face_matcher")
        for spaces in ([other], [other, new], [make_space(), new]):
            photo = make_photo(owner=owner)
            for space in spaces:
                make_face(photo=photo, space=space, vector=unit(1))
            Analysis.objects.create(photo=photo, operation="faces", recipe="a+c")

        assert moving.note({"a", "a+c"}, "a+b", old, new) == 1
        [noted] = Photo.objects.filter(analyses__recipe="a+b")
        assert noted == photo


class TestCalibrate:
    def test_fits_the_space_to_what_owners_have_confirmed(self, owner: Owner, new: Space) -> None:
        for person in range(4):
            cluster = make_cluster(owner=owner, person=make_person(owner=owner))
            for shade in range(12):
                vector = np.roll(unit(5, 1 + shade / 10), person)
                face = make_face(photo=make_photo(owner=owner), space=new, vector=vector)
                Membership.objects.create(face=face, part_id=cluster.pk, how="manual")

        moving.calibrate(new)

        rows = Calibration.objects.filter(space=new).order_by("owner")
        assert [row.owner_id for row in rows] == [owner.pk, None]
        assert {(row.same, row.different) for row in rows} == {(264, 864)}

    def test_changes_nothing_where_little_is_known(self, owner: Owner, new: Space) -> None:
        add(owner, new)

        moving.calibrate(new)

        assert Calibration.objects.count() == 0


def test_faces_of_all_owners_are_grouped(owner: Owner, new: Space) -> None:
    add(owner, new)

    moving.ask_for_grouping(new)

    assert list(GroupingDue.objects.values_list("owner", "space")) == [(owner.pk, new.pk)]
