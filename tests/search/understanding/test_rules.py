"""Rules of understanding that the table has no question for."""

from datetime import date

import pytest

from search.questions import Count, Days, Known, People, Question, Things
from search.understanding import understand
from tests.search.understanding.table import KNOWN, NOW


def question(text: str, known: Known = KNOWN) -> Question:
    return understand(text, known, NOW).question


def thing(label: str, at_least: int = 1, at_most: int | None = None) -> Things:
    return Things(label, Count(at_least, at_most))


class TestPeople:
    def test_a_name_of_two_people_means_either(self) -> None:
        known = Known(people={"Ann Lee": ("Ann",), "Ann Ray": ("Ann",)})

        assert question("Ann", known).people.all == (("Ann Lee", "Ann Ray"),)
        assert question("without Ann", known).people.none == ("Ann Lee", "Ann Ray")

    def test_a_comma_in_a_list_is_what_its_end_is(self) -> None:
        assert question("Anna, Ben or Cleo").people.all == (("Anna", "Ben", "Cleo Putri"),)
        assert question("without Anna, Ben and Cleo").people.none == ("Anna", "Ben", "Cleo Putri")
        assert question("without Ben, Anna").people == People(all=(("Anna",),), none=("Ben",))

    def test_words_of_the_other_language_may_be_names(self) -> None:
        known = Known(people={"Dan": (), "Anna": ()})

        assert question("a wedding with dan", known).people.all == (("Dan",),)
        assert question("a wedding with Dan").not_understood == ("Dan",)

    @pytest.mark.parametrize(
        ("text", "everyone"),
        [
            ("anna and rose", (("Anna",), ("Rose",))),
            ("rose or anna in the garden", (("Rose", "Anna"),)),
            ("anna, rose and ben", (("Anna",), ("Rose",), ("Ben",))),
            ("foto budi dan sari", (("Budi",), ("Sari",))),
            ("a party with sari", (("Sari",),)),  # no English word
            ("Anna with a rose", (("Anna",),)),
            ("Anna and rose petals", (("Anna",),)),
            ("a garden with rose", ()),
            ("foto sari buah", ()),
        ],
    )
    def test_a_name_that_is_a_word_is_said_like_one(
        self, text: str, everyone: tuple[tuple[str, ...], ...]
    ) -> None:
        known = Known(people={"Anna": (), "Ben": (), "Rose": (), "Budi": (), "Sari": ()})

        assert question(text, known).people.all == everyone

    @pytest.mark.parametrize("text", ["Ben next to Anna", "Ben, close to Anna", "Ben dekat Anna"])
    def test_who_is_beside_whom_says_no_more_than_who_is_there(self, text: str) -> None:
        asked = question(text)

        assert asked.people == People(all=(("Ben",), ("Anna",)))
        assert (asked.semantic, asked.not_understood) == ("", ())

    def test_a_denial_ends_where_something_else_begins(self) -> None:
        everyone = People(all=(("Cleo Putri",),), none=("Ben",))

        assert question("not with Ben but with Cleo").people == everyone
        assert question("without Ben and with Cleo").people == everyone

    @pytest.mark.parametrize("text", ["not without Anna", "not not Anna", "bukan tanpa Anna"])
    def test_a_denial_of_a_denial_is_not_understood(self, text: str) -> None:
        asked = question(text)

        assert (asked.people, asked.not_understood) == (People(), (text,))

    @pytest.mark.parametrize(
        "text",
        [
            "everyone",
            "foto semua orang",
            "latest photos",
            "the last photo",
            "foto terakhir",
            "recent pictures of them together",
        ],
    )
    def test_everybody_is_nobody_in_particular(self, text: str) -> None:
        assert question(text) == Question(language=question(text).language)

    def test_an_or_between_things_of_different_kinds_is_not_understood(self) -> None:
        asked = question("Anna or two dogs")

        assert asked.people.all == (("Anna",),)
        assert asked.objects == (thing("dog", 2, 2),)
        assert asked.not_understood == ("or",)

    @pytest.mark.parametrize(
        ("text", "refused"),
        [
            ("with Dave and Joko", ("Dave", "Joko")),
            ("Anna and Dave Miller", ("Dave Miller",)),
            ("photos of me", ("me",)),
            ("foto saya", ("saya",)),
            ("only dogs", ("only",)),
            ("not alone", ("not alone",)),
            ("photos taken by Anna", ("by Anna",)),
            ("photos by Anna and Ben", ("by Anna", "Ben")),
            ("difoto oleh Anna", ("oleh Anna",)),
        ],
    )
    def test_whom_nobody_knows_is_not_understood(self, text: str, refused: tuple[str, ...]) -> None:
        assert question(text).not_understood == refused

    def test_alone_without_somebody_is_one_face(self) -> None:
        asked = question("alone, without Ben")

        assert (asked.people, asked.faces) == (People(none=("Ben",)), Count(1, 1))

    def test_who_asks_may_speak_of_themselves(self) -> None:
        assert question("saya mau lihat foto Anna") == question("foto Anna")
        assert question("I am looking for Anna") == question("Anna")

    def test_a_question_may_end_in_whether_there_is(self) -> None:
        assert question("ada foto Ben nggak?") == question("foto Ben")

    @pytest.mark.parametrize(
        "text", ["Mary Jane Watson", "mary-jane watson", "Mary-Jane Watson\u00b4s"]
    )
    def test_hyphens_and_apostrophes_of_names_do_not_matter(self, text: str) -> None:
        known = Known(people={"Mary-Jane Watson": ()})

        assert question(text, known).people.all == (("Mary-Jane Watson",),)


