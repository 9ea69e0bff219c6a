"""How far photos have followed into another space, and dropping one that is searched no more."""

import pytest
from django.db import connection

from photos import roles
from photos.models import Space
from search import reembedding, spaces
from search.errors import SpaceInUse, SpaceUnknown
from search.models import ImageVector, Unembedded
from tests.factories import make_owner, make_photo
from tests.search.changing import ROLE, activate, change, embed, follow, packs_of, space

pytestmark = pytest.mark.django_db(transaction=True)  # indexes are made


class TestProgress:
    def test_counts_the_photos_of_one_owner_or_of_all(self) -> None:
        activate("a")
        anna, ben = make_owner(), make_owner()
        photos = [make_photo(owner=anna) for _ in range(3)]
        embed(*photos, make_photo(owner=ben))
        activate("b")
        follow(photos[0])
        Unembedded.objects.create(photo=photos[1], owner=anna, space=space("b"), code="x")

        of_anna, of_ben, of_all = map(reembedding.progress, (anna, ben, None))

        assert (of_anna.photos, of_anna.done, of_anna.failed, of_anna.percent) == (3, 1, 1, 33.3)
        assert (of_ben.photos, of_ben.done, of_ben.failed, of_ben.percent) == (1, 0, 0, 0.0)
        assert (of_all.photos, of_all.done, of_all.failed, of_all.percent) == (4, 1, 1, 25.0)
        assert [each.photo for each in reembedding.failures(anna)] == [photos[1]]
        assert list(reembedding.failures(ben)) == []

    def test_knows_no_failure_of_a_photo_that_has_followed_since(self) -> None:
        activate("a")
        photo = make_photo()
        embed(photo)
        activate("b")
        Unembedded.objects.create(photo=photo, owner=photo.owner, space=space("b"), code="x")

        embed(photo)

        assert (reembedding.progress().failed, list(reembedding.failures())) == (0, [])
        assert spaces.switch(change())

    def test_is_complete_where_nothing_is_going_on(self) -> None:
        activate("a")
        assert reembedding.progress() == reembedding.Progress(None, None, 0, 0, 0)

        embed(make_photo())

        now = reembedding.progress()
        assert now == reembedding.Progress("image_encoder:a:1", None, 1, 1, 0)
        assert now.percent == 100.0


class TestDroppingASpace:
    @pytest.fixture(autouse=True)
    def _switched(self) -> None:
        """From a to b, with one photo that has followed."""
        activate("a")
        photo = make_photo()
        embed(photo)
        activate("b")
        follow(photo)
        spaces.switch(change())

    def test_forgets_its_vectors_and_its_index(self) -> None:
        number = space("a").pk

        assert list(reembedding.drop("image_encoder:a:1")) == [1]

        assert ImageVector.objects.get().space == space("b")
        assert not Space.objects.filter(pk=number).exists()
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass(%s)", [f"search_imagevector_hnsw_{number}"])
            assert cursor.fetchone() == (None,)

    def test_lets_photos_be_embedded_there_anew(self) -> None:
        list(reembedding.drop("image_encoder:a:1"))
        roles.roll_back(ROLE)
        photo = make_photo()

        embed(photo)

        assert packs_of(photo) == ["a", "b"]
        assert change().lacking().count() == 1

    @pytest.mark.parametrize("name", ["image_encoder:b:1", "image_encoder:a:1"])
    def test_is_refused_of_the_searched_one_and_of_the_active_models(self, name: str) -> None:
        roles.roll_back(ROLE)

        with pytest.raises(SpaceInUse, match=name):
            list(reembedding.drop(name))
        assert ImageVector.objects.count() == 2

    def test_twice_is_refused(self) -> None:
        list(reembedding.drop("image_encoder:a:1"))

        with pytest.raises(SpaceUnknown, match="image_encoder:a:1"):
            list(reembedding.drop("image_encoder:a:1"))
