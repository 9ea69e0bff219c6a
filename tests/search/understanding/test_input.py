"""Questions that are none, or were made to do harm: a clear answer, and at once."""

import time
from dataclasses import replace

import pytest

from search.errors import QuestionInvalid
from search.questions import Question
from search.understanding import MAX_QUESTION, understand
from tests.search.understanding.table import KNOWN, NOW

FULL = [
    "a" * MAX_QUESTION,
    "a" * (MAX_QUESTION - 1) + "!",
    "a-" * (MAX_QUESTION // 2),
    "a'" * (MAX_QUESTION // 2),
    "a b " * (MAX_QUESTION // 4),
    "x," * (MAX_QUESTION // 2),
    "." * MAX_QUESTION,
    '"' * MAX_QUESTION,
    "“" * MAX_QUESTION,
    '"“«' * (MAX_QUESTION // 3),
    "1" * MAX_QUESTION,
    "1/1/" * (MAX_QUESTION // 4),
    "1,000" * (MAX_QUESTION // 5),
    "not " * (MAX_QUESTION // 4),
    "not a " * (MAX_QUESTION // 6),
    "without Dave " * (MAX_QUESTION // 13),
    "not not not and or (((( " * (MAX_QUESTION // 24),
    "Anna or " * (MAX_QUESTION // 8),
    "Anna, " * (MAX_QUESTION // 6),
    "near Bali, " * (MAX_QUESTION // 11),
    "2 to 4 " * (MAX_QUESTION // 7),
    "2 dogs or " * (MAX_QUESTION // 10),
    "from 2 to " * (MAX_QUESTION // 10),
    "lebaran 2023 " * (MAX_QUESTION // 13),
    "2019 summer " * (MAX_QUESTION // 12),
    "sunday in march " * (MAX_QUESTION // 16),
    "Lebaran since 1994 " * (MAX_QUESTION // 19),
    "early " * (MAX_QUESTION // 6),
    "Aug. " * (MAX_QUESTION // 5),
    "the last " * (MAX_QUESTION // 9),
    "tahun " * (MAX_QUESTION // 6),
    "ada nggak " * (MAX_QUESTION // 10),
    "foto yang ada di " * (MAX_QUESTION // 17),
    "e\u0301" * (MAX_QUESTION // 2),
    "a" + "\u0301" * (MAX_QUESTION - 1),
    "\ufdfa" * MAX_QUESTION,  # grows to 18 characters where it is decomposed
    "🎂" * MAX_QUESTION,
]


class TestUnderstand:
    @pytest.mark.parametrize("text", ["", " ", "\n\t ", "\u200b", "\u200d\u200d", "\u202e\u2066"])
    def test_refuses_an_empty_question(self, text: str) -> None:
        with pytest.raises(QuestionInvalid, match="is empty: say what the photos are to show"):
            understand(text, KNOWN, NOW)

    def test_refuses_a_question_that_is_too_long(self) -> None:
        understand("a" * 500, KNOWN, NOW)

        with pytest.raises(QuestionInvalid, match="has 501 characters: ask in 500 at most"):
            understand("a" * 501, KNOWN, NOW)

    @pytest.mark.parametrize(
        ("text", "named"),
        [("Anna\x00", r"U\+0000"), ("\x1b[31mAnna", r"U\+001B"), ("Anna \ud800", r"U\+D800")],
    )
    def test_refuses_characters_that_are_no_text(self, text: str, named: str) -> None:
        with pytest.raises(QuestionInvalid, match=named) as caught:
            understand(text, KNOWN, NOW)

        assert (caught.value.code, caught.value.retryable) == ("question_invalid", False)

    @pytest.mark.parametrize(
        "text",
        [
            "An\u200bna",
            "\u202eAnna\u202c",
            "\ufeffAnna",
            "Anna\r\n",
            "A\u0301nna",
            "\uff21\uff4e\uff4e\uff41",
        ],
    )
    def test_reads_a_name_through_what_is_invisible(self, text: str) -> None:
        people = understand(text, KNOWN, NOW).question.people

        assert people.all == (("Anna",),)

    @pytest.mark.parametrize(
        ("text", "semantic"),
        [
            ("'; DROP TABLE photos_photo; --", "DROP TABLE photos_photo"),
            ("x' OR '1'='1", "x' OR '1'='1"),
            ("مرحبا بالعالم", "مرحبا بالعالم"),
            ("海の写真", "海の写真"),
            ("👨‍👩‍👧 🇮🇩", "👨‍👩‍👧 🇮🇩"),
            ("%s {} $1 \\x00", "s {} $1 \\x00"),
        ],
    )
    def test_leaves_what_it_does_not_know_for_meaning(self, text: str, semantic: str) -> None:
        assert understand(text, KNOWN, NOW).question == Question(semantic=semantic)

    def test_says_of_operators_alone_that_they_were_not_understood(self) -> None:
        question = understand("not not not and or ((((", KNOWN, NOW).question

        assert question == Question(not_understood=("not not not",))

    @pytest.mark.parametrize("text", FULL, ids=[text[:12].strip() for text in FULL])
    def test_answers_the_longest_questions_at_once(self, text: str) -> None:
        understand("Anna, Lebaran 2023", KNOWN, NOW)  # what is read once has been read

        took = []
        for _ in range(3):  # in one of them nobody else's memory is looked through
            began = time.process_time()
            understood = understand(text, KNOWN, NOW)
            took.append(time.process_time() - began)

        assert min(took) < 0.1
        assert understood == understand(text, KNOWN, NOW)

    def test_answers_at_once_for_a_library_of_many_names(self) -> None:
        people = {f"Person {number} Name": (f"Nick {number}",) for number in range(2000)}
        places = {f"Town {number}": (f"Kota {number}",) for number in range(2000)}
        known = replace(KNOWN, people=people, places=places)
        understand("Nick 7 near Kota 9", known, NOW)

        began = time.process_time()
        question = understand("Nick 7 near Kota 9", known, NOW).question

        assert time.process_time() - began < 0.1
        assert question.people.all == (("Person 7 Name",),)
        assert [place.name for place in question.places] == ["Town 9"]
