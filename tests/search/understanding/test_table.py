"""Each question of the table means what was written down before there was a parser."""

from typing import Any

import pytest

from search.understanding import understand
from tests.search.understanding.table import KNOWN, NOW, QUESTIONS, expected


class TestUnderstand:
    @pytest.mark.parametrize("row", QUESTIONS, ids=[row["ask"] for row in QUESTIONS])
    def test_understands_the_question(self, row: dict[str, Any]) -> None:
        understood = understand(row["ask"], KNOWN, NOW)

        assert understood.question == expected(row)

    def test_the_table_is_whole(self) -> None:
        languages = [row["language"] for row in QUESTIONS]

        assert len(QUESTIONS) == 323
        assert (languages.count("en"), languages.count("id")) == (170, 153)