class TestTexts:
    @pytest.mark.parametrize(
        "text",
        ["a sign saying 'Keep out'", "a sign ('Keep out')", "a sign: \u2018Keep out\u2019, please"],
    )
    def test_stand_between_single_quotation_marks(self, text: str) -> None:
        asked = question(text)

        assert (asked.text, asked.semantic) == (("Keep out",), "sign")

    @pytest.mark.parametrize(
        "text",
        ["the boys' and girls' party", "rock 'n' roll", "'90s kids' shirts", "'twas Anna's dog"],
    )
    def test_apostrophes_quote_nothing(self, text: str) -> None:
        assert question(text).text == ()


class TestDates:
    @pytest.mark.parametrize(
        ("text", "first", "last"),
        [
            ("July and August 2022", (2022, 7, 1), (2022, 7, 31)),
            ("from December to March 2022", (2021, 12, 1), (2022, 3, 31)),
            ("between June and August", (2023, 6, 1), (2023, 8, 31)),
            ("2015-2018", (2015, 1, 1), (2018, 12, 31)),
            ("since 2020 until 2022", (2020, 1, 1), (2022, 12, 31)),
            ("2 hari terakhir", (2024, 3, 12), (2024, 3, 13)),
            ("the last 2 months", (2024, 1, 14), (2024, 3, 13)),
            ("next week", (2024, 3, 18), (2024, 3, 24)),
            ("minggu depan", (2024, 3, 18), (2024, 3, 24)),
            ("this Friday", (2024, 3, 15), (2024, 3, 15)),
            ("next Wednesday", (2024, 3, 20), (2024, 3, 20)),
            ("last Wednesday", (2024, 3, 6), (2024, 3, 6)),
            ("Friday, 8 March 2024", (2024, 3, 8), (2024, 3, 8)),
            ("this year's Christmas", (2024, 12, 25), (2024, 12, 25)),
            ("Lebaran tahun depan", (2025, 3, 31), (2025, 4, 1)),
            ("last year on the beach at Christmas", (2023, 12, 25), (2023, 12, 25)),
            ("summer of 2019", (2019, 6, 1), (2019, 8, 31)),
            ("fall 2022", (2022, 9, 1), (2022, 11, 30)),
            ("tahun 2000-an", (2000, 1, 1), (2009, 12, 31)),
            ("12/2022", (2022, 12, 1), (2022, 12, 31)),
            ("29 February", (2024, 2, 29), (2024, 2, 29)),
            ("last night", (2024, 3, 12), (2024, 3, 12)),
            ("tadi pagi", (2024, 3, 13), (2024, 3, 13)),
            ("seminggu yang lalu", (2024, 3, 4), (2024, 3, 10)),
        ],
    )
    def test_are_understood(
        self, text: str, first: tuple[int, int, int], last: tuple[int, int, int]
    ) -> None:
        end = date.fromordinal(date(*last).toordinal() + 1)

        assert question(text).dates[0] == (date(*first), end)

    def test_a_lunar_feast_may_come_twice_in_a_year(self) -> None:
        assert question("Lebaran 2000").dates == (_days(1, 8, 9), _days(12, 27, 28))

    def test_what_is_excluded_goes_from_what_is_asked(self) -> None:
        asked = question("2019 but not in March 2019")

        assert asked.dates == (
            (date(2019, 1, 1), date(2019, 3, 1)),
            (date(2019, 4, 1), date(2020, 1, 1)),
        )

    def test_excluding_all_that_is_asked_leaves_no_day(self) -> None:
        start, end = question("March 2019, not in 2019").dates[0]

        assert start == end

    @pytest.mark.parametrize(
        "text",
        [
            "32 March 2023", "between 2018 and 2015", "9000 years ago", "Lebaran 1900",
            "imlek 1990", "2 jam yang lalu", "an hour ago", "31/02/2023", "since 31 April",
            "00/00/0000",
        ],
    )  # fmt: skip
    def test_days_that_never_were_are_not_understood(self, text: str) -> None:
        asked = question(text)

        assert (asked.dates, asked.semantic, asked.not_understood) == ((), "", (text,))

    @pytest.mark.parametrize(
        "text",
        ["a winter coat", "Christmas dinner", "pohon natal", "march", "hot spring", "minggu"],
    )
    def test_what_only_sounds_like_a_date_is_left_for_meaning(self, text: str) -> None:
        asked = question(text)

        assert (asked.dates, asked.semantic) == ((), text.removeprefix("a "))

    def test_a_number_of_people_is_no_year(self) -> None:
        assert question("2000 people").faces == Count(2000, 2000)


