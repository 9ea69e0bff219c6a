import pytest

from local.typography import font, wrapped, written

FONT = font(13)


class TestWritten:
    def test_leaves_what_the_font_has(self) -> None:
        assert written("A dog & 2 cats: 90%, “so”…") == "A dog & 2 cats: 90%, “so”…"

    @pytest.mark.parametrize(
        ("text", "plain"),
        [
            ("Zoë Müller", "Zoe Muller"),
            ("Straße in Łódź", "Strasse in Lodz"),
            ("1990\u20132000", "1990-2000"),
            ("it\u2019s", "it's"),
            ("Nº 5", "No 5"),
        ],
    )
    def test_writes_plainly_what_it_lacks(self, text: str, plain: str) -> None:
        assert written(text) == plain

    @pytest.mark.parametrize(
        ("text", "left"),
        [("出口 EXIT 日本", "… EXIT …"), ("выход", "…"), ("a\0b", "a…b"), ("a\ud800b", "a…b")],
    )
    def test_says_where_it_has_no_letters(self, text: str, left: str) -> None:
        assert written(text) == left

    def test_is_one_line(self) -> None:
        assert written("one\ntwo\tthree") == "one two three"


class TestWrapped:
    def test_is_one_line_where_that_fits(self) -> None:
        assert wrapped("obama.jpg", FONT, 150, lines=2) == ["obama.jpg"]

    def test_breaks_at_a_good_place(self) -> None:
        name = "holidays/2024/photo_of_the_family.jpg"

        assert wrapped(name, FONT, 150, lines=2) == ["holidays/2024/photo_", "of_the_family.jpg"]

    @pytest.mark.parametrize("text", ["x" * 500, "Rhabarberbarbara " * 30])
    def test_takes_out_the_middle_of_what_is_too_long(self, text: str) -> None:
        found = wrapped(text, FONT, 150, lines=2)

        assert len(found) == 2
        assert "…" in "".join(found)
        assert all(FONT.getlength(line) <= 150 for line in found)

    def test_of_nothing_is_nothing(self) -> None:
        assert wrapped("", FONT, 150, lines=2) == []
