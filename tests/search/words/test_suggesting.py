"""What may be meant by the beginning of a word."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from photos.models import Owner
from search.words import Suggestion, index, suggest
from tests.factories import make_owner, make_person, make_photo
from tests.search.words.library import photo_of, see, show

pytestmark = pytest.mark.django_db


def suggested(owner: Owner, prefix: str, limit: int = 20) -> list[tuple[str, str, str]]:
    return [(each.kind, each.key, each.words) for each in suggest(owner, prefix, limit=limit)]


class TestSuggest:
    def test_has_people_tags_and_objects_that_are_in_photos(self, owner: Owner) -> None:
        photo = photo_of(owner, tags=("beach", "sea"))
        see(photo, "bear")
        index([photo.pk])
        show(photo, make_person(owner=owner, name="Anna Béa"))
        make_person(owner=owner, name="Bea of no photo")

        assert suggest(owner, "BÉ", limit=9) == [
            Suggestion("objects", "bear", "bear"),
            Suggestion("tags", "beach", "beach"),
            Suggestion("people", "Anna Béa", "Anna Béa"),
        ]
        assert suggested(owner, "be", limit=1) == [("objects", "bear", "bear")]

    def test_knows_aliases(self, owner: Owner) -> None:
        anna = make_person(owner=owner, name="Anna", aliases=["Nenek", "Nena"])
        show(make_photo(owner=owner), anna)

        assert suggested(owner, "nen") == [("people", "Anna", "Nena")]

    def test_knows_the_words_of_every_language(self, owner: Owner) -> None:
        photo = photo_of(owner, tags=("beach",))
        see(photo, "cat")
        index([photo.pk])

        assert suggested(owner, "pan") == [("tags", "beach", "pantai")]
        assert suggested(owner, "kuc") == [("objects", "cat", "kucing")]
        assert suggested(owner, "see") == []  # "seekor" says nothing

    def test_knows_more_than_one_word(self, owner: Owner) -> None:
        photo_of(owner, tags=("rice_field", "river"))

        assert suggested(owner, "rice f") == [("tags", "rice_field", "rice field")]
        assert suggested(owner, "fie") == [("tags", "rice_field", "rice field")]

    def test_does_not_tell_of_people_who_are_hidden(self, owner: Owner) -> None:
        show(make_photo(owner=owner), make_person(owner=owner, name="Anna", hidden=True))

        assert suggested(owner, "anna") == []

    def test_has_nothing_of_other_owners(self, owner: Owner) -> None:
        other = make_owner()
        show(photo_of(other, tags=("beach",)), make_person(owner=other, name="Bea"))
        make_person(owner=owner, name="Bea")

        assert suggested(owner, "be") == []

    @pytest.mark.parametrize(
        "prefix", ["", " ", "'", "%", "\\", "\0", "\ud800", "😀", "x" * 10_000]
    )
    def test_takes_any_text(self, owner: Owner, prefix: str) -> None:
        photo_of(owner, tags=("beach",))

        assert suggested(owner, prefix) == []

    def test_takes_a_fixed_number_of_queries(self, owner: Owner) -> None:
        for count in (1, 3):
            for number in range(count):
                photo = photo_of(owner, tags=("beach",))
                show(photo, make_person(owner=owner, name=f"Bea {count} {number}"))
            with CaptureQueriesContext(connection) as queries:
                suggest(owner, "be", limit=9)
            assert len(queries) == 4
