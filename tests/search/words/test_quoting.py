"""Photos in which a text stands word for word."""

import pytest

from photos.models import Owner, Photo
from search.words import index, quoted
from tests.factories import make_owner, make_photo
from tests.search.words.library import photo_of, write
from tests.search.words.test_matching import ODD

pytestmark = pytest.mark.django_db


def standing(owner: Owner, text: str) -> list[Photo]:
    return list(Photo.objects.of(owner).filter(quoted(owner, text)).order_by("pk"))


class TestQuoted:
    @pytest.mark.parametrize(
        "text",
        ["happy birthday", "HAPPY, Birthday!", "birthday Zoë", "Happy", "zoe 10.30", "10:30"],
    )
    def test_finds_words_that_follow_each_other_over_lines_too(
        self, owner: Owner, text: str
    ) -> None:
        photo = photo_of(owner, text=("HAPPY", "BIRTHDAY", "Zoe", "10.30"))
        photo_of(owner, text=("birthday", "happy"), tags=("beach",), says="Happy birthday Zoe")

        assert standing(owner, text)[0] == photo
        assert len(standing(owner, text)) == (2 if text == "Happy" else 1)

    @pytest.mark.parametrize(
        "text",
        ["panta", "beach", "beache", "pant", "buka", "di buka", "beaches pantai", "the dibuka"],
    )
    def test_finds_no_other_words(self, owner: Owner, text: str) -> None:
        photo_of(owner, text=("The", "Beaches", "dibuka", "pantai"), tags=("beach",))

        assert standing(owner, text) == []

    def test_finds_words_that_say_nothing_by_themselves(self, owner: Owner) -> None:
        photo = photo_of(owner, text=("To be or not to be",))
        photo_of(owner, text=("To not be",))

        assert standing(owner, "not to be") == [photo]

    def test_does_not_read_on_in_what_another_model_has_read(self, owner: Owner) -> None:
        photo = make_photo(owner=owner)
        write(photo, "happy", recipe="old")
        write(photo, "birthday", recipe="new")
        index([photo.pk])

        assert standing(owner, "happy birthday") == []

    def test_can_be_negated(self, owner: Owner) -> None:
        photo_of(owner, text=("happy birthday",))
        others = [photo_of(owner, text=("happy",)), make_photo(owner=owner)]
        mine = Photo.objects.of(owner).order_by("pk")

        assert list(mine.filter(~quoted(owner, "happy birthday"))) == others
        assert list(mine.exclude(quoted(owner, "happy birthday"))) == others

    def test_finds_none_of_other_owners(self, owner: Owner) -> None:
        photo_of(make_owner(), text=("happy",))

        assert not Photo.objects.filter(quoted(owner, "happy")).exists()

    @pytest.mark.parametrize("text", ["", " \n", "😀", "\0", "!!"])
    def test_finds_nothing_where_nothing_is_to_read(self, owner: Owner, text: str) -> None:
        photo = photo_of(owner, text=("😀 !!",))

        assert standing(owner, text) == []
        assert list(Photo.objects.filter(~quoted(owner, text))) == [photo]

    @pytest.mark.parametrize("text", ODD)
    def test_takes_any_text(self, owner: Owner, text: str) -> None:
        photo_of(owner, text=("dog",))

        assert standing(owner, text) == []
