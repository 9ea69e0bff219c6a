"""Who somebody is, by vectors that a test knows; real PostgreSQL."""

import numpy as np
import pytest
from pytest_django import DjangoAssertNumQueries

from faces.calibration import score_of
from faces.errors import FaceTooPoor, FaceUnseen, NoFace, SeveralFaces
from faces.models import Face, Membership, Rejection
from faces.recognition import Doubt, Identified, Probe, cosine, identify, of_photo, stored
from faces.references import check_good, the_only
from inference.arrays import Array
from inference.geometry import Box
from photos.models import Owner, Photo, Space
from tests.faces.recognising import (
    LEAST,
    known,
    owner,
    put,
    space,
)
from tests.factories import (
    make_cluster,
    make_face,
    make_owner,
    make_photo,
    make_space,
    unit,
)

__all__ = ["owner", "space"]  # fixtures
pytestmark = pytest.mark.django_db


def probe(vector: Array | None = None, *, x: float = 0, quality: float = 0.9) -> Probe:
    """A face that somebody asks about."""
    box = Box(x, 10, 50, 60)
    reasons = [] if quality >= LEAST else ["blurred"]
    return Probe(box, 0.9, quality, reasons, unit(1) if vector is None else vector)


def asked(owner: Owner, space: Space, *probes: Probe, limit: int = 5) -> list[Identified]:
    scale = score_of(space, owner)
    return identify(owner, probes, space, scale, least=LEAST, limit=limit)


def names(identified: Identified) -> list[str]:
    return [each.person.name for each in identified.candidates]


