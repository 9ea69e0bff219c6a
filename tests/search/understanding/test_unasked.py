"""What people say and no question can ask for is named, and nothing else is made of it."""

import pytest

from search.questions import People
from tests.search.understanding.test_dates import shown
from tests.search.understanding.test_rules import question


class TestHours:
    @pytest.mark.parametrize(
        ("text", "refused"),
        [
            ("after 5pm", "after 5pm"),
            ("at 14:30", "at 14:30"),
            ("around noon, 6 oclock", "6 oclock"),
            ("between 2 and 4 pm", "between 2 and 4 pm"),
            ("from 2pm to 4pm", "from 2pm to 4pm"),
            ("foto jam 5 sore", "jam 5 sore"),
            ("foto pukul 14.30", "pukul 14.30"),
            ("dari jam 2 sampai 4 sore", "dari jam 2 sampai 4 sore"),
        ],
    )
    def test_are_not_understood(self, text: str, refused: str) -> None:
        assert question(text).not_understood == (refused,)

    def test_leave_the_day_that_they_are_of(self) -> None:
        asked = question("between 2 and 4 pm on 3 May 2021")

        assert (shown(asked.dates), asked.semantic) == ("2021-05-03", "")

    @pytest.mark.parametrize("text", ["jam dinding", "5 dogs and a cat", "16:9"])
    def test_are_no_other_numbers(self, text: str) -> None:
        assert question(text).not_understood == ()


class TestDistances:
    @pytest.mark.parametrize(
        ("text", "refused"),
        [
            ("within 10 km of Jakarta", "within 10 km"),
            ("200 km from Jakarta", "200 km"),
            ("dalam radius 5 km dari Jakarta", "dalam radius 5 km"),
            ("south of Jakarta", "south of"),
            ("di selatan Jakarta", "di selatan"),
        ],
    )
    def test_are_not_understood(self, text: str, refused: str) -> None:
        asked = question(text)

        assert [each.name for each in asked.places] == ["Jakarta"]
        assert (asked.semantic, asked.not_understood) == ("", (refused,))

    @pytest.mark.parametrize("text", ["lari 10 km", "5 km run"])
    def test_of_nothing_may_be_what_is_seen(self, text: str) -> None:
        assert (question(text).semantic, question(text).not_understood) == (text, ())


class TestChoices:
    @pytest.mark.parametrize(
        ("text", "refused"),
        [
            ("the oldest photo of Anna", "oldest"),
            ("first pictures of Anna", "first"),
            ("foto pertama Anna", "pertama"),
            ("best photos of Anna", "best"),
            ("10 photos of Anna", "10"),
            ("latest 10 photos of Anna", "10"),
            ("last ten photos of Anna", "last ten"),
            ("lima foto Anna", "lima"),
        ],
    )
    def test_are_not_understood(self, text: str, refused: str) -> None:
        asked = question(text)

        assert asked.people == People(all=(("Anna",),))
        assert (asked.semantic, asked.not_understood) == ("", (refused,))

    def test_of_one_photo_say_no_more_than_a(self) -> None:
        assert question("one photo of Anna") == question("a photo of Anna")

    @pytest.mark.parametrize("text", ["oldest man", "first dance"])
    def test_of_what_is_seen_are_looked_for(self, text: str) -> None:
        assert question(text).semantic == text

    def test_are_no_days(self) -> None:
        asked = question("May 10 photos of Anna")

        assert (shown(asked.dates), asked.not_understood) == ("2023-05-10", ())
