"""How dates are read that the table has no question for. Today is Wednesday, 13 March 2024."""

from datetime import timedelta

import pytest

from search.questions import Days, Question
from search.understanding import understand
from tests.search.understanding.table import KNOWN, NOW


def question(text: str) -> Question:
    return understand(text, KNOWN, NOW).question


def shown(days: tuple[Days, ...]) -> str:
    """Each period by its first and its last day."""
    return ", ".join(map(_shown, days))


def _shown(days: Days) -> str:
    start, end = days
    last = end - timedelta(days=1) if end else None
    return f"{start}" if start == last else f"{start or ''}..{last or ''}"


class TestDenied:
    @pytest.mark.parametrize(
        ("text", "days"),
        [
            ("photos from 2020 except December", "2020-01-01..2020-11-30"),
            ("foto 2020 kecuali desember", "2020-01-01..2020-11-30"),
            ("summer 2020 but not July", "2020-06-01..2020-06-30, 2020-08-01..2020-08-31"),
            ("2020 except in June and July", "2020-01-01..2020-05-31, 2020-08-01..2020-12-31"),
            ("foto 2022 kecuali lebaran", "2022-01-01..2022-05-01, 2022-05-04..2022-12-31"),
            ("2020 but not in winter", "2020-03-01..2020-11-30"),
            ("since 2023 except December", "2023-01-01..2023-11-30, 2024-01-01.."),
            ("4-12 March 2024 except Sunday", "2024-03-04..2024-03-09, 2024-03-11..2024-03-12"),
            ("not in December", "..2023-11-30, 2024-01-01.."),
            ("not Christmas 2020 and 2021", "..2020-12-24, 2020-12-26..2021-12-24, 2021-12-26.."),
        ],
    )
    def test_what_comes_round_goes_from_the_years_that_are_asked_for(
        self, text: str, days: str
    ) -> None:
        asked = question(text)

        assert (shown(asked.dates), asked.semantic, asked.not_understood) == (days, "", ())

    @pytest.mark.parametrize(
        ("text", "days", "refused"),
        [
            ("before 2020 except December", "..2019-12-31", ("except December",)),
            ("2020 except Sunday", "2020-01-01..2020-12-31", ("except Sunday",)),
        ],
    )
    def test_what_comes_round_too_often_is_not_understood(
        self, text: str, days: str, refused: tuple[str, ...]
    ) -> None:
        asked = question(text)

        assert (shown(asked.dates), asked.not_understood) == (days, refused)


class TestListed:
    @pytest.mark.parametrize(
        ("text", "days"),
        [
            ("Lebaran 2022 dan 2023", "2022-05-02..2022-05-03, 2023-04-22..2023-04-23"),
            ("lebaran 2022, 2023", "2022-05-02..2022-05-03, 2023-04-22..2023-04-23"),
            ("Christmas 2018 and 2019", "2018-12-25, 2019-12-25"),
            ("Christmas 2018, 2019 and 2020", "2018-12-25, 2019-12-25, 2020-12-25"),
            ("Christmas in 2018 or in 2019", "2018-12-25, 2019-12-25"),
            ("March 2019 and 2020", "2019-03-01..2019-03-31, 2020-03-01..2020-03-31"),
            ("July, August 2022", "2022-07-01..2022-07-31, 2022-08-01..2022-08-31"),
            ("Easter, Lebaran or Christmas 2022", "2022-04-17, 2022-05-02..2022-05-03, 2022-12-25"),
            ("March and April, 2019", "2019-03-01..2019-03-31, 2019-04-01..2019-04-30"),
            ("Lebaran 2022 dan Natal 2023", "2022-05-02..2022-05-03, 2023-12-25"),
            ("2019 and 2020", "2019-01-01..2019-12-31, 2020-01-01..2020-12-31"),
            ("in 2019 and in 2021", "2019-01-01..2019-12-31, 2021-01-01..2021-12-31"),
            ("yesterday, 3 days ago", "2024-03-12, 2024-03-10"),
            ("Sunday, Monday and Tuesday", "2024-03-10, 2024-03-11, 2024-03-12"),
        ],
    )
    def test_take_from_each_other_what_is_said_once(self, text: str, days: str) -> None:
        asked = question(text)

        assert (shown(asked.dates), asked.semantic, asked.not_understood) == (days, "", ())

    def test_a_day_that_a_year_does_not_have_is_not_understood(self) -> None:
        asked = question("29 February 2020 and 2021")

        assert (shown(asked.dates), asked.not_understood) == ("2020-02-29", ("2021",))


