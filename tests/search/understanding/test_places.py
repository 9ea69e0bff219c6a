"""Where photos were taken: words that are places, and words that only look like them."""

from dataclasses import replace

import pytest

from search.questions import Known, People, Question, Somewhere
from search.understanding import understand
from tests.search.understanding.table import KNOWN, NOW

ABROAD = replace(
    KNOWN,
    places={
        **KNOWN.places,
        **dict.fromkeys(("Wedding", "Berlin", "Barking", "Reading", "Malang"), ()),
        "Johor Bahru": ("Baru",),
        "Pest": ("Pesta",),
        "United Kingdom": ("UK",),
        "United States": ("US",),
    },
    within={
        **KNOWN.within,
        "Wedding": frozenset({"Berlin"}),
        "Reading": frozenset({"United Kingdom"}),
    },
)


def question(text: str, known: Known = KNOWN) -> Question:
    return understand(text, known, NOW).question


class TestPlaces:
    def test_a_list_of_what_is_near_is_all_near(self) -> None:
        near = (Somewhere("Ubud", near=True), Somewhere("Jakarta", near=True))

        assert question("near Ubud or Jakarta").places == near
        assert question("near Ubud or in Jakarta").places == (near[0], Somewhere("Jakarta"))

    def test_a_place_goes_with_those_around_it_but_not_with_others(self) -> None:
        assert question("Ubud, Bali, Indonesia").places == (Somewhere("Ubud"),)
        assert question("Bali, Jakarta").places == (Somewhere("Bali"), Somewhere("Jakarta"))

    @pytest.mark.parametrize(
        "text",
        [
            "Anna's wedding",
            "Wedding dress",
            "dog barking",
            "baju baru",
            "pesta",
            "di pesta",
            "foto pesta Anna",
            "at a wedding",
            "wedding, Berlin",
            "nice weather",
            "from nice people",
        ],
    )
    def test_ordinary_words_are_no_places(self, text: str) -> None:
        assert question(text, ABROAD).places in {(), (Somewhere("Berlin"),)}

    @pytest.mark.parametrize(
        ("text", "place"),
        [
            ("in Wedding", "Wedding"),
            ("Wedding, Berlin", "Wedding"),
            ("Nice, France", "Nice"),
            ("nice, france", "Nice"),
            ("Reading, UK", "Reading"),
            ("from Nice", "Nice"),
            ("dari Malang", "Malang"),
            ("kota malang", "Malang"),
            ("in the US", "United States"),
        ],
    )
    def test_words_are_places_where_more_says_so(self, text: str, place: str) -> None:
        asked = question(text, ABROAD)

        assert asked == Question(places=(Somewhere(place),), language=asked.language)

    def test_ordinary_words_are_no_people_without_a_capital(self) -> None:
        known = replace(KNOWN, people={"Bagus": (), "Ibu": ()})

        assert question("pemandangan bagus", known).people == People()
        assert question("foto Bagus", known).people.all == (("Bagus",),)
        assert question("foto ibu", known).people.all == (("Ibu",),)

    @pytest.mark.parametrize(
        "text",
        ["outside Bali", "outside of Bali", "far from Bali", "anywhere but Bali", "di luar Bali"],
    )
    def test_what_is_outside_is_not_there(self, text: str) -> None:
        assert question(text).places == (Somewhere("Bali", excluded=True),)

    def test_outside_somewhere_is_in_the_open(self) -> None:
        asked = question("outside in Bali")

        assert (asked.places, asked.semantic) == ((Somewhere("Bali"),), "outside")
        assert question("di luar ruangan").semantic == "luar ruangan"

    def test_a_close_up_is_near_nothing(self) -> None:
        assert question("foto dekat bunga").semantic == "foto dekat bunga"
        assert question("foto dekat Ubud").places == (Somewhere("Ubud", near=True),)
