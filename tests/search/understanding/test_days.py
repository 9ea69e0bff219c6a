"""Dates that are seldom asked for. Today is Wednesday, 13 March 2024."""

import pytest

from tests.search.understanding.test_dates import question, shown


class TestDaysOfOneMonth:
    @pytest.mark.parametrize(
        ("text", "days"),
        [
            ("March 5 and 6, 2020", "2020-03-05, 2020-03-06"),
            ("March 5, 6 and 7 2020", "2020-03-05, 2020-03-06, 2020-03-07"),
            ("Mar. 5th or 7th 2020", "2020-03-05, 2020-03-07"),
            ("5 and 6 March 2020", "2020-03-05, 2020-03-06"),
            ("the 5th and the 6th of March 2020", "2020-03-05, 2020-03-06"),
            ("foto tanggal 5, 6 dan 7 Maret 2020", "2020-03-05, 2020-03-06, 2020-03-07"),
            ("10 and 11 Jan", "2024-01-10, 2024-01-11"),
            ("not on March 5 and 6, 2020", "..2020-03-04, 2020-03-07.."),
        ],
    )
    def test_are_any_of_them(self, text: str, days: str) -> None:
        asked = question(text)

        assert (shown(asked.dates), asked.semantic, asked.not_understood) == (days, "", ())

    @pytest.mark.parametrize(
        ("text", "days"),
        [
            ("March 5, 10 dogs", "2024-03-05"),
            ("May 5 and 6 people", "2023-05-05"),
            ("March 5 and Anna", "2024-03-05"),
        ],
    )
    def test_end_where_something_else_is_counted(self, text: str, days: str) -> None:
        assert shown(question(text).dates) == days

    def test_that_never_were_are_not_understood(self) -> None:
        asked = question("Feb 29 and 30, 2020")

        assert (asked.dates, asked.not_understood) == ((), ("Feb 29 and 30, 2020",))


class TestSeasonsAgo:
    @pytest.mark.parametrize(
        ("text", "days"),
        [
            ("two summers ago", "2022-06-01..2022-08-31"),
            ("one winter ago", "2023-12-01..2024-02-29"),
            ("3 springs ago", "2021-03-01..2021-05-31"),
        ],
    )
    def test_are_counted_from_the_last_one_on(self, text: str, days: str) -> None:
        assert shown(question(text).dates) == days

    def test_that_nobody_can_count_are_not_understood(self) -> None:
        asked = question("beach a few summers ago")

        assert (asked.dates, asked.semantic) == ((), "beach")
        assert asked.not_understood == ("a few summers ago",)


class TestPeriods:
    @pytest.mark.parametrize(
        ("text", "days"),
        [
            ("2019 to present", "2019-01-01.."),
            ("from May 2019 to date", "2019-05-01.."),
            ("up to last week", "..2024-03-10"),
            ("this year so far", "2024-01-01..2024-12-31"),
            ("the past decade", "2014-03-14..2024-03-13"),
            ("two decades ago", "2004-01-01..2004-12-31"),
            ("H1 2021", "2021-01-01..2021-06-30"),
            ("week 32 of 2020", "2020-08-03..2020-08-09"),
            ("minggu ke-32 2020", "2020-08-03..2020-08-09"),
            ("hari minggu 5 Mei 2019", "2019-05-05"),
            ("20200501", "2020-05-01"),
            ("ramadan 2022", "2022-04-02..2022-05-01"),
            ("foto bulan puasa", "2023-03-23..2023-04-21"),
            ("tujuh belasan 2020", "2020-08-17"),
            ("malam ini", "2024-03-13"),
            ("malam minggu", "2024-03-09"),
            ("newer than 2020", "2021-01-01.."),
            ("foto lebih lama dari 2010", "..2009-12-31"),
            ("photos older than 5 years", "..2019-03-13"),
            ("newer than 3 weeks", "2024-02-22.."),
            ("not older than 2010", "2010-01-01.."),
            ("in 1999 or earlier", "..1999-12-31"),
            ("May 2020 and later", "2020-05-01.."),
            ("2019 onwards", "2019-01-01.."),
            ("2019 ke atas", "2019-01-01.."),
            ("sehabis lebaran 2022", "2022-05-04.."),
        ],
    )
    def test_are_read(self, text: str, days: str) -> None:
        asked = question(text)

        assert (shown(asked.dates), asked.semantic, asked.not_understood) == (days, "", ())

    @pytest.mark.parametrize("text", ["week 54 of 2020", "20201301", "Mondays"])
    def test_that_are_none_are_not_understood(self, text: str) -> None:
        asked = question(text)

        assert (asked.dates, asked.not_understood) == ((), (text,))

    @pytest.mark.parametrize(
        "text", ["date palm", "birthday present", "12345678", "older than the hills"]
    )
    def test_are_not_what_only_looks_like_one(self, text: str) -> None:
        assert (question(text).dates, question(text).semantic) == ((), text)