class TestThings:
    @pytest.mark.parametrize(
        ("text", "things", "semantic"),
        [
            ("two big brown dogs", (thing("dog", 2, 2),), "big brown"),
            ("two or more cats", (thing("cat", 2),), ""),
            ("no more than 3 cats", (thing("cat", 0, 3),), ""),
            ("a couple of dogs", (thing("dog", 2, 2),), ""),
            ("dog playing", (thing("dog"),), "playing"),
            ("dog food", (), "dog food"),
            ("dogs or cats", (), "dogs or cats"),  # both can't be asked for as one
            ("sepasang kucing", (thing("cat", 2, 2),), ""),
            ("naik sepeda", (thing("bicycle"),), "naik"),
            ("mobil-mobil", (thing("car"),), ""),
        ],
    )
    def test_are_counted(self, text: str, things: tuple[Things, ...], semantic: str) -> None:
        asked = question(text)

        assert (asked.objects, asked.semantic) == (things, semantic)

    def test_a_denial_reaches_over_an_or_to_anything(self) -> None:
        asked = question("beach without people or cars or snow")

        assert asked == Question(
            faces=Count(0, 0),
            objects=(thing("car", 0, 0),),
            semantic="beach",
            not_semantic=("snow",),
        )

    @pytest.mark.parametrize(
        "text",
        ["nobody at the beach", "beach without anybody", "no one, beach", "nobody is at the beach"],
    )
    def test_nobody_is_no_face(self, text: str) -> None:
        asked = question(text)

        assert (asked.faces, asked.semantic) == (Count(0, 0), "beach")

    def test_about_so_many_is_said_not_to_be_understood(self) -> None:
        asked = question("about 5 people")

        assert (asked.faces, asked.not_understood) == (Count(5, 5), ("about",))


def _days(month: int, first: int, last: int) -> Days:
    return date(2000, month, first), date(2000, month, last + 1)