class TestIdentify:
    def test_names_the_person_whose_confirmed_faces_are_most_alike(
        self, owner: Owner, space: Space
    ) -> None:
        anna = known(owner, space, "Anna", unit(1, 0))
        known(owner, space, "Ben", unit(0, 1))

        [found] = asked(owner, space, probe(unit(1, 0.2)))

        assert (found.person, found.doubt) == (anna, None)
        assert names(found) == ["Anna", "Ben"]
        best, other = found.candidates
        assert best.cosine == pytest.approx(0.981, abs=0.001)
        assert best.score == pytest.approx(score_of(space, owner).score(best.cosine))
        assert found.margin == pytest.approx(best.cosine - other.cosine)

    def test_says_why_nobody_is_accepted(self, owner: Owner, space: Space) -> None:
        [nobody] = asked(owner, space, probe())
        known(owner, space, "Anna", unit(1, 0.02))
        [unlike] = asked(owner, space, probe(unit(0.3, 1)))
        known(owner, space, "Anne", unit(1, -0.02))
        [between] = asked(owner, space, probe(unit(1, 0)))

        assert [each.doubt for each in (nobody, unlike, between)] == [
            Doubt.NOBODY,
            Doubt.UNLIKE,
            Doubt.RUNNER_UP,
        ]
        assert [each.person for each in (nobody, unlike, between)] == [None] * 3
        assert [names(each) for each in (nobody, unlike, between)] == [
            [],
            ["Anna"],
            ["Anna", "Anne"],
        ]

    def test_needs_less_of_the_mean_where_many_faces_speak_for_it(
        self, owner: Owner, space: Space
    ) -> None:
        known(owner, space, "Anna", *(unit(1, *([0] * n), 1) for n in range(1, 5)))

        [found] = asked(owner, space, probe(unit(0.62, 0.784)))

        assert found.candidates[0].cosine > LEAST > 0.62 * np.sqrt(0.5)

    def test_takes_the_cluster_of_a_person_that_is_most_alike(
        self, owner: Owner, space: Space
    ) -> None:
        anna = known(owner, space, "Anna", unit(1, 0))
        as_child = make_cluster(owner=owner, space=space, person=anna)
        make_face(cluster=as_child, vector=unit(0, 1), space=space)

        [found] = asked(owner, space, probe(unit(0, 1)))

        assert names(found) == ["Anna"]
        assert found.candidates[0].cosine == pytest.approx(1, abs=0.001)

    def test_lets_two_faces_of_a_picture_not_be_one_person(
        self, owner: Owner, space: Space
    ) -> None:
        anna = known(owner, space, "Anna", unit(1, 0))

        first, second = asked(owner, space, probe(unit(1, 0.3)), probe(unit(1, 0)))

        assert (first.person, first.doubt) == (None, Doubt.TWICE)
        assert (second.person, second.doubt) == (anna, None)

    def test_compares_with_no_face_that_was_only_matched(self, owner: Owner, space: Space) -> None:
        anna = known(owner, space, "Anna", unit(1, 0))
        put(owner, space, anna.clusters.get(), unit(0, 1), Membership.How.MATCHED)

        [found] = asked(owner, space, probe(unit(0, 1)))

        assert found.candidates[0].cosine == pytest.approx(0, abs=0.001)

    @pytest.mark.parametrize("mark", ["ignored", "unrecognised"])
    def test_finds_nobody_who_is_left_out_of_matching(
        self, owner: Owner, space: Space, mark: str
    ) -> None:
        known(owner, space, "Anna", unit(1, 0), **{mark: True})

        [found] = asked(owner, space, probe(unit(1, 0)))

        assert (names(found), found.doubt) == ([], Doubt.NOBODY)

    def test_knows_nobody_of_another_owner_or_another_model(
        self, owner: Owner, space: Space
    ) -> None:
        known(make_owner(), space, "Anna", unit(1, 0))
        known(owner, make_space(), "Ben", unit(1, 0))

        [found] = asked(owner, space, probe(unit(1, 0)))

        assert names(found) == []

    def test_gives_a_stored_face_no_say_in_whose_it_is(self, owner: Owner, space: Space) -> None:
        anna = known(owner, space, "Anna", unit(1, 0), unit(0, 1))
        ben = known(owner, space, "Ben", unit(0, 0, 1))
        mine = Face.objects.with_people().filter(membership__part__cluster__person=anna).first()
        only = Face.objects.with_people().get(membership__part__cluster__person=ben)
        assert mine is not None

        [found], [alone] = (asked(owner, space, *stored([each], space)) for each in (mine, only))

        assert {each.person.name: round(each.cosine, 2) for each in found.candidates} == {
            "Anna": 0,
            "Ben": 0,
        }
        assert names(alone) == ["Anna"]

    def test_obeys_who_a_stored_face_was_said_not_to_be(self, owner: Owner, space: Space) -> None:
        anna = known(owner, space, "Anna", unit(1, 0))
        face = make_face(photo=make_photo(owner=owner), vector=unit(1, 0), space=space)
        Rejection.objects.create(face=face, person=anna)

        [found] = asked(owner, space, *of_photo(face.photo, space))

        assert (names(found), found.doubt) == ([], Doubt.NOBODY)

    def test_says_that_the_active_model_has_not_seen_a_face(
        self, owner: Owner, space: Space
    ) -> None:
        known(owner, space, "Anna", unit(1, 0))
        face = make_face(photo=make_photo(owner=owner), vector=unit(1, 0))

        [found] = asked(owner, space, *of_photo(face.photo, space))

        assert (names(found), found.doubt) == ([], Doubt.UNSEEN)

    def test_twice_says_the_same_and_stores_nothing(self, owner: Owner, space: Space) -> None:
        known(owner, space, "Anna", unit(1, 0))
        first = asked(owner, space, one := probe(unit(1, 0.1)))

        assert asked(owner, space, one) == first
        assert (Face.objects.count(), Photo.objects.count()) == (1, 1)

    @pytest.mark.parametrize("count", [1, 3])
    def test_costs_a_fixed_number_of_queries(
        self,
        owner: Owner,
        space: Space,
        count: int,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for number in range(count):
            known(owner, space, f"Person {number}", unit(1, number))
        probes = [probe(unit(1, number)) for number in range(count)]
        asked(owner, space, *probes)  # the means are there now

        with django_assert_num_queries(4):
            found = asked(owner, space, *probes)

        assert len(found) == count


class TestCosine:
    def test_is_that_of_the_two_faces(self) -> None:
        assert cosine(probe(unit(1, 0)), probe(unit(1, 1))) == pytest.approx(0.7071, abs=1e-4)

    def test_is_of_no_face_that_the_active_model_has_not_seen(self, owner: Owner) -> None:
        face = make_face(photo=make_photo(owner=owner))
        [unseen] = of_photo(face.photo, make_space())

        with pytest.raises(FaceUnseen, match=f"has not seen face {face.pk} yet"):
            cosine(probe(), unseen)


class TestTheOnly:
    def test_is_the_single_one(self) -> None:
        one = probe()

        assert the_only([one]) is one

    def test_is_the_good_one_beside_poor_ones(self) -> None:
        good = probe(x=100)

        assert the_only([probe(quality=0.2), good, probe(x=200, quality=0.3)]) is good

    def test_is_a_poor_one_if_it_is_alone(self) -> None:
        poor = probe(quality=0.2)

        assert the_only([poor]) is poor

    def test_is_the_one_in_the_box(self) -> None:
        other = probe(x=100, quality=0.2)

        assert the_only([probe(), other], box=Box(98, 12, 50, 60)) is other

    def test_is_not_there_where_nothing_is(self) -> None:
        with pytest.raises(NoFace, match="second: the picture shows no face"):
            the_only([], picture="second")
        with pytest.raises(NoFace, match=r"no face is in this box; faces are at \[0, 10, 50, 60\]"):
            the_only([probe()], box=Box(300, 300, 20, 20))

    def test_is_not_guessed(self) -> None:
        with pytest.raises(
            SeveralFaces, match=r"several faces, at \[0, 10, 50, 60\], \[100, 10, 50, 60\] \(x"
        ):
            the_only([probe(), probe(x=100)])


class TestCheckGood:
    def test_refuses_a_poor_face_with_the_reasons(self) -> None:
        check_good(probe())
        with pytest.raises(FaceTooPoor, match=r"recognised well \(blurred\): its quality is 0\.20"):
            check_good(probe(quality=0.2))
