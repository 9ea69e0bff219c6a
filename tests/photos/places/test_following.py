"""Which places follow from photos that were taken shortly before and after."""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from photos.locks import alone
from photos.models import Owner, Photo, Place, PlaceDue
from photos.places import following
from tests.factories import make_owner, make_photo, make_place

pytestmark = pytest.mark.django_db

NOON = datetime(2024, 5, 6, 12, tzinfo=UTC)
UBUD: dict[str, Any] = {"latitude": -8.5069, "longitude": 115.2625}


@pytest.fixture
def owner() -> Owner:
    return make_owner()


def taken(owner: Owner, minutes: float, place: Place | None = None, **values: Any) -> Photo:
    """A photo taken so long after noon; where a `place` is given, by its own position there."""
    at = NOON + timedelta(minutes=minutes)
    if place:
        values |= {"latitude": place.latitude, "longitude": place.longitude, "place": place}
    photo = make_photo(owner=owner, **{"dated_at": at, "taken_at": at} | values)
    following.note(photo)
    return photo


def where(photo: Photo) -> tuple[Place | None, bool]:
    photo.refresh_from_db()
    return photo.place, photo.place_inferred


class TestFollow:
    @pytest.mark.parametrize("minutes", [-120, -1, 0, 1, 120])
    def test_gives_a_photo_the_place_of_its_neighbour(self, owner: Owner, minutes: float) -> None:
        place = make_place()
        taken(owner, minutes, place)
        photo = taken(owner, 0)

        assert following.follow() == 1
        assert where(photo) == (place, True)

    @pytest.mark.parametrize("minutes", [-120.1, 120.1])
    def test_knows_nothing_of_long_before_or_after(self, owner: Owner, minutes: float) -> None:
        taken(owner, minutes, make_place())
        photo = taken(owner, 0)

        assert following.follow() == 0
        assert where(photo) == (None, False)

    def test_asks_the_nearest_ones_only(self, owner: Owner) -> None:
        near, far = make_place(), make_place()
        for minutes, place in ((-60, far), (-10, near), (20, near), (30, far)):
            taken(owner, minutes, place)
        photo = taken(owner, 0)

        following.follow()

        assert where(photo) == (near, True)

    def test_gives_no_place_where_they_do_not_agree(self, owner: Owner) -> None:
        taken(owner, -1, make_place())
        taken(owner, 60, make_place())
        photo = taken(owner, 0)

        following.follow()

        assert where(photo) == (None, False)

    def test_never_hands_on_what_was_inherited(self, owner: Owner) -> None:
        place = make_place()
        taken(owner, 0, place)
        first, second = taken(owner, 100), taken(owner, 200)

        following.follow()

        assert where(first) == (place, True)
        assert where(second) == (None, False)

    def test_leaves_a_photo_alone_that_has_a_position(self, owner: Owner) -> None:
        taken(owner, 0, make_place())
        at_sea = taken(owner, 1, latitude=0.0, longitude=-140.0)

        following.follow()

        assert where(at_sea) == (None, False)

    def test_trusts_no_time_that_is_not_that_of_the_photo(self, owner: Owner) -> None:
        """As of a day alone, or of the upload."""
        place = make_place()
        taken(owner, 0, place)
        guessed = taken(owner, 1, taken_at=None)
        lonely = taken(owner, 300)
        taken(owner, 301, place, taken_at=None)

        following.follow()

        assert where(guessed) == (None, False)
        assert where(lonely) == (None, False)

    def test_asks_nobody_elses_photos(self, owner: Owner) -> None:
        taken(make_owner(), 0, make_place())
        photo = taken(owner, 0)

        following.follow()

        assert where(photo) == (None, False)

    def test_gives_the_same_whichever_came_first(self) -> None:
        here, there = make_place(), make_place()
        photos = [(-5, here), (-5, there), (0, None), (7, here), (8, there), (9, None), (30, None)]
        found = set()
        for order in itertools.islice(itertools.permutations(enumerate(photos)), 0, None, 419):
            owner = make_owner()
            rows = {}
            for number, (minutes, place) in order:
                rows[number] = taken(owner, minutes, place, sha256=f"{number:064x}")
                following.follow()
            found.add(tuple(where(rows[number]) for number in range(len(photos))))

        assert found == {
            (
                (here, False), (there, False), (here, True), (here, False), (there, False),
                (there, True), (there, True),
            )
        }  # fmt: skip

    def test_takes_a_place_back_that_does_not_follow_any_more(self, owner: Owner) -> None:
        taken(owner, -5, make_place())
        photo = taken(owner, 0)
        following.follow()
        taken(owner, 5, make_place())

        assert following.follow() == 1
        assert where(photo) == (None, False)

    def test_twice_changes_nothing(self, owner: Owner) -> None:
        taken(owner, -5, make_place())
        photo = taken(owner, 0)
        following.follow()
        before = where(photo)
        following.note(photo)

        assert following.follow() == 0
        assert where(photo) == before
        assert PlaceDue.objects.count() == 0

    def test_finds_the_places_of_photos_that_never_had_any(self, owner: Owner) -> None:
        old = taken(owner, 0, **UBUD)
        neighbour = taken(owner, 10)

        assert following.follow() == 2
        assert str(where(old)[0]) == "Ubud, Bali, Indonesia"
        assert where(neighbour) == (old.place, True)

    def test_costs_the_same_however_many_photos(
        self, owner: Owner, django_assert_num_queries: Any
    ) -> None:
        place = make_place()
        for count in (1, 3):
            for number in range(count):
                taken(owner, 500 * count + number, place)
                taken(owner, 500 * count + number)

            with django_assert_num_queries(11):
                following.follow()

    def test_stops_when_it_is_told_to(self, owner: Owner) -> None:
        taken(owner, 0, make_place())
        taken(owner, 1)

        assert following.follow(stopping=lambda: True) == 0
        assert following.is_due()


