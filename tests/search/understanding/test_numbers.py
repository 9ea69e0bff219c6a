"""How many a question asks for, in words and signs."""

import pytest

from search.questions import Count, Question
from search.understanding import understand
from tests.search.understanding.table import KNOWN, NOW


def question(text: str) -> Question:
    return understand(text, KNOWN, NOW).question


class TestNumbers:
    @pytest.mark.parametrize(
        ("text", "count"),
        [
            ("dua puluh lima orang", Count(25, 25)),
            ("seratus lima puluh orang", Count(150, 150)),
            ("enam belas orang", Count(16, 16)),
            ("twenty one people", Count(21, 21)),
            ("twenty-one people", Count(21, 21)),
            ("a hundred and fifty people", Count(150, 150)),
            ("half a dozen people", Count(6, 6)),
            ("between twenty and thirty people", Count(20, 30)),
            ("> 3 people", Count(4)),
            (">= 3 people", Count(3)),
            ("< 3 people", Count(0, 2)),
            ("≤ 3 people", Count(0, 3)),
            ("3+ people", Count(3)),
            ("the three of us", Count(3, 3)),
            ("foto berdua", Count(2, 2)),
        ],
    )
    def test_faces_are_counted_in_words_and_signs(self, text: str, count: Count) -> None:
        asked = question(text)

        assert asked == Question(faces=count, language=asked.language)

    @pytest.mark.parametrize(
        ("text", "refused"),
        [("five thousand people", "five thousand"), ("two three dogs", "two three")],
    )
    def test_numbers_that_are_none_together_are_not_understood(
        self, text: str, refused: str
    ) -> None:
        asked = question(text)

        assert (asked.faces, asked.not_understood) == (None, (refused,))

    @pytest.mark.parametrize(
        ("text", "faces"),
        [
            ("Anna and two other people", 3),
            ("Anna dan dua orang lain", 3),
            ("Anna, Ben and two others", 4),
            ("Anna or Ben and two others", 3),
        ],
    )
    def test_others_are_counted_with_those_who_are_named(self, text: str, faces: int) -> None:
        assert question(text).faces == Count(faces)
