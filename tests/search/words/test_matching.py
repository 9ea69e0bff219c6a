"""Photos by words: which ones, and in which order."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from faces.models import Cluster
from photos.models import Owner, Photo
from search.among import Keys
from search.words import candidates, index
from tests.factories import make_owner, make_person, make_photo
from tests.search.words.library import caption, found, hits, photo_of, see, show

pytestmark = pytest.mark.django_db
ODD = [
    "' OR 1=1 --",
    "'); DROP TABLE search_photowords; --",
    "a & b | !c <-> d:* (e",
    "\\ \\' $$ %s {} \"",
    "dog\0cat \ud800",
    "beach " * 2000,
    "1e6c 5e 12e3f http://a.b/c?d=1 x@y.z",
    "\u202e\u0301\u200d",
]


class TestMatching:
    @pytest.mark.parametrize(
        ("says", "asked"),
        [
            ("Two dogs", "dog"),
            ("A dog", "DOGS"),
            ("Children are running", "run"),
            ("Café crème", "cafe creme"),
            ("Strasse", "straße"),
        ],
    )
    def test_finds_english_words_by_their_stems(self, owner: Owner, says: str, asked: str) -> None:
        photo = photo_of(owner, says=says)

        assert found(owner, asked) == [photo.pk]

    @pytest.mark.parametrize(
        ("says", "asked"),
        [
            ("Anak berlari di pantai", "lari"),
            ("Sepatu lari", "berlari"),
            ("Bapak memancing", "pancing"),
            ("Buku-bukunya", "buku"),
        ],
    )
    def test_finds_indonesian_words_by_their_stems(
        self, owner: Owner, says: str, asked: str
    ) -> None:
        photo = make_photo(owner=owner)
        caption(photo, says, "id")
        index([photo.pk])

        assert found(owner, asked, "id") == found(owner, asked, "en") == [photo.pk]

    @pytest.mark.parametrize("asked", ["beach", "beaches", "pantai", "PANTAI!"])
    def test_finds_tags_in_every_language(self, owner: Owner, asked: str) -> None:
        photo = photo_of(owner, tags=("beach",))

        assert found(owner, asked) == [photo.pk]

    @pytest.mark.parametrize("asked", ["cat", "cats", "kucing", "seekor kucing"])
    def test_finds_objects_in_every_language(self, owner: Owner, asked: str) -> None:
        photo = make_photo(owner=owner)
        see(photo, "cat")
        index([photo.pk])

        assert found(owner, asked, "id") == [photo.pk]

    def test_finds_text(self, owner: Owner) -> None:
        photo = photo_of(owner, text=("WARUNG", "Bu Sri 1998"))

        for asked in ("warung", "sri", "1998"):
            assert found(owner, asked) == [photo.pk]

    def test_finds_people_by_their_names_and_aliases(self, owner: Owner) -> None:
        photo, other = make_photo(owner=owner), photo_of(owner, says="A dog")
        show(photo, make_person(owner=owner, name="Zoë Putri", aliases=["Nenek"]))
        show(other, make_person(owner=owner, name="Ben"))

        assert found(owner, "zoe") == found(owner, "nenek") == [photo.pk]
        assert found(owner, "ben dog zoe") == [other.pk, photo.pk]

    def test_does_not_tell_of_people_who_are_hidden(self, owner: Owner) -> None:
        show(make_photo(owner=owner), make_person(owner=owner, name="Anna", hidden=True))
        show(make_photo(owner=owner), make_person(owner=owner, name="Ben"))
        Cluster.objects.filter(person__name="Ben").update(hidden=True)

        assert found(owner, "anna ben") == []

    def test_has_those_with_most_words_first_then_the_weightiest_then_the_newest(
        self, owner: Owner
    ) -> None:
        written = photo_of(owner, text=("dog",))
        older = photo_of(owner, says="A dog")
        newer = photo_of(owner, says="A dog")
        tagged = photo_of(owner, tags=("beach",), says="Rain")
        both = photo_of(owner, says="A dog at the beach")

        assert found(owner, "dog beach") == [
            both.pk, tagged.pk, newer.pk, older.pk, written.pk,
        ]  # fmt: skip
        assert [hit.matched for hit in hits(owner, "the dog at a beach")] == [2, 1, 1, 1, 1]
        assert all(hit.matched < hit.rank < hit.matched + 1 for hit in hits(owner, "dog beach"))

    def test_has_no_more_than_the_limit(self, owner: Owner) -> None:
        newest = [photo_of(owner, says="A dog").pk for _ in range(3)][::-1]

        assert found(owner, "dog", limit=2) == newest[:2]

    def test_has_none_of_other_owners(self, owner: Owner) -> None:
        other = make_owner()
        theirs = photo_of(other, tags=("beach",), says="A dog", text=("owner",))
        show(theirs, make_person(owner=other, name="Anna"))

        assert found(owner, f"dog beach owner {other.pk} anna owner:{other.pk}") == []

    def test_keeps_to_the_photos_that_are_given(self, owner: Owner) -> None:
        anna = make_person(owner=owner, name="Anna")
        photos = [photo_of(owner, says="A dog") for _ in range(3)]
        for photo in photos:
            show(photo, anna)
        some = Photo.objects.filter(pk__lt=photos[2].pk).order_by("created_at")

        for asked in ("dog", "anna", "anna dog"):
            assert found(owner, asked, photos=some) == [photos[1].pk, photos[0].pk]
        assert found(owner, "dog", photos=Photo.objects.none()) == []

    def test_has_a_named_photo_that_has_no_words_yet(self, owner: Owner) -> None:
        photo = make_photo(owner=owner)
        show(photo, make_person(owner=owner, name="Anna"))

        assert [(hit.photo, hit.matched) for hit in hits(owner, "anna dog")] == [(photo.pk, 1)]

    @pytest.mark.parametrize("asked", ["", "   ", "the of and", "😀 !!", "di yang dari"])
    def test_finds_nothing_by_what_says_nothing(self, owner: Owner, asked: str) -> None:
        photo_of(owner, says="the of and di yang dari", text=("the of and di yang dari",))

        assert found(owner, asked, "id" if "yang" in asked else "en") == []

    @pytest.mark.parametrize("asked", ODD)
    def test_takes_any_text_for_words(self, owner: Owner, asked: str) -> None:
        photo = photo_of(owner, says="A dog", text=("or 1 1 e a",))

        assert set(found(owner, asked)) <= {photo.pk}

    def test_takes_a_fixed_number_of_queries(self, owner: Owner) -> None:
        anna = make_person(owner=owner, name="Anna")
        hits(owner, "anna dog beach")  # stems are remembered
        for count in (1, 3):
            for _ in range(count):
                show(photo_of(owner, says="A dog at the beach"), anna)
            with CaptureQueriesContext(connection) as queries:
                hits(owner, "anna dog beach")
            assert len(queries) == 5


class TestOldPhotos:
    """Those behind the newest, which are read one after the other: the index knows them."""

    @pytest.fixture(autouse=True)
    def _few_are_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(candidates, "WALKED", 6)
        monkeypatch.setattr(candidates, "RANKED", 6)

    def test_are_found_by_words_that_are_rare(self, owner: Owner) -> None:
        rare = photo_of(owner, says="A zebra")
        photo_of(make_owner(), says="A zebra")
        common = [photo_of(owner, says="A dog").pk for _ in range(8)][::-1]

        assert found(owner, "zebra") == [rare.pk]
        assert found(owner, "dog") == common[:6]
        assert found(owner, "dog zebra") == [*common[:2], rare.pk]

    def test_are_found_by_words_that_are_common_where_there_are_not_many(
        self, owner: Owner
    ) -> None:
        cats = [photo_of(owner, says="A cat").pk for _ in range(3)]
        for _ in range(4):
            photo_of(owner, says="A dog")
        cats += [photo_of(owner, says="A cat").pk for _ in range(2)]

        assert found(owner, "cat") == cats[::-1]

    def test_are_found_first_if_they_have_all_words(self, owner: Owner) -> None:
        both = photo_of(owner, says="A dog and a cat")
        cats = [photo_of(owner, says="A cat").pk for _ in range(9)][::-1]
        dogs = [photo_of(owner, says="A dog").pk for _ in range(9)][::-1]

        assert found(owner, "dog cat") == [both.pk, *dogs[:2], cats[0]]

    def test_are_kept_to_those_that_are_given(self, owner: Owner) -> None:
        rare = [photo_of(owner, says="A zebra") for _ in range(2)]
        for _ in range(8):
            photo_of(owner, says="A dog")

        assert found(owner, "zebra", photos=Photo.objects.filter(pk=rare[0].pk)) == [rare[0].pk]

    def test_come_the_newest_first_whatever_is_given(self, owner: Owner) -> None:
        rare = [photo_of(owner, says="A zebra").pk for _ in range(10)][::-1]
        for _ in range(8):
            photo_of(owner, says="A dog")
        given = rare[1::2]

        assert found(owner, "zebra") == rare[:6]
        assert found(owner, "zebra", photos=Photo.objects.filter(pk__in=given)) == given
        assert found(owner, "zebra", photos=Keys(given)) == given

    def test_are_read_on_for_what_stands_in_many(self, owner: Owner) -> None:
        cats = [photo_of(owner, says=f"A {each}").pk for each in ("cat", "dog") * 20][::2][::-1]

        assert found(owner, "cat") == cats[:6]
        assert found(owner, "cat", photos=Photo.objects.exclude(pk=cats[1])) == [
            cats[0],
            *cats[2:7],
        ]

    def test_are_none_where_none_are_given(self, owner: Owner) -> None:
        for _ in range(8):
            photo_of(owner, says="A dog")

        assert found(owner, "dog", photos=Photo.objects.none()) == []
