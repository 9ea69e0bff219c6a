"""Staff go through questions one after the other, and are never in each other's way."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from faces.errors import NotAsked, NothingChosen, TwiceInPhoto
from faces.models import Cluster, Edit, Face, Membership, Pair, Person, Rejection, Sitting
from faces.people import erasing, merging, placing
from faces.people.editing import undo
from faces.review import sittings
from faces.review.questions import Kind
from faces.review.sittings import Answer, Desk, decide, look, sit_down, take_back
from photos.models import Owner, Space
from tests.faces.house import UNSURE, at, axis, cluster_of, join
from tests.factories import make_face, make_person, make_space, make_user

pytestmark = pytest.mark.django_db
FIRST_LOOK, NEXT_LOOK = 24, 10  # queries


@pytest.fixture
def space() -> Space:
    return make_space(same_person_cosine=0.5)


@pytest.fixture
def staff() -> User:
    return make_user(is_staff=True)


class Desks:
    """Somebody at the desk of an owner."""

    def __init__(self, owner: Owner, space: Space, kind: Kind, by: User) -> None:
        self.space, self.by = space, by
        self.sitting = sit_down(owner, kind, by)

    def look(self) -> Desk:
        return look(self.sitting, self.space)

    def decide(self, answer: Answer, key: str = "") -> sittings.Decision:
        return decide(self.sitting, key or self.keys()[0], answer, self.by)

    def keys(self) -> list[str]:
        return [each.key for each in self.look().questions]


def everything() -> list[Any]:
    """All rows of people, whatever the keys of memberships and verdicts are."""
    return [
        *Person.objects.order_by("pk").values(),
        *Cluster.objects.order_by("pk").values(),
        *Membership.objects.order_by("face").values("face", "part__cluster", "how", "similarity"),
        *Pair.objects.order_by("first").values("first", "second", "same"),
        *Rejection.objects.order_by("face").values("face", "person"),
    ]


def two_in_plane(owner: Owner, space: Space, number: int, **values: Any) -> list[Cluster]:
    """Clusters who may be one."""
    return [cluster_of(owner, space, axis(number, angle), **values) for angle in (0, UNSURE)]


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

        assert look(sitting, None).questions == []

    @pytest.mark.parametrize("count", [1, 3, 20])
    def test_costs_a_fixed_number_of_queries(
        self,
        owner: Owner,
        space: Space,
        staff: User,
        count: int,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        cluster = cluster_of(owner, space, at(0))
        for number in range(count):
            join(cluster, at(1), 0.5 + number / 1000)
        desk = Desks(owner, space, Kind.ASSIGNMENTS, staff)

        with django_assert_num_queries(FIRST_LOOK):
            desk.look()
        with django_assert_num_queries(NEXT_LOOK - (count == 1)):  # all faces are known by then
            desk.look()


class TestAnswers:
    def test_make_one_cluster_of_two(self, owner: Owner, space: Space, staff: User) -> None:
        two_in_plane(owner, space, 0)

        made = Desks(owner, space, Kind.SAME, staff).decide(Answer.YES)

        assert Cluster.objects.get().memberships.count() == 2
        assert Pair.objects.get().same is True
        assert [edit.kind for edit in Edit.objects.order_by("pk")] == ["answer", "merge"]
        assert {edit.actor for edit in Edit.objects.filter(pk__in=made.edits)} == {staff}

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


class TestTakingBack:
    @pytest.mark.parametrize("answer", list(Answer))
    @pytest.mark.parametrize("kind", list(Kind))
    def test_puts_all_back_and_asks_again(
        self, owner: Owner, space: Space, staff: User, kind: Kind, answer: Answer
    ) -> None:
        anna = make_person(owner=owner, name="Anna")
        two_in_plane(owner, space, 0)
        cluster_of(owner, space, axis(1), person=anna)
        cluster_of(owner, space, axis(1, 0.1), person=make_person(owner=owner, name="Anni"))
        join(cluster_of(owner, space, axis(2), person=anna), axis(2, 1), 0.5)
        cluster_of(owner, space, *(axis(3, angle) for angle in (0, 0.1, 0.2, 1.6, 1.7)))
        before, desk = everything(), Desks(owner, space, kind, staff)
        keys = desk.keys()

        desk.decide(answer)
        changed = everything() != before
        take_back(desk.sitting, staff)

        assert everything() == before
        assert changed == (answer is not Answer.SKIP)
        assert desk.keys() == keys
        assert desk.look().done == 0

    def test_goes_back_answer_by_answer(self, owner: Owner, space: Space, staff: User) -> None:
        for number in range(4):
            two_in_plane(owner, space, number)
        before, desk = everything(), Desks(owner, space, Kind.SAME, staff)
        keys = desk.keys()
        for answer in (Answer.YES, Answer.SKIP, Answer.NO, Answer.YES):
            desk.decide(answer)

        for _ in range(4):
            take_back(desk.sitting, staff)

        assert (everything(), desk.keys()) == (before, keys)

    def test_of_nothing_is_refused(self, owner: Owner, staff: User) -> None:
        with pytest.raises(NothingChosen):
            take_back(sit_down(owner, Kind.SAME, staff), staff)

    def test_leaves_what_was_undone_elsewhere(
        self, owner: Owner, space: Space, staff: User
    ) -> None:
        two_in_plane(owner, space, 0)
        desk = Desks(owner, space, Kind.SAME, staff)
        [edit] = desk.decide(Answer.NO).edits
        undo(owner, edit, staff)

        assert take_back(desk.sitting, staff).edits == []
        assert len(desk.keys()) == 1


class TestTwoAtOnce:
    def test_are_asked_different_questions(self, owner: Owner, space: Space, staff: User) -> None:
        for number in range(4):
            two_in_plane(owner, space, number)

        one, other = (Desks(owner, space, Kind.SAME, by).keys() for by in (staff, make_user()))

        assert len({*one, *other}) == 4

    def test_answer_the_last_one_once(self, owner: Owner, space: Space, staff: User) -> None:
        two_in_plane(owner, space, 0)
        one, other = (Desks(owner, space, Kind.SAME, by) for by in (staff, make_user()))
        [key] = other.keys()
        one.decide(Answer.YES)

        with pytest.raises(NotAsked):
            other.decide(Answer.NO, key)

        assert Cluster.objects.get().memberships.count() == 2
        assert Pair.objects.get().same is True
        assert other.look().left == 0

    def test_are_not_asked_of_what_is_not_there_any_more(
        self, owner: Owner, space: Space, staff: User
    ) -> None:
        one, other = two_in_plane(owner, space, 0)
        desk = Desks(owner, space, Kind.SAME, staff)
        [key] = desk.keys()
        faces = list(Face.objects.values_list("pk", flat=True))
        placing.remove(owner, faces)

        with pytest.raises(NotAsked):
            desk.decide(Answer.YES, key)

        assert desk.keys() == []
        assert not Cluster.objects.filter(pk__in=[one.pk, other.pk]).exists()

    @pytest.mark.parametrize("answer", [Answer.YES, Answer.NO])
    def test_do_not_settle_a_match_that_was_confirmed(
        self, owner: Owner, space: Space, staff: User, answer: Answer
    ) -> None:
        face = join(cluster_of(owner, space, at(0)), at(1), 0.5)
        desk = Desks(owner, space, Kind.ASSIGNMENTS, staff)
        [key] = desk.keys()
        placing.confirm(owner, [face.pk])

        with pytest.raises(NotAsked):
            desk.decide(answer, key)

        assert Membership.objects.get(face=face).how == "manual"

    def test_answer_the_same_question_twice_once(
        self, owner: Owner, space: Space, staff: User
    ) -> None:
        two_in_plane(owner, space, 0)
        desk = Desks(owner, space, Kind.SAME, staff)
        [key] = desk.keys()
        desk.decide(Answer.NO, key)

        with pytest.raises(NotAsked):
            desk.decide(Answer.YES, key)

        assert Pair.objects.get().same is False

    def test_see_nothing_of_another_owner(self, owner: Owner, space: Space, staff: User) -> None:
        stranger = make_person().owner
        two_in_plane(stranger, space, 0)
        [key] = Desks(stranger, space, Kind.SAME, staff).keys()
        mine = Desks(owner, space, Kind.SAME, staff)

        with pytest.raises(NotAsked):
            mine.decide(Answer.YES, key)

        assert Cluster.objects.count() == 2


class TestErasing:
    def test_takes_what_was_to_be_asked_with_it(
        self, owner: Owner, space: Space, staff: User
    ) -> None:
        anna = make_person(owner=owner)
        cluster_of(owner, space, at(0), person=anna)
        cluster_of(owner, space, at(UNSURE))
        desk = Desks(owner, space, Kind.SAME, staff)
        [key] = desk.keys()

        erasing.remove(erasing.traces(anna))

        assert not Sitting.objects.exists()
        with pytest.raises(NotAsked):
            desk.decide(Answer.YES, key)
