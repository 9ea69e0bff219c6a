"""Questions are found ahead by workers, and nobody at the desk waits for that."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from faces import grouping
from faces.models import Edit, Inquiry, OpenQuestion, Sitting
from faces.people import naming, placing
from faces.review import ahead
from faces.review.questions import Kind
from faces.review.sittings import Answer, take_back
from photos.models import Owner, Space
from tests.faces.house import UNSURE, Desks, at, cluster_of, join, two_in_plane
from tests.factories import make_face, make_owner, make_photo, unit

pytestmark = pytest.mark.django_db
LOOK, ANSWER = 12, 30  # queries, with those that begin and end transactions


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every library has too many faces to look for questions while somebody waits."""
    monkeypatch.setattr(ahead, "FEW_FACES", 0)


def kept(owner: Owner, kind: Kind = Kind.SAME) -> list[str]:
    rows = OpenQuestion.objects.filter(owner=owner, kind=kind).order_by("place")
    return list(rows.values_list("key", flat=True))


class TestFinding:
    def test_keeps_what_is_worth_most_now(self, owner: Owner, space: Space) -> None:
        two_in_plane(owner, space, 0)
        ahead.find(owner, space, Kind.SAME)
        [before] = kept(owner)
        placing.answer(owner, *_shown(before, owner), same=False)
        two_in_plane(owner, space, 1)

        ahead.find(owner, space, Kind.SAME)

        assert len(kept(owner)) == 1
        assert before not in kept(owner)

    def test_leaves_what_somebody_has_before_them(
        self, owner: Owner, space: Space, staff: User
    ) -> None:
        cluster_of(owner, space, at(0))
        other = cluster_of(owner, space, at(UNSURE))
        desk = Desks(owner, space, Kind.SAME, staff)
        [key] = desk.keys()
        for _ in range(4):  # now they look like two
            make_face(photo=make_photo(owner=owner), cluster=other, space=space, vector=at(2.5))

        ahead.find(owner, space, Kind.SAME)

        assert desk.decide(Answer.NO, key).edits != []

    def test_twice_changes_nothing(self, owner: Owner, space: Space) -> None:
        for number in range(3):
            two_in_plane(owner, space, number)
        ahead.find(owner, space, Kind.SAME)
        before = kept(owner)

        ahead.find(owner, space, Kind.SAME)

        assert (len(before), kept(owner)) == (3, before)


@pytest.mark.usefixtures("large")
class TestLargeLibrary:
    def test_says_that_questions_are_looked_for_and_has_them_then(
        self, owner: Owner, space: Space, staff: User
    ) -> None:
        two_in_plane(owner, space, 0)
        desk = Desks(owner, space, Kind.SAME, staff)

        first = desk.look()
        found = ahead.find_due(space)

        assert (first.questions, first.is_sought) == ([], True)
        assert found is True
        assert len(desk.keys()) == 1

    def test_says_that_nothing_is_left_where_nothing_has_changed(
        self, owner: Owner, space: Space, staff: User
    ) -> None:
        cluster_of(owner, space, at(0))
        desk = Desks(owner, space, Kind.SAME, staff)
        desk.look()
        ahead.find_due(space)

        assert (desk.look().is_sought, ahead.find_due(space)) == (False, False)

    def test_has_more_looked_for_before_the_last_is_answered(
        self, owner: Owner, space: Space, staff: User
    ) -> None:
        two_in_plane(owner, space, 0)
        two_in_plane(owner, space, 1)
        ahead.find(owner, space, Kind.SAME)
        desk = Desks(owner, space, Kind.SAME, staff)
        before = desk.look()

        desk.decide(Answer.NO)
        after = desk.look()

        assert (len(before.questions), before.is_sought) == (2, False)
        assert (len(after.questions), after.is_sought) == (1, True)

    def test_has_them_looked_for_after_faces_were_grouped(self, owner: Owner, space: Space) -> None:
        for _ in range(3):
            make_face(photo=make_photo(owner=owner), space=space, vector=unit(1))

        grouping.group(owner, space)

        assert set(Inquiry.objects.due().values_list("kind", flat=True)) == set(Kind)


