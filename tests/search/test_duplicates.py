"""Photos of one picture are grouped, and others are not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from photos.models import Owner, Photo
from search import different, duplicates
from search.duplicates import BITS, SLOW_BITS
from search.models import PhotoLook
from tests.factories import make_owner, make_photo
from tests.search.alike import fast, groups, make_look, slow

pytestmark = pytest.mark.django_db
NOON = datetime(2024, 7, 12, 12, tzinfo=UTC)


@pytest.fixture
def owner() -> Owner:
    return make_owner()


def compare(owner: Owner) -> int:
    """How many photos were compared."""
    return sum(duplicates.compare(owner))


def leaders(*photos: Photo) -> list[int | None]:
    known = dict(PhotoLook.objects.values_list("photo", "leader"))
    return [known[photo.pk] for photo in photos]


def shot(owner: Owner, taken: datetime | None, **values: Any) -> Photo:
    by = Photo.DatedBy.EXIF if taken else Photo.DatedBy.UPLOAD
    return make_look(owner=owner, dated_at=taken or NOON, dated_by=by, **values)


class TestComparing:
    def test_puts_photos_that_are_alike_under_the_largest_one(self, owner: Owner) -> None:
        small, large = make_look(owner=owner), make_look(3, owner=owner, width=2000)
        other = make_look(owner=owner, of=1)

        count = compare(owner)

        assert count == 3
        assert leaders(small, large, other) == [large.pk, large.pk, other.pk]
        assert PhotoLook.objects.get(photo=small).distance == 1
        assert PhotoLook.objects.get(photo=large).distance is None

    def test_prefers_the_larger_file_and_then_the_older_photo(self, owner: Owner) -> None:
        light, old, new = (make_look(owner=owner, size_bytes=size) for size in (10, 20, 20))

        compare(owner)

        assert leaders(light, old, new) == [old.pk] * 3

    def test_goes_as_far_as_the_rule_and_no_farther(self, owner: Owner) -> None:
        make_look(owner=owner, width=2000)
        near = make_look(*slow(SLOW_BITS), *fast(BITS - SLOW_BITS), owner=owner)
        make_look(*slow(SLOW_BITS + 1), owner=owner, of=1)
        make_look(owner=owner, of=1, width=2000)
        make_look(*fast(BITS + 1), owner=owner, of=2)
        make_look(owner=owner, of=2, width=2000)

        compare(owner)

        assert PhotoLook.objects.copies().get().photo == near

    def test_makes_no_chain_of_photos_of_which_each_is_like_the_next(self, owner: Owner) -> None:
        first, second, third, fourth = (
            make_look(*fast(far), owner=owner, width=2000 - far) for far in (0, 20, 40, 60)
        )

        compare(owner)

        assert leaders(first, second, third, fourth) == [first.pk, first.pk, third.pk, third.pk]

    def test_never_takes_photos_of_two_moments_for_one(self, owner: Owner) -> None:
        first, second = shot(owner, NOON, width=2000), shot(owner, NOON + timedelta(seconds=1))
        copy, undated = shot(owner, NOON, size_bytes=1), shot(owner, None, size_bytes=1)

        compare(owner)

        assert leaders(first, second, copy, undated) == [first.pk, second.pk, first.pk, first.pk]

    def test_never_mixes_owners(self, owner: Owner) -> None:
        mine, theirs = make_look(owner=owner), make_look()

        compare(owner)

        assert leaders(mine, theirs) == [mine.pk, None]

    def test_leaves_alone_what_is_too_plain(self, owner: Owner) -> None:
        for _ in range(2):
            photo = make_photo(owner=owner)
            PhotoLook.objects.create(photo=photo, owner=owner, recipe=1, hash=None)

        assert (compare(owner), groups()) == (0, [])

    def test_twice_changes_nothing(self, owner: Owner) -> None:
        make_look(owner=owner)
        make_look(owner=owner)
        compare(owner)
        before = list(PhotoLook.objects.values())

        again = compare(owner)
        duplicates.group(owner, [row["photo_id"] for row in before])

        assert (again, list(PhotoLook.objects.values())) == (0, before)

    def test_lets_a_better_photo_take_over_its_group(self, owner: Owner) -> None:
        old = [make_look(owner=owner), make_look(1, owner=owner)]
        compare(owner)

        best = make_look(owner=owner, width=4000)
        compare(owner)

        assert leaders(*old, best) == [best.pk] * 3

    def test_groups_anew_those_whose_best_photo_has_gone(self, owner: Owner) -> None:
        best = make_look(owner=owner, width=4000)
        left = [make_look(owner=owner), make_look(1, owner=owner)]
        compare(owner)

        best.delete()
        waiting = leaders(*left)
        compare(owner)

        assert waiting == [None, None]
        assert leaders(*left) == [left[0].pk] * 2

    def test_leaves_no_group_of_one(self, owner: Owner) -> None:
        best, copy = make_look(owner=owner, width=4000), make_look(owner=owner)
        compare(owner)

        copy.delete()

        assert (groups(), leaders(best)) == ([], [best.pk])

    @settings(
        max_examples=25,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(data=st.data())
    def test_gives_the_same_groups_in_whatever_order_photos_come(
        self, owner: Owner, data: st.DataObject, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Photo.objects.all().delete()
        monkeypatch.setattr(duplicates, "_AT_ONCE", data.draw(st.integers(1, 6)))
        far = data.draw(st.lists(st.integers(0, 80), min_size=2, max_size=10))
        sizes = data.draw(st.permutations(range(len(far))))
        photos = []
        for distance, size in zip(far, sizes, strict=True):
            photos.append(make_look(*fast(distance), owner=owner, width=100 + size))
            if data.draw(st.booleans()):
                compare(owner)
        compare(owner)
        bit_by_bit = leaders(*photos)

        PhotoLook.objects.update(leader=None, distance=None)
        monkeypatch.setattr(duplicates, "_AT_ONCE", 100)
        compare(owner)

        assert bit_by_bit == leaders(*photos)
        within = PhotoLook.objects.copies().values_list("distance", flat=True)
        assert all(distance is not None and distance <= BITS for distance in within)


class TestSayingThatPhotosAreDifferent:
    def test_takes_a_photo_out_of_its_group_for_ever(self, owner: Owner) -> None:
        best, wrong, right = (make_look(owner=owner, width=900 - n) for n in range(3))
        compare(owner)

        count = different.say(wrong)
        at_once = groups()
        compare(owner)

        assert (count, at_once) == (2, [{best.pk, right.pk}])
        assert leaders(best, wrong, right) == [best.pk, wrong.pk, best.pk]

    def test_gives_the_rest_another_best_photo(self, owner: Owner) -> None:
        best, *rest = (make_look(owner=owner, width=900 - n) for n in range(3))
        compare(owner)

        different.say(best)

        assert groups() == [{photo.pk for photo in rest}]

    def test_may_be_of_some_photos_alone(self, owner: Owner) -> None:
        best, second, third = (make_look(owner=owner, width=900 - n) for n in range(3))
        compare(owner)

        different.say(third, [best.pk])

        assert groups() == [{best.pk, second.pk}]
        assert different.say(third, [best.pk]) == 0

    def test_lets_a_photo_find_others_that_it_is_like(self, owner: Owner) -> None:
        make_look(owner=owner, width=4000)
        between = make_look(*fast(20), owner=owner, width=3000)
        beyond = make_look(*fast(40), owner=owner, width=2000)
        compare(owner)

        different.say(between)
        compare(owner)

        assert groups() == [{between.pk, beyond.pk}]

    def test_taken_back_brings_the_group_back(self, owner: Owner) -> None:
        best, wrong = make_look(owner=owner, width=900), make_look(owner=owner)
        compare(owner)
        different.say(wrong)

        count = different.take_back(best)

        assert (count, groups()) == (1, [{best.pk, wrong.pk}])
        assert different.take_back(best) == 0