class TestNarrowed:
    @pytest.mark.parametrize(
        ("text", "days"),
        [
            ("Sabtu tanggal 5 Maret 2022", "2022-03-05"),
            ("sabtu minggu lalu", "2024-03-09"),
            ("hari Senin minggu ini", "2024-03-11"),
            ("a Friday in March 2020", "2020-03-06, 2020-03-13, 2020-03-20, 2020-03-27"),
            ("on Monday, March 2021", "2021-03-01, 2021-03-08, 2021-03-15, 2021-03-22, 2021-03-29"),
            ("Monday last week", "2024-03-04"),
            ("March, 2019", "2019-03-01..2019-03-31"),
            ("2019, March", "2019-03-01..2019-03-31"),
            ("foto tahun 2019 bulan Mei", "2019-05-01..2019-05-31"),
            ("hari kemerdekaan, 17 Agustus 2020", "2020-08-17"),
            ("Christmas since 2021", "2021-12-25, 2022-12-25, 2023-12-25"),
            ("Sunday in March", "2023-03-05, 2023-03-12, 2023-03-19, 2023-03-26"),
        ],
    )
    def test_a_date_beside_a_date_is_in_it(self, text: str, days: str) -> None:
        asked = question(text)

        assert (shown(asked.dates), asked.semantic, asked.not_understood) == (days, "", ())

    @pytest.mark.parametrize(
        ("text", "refused"),
        [
            ("in 2019 in 2021", ("2019", "2021")),
            ("Anna in 2019 and Ben in 2021", ("2019", "2021")),
            ("Christmas before 2020", ("Christmas", "before 2020")),
            ("hari minggu tahun lalu", ("hari minggu", "tahun lalu")),
        ],
    )
    def test_dates_without_a_common_day_are_not_understood(
        self, text: str, refused: tuple[str, ...]
    ) -> None:
        asked = question(text)

        assert (asked.dates, asked.not_understood) == ((), refused)


class TestYears:
    @pytest.mark.parametrize(
        ("text", "days"),
        [
            ("Christmas '19", "2019-12-25"),
            ("Natal \u201919", "2019-12-25"),
            ("summer '22", "2022-06-01..2022-08-31"),
            ("summer of '69", "1969-06-01..1969-08-31"),
            ("in '19", "2019-01-01..2019-12-31"),
            ("5 Mei '22", "2022-05-05"),
            ("in the '60s", "1960-01-01..1969-12-31"),
            ("2020-05", "2020-05-01..2020-05-31"),
            ("2019/05", "2019-05-01..2019-05-31"),
            ("since 2020-05", "2020-05-01.."),
            ("2020-05 to 2020-08", "2020-05-01..2020-08-31"),
            ("2019-20", "2019-01-01..2020-12-31"),
            ("2015-18", "2015-01-01..2018-12-31"),
            ("winter 2019/2020", "2019-12-01..2020-02-29"),
            ("winter 2019-20", "2019-12-01..2020-02-29"),
            ("musim hujan 2021/2022", "2021-11-01..2022-04-30"),
            ("Christmas 2018-2020", "2018-12-25, 2019-12-25, 2020-12-25"),
            ("december 2 years ago", "2022-12-01..2022-12-31"),
        ],
    )
    def test_are_understood(self, text: str, days: str) -> None:
        asked = question(text)

        assert (shown(asked.dates), asked.semantic, asked.not_understood) == (days, "", ())

    @pytest.mark.parametrize(
        "text", ["tahun baru 2019/2020", "2011-12", "Lebaran 1900-2099", "2020-19"]
    )
    def test_that_may_be_others_are_not_understood(self, text: str) -> None:
        asked = question(text)

        assert (asked.dates, asked.semantic, asked.not_understood) == ((), "", (text,))

    @pytest.mark.parametrize("text", ["'19'", "19", "5'10", "x'19"])
    def test_other_figures_are_left_for_meaning(self, text: str) -> None:
        asked = question(text)

        assert (asked.dates, asked.not_understood) == ((), ())


