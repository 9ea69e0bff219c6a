"""Staff take answers back, and several of them are never in each other's way."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.db import connection

from faces.errors import NotAsked, NothingChosen
from faces.models import Cluster, Edit, Face, Membership, Pair, Sitting
from faces.people import erasing, placing
from faces.people.editing import undo
from faces.review import sittings
from faces.review.questions import Kind
from faces.review.sittings import Answer, sit_down, take_back
from photos.models import Owner, Space
from tests.faces.house import UNSURE, Desks, at, axis, cluster_of, everything, join, two_in_plane
from tests.factories import make_person, make_user

pytestmark = pytest.mark.django_db


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
        undo(owner, edit.pk, staff)

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


@pytest.mark.django_db(transaction=True)
class TestAtTheSameMoment:
    @pytest.mark.parametrize("kind", list(Kind))
    def test_one_of_two_opposite_answers_holds(
        self, owner: Owner, space: Space, staff: User, kind: Kind
    ) -> None:
        two_in_plane(owner, space, 0)
        two_in_plane(owner, space, 1, angle=0.1)
        join(cluster_of(owner, space, axis(2)), axis(2, 1), 0.5)
        cluster_of(owner, space, *(axis(3, angle) for angle in (0, 0.1, 1.6, 1.7)))
        desks = [Desks(owner, space, kind, by) for by in (staff, make_user())]
        [key] = {desk.keys()[0] for desk in desks}
        answers = (Answer.YES, Answer.NO)

        with ThreadPoolExecutor(2) as threads:
            calls = [
                threads.submit(_try, desk, answer, key)
                for desk, answer in zip(desks, answers, strict=True)
            ]
            ended = [call.result() for call in calls]

        assert {type(each) for each in ended} == {sittings.Decision, NotAsked}
        [done] = [each for each in ended if isinstance(each, sittings.Decision)]
        assert list(done.edits) == list(Edit.objects.order_by("pk"))


def _try(desk: Desks, answer: Answer, key: str) -> sittings.Decision | NotAsked:
    try:
        return desk.decide(answer, key)
    except NotAsked as exc:
        return exc
    finally:
        connection.close()
