"""Questions find photos: filtered, ranked, page by page."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from search.errors import CursorInvalid
from search.facets import Facets
from search.questions import Count, Things
from tests.factories import make_face, make_owner, make_person, make_place, unit
from tests.search.library import ask, found, taken
from tests.search.words.library import photo_of, see, show

pytestmark = pytest.mark.django_db

BEACH = {"beach": unit(1)}


class TestFilters:
    def test_all_of_the_people_are_there_and_none_of_the_others(self) -> None:
        owner = make_owner()
        anna, ben = (make_person(owner=owner, name=name) for name in ("Anna", "Ben"))
        alone, both = taken(owner, of=(anna,)), taken(owner, of=(anna, ben))
        taken(owner, of=(ben,))

        assert found(owner, "Anna") == [both.pk, alone.pk]
        assert found(owner, "Anna and Ben") == [both.pk]
        assert found(owner, "Anna without Ben") == [alone.pk]
        assert found(owner, people=["anna"], not_people=["Ben"]) == [alone.pk]

    def test_only_means_that_there_is_no_other_face(self) -> None:
        owner = make_owner()
        anna = make_person(owner=owner, name="Anna")
        alone, crowd, statue = (taken(owner, of=(anna,)) for _ in range(3))
        make_face(photo=crowd, x=500)
        make_face(photo=statue, x=500, ignored=True)

        assert found(owner, "only Anna") == [statue.pk, alone.pk]

    def test_days_are_those_of_the_clock_where_it_was_taken(self) -> None:
        owner = make_owner()
        first, last = taken(owner, "2023-06-01T00:00"), taken(owner, "2023-08-31T23:59")
        taken(owner, "2023-05-31T23:59")
        taken(owner, "2023-09-01T00:00")

        assert found(owner, "last summer") == [last.pk, first.pk]
        assert found(owner, since=date(2023, 6, 1), until=date(2023, 8, 31)) == [last.pk, first.pk]

    def test_places_are_cities_regions_and_countries(self) -> None:
        owner = make_owner()
        bali = make_place(id=1, name="Ubud", region="Bali", country="Indonesia")
        here = taken(owner, place=bali)
        taken(owner)

        assert found(owner, "in Bali") == [here.pk]
        assert found(owner, "Indonesia") == [here.pk]
        assert found(owner, places=["ubud"]) == [here.pk]

    def test_things_and_faces_are_counted(self) -> None:
        owner = make_owner()
        one, two = taken(owner), taken(owner)
        see(one, "dog")
        see(two, "dog")
        see(two, "dog", x=50.0)
        see(two, "dog", recipe="another model")
        make_face(photo=one)

        assert found(owner, objects=[Things("dog")]) == [two.pk, one.pk]
        assert found(owner, objects=[Things("dog", Count(2, 2))]) == [two.pk]
        assert found(owner, objects=[Things("dog", Count(0, 1))]) == [one.pk]
        assert found(owner, faces=Count(1, None)) == [one.pk]
        assert found(owner, faces=Count(0, 0)) == [two.pk]

    def test_text_stands_in_the_photo_or_does_not(self) -> None:
        owner = make_owner()
        sale, other = photo_of(owner, text=("Big SALE",)), photo_of(owner, text=("Closed",))

        assert found(owner, '"sale"') == [sale.pk]
        assert found(owner, not_text=["sale"]) == [other.pk]

    def test_another_owners_photos_are_never_found(self) -> None:
        owner, other = make_owner(), make_owner()
        theirs = make_person(owner=other, name="Anna")
        taken(other, of=(theirs,), looks=unit(1))
        anna = make_person(owner=owner, name="Anna")
        ours = taken(owner, of=(anna,), looks=unit(1))

        assert found(owner, "Anna") == [ours.pk]
        assert found(owner, "beach", BEACH) == [ours.pk]


class TestRanking:
    def test_what_fits_comes_first_and_what_does_not_is_left_out(self) -> None:
        owner = make_owner()
        fits, best = taken(owner, looks=unit(3, 1)), taken(owner, looks=unit(1))
        taken(owner, looks=unit(0, 1))

        answer = ask(owner, "beach", BEACH)

        assert list(answer.photos) == [best.pk, fits.pk]
        assert answer.relevance[best.pk] > answer.relevance[fits.pk] >= 0.5

    def test_what_is_written_of_a_photo_counts_as_well(self) -> None:
        owner = make_owner()
        looks = taken(owner, looks=unit(1))
        written = photo_of(owner, says="A walk on the beach.")
        photo_of(owner, says="A church.")

        assert sorted(found(owner, "beach", BEACH)) == [looks.pk, written.pk]

    def test_filters_hold_where_words_rank(self) -> None:
        owner = make_owner()
        anna = make_person(owner=owner, name="Anna")
        hers = taken(owner, of=(anna,), looks=unit(3, 1))
        taken(owner, looks=unit(1))

        assert found(owner, "Anna at the beach", BEACH) == [hers.pk]

    def test_things_that_words_ask_for_come_first_but_need_not_be_seen(self) -> None:
        owner = make_owner()
        looks = taken(owner, looks=unit(1))
        seen = taken(owner)
        see(seen, "dog")
        taken(owner, looks=unit(0, 1))

        assert sorted(found(owner, "a dog", {"dog": unit(1)})) == [looks.pk, seen.pk]

    def test_what_is_not_to_be_there_is_taken_at_its_word(self) -> None:
        owner = make_owner()
        with_dog, without = taken(owner, looks=unit(1)), taken(owner, looks=unit(1))
        see(with_dog, "dog")

        assert found(owner, "beach, no dogs", BEACH) == [without.pk]

    def test_what_it_is_not_to_look_like_is_left_out(self) -> None:
        owner = make_owner()
        anna = make_person(owner=owner, name="Anna")
        taken(owner, of=(anna,), looks=unit(1))
        outside = taken(owner, of=(anna,), looks=unit(0, 1))

        assert found(owner, "Anna, not indoors", {"indoors": unit(1)}) == [outside.pk]

    @pytest.mark.parametrize("most", [0, 20_000], ids=["looked up each time", "listed"])
    def test_finds_the_same_however_many_photos_filters_leave(
        self, most: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("search.among.MOST_KEYS", most)
        owner, other = make_owner(), make_owner()
        anna, theirs = (make_person(owner=each, name="Anna") for each in (owner, other))
        looks = taken(owner, of=(anna,), looks=unit(1))
        written = photo_of(owner, says="A walk on the beach.")
        show(written, anna)
        taken(owner, looks=unit(1))
        taken(other, of=(theirs,), looks=unit(1))
        photo_of(owner, says="On the beach without her.")

        assert sorted(found(owner, "Anna at the beach", BEACH)) == [looks.pk, written.pk]

    def test_nothing_is_ranked_where_filters_leave_nothing(self) -> None:
        owner = make_owner()
        make_person(owner=owner, name="Anna")
        taken(owner, looks=unit(1))

        with CaptureQueriesContext(connection) as queries:
            answer = ask(owner, "Anna at the beach", BEACH)

        assert (list(answer.photos), answer.total, answer.facets) == ([], 0, Facets())
        assert not any("imagevector" in each["sql"] for each in queries.captured_queries)

    def test_cost_as_many_queries_for_many_places_as_for_one(self) -> None:
        owner = make_owner()
        for number, name in enumerate(("Ubud", "Canggu", "Kuta"), start=1):
            taken(owner, place=make_place(id=number, name=name))
        found(owner, places=["Ubud"])  # what is remembered of places

        counts = []
        for names in (["Ubud"], ["Ubud", "Canggu", "Kuta"]):
            with CaptureQueriesContext(connection) as queries:
                found(owner, places=names)
            counts.append(len(queries))

        assert counts[0] == counts[1]


class TestPages:
    def test_they_follow_each_other_without_a_gap(self) -> None:
        owner = make_owner()
        photos = [taken(owner, f"2024-01-{day:02}", looks=unit(9, day)).pk for day in range(1, 8)]

        for q, words, order in (("January 2024", {}, photos[::-1]), ("beach", BEACH, photos)):
            cursor = ""
            seen: list[int] = []
            while True:
                page = ask(owner, q, words, limit=3, cursor=cursor)
                seen += page.photos
                if not (cursor := page.next):
                    break
            assert seen == order

    def test_photos_that_come_meanwhile_are_in_none(self) -> None:
        owner = make_owner()
        photos = [taken(owner, "2024-01-01").pk for _ in range(3)]
        first = ask(owner, "January 2024", limit=2)
        taken(owner, "2024-01-01")

        second = ask(owner, "January 2024", limit=2, cursor=first.next)

        assert [*first.photos, *second.photos] == photos[::-1]
        assert (first.total, second.total, second.facets) == (3, None, None)

    def test_the_oldest_may_come_first(self) -> None:
        owner = make_owner()
        new, old = (
            taken(owner, "2024-01-02", looks=unit(1)),
            taken(owner, "2024-01-01", looks=unit(1)),
        )

        assert found(owner, "beach", BEACH, sort="oldest") == [old.pk, new.pk]
        assert found(owner, "beach", BEACH, sort="newest") == [new.pk, old.pk]
        assert found(owner, "January 2024", sort="oldest") == [old.pk, new.pk]

    def test_a_cursor_is_of_its_question(self) -> None:
        owner = make_owner()
        for _ in range(2):
            taken(owner, "2024-01-01")
        cursor = ask(owner, "January 2024", limit=1).next

        with pytest.raises(CursorInvalid, match="another question"):
            ask(owner, "2024", limit=1, cursor=cursor)
        with pytest.raises(CursorInvalid, match="none of ours"):
            ask(owner, "January 2024", limit=1, cursor="abc")


class TestFacets:
    def test_they_count_the_photos_that_were_found(self) -> None:
        owner = make_owner()
        anna = make_person(owner=owner, name="Anna")
        hidden = make_person(owner=owner, name="Zoe", hidden=True)
        ubud = make_place(id=1, name="Ubud", region="Bali", country="Indonesia")
        first = taken(owner, "2023-01-01", of=(anna,), place=ubud)
        taken(owner, "2024-01-01", of=(anna, hidden))
        taken(owner, "2022-01-01")
        see(first, "dog")
        see(first, "dog", x=50.0)

        assert ask(owner, "Anna", facets=False).facets is None
        facets = ask(owner, "Anna").facets

        assert facets is not None
        shown = {
            name: [(each.value, each.photos) for each in getattr(facets, name)]
            for name in ("people", "places", "countries", "objects", "years")
        }
        assert shown == {
            "people": [("Anna", 2)],
            "places": [("Ubud", 1)],
            "countries": [("Indonesia", 1)],
            "objects": [("dog", 1)],
            "years": [("2024", 1), ("2023", 1)],
        }
