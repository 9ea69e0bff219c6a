"""Several days of one month, and seasons counted from today: Wednesday, 13 March 2024."""

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
