"""How well photos are found by their captions, as numbers."""

import pytest

from photos.models import Owner
from photos.services import space_of
from search.models import ImageVector
from search.tags import TagPhoto
from search.trials import Found, Library, score
from search.vocabulary import Vocabulary
from tests.factories import make_owner, make_photo, unit
from tests.search.factories import (
    IMAGES,
    FakeImageEncoder,
    FakeTextEncoder,
    make_image_vector,
    make_vocabulary,
)


class TestScore:
    def test_counts_how_often_the_photo_is_among_the_first(self) -> None:
        many = list(range(10, 22))
        answers = [Found([1, 2]), Found([1, 2]), Found(many), Found([4, 5, 6])]

        found = score("words", answers, wanted=[1, 2, 20, 7])

        assert found.recall == {1: 0.25, 5: 0.5, 10: 0.5}
        assert found.median_rank == 6.5  # of 1, 2, 11 and none
        assert (found.cut, found.shown) == (None, None)

    def test_counts_photos_on_both_sides_of_the_cut_off(self) -> None:
        answers = [Found([1, 2], 1), Found([1, 2], 1), Found([3, 1], 2), Found([], 0)]

        found = score("likeness", answers, wanted=[1, 2, 1, 1])

        assert (found.cut, found.shown) == (0.5, 1.0)

    def test_has_no_median_where_most_are_not_found(self) -> None:
        found = score("words", [Found([]), Found([]), Found([1])], wanted=[1, 2, 1])

        assert found.median_rank is None

    def test_takes_captions_of_one_photo_for_one_trial(self) -> None:
        answers = [Found([1]), Found([1]), Found([1]), Found([1])]

        apart = score("", answers, wanted=[1, 2, 1, 2])
        alone = score("", answers, wanted=[1, 1, 1, 1])

        # Means of 1 and 0: their standard error is one half.
        assert apart.margin == pytest.approx({1: 0.98, 5: 0.98, 10: 0.98})
        assert alone.margin == {1: 1.0, 5: 1.0, 10: 1.0}


@pytest.mark.django_db
class TestLibrary:
    @pytest.fixture
    def vocabulary(self, tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
        return make_vocabulary(tmp_path_factory.mktemp("vocabulary"))

    def _library(self, owner: Owner, vocabulary: Vocabulary, language: str = "en") -> Library:
        texts = FakeTextEncoder({"sea": unit(1)})
        tags = TagPhoto(FakeImageEncoder(), texts, vocabulary, "image+text+words")
        return Library(owner, space_of(IMAGES, ImageVector), tags, language, recipes={})

    def test_is_asked_in_each_way(self, owner: Owner, vocabulary: Vocabulary) -> None:
        library = self._library(owner, vocabulary)
        near, far = make_photo(owner=owner), make_photo(owner=owner)
        make_image_vector(far, unit(0, 1))
        make_image_vector(near, unit(0.9, 0.1))
        make_image_vector(make_photo(owner=make_owner()), unit(1))  # somebody else's

        found = {way: find("sea") for way, find in library.ways().items()}

        assert found["likeness"] == Found([near.pk, far.pk], fitting=1)
        assert found["words"] == Found([])
        assert found["both"] == Found([near.pk, far.pk])
        assert found["search"] == Found([near.pk], fitting=1)

    def test_has_nothing_like_what_the_encoder_does_not_understand(
        self, owner: Owner, vocabulary: Vocabulary
    ) -> None:
        library = self._library(owner, vocabulary, language="id")
        make_image_vector(make_photo(owner=owner), unit(1))

        assert library.by_likeness("laut") == Found([], 0)
