"""Staff go through questions one after the other, and are never in each other's way."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from faces.errors import TwiceInPhoto
from faces.models import Cluster, Edit, Membership, Pair, Person, Rejection, Sitting
from faces.people import merging
from faces.review.questions import Kind
from faces.review.sittings import Answer, look, sit_down
from photos.models import Owner, Space
from tests.faces.house import UNSURE, Desks, at, axis, cluster_of, join, two_in_plane
from tests.factories import make_face, make_person

pytestmark = pytest.mark.django_db


class TestSitting:
    def test_asks_one_after_the_other_until_nothing_is_left(
        self, owner: Owner, space: Space, staff: User
    ) -> None:
        for number in range(3):
            two_in_plane(owner, space, number)
        desk = Desks(owner, space, Kind.SAME, staff)

        seen = [desk.look()]
        for _ in range(3):
            desk.decide(Answer.NO)
            seen.append(desk.look())

        assert [(each.left, each.done) for each in seen] == [(3, 0), (2, 1), (1, 2), (0, 3)]
        assert [len(each.questions) for each in seen] == [2, 2, 1, 0]
        assert seen[0].questions[1].key == seen[1].questions[0].key

    def test_goes_on_where_somebody_was(self, owner: Owner, space: Space, staff: User) -> None:
        two_in_plane(owner, space, 0)
        two_in_plane(owner, space, 1)
        Desks(owner, space, Kind.SAME, staff).decide(Answer.NO)

        again = Desks(owner, space, Kind.SAME, staff).look()

        assert (again.left, again.done) == (1, 1)

    def test_ends_after_an_hour(self, owner: Owner, space: Space, staff: User) -> None:
        two_in_plane(owner, space, 0)
        Desks(owner, space, Kind.SAME, staff).decide(Answer.SKIP)
        Sitting.objects.update(seen_at=timezone.now() - timedelta(hours=2))

        again = Desks(owner, space, Kind.SAME, staff).look()

        assert (again.left, again.done, again.skipped) == (1, 0, 0)

    def test_does_not_ask_again_what_was_skipped(
        self, owner: Owner, space: Space, staff: User
    ) -> None:
        two_in_plane(owner, space, 0)
        desk = Desks(owner, space, Kind.SAME, staff)

        desk.decide(Answer.SKIP)

        assert (desk.keys(), desk.look().skipped) == ([], 1)
        assert not Edit.objects.exists()

    def test_asks_anew_what_answers_have_brought_up(
        self, owner: Owner, space: Space, staff: User
    ) -> None:
        one, other = two_in_plane(owner, space, 0)
        desk = Desks(owner, space, Kind.SAME, staff)
        desk.decide(Answer.NO)
        third = cluster_of(owner, space, axis(0, UNSURE / 2))
        merging.merge(owner, third.public_id, [])

        assert desk.keys() == []  # the third is too much like both
        cluster_of(owner, space, axis(0, 2 * UNSURE))
        assert len(desk.keys()) == 1
        assert {one.pk, other.pk} < {*Cluster.objects.values_list("pk", flat=True)}

    def test_before_the_first_face_is_empty(self, owner: Owner, staff: User) -> None:
        sitting = sit_down(owner, Kind.SAME, staff)

        assert look(sitting).questions == []


class TestAnswers:
    def test_make_one_cluster_of_two(self, owner: Owner, space: Space, staff: User) -> None:
        two_in_plane(owner, space, 0)

        made = Desks(owner, space, Kind.SAME, staff).decide(Answer.YES)

        assert Cluster.objects.get().memberships.count() == 2
        assert Pair.objects.get().same is True
        assert [edit.kind for edit in Edit.objects.order_by("pk")] == ["answer", "merge"]
        assert [edit.actor for edit in made.edits] == [staff, staff]

    @pytest.mark.parametrize("named", ["first", "second"])
    def test_give_a_cluster_to_the_person(
        self, owner: Owner, space: Space, staff: User, named: str
    ) -> None:
        anna = make_person(owner=owner, name="Anna")
        people = [anna, None] if named == "first" else [None, anna]
        for person, angle in zip(people, (0, UNSURE), strict=True):
            cluster_of(owner, space, at(angle), person=person)

        Desks(owner, space, Kind.SAME, staff).decide(Answer.YES)

        assert {cluster.person for cluster in Cluster.objects.all()} == {anna}

    def test_make_one_person_of_two(self, owner: Owner, space: Space, staff: User) -> None:
        cluster_of(owner, space, at(0), at(0), person=make_person(owner=owner, name="Anna"))
        cluster_of(owner, space, at(UNSURE + 0.1), person=make_person(owner=owner, name="Anni"))

        Desks(owner, space, Kind.SAME, staff).decide(Answer.YES)

        anna = Person.objects.get()
        assert (anna.name, anna.aliases, anna.clusters.count()) == ("Anna", ["Anni"], 2)

    def test_confirm_a_face_that_was_matched(self, owner: Owner, space: Space, staff: User) -> None:
        face = join(cluster_of(owner, space, at(0)), at(1), 0.5)

        Desks(owner, space, Kind.ASSIGNMENTS, staff).decide(Answer.YES)

        assert Membership.objects.get(face=face).how == "manual"

    def test_take_a_face_away_from_a_person_for_good(
        self, owner: Owner, space: Space, staff: User
    ) -> None:
        anna = make_person(owner=owner)
        face = join(cluster_of(owner, space, at(0), person=anna), at(1), 0.5)

        Desks(owner, space, Kind.ASSIGNMENTS, staff).decide(Answer.NO)

        assert list(Rejection.objects.values_list("face", "person")) == [(face.pk, anna.pk)]
        assert not Membership.objects.filter(face=face).exists()

    def test_take_a_face_out_of_a_cluster_of_nobody(
        self, owner: Owner, space: Space, staff: User
    ) -> None:
        face = join(cluster_of(owner, space, at(0)), at(1), 0.5)

        Desks(owner, space, Kind.ASSIGNMENTS, staff).decide(Answer.NO)

        assert Pair.objects.get().same is False
        assert not Membership.objects.filter(face=face).exists()

    def test_split_a_cluster_of_two(self, owner: Owner, space: Space, staff: User) -> None:
        cluster_of(owner, space, at(0), at(0.1), at(0.2), at(1.6), at(1.7))
        desk = Desks(owner, space, Kind.MIXED, staff)

        desk.decide(Answer.NO)

        assert sorted(each.memberships.count() for each in Cluster.objects.all()) == [2, 3]
        assert desk.keys() == []

    def test_leave_a_cluster_whole(self, owner: Owner, space: Space, staff: User) -> None:
        cluster_of(owner, space, at(0), at(0.1), at(0.2), at(1.6), at(1.7))
        desk = Desks(owner, space, Kind.MIXED, staff)

        desk.decide(Answer.YES)

        assert Cluster.objects.get().memberships.count() == 5
        assert desk.keys() == []

    def test_that_can_not_be_put_the_question_aside(
        self, owner: Owner, space: Space, staff: User
    ) -> None:
        one, other = two_in_plane(owner, space, 0)
        desk = Desks(owner, space, Kind.SAME, staff)
        [key] = desk.keys()
        photo = make_face(cluster=one).photo
        make_face(photo=photo, cluster=other)

        with pytest.raises(TwiceInPhoto):
            desk.decide(Answer.YES, key)

        assert (Edit.objects.count(), Pair.objects.count()) == (0, 0)
        assert desk.look().skipped == 1
