"""The parts of an interpretation: what they are called, and what is left without them."""

import pytest

from search.errors import PartUnknown
from search.questions import People, Question, Somewhere
from search.understanding import understand, without
from tests.search.understanding.table import KNOWN, NOW

LONG = "Anna or Cleo at the beach last summer, not with Ben, near Ubud, not in 2020"


def labels(text: str) -> list[tuple[str, str]]:
    return [(part.kind, part.label) for part in understand(text, KNOWN, NOW).parts]


class TestParts:
    def test_are_what_was_understood_in_the_order_of_the_words(self) -> None:
        parts = understand(LONG, KNOWN, NOW).parts

        assert [(part.kind, part.words, part.label) for part in parts] == [
            ("people", ("Anna or Cleo",), "Anna or Cleo Putri"),
            ("semantic", ("beach",), "beach"),
            ("dates", ("last summer",), "June 2023 \N{EN DASH} August 2023"),
            ("people", ("not with Ben",), "not with Ben"),
            ("places", ("near Ubud",), "near Ubud"),
            ("dates", ("not in 2020",), "not 2020"),
        ]

    def test_keep_their_keys_while_the_words_stay(self) -> None:
        one, other = understand(LONG, KNOWN, NOW), understand(LONG, KNOWN, NOW)

        keys = [part.key for part in one.parts]

        assert keys == [part.key for part in other.parts]
        assert len(set(keys)) == len(keys)

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("two dogs", [("objects", "dogs: 2")]),
            ("more than 3 cars", [("objects", "cars: at least 4")]),
            ("fewer than three chairs", [("objects", "chairs: at most 2")]),
            ("2 to 4 horses", [("objects", "horses: 2 to 4")]),
            ("no boats", [("objects", "boats: none")]),
            ("5 people", [("faces", "people: 5")]),
            ("only Anna", [("people", "nobody else"), ("people", "Anna")]),
            ('a sign that says "Exit"', [("semantic", "sign"), ("text", "“Exit”")]),
            ('not the word "Sale"', [("text", "not “Sale”")]),
            ("since May 2022", [("dates", "since May 2022")]),
            ("before 2010", [("dates", "before 2010")]),
            (
                "from 24 to 26 December 2022",
                [("dates", "24 December 2022 \N{EN DASH} 26 December 2022")],
            ),
            ("between 2015 and 2018", [("dates", "2015 \N{EN DASH} 2018")]),
            ("2019 or 2021", [("dates", "2019 or 2021")]),
            ("not indoors", [("semantic", "not indoors")]),
            ("31 February", [("not_understood", "31 February")]),
        ],
    )
    def test_say_what_they_ask_for(self, text: str, shown: list[tuple[str, str]]) -> None:
        assert labels(text) == shown

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("minimal dua anjing", [("objects", "anjing: minimal 2")]),
            ("foto Anna tanpa Ben", [("people", "Anna"), ("people", "tanpa Ben")]),
            (
                "Anna atau Ben sendirian",
                [("people", "Anna atau Ben"), ("people", "tidak ada orang lain")],
            ),
            ("pantai tanpa orang", [("semantic", "pantai"), ("faces", "orang: tidak ada")]),
            (
                "bukan di Bali sejak Mei 2022",
                [("places", "bukan Bali"), ("dates", "sejak Mei 2022")],
            ),
            ("pasar dekat Ubud", [("semantic", "pasar"), ("places", "dekat Ubud")]),
        ],
    )
    def test_speak_the_language_of_the_question(
        self, text: str, shown: list[tuple[str, str]]
    ) -> None:
        assert labels(text) == shown


class TestWithout:
    def test_leaves_the_other_parts_and_no_meaning_of_the_words(self) -> None:
        understood = understand("Anna at the beach in Bali", KNOWN, NOW)
        anna, beach, _ = understood.parts

        rest = without(understood, [anna.key, beach.key])

        assert rest == Question(places=(Somewhere("Bali"),))

    def test_gives_back_the_days_that_a_part_excluded(self) -> None:
        understood = understand("2019 or 2021, not in 2021", KNOWN, NOW)
        years, denied = understood.parts

        assert without(understood, [denied.key]).dates == years.asks.dates

    def test_leaves_the_question_as_it_is_without_keys(self) -> None:
        understood = understand("foto Anna", KNOWN, NOW)

        assert without(understood, []) == understood.question

    def test_leaves_nothing_without_any_part(self) -> None:
        understood = understand("foto Anna tanpa Ben", KNOWN, NOW)

        rest = without(understood, [part.key for part in understood.parts])

        assert rest == Question(people=People(), language="id")

    def test_refuses_a_part_that_is_not_there(self) -> None:
        understood = understand("Anna", KNOWN, NOW)

        with pytest.raises(
            PartUnknown, match=r"no part 'dates-0-4': it has people-0-4\."
        ) as caught:
            without(understood, ["dates-0-4"])

        assert caught.value.code == "part_unknown"
