"""The space in which photos are searched, while the model that sees them changes."""

import threading
from importlib import import_module

import pytest
from django.db import connection, transaction

from photos import roles
from photos.models import Role, ServedModel
from search import spaces
from search.errors import PhotosLeft, SpaceMoved
from search.models import SearchedSpace, Unembedded
from tests.factories import make_photo
from tests.search.changing import (
    ROLE,
    activate,
    change,
    embed,
    embedding,
    follow,
    packs_of,
    searched,
    space,
)

pytestmark = pytest.mark.django_db(transaction=True)  # indexes are made


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


class TestImageSpace:
    def test_is_none_before_any_photo(self) -> None:
        activate("a")

        assert (spaces.image_space(), spaces.change()) == (None, None)

    def test_is_that_of_the_first_photos_model(self) -> None:
        activate("a")

        embed(make_photo(), make_photo())

        assert (searched(), spaces.change()) == ("a", None)

    def test_stays_when_another_model_is_activated(self) -> None:
        activate("a")
        embed(make_photo())

        activate("b")

        assert searched() == "a"
        assert (change().old.name, change().name) == ("image_encoder:a:1", "image_encoder:b:1")

    def test_without_a_row_is_that_of_the_active_model(self) -> None:
        for pack in ("a", "b"):
            follow(make_photo(), pack=pack)
        activate("a")

        assert searched() == "a"


class TestPhotosThatComeMeanwhile:
    def test_have_vectors_in_both_spaces(self) -> None:
        activate("a")
        embed(make_photo())
        activate("b")
        new = make_photo()

        embed(new)

        assert packs_of(new) == ["a", "b"]

    def test_have_one_again_when_all_have_followed(self) -> None:
        activate("a")
        old, new = make_photo(), make_photo()
        embed(old)
        activate("b")
        follow(old)
        assert spaces.switch(change())

        embed(new)

        assert packs_of(new) == ["b"]

    def test_are_looked_at_again_when_it_was_switched_under_their_worker(self) -> None:
        activate("a")
        old, slow = make_photo(), make_photo()
        embed(old)
        begun = embedding()
        activate("b")
        follow(old)
        assert spaces.switch(change())

        with pytest.raises(SpaceMoved):
            embed(slow, operation=begun)

        assert packs_of(slow) == []

    def test_have_only_the_new_vector_where_the_old_model_has_gone(self) -> None:
        activate("a")
        embed(make_photo())
        activate("b")
        Role.objects.update(previous=None)
        ServedModel.objects.filter(pack="a").delete()
        new = make_photo()

        embed(new)

        assert (packs_of(new), searched()) == (["b"], "a")


class TestSwitch:
    def test_waits_for_all_photos_of_all_owners(self) -> None:
        activate("a")
        one, other = make_photo(), make_photo()
        embed(one, other)
        activate("b")
        follow(one)

        assert not spaces.switch(change())
        assert searched() == "a"

        follow(other)
        assert spaces.switch(change())
        assert (searched(), spaces.change()) == ("b", None)

    def test_done_twice_changes_nothing(self) -> None:
        activate("a")
        photo = make_photo()
        embed(photo)
        activate("b")
        follow(photo)
        following = change()

        assert [spaces.switch(following), spaces.switch(following)] == [True, False]
        assert searched() == "b"

    def test_does_not_follow_a_model_that_is_active_no_more(self) -> None:
        activate("a")
        photo = make_photo()
        embed(photo)
        activate("b")
        follow(photo)
        following = change()

        roles.roll_back(ROLE)

        assert not spaces.switch(following)
        assert (searched(), spaces.change()) == ("a", None)

    def test_goes_on_without_photos_that_cannot_follow_only_when_asked(self) -> None:
        activate("a")
        well, ill = make_photo(), make_photo()
        embed(well, ill)
        activate("b")
        follow(well)
        Unembedded.objects.create(photo=ill, owner=ill.owner, space=space("b"), code="x")

        assert not spaces.switch(change())
        assert spaces.switch(change(), without_failed=True)
        assert searched() == "b"

    def test_never_goes_on_without_photos_that_may_follow(self) -> None:
        activate("a")
        embed(make_photo())
        activate("b")

        with pytest.raises(PhotosLeft, match="image_encoder:b:1"):
            spaces.switch(change(), without_failed=True)
        assert searched() == "a"

    def test_waits_for_a_photo_that_is_being_stored(self) -> None:
        activate("a")
        old, slow = make_photo(), make_photo()
        embed(old)
        begun = embedding()
        activate("b")
        follow(old)
        following, outcome = change(), list[bool]()

        def switch() -> None:
            outcome.append(spaces.switch(following))
            connection.close()

        other = threading.Thread(target=switch)
        with transaction.atomic():
            embed(slow, operation=begun)
            other.start()
            while not somebody_waits():
                other.join(timeout=0.01)
            assert outcome == []
        other.join(timeout=30)

        assert (outcome, searched(), packs_of(slow)) == ([False], "a", ["a"])


class TestGoingBack:
    def test_before_all_have_followed_ends_the_change(self) -> None:
        activate("a")
        one, new = make_photo(), make_photo()
        embed(one)
        activate("b")
        embed(new)

        roles.roll_back(ROLE)

        assert (searched(), spaces.change()) == ("a", None)
        assert packs_of(new) == ["a", "b"]

    def test_afterwards_is_a_change_like_any_other(self) -> None:
        activate("a")
        old, late = make_photo(), make_photo()
        embed(old)
        activate("b")
        follow(old)
        spaces.switch(change())
        embed(late)

        roles.roll_back(ROLE)

        assert (searched(), change().lacking().get().photo) == ("b", late)
        follow(late, pack="a")
        assert spaces.switch(change())
        assert searched() == "a"

    def test_or_on_to_a_third_model_leaves_no_photo_behind(self) -> None:
        activate("a")
        one = make_photo()
        embed(one)
        activate("b")
        two = make_photo()
        embed(two)
        activate("c")
        three = make_photo()

        embed(three)

        assert (searched(), packs_of(three)) == ("a", ["a", "c"])
        assert change().lacking().count() == 2


class TestAnOlderDatabase:
    def test_searches_in_the_active_models_space(self) -> None:
        for pack in ("a", "b"):
            follow(make_photo(), pack=pack)
        activate("a")
        SearchedSpace.objects.all().delete()

        with connection.cursor() as cursor:
            cursor.execute(import_module("search.migrations.0008_searched_space").FILL)

        assert SearchedSpace.objects.get().space == space("a")
