"""What is compared of a text."""

import pytest

from photos.letters import MAX_LETTERS, words_of


class TestWordsOf:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("Café, STRASSE!", ["cafe", "strasse"]),
            ("Straße", ["strasse"]),
            ("Łódź Ærø İstanbul I\u011fd\u0131r", ["lodz", "aero", "istanbul", "igdir"]),
            ("cafe\u0301 caf\u00e9", ["cafe", "cafe"]),
            ("Anna's T-shirt", ["anna", "s", "t", "shirt"]),
            ("Rp50.000,- m² ½", ["rp50", "000", "m2", "1", "2"]),
            ("photo\u00adgraph a\u200db", ["photograph", "ab"]),
            ("東京タワー が", ["東", "京", "タ", "ワ", "ー", "が"]),
            ("한국어 텍스트", ["한국어", "텍스트"]),
            ("हिन्दी", ["हिन्दी"]),
            ("Привет Ёлка", ["привет", "елка"]),
            ("snake_case <b>a&amp;b</b>", ["snake", "case", "b", "a", "amp", "b", "b"]),
            ("a\0b\ud800c\n\td", ["a", "b", "c", "d"]),
            ("😀 …!?'\"\\:*&|<->", []),
            ("", []),
        ],
    )
    def test_are_small_letters_and_digits_without_accents(
        self, text: str, words: list[str]
    ) -> None:
        assert words_of(text) == words

    def test_end_where_nobody_reads_on(self) -> None:
        assert words_of("x" * 500) == ["x" * MAX_LETTERS]