class TestWorkers:
    def test_rest_between_two_groupings(self, owner: Owner, space: Space) -> None:
        ahead.ask(owner.pk)
        while ahead.find_due(space):
            pass

        ahead.ask(owner.pk)

        [due] = set(Inquiry.objects.values_list("kind", flat=True)) & {Kind.SAME.value}
        inquiry = Inquiry.objects.get(kind=due)
        assert inquiry.due_at == (inquiry.found_at or timezone.now()) + ahead.RESTS
        assert ahead.find_due(space) is False

    def test_look_where_nobody_ever_did_and_after_edits(self, owner: Owner, space: Space) -> None:
        one, _ = two_in_plane(owner, space, 0)
        make_owner()  # has no people
        ahead.ask_where_changed()
        assert {each.owner for each in Inquiry.objects.due()} == {owner}
        while ahead.find_due(space):
            pass
        assert OpenQuestion.objects.count() == 1
        long_ago = timezone.now() - 2 * ahead.RESTS
        Inquiry.objects.update(found_at=long_ago)
        Edit.objects.update(created_at=long_ago - timedelta(minutes=1))

        ahead.ask_where_changed()
        assert not Inquiry.objects.due().exists()
        naming.name_cluster(one, "Anna")
        ahead.ask_where_changed()

        assert set(Inquiry.objects.due().values_list("kind", flat=True)) == set(Kind)

    def test_do_not_look_after_each_edit(self, owner: Owner, space: Space) -> None:
        one, _ = two_in_plane(owner, space, 0)
        ahead.ask(owner.pk)
        while ahead.find_due(space):
            pass
        naming.name_cluster(one, "Anna")

        ahead.ask_where_changed()

        assert not Inquiry.objects.due().exists()

    def test_do_not_wait_where_somebody_at_the_desk_does(self, owner: Owner, space: Space) -> None:
        ahead.ask(owner.pk)
        Inquiry.objects.update(due_at=timezone.now() + timedelta(minutes=20))

        assert ahead.seek(owner, Kind.SAME) is True
        assert list(Inquiry.objects.due().values_list("kind", flat=True)) == ["same"]

    def test_leave_what_another_has_begun_until_that_is_taken_to_be_gone(
        self, owner: Owner, space: Space
    ) -> None:
        inquiry = Inquiry.objects.create(
            owner=owner, kind=Kind.SAME, due_at=timezone.now() + timedelta(minutes=4)
        )
        while_at_it = ahead.find_due(space)
        Inquiry.objects.update(due_at=timezone.now())

        after = ahead.find_due(space)

        inquiry.refresh_from_db()
        assert (while_at_it, after, inquiry.due_at) == (False, True, None)


class TestAClockThatIsAhead:
    """Of a web server or a worker: else nobody would have new questions until it is that day."""

    def test_does_not_count(
        self, owner: Owner, space: Space, staff: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one, _ = two_in_plane(owner, space, 0)
        real = timezone.now
        monkeypatch.setattr(timezone, "now", lambda: real() + timedelta(days=40))

        ahead.ask(owner.pk)
        while ahead.find_due(space):
            pass
        desk = Desks(owner, space, Kind.SAME, staff)
        desk.look()
        naming.name_cluster(one, "Anna")

        assert ahead.seek(owner, Kind.SAME) is True
        inquiries = Inquiry.objects.all()
        told = {moment for each in inquiries for moment in (each.found_at, each.due_at) if moment}
        assert max(told) <= real()
        assert Sitting.objects.get().seen_at <= real()

    def test_ends_no_sitting(
        self, owner: Owner, space: Space, staff: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        two_in_plane(owner, space, 0)
        Desks(owner, space, Kind.SAME, staff).decide(Answer.NO)
        real = timezone.now
        monkeypatch.setattr(timezone, "now", lambda: real() + timedelta(days=40))

        again = Desks(owner, space, Kind.SAME, staff)

        assert again.look().done == 1
        assert take_back(again.sitting, staff).answer is Answer.NO


class TestCosts:
    @pytest.mark.parametrize("count", [1, 3, 300])
    def test_the_same_however_many_are_open(
        self,
        owner: Owner,
        space: Space,
        staff: User,
        count: int,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        cluster = cluster_of(owner, space, at(0))
        for number in range(count + 4):
            join(cluster, at(1), 0.5 + number / 1000)
        ahead.find(owner, space, Kind.ASSIGNMENTS)
        desk = Desks(owner, space, Kind.ASSIGNMENTS, staff)
        [key, *_] = desk.keys()
        is_low = count < 300  # then it is looked at whether more can be found

        with django_assert_num_queries(LOOK + is_low):
            desk.look()
        with django_assert_num_queries(ANSWER):
            desk.decide(Answer.YES, key)


def _shown(key: str, owner: Owner) -> list[int]:
    about = OpenQuestion.objects.get(owner=owner, key=key).about
    return [side["face"] for side in about["sides"]]
