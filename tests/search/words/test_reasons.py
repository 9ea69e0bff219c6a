"""Why photos were found by words."""

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from faces.models import Person
from inference.geometry import Box
from photos.models import Owner, Photo
from search.vocabulary import load
from search.words import Reason, reasons
from search.words.stems import stems_of
from tests.factories import make_owner, make_person, make_photo
from tests.search.words.library import QUAD, caption, photo_of, see, show, tag, write

pytestmark = pytest.mark.django_db
VOCABULARY = load(settings.VOCABULARY_DIR)


def why(photo: Photo, question: str, language: str = "en") -> list[Reason]:
    return reasons(photo.owner, [photo.pk], question, VOCABULARY, language=language).get(
        photo.pk, []
    )


class TestReasons:
    def test_are_the_parts_in_which_words_stand(self, owner: Owner) -> None:
        photo = make_photo(owner=owner)
        show(photo, make_person(owner=owner, name="Zoë Putri"), x=5, y=6, width=7, height=8)
        tag(photo, "beach")
        tag(photo, "garden")
        see(photo, "dog", x=10)
        see(photo, "cat")
        caption(photo, "Dogs and a kite", context="playing")
        write(photo, "closed", "the Beach dog")

        found = why(photo, "zoe's dogs play at a beach")

        assert found == [
            Reason("names", ("zoe",), "Zoë Putri", (Box(5, 6, 7, 8),)),
            Reason("tags", ("beach",), "beach"),
            Reason("objects", ("dogs",), "dog", (Box(10, 2, 3, 4),)),
            Reason("captions", ("dogs", "play"), "Dogs and a kite playing"),
            Reason("text", ("dogs", "beach"), "the Beach dog", quad=QUAD),
        ]

    def test_are_in_indonesian_too(self, owner: Owner) -> None:
        photo = make_photo(owner=owner)
        tag(photo, "beach")
        see(photo, "cat")
        caption(photo, "Anak berlari", "id")

        found = why(photo, "kucing lari di pantai", "id")

        assert [(each.part, each.words) for each in found] == [
            ("tags", ("pantai",)),
            ("objects", ("kucing",)),
            ("captions", ("lari",)),
        ]

    def test_have_a_box_for_each_face_and_object(self, owner: Owner) -> None:
        photo, anna = make_photo(owner=owner), make_person(owner=owner, name="Anna")
        for x in (1, 40):
            show(photo, anna, x=x, y=2, width=3, height=4)
            see(photo, "cat", x=x)
        see(photo, "cat", recipe="new", x=20)

        people, objects = why(photo, "anna cat")

        assert people.boxes == (Box(1, 2, 3, 4), Box(40, 2, 3, 4))
        assert objects.boxes == (Box(20, 2, 3, 4),)  # as the last model sees it

    def test_have_what_two_models_have_read_once(self, owner: Owner) -> None:
        photo = make_photo(owner=owner)
        write(photo, "open", recipe="old")
        write(photo, "open", recipe="new")

        assert [each.said for each in why(photo, "open")] == ["open"]

    def test_do_not_tell_of_people_who_are_hidden(self, owner: Owner) -> None:
        photo = make_photo(owner=owner)
        show(photo, make_person(owner=owner, name="Anna"))
        Person.objects.update(hidden=True)

        assert why(photo, "anna") == []

    def test_are_none_for_photos_of_other_owners(self, owner: Owner) -> None:
        theirs = photo_of(make_owner(), tags=("beach",), text=("beach",))
        show(theirs, make_person(owner=theirs.owner, name="Beach"))

        assert reasons(owner, [theirs.pk, 0], "beach", VOCABULARY, language="en") == {}

    @pytest.mark.parametrize("question", ["", "the", "'; DROP TABLE x --", "\0\ud800", "😀"])
    def test_are_none_for_what_says_nothing(self, owner: Owner, question: str) -> None:
        assert why(photo_of(owner, tags=("beach",)), question) == []

    def test_take_a_fixed_number_of_queries(self, owner: Owner) -> None:
        photos: list[int] = []
        stems_of(["a", "dog", "beach", "pantai"])  # are remembered
        for count in (1, 3):
            photos += [photo_of(owner, tags=("beach",), says="A dog").pk for _ in range(count)]
            with CaptureQueriesContext(connection) as queries:
                found = reasons(owner, photos, "dog beach", VOCABULARY, language="en")
            assert (len(queries), len(found)) == (1, len(photos))