class TestRanges:
    @pytest.mark.parametrize(
        ("text", "days"),
        [
            ("Aug. 5, 2020", "2020-08-05"),
            ("Jan. 1, 2020", "2020-01-01"),
            ("Dec. 25", "2023-12-25"),
            ("5 Agu. 2020", "2020-08-05"),
            ("Jan.-Mar. 2021", "2021-01-01..2021-03-31"),
            ("Jan-Mar 2021", "2021-01-01..2021-03-31"),
            ("Mei-Juli 2020", "2020-05-01..2020-07-31"),
            ("Nov-Feb 2021", "2020-11-01..2021-02-28"),
            ("March 5-10, 2022", "2022-03-05..2022-03-10"),
            ("March 5 to 10 2022", "2022-03-05..2022-03-10"),
            ("between March 5 and 10, 2022", "2022-03-05..2022-03-10"),
            ("July 4-6", "2023-07-04..2023-07-06"),
            ("between May and July 2020", "2020-05-01..2020-07-31"),
            ("from May to July 2020", "2020-05-01..2020-07-31"),
            ("May to July 2020", "2020-05-01..2020-07-31"),
            ("from April to June 2020", "2020-04-01..2020-06-30"),
            ("from Monday to Tuesday", "2024-03-11..2024-03-12"),
        ],
    )
    def test_are_understood(self, text: str, days: str) -> None:
        asked = question(text)

        assert (shown(asked.dates), asked.semantic, asked.not_understood) == (days, "", ())

    @pytest.mark.parametrize("text", ["between May and Ben", "from May to Ben", "May and Ben"])
    def test_a_name_beside_no_date_is_a_name(self, text: str) -> None:
        asked = question(text)

        assert (asked.dates, asked.people.all) == ((), (("May Lin",), ("Ben",)))

    def test_a_number_of_things_ends_no_range(self) -> None:
        asked = question("March 5 - 10 dogs")

        assert (shown(asked.dates), asked.objects[0].count.at_least) == ("2024-03-05", 10)


class TestBeside:
    @pytest.mark.parametrize(
        ("text", "days"),
        [
            ("the day after Christmas", "2023-12-26"),
            ("two days before Christmas", "2023-12-23"),
            ("the week before Christmas 2022", "2022-12-18..2022-12-24"),
            ("sehari sebelum Natal 2022", "2022-12-24"),
            ("sehari setelah lebaran 2022", "2022-05-04"),
            ("hari setelah Natal", "2023-12-26"),
            ("2 minggu sebelum lebaran 2022", "2022-04-18..2022-04-24"),
            ("the month after March 2020", "2020-04-01..2020-04-30"),
            ("tahun sebelum 2019", "2018-01-01..2018-12-31"),
            ("after Christmas 2022", "2022-12-26.."),
        ],
    )
    def test_is_so_many_days_from_a_date(self, text: str, days: str) -> None:
        asked = question(text)

        assert (shown(asked.dates), asked.semantic, asked.not_understood) == (days, "", ())

    @pytest.mark.parametrize(
        ("text", "days", "semantic"),
        [
            ("the night before Christmas", "2023-12-24", "night"),
            ("the morning after Christmas", "2023-12-26", "morning"),
            ("our wedding day after 2019", "2020-01-01..", "wedding day"),
        ],
    )
    def test_leaves_other_words_for_meaning(self, text: str, days: str, semantic: str) -> None:
        asked = question(text)

        assert (shown(asked.dates), asked.semantic) == (days, semantic)

    @pytest.mark.parametrize(
        "text",
        [
            "2 hours before Christmas",
            "a few days before Christmas",
            "beberapa hari sebelum lebaran",
            "9000 years before 2019",
            "31 days after 31 April",
        ],
    )
    def test_that_is_no_one_day_is_not_understood(self, text: str) -> None:
        asked = question(text)

        assert (asked.dates, asked.semantic, asked.not_understood) == ((), "", (text,))


class TestRelative:
    @pytest.mark.parametrize(
        ("text", "days"),
        [
            ("a year ago today", "2023-03-13"),
            ("2 weeks ago today", "2024-02-28"),
            ("the week before last", "2024-02-26..2024-03-03"),
            ("the summer before last", "2022-06-01..2022-08-31"),
            ("bln lalu", "2024-02-01..2024-02-29"),
            ("foto bln kemarin", "2024-02-01..2024-02-29"),
            ("foto mgg lalu", "2024-03-04..2024-03-10"),
            ("th lalu", "2023-01-01..2023-12-31"),
            ("3 hr lalu", "2024-03-10"),
            ("hr ini", "2024-03-13"),
            ("bln mei 2022", "2022-05-01..2022-05-31"),
        ],
    )
    def test_are_understood(self, text: str, days: str) -> None:
        asked = question(text)

        assert (shown(asked.dates), asked.semantic, asked.not_understood) == (days, "", ())

    @pytest.mark.parametrize(
        "text",
        [
            "a few days ago",
            "several years ago",
            "years ago",
            "3 hr ago",
            "the past few weeks",
            "beberapa hari lalu",
            "beberapa tahun yang lalu",
            "beberapa hari terakhir",
            "beberapa hari ini",
        ],
    )
    def test_that_are_rough_are_not_understood(self, text: str) -> None:
        asked = question(text)

        assert (asked.dates, asked.semantic, asked.not_understood) == ((), "", (text,))

    @pytest.mark.parametrize(
        ("text", "days", "refused"),
        [
            ("every Christmas", "2023-12-25", "every"),
            ("each summer", "2023-06-01..2023-08-31", "each"),
            ("every sunday", "2024-03-10", "every"),
            ("setiap lebaran", "2023-04-22..2023-04-23", "setiap"),
            ("tiap natal", "2023-12-25", "tiap"),
        ],
    )
    def test_every_is_not_understood(self, text: str, days: str, refused: str) -> None:
        asked = question(text)

        assert (shown(asked.dates), asked.not_understood) == (days, (refused,))

    def test_every_photo_is_all_of_them(self) -> None:
        assert shown(question("every photo from 2019").dates) == "2019-01-01..2019-12-31"
        assert question("every photo from 2019").not_understood == ()