@pytest.mark.django_db(transaction=True)
class TestFollowBesideOthers:
    def test_leaves_it_to_another_who_is_at_it(self, owner: Owner) -> None:
        taken(owner, 0, make_place())
        taken(owner, 1)

        with alone(following._LOCK):  # noqa: SLF001  # nobody else has a use for it
            assert elsewhere(following.follow) == 0

        assert following.follow() == 1

    def test_waits_for_no_photo_that_is_in_work(self, owner: Owner) -> None:
        taken(owner, 0, make_place())
        busy, idle = taken(owner, 1), taken(owner, 2)

        with transaction.atomic():
            Photo.objects.select_for_update(no_key=True).get(pk=busy.pk)
            assert elsewhere(following.follow) == 1

        assert [where(each)[1] for each in (busy, idle)] == [False, True]
        assert following.follow() == 1
        assert not following.is_due()

    def test_misses_nothing_that_is_noted_meanwhile(self, owner: Owner) -> None:
        place = make_place()
        taken(owner, 0, place)
        photo = taken(owner, 500)

        with transaction.atomic():
            Photo.objects.filter(pk=photo.pk).update(dated_at=NOON)
            following.note(photo)
            elsewhere(following.follow)

        assert following.follow() == 1
        assert where(photo) == (place, True)


class TestWhoseItInherits:
    def test_are_the_nearest_before_and_after(self, owner: Owner) -> None:
        place = make_place()
        _, before, after = (taken(owner, at, place) for at in (-60, -5, 30))
        taken(owner, 90, make_place())
        taken(make_owner(), 1, place)
        photo = taken(owner, 0)
        following.follow()
        photo.refresh_from_db()

        assert following.heard_from(photo) == [before, after]

    def test_is_one_where_there_is_but_one(self, owner: Owner) -> None:
        same_time = taken(owner, 0, make_place())
        photo = taken(owner, 0)
        following.follow()
        photo.refresh_from_db()

        assert following.heard_from(photo) == [same_time]

    def test_is_nobody_for_a_photo_with_a_place_of_its_own_or_none(self, owner: Owner) -> None:
        near, nowhere = taken(owner, 0, make_place()), taken(owner, 500)
        taken(owner, 1, make_place())

        assert [following.heard_from(each) for each in (near, nowhere)] == [[], []]


def elsewhere(what: Callable[[], int]) -> int:
    """`what` returns, done on another connection."""

    def do() -> int:
        try:
            return what()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(do).result(timeout=60)
