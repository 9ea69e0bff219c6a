"""How many people are in a photo is one of its tags."""

from pathlib import Path

import pytest

from search.tags import TagPhoto, count_people
from tests.factories import make_face, make_photo, unit
from tests.search.factories import make_tagged_photo, make_vocabulary
from tests.search.tagged import by, do, tags_of

pytestmark = pytest.mark.django_db
BEACH = unit(1)


@pytest.fixture
def tagger(tmp_path: Path) -> TagPhoto:
    return by(make_vocabulary(tmp_path))


class TestCountPeople:
    def test_follows_the_faces_of_a_photo_that_has_tags(self, tagger: TagPhoto) -> None:
        photo = make_tagged_photo(BEACH, tagger.recipe)
        make_face(photo=photo)
        do(tagger, photo)
        make_face(photo=photo)

        count_people(photo)
        count_people(photo)

        assert [key for _, key in tags_of(photo)] == ["beach", "people:2"]

    def test_takes_the_tag_away_with_the_last_face(self, tagger: TagPhoto) -> None:
        photo = make_tagged_photo(BEACH, tagger.recipe)
        make_face(photo=photo)
        do(tagger, photo)
        photo.faces.all().delete()

        count_people(photo)

        assert [key for _, key in tags_of(photo)] == ["beach"]

    def test_tags_no_photo_that_was_not_to_be_tagged(self) -> None:
        photo = make_photo()
        make_face(photo=photo)

        count_people(photo)

        assert tags_of(photo) == []