class TestPortions:
    @pytest.mark.parametrize(
        ("text", "days"),
        [
            ("early 2020", "2020-01-01..2020-04-30"),
            ("awal 2020", "2020-01-01..2020-04-30"),
            ("mid-2020", "2020-05-01..2020-08-31"),
            ("pertengahan tahun lalu", "2023-05-01..2023-08-31"),
            ("akhir tahun lalu", "2023-09-01..2023-12-31"),
            ("the end of last year", "2023-09-01..2023-12-31"),
            ("late last summer", "2023-08-01..2023-08-31"),
            ("end of March 2021", "2021-03-21..2021-03-31"),
            ("mid-March 2021", "2021-03-11..2021-03-20"),
            ("akhir bulan Maret 2021", "2021-03-21..2021-03-31"),
            ("awal Maret", "2024-03-01..2024-03-10"),
            ("the early 90s", "1990-01-01..1993-04-30"),
            ("first half of 2021", "2021-01-01..2021-06-30"),
            ("paruh kedua 2021", "2021-07-01..2021-12-31"),
            ("Q1 2020", "2020-01-01..2020-03-31"),
            ("2020 Q1", "2020-01-01..2020-03-31"),
            ("2020, Q1 2021", "2020-01-01..2020-12-31, 2021-01-01..2021-03-31"),
            ("kuartal pertama 2020", "2020-01-01..2020-03-31"),
            ("last week of March 2022", "2022-03-25..2022-03-31"),
            ("minggu terakhir Maret 2022", "2022-03-25..2022-03-31"),
            ("first week of January 2021", "2021-01-01..2021-01-07"),
            ("minggu pertama bulan Januari 2021", "2021-01-01..2021-01-07"),
            ("fifth week of March 2021", "2021-03-29..2021-03-31"),
            ("last day of 2020", "2020-12-31"),
            ("hari terakhir 2020", "2020-12-31"),
            ("last month of 2020", "2020-12-01..2020-12-31"),
            ("first Monday in March 2020", "2020-03-02"),
            ("last Friday of 2020", "2020-12-25"),
            ("hari kedua lebaran 2022", "2022-05-03"),
            ("from early 2020 to mid 2021", "2020-01-01..2021-08-31"),
            ("2020 but not early 2020", "2020-05-01..2020-12-31"),
            ("2020 but not early summer", "2020-01-01..2020-05-31, 2020-07-01..2020-12-31"),
            ("akhir pekan lalu", "2024-03-09..2024-03-10"),
            ("fourth of July", "2023-07-04"),
            ("the twenty-fifth of December 2020", "2020-12-25"),
            ("satu Mei", "2023-05-01"),
            ("dua puluh lima Desember 2021", "2021-12-25"),
        ],
    )
    def test_are_understood(self, text: str, days: str) -> None:
        asked = question(text)

        assert (shown(asked.dates), asked.semantic, asked.not_understood) == (days, "", ())

    @pytest.mark.parametrize(
        "text", ["second day of Christmas 2020", "end of 31 February", "fifth Monday of May 2020"]
    )
    def test_that_never_were_are_not_understood(self, text: str) -> None:
        asked = question(text)

        assert (asked.dates, asked.semantic, asked.not_understood) == ((), "", (text,))

    @pytest.mark.parametrize(
        "text",
        ["early morning", "akhir tahun", "mid-century modern", "end", "first half", "Q1",
         "second hand shop", "first dance", "early spring flowers"],
    )  # fmt: skip
    def test_of_no_date_are_left_for_meaning(self, text: str) -> None:
        asked = question(text)

        assert (asked.dates, asked.semantic, asked.not_understood) == ((), text, ())

    def test_of_other_things_are_left_for_meaning(self) -> None:
        asked = question("tugas akhir 2020")

        assert (shown(asked.dates), asked.semantic) == ("2020-01-01..2020-12-31", "tugas akhir")
