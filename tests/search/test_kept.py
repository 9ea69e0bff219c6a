"""What a process remembers."""

from collections.abc import Sequence

from search.kept import Kept


class Maker:
    """Says words backwards, and remembers which it was asked for."""

    def __init__(self) -> None:
        self.asked: list[Sequence[str]] = []

    def __call__(self, words: Sequence[str]) -> dict[str, str]:
        self.asked.append(words)
        return {word: word[::-1] for word in words}


class TestKept:
    def test_has_made_what_it_does_not_know_each_once(self) -> None:
        kept, make = Kept[str, str](9), Maker()
        kept.of(["cat"], make)

        assert kept.of(["dog", "cat", "dog"], make) == {"dog": "god", "cat": "tac"}
        assert make.asked == [["cat"], ["dog"]]

    def test_has_nothing_made_of_nothing(self) -> None:
        make = Maker()

        assert Kept[str, str](9).of([], make) == {}
        assert make.asked == []

    def test_forgets_what_was_asked_for_least_lately(self) -> None:
        kept, make = Kept[str, str](2), Maker()
        for word in ("one", "two", "one", "three", "one", "two"):
            kept.of([word], make)

        assert make.asked == [["one"], ["two"], ["three"], ["two"]]

    def test_gives_all_that_was_asked_for_even_if_it_is_more_than_it_keeps(self) -> None:
        assert len(Kept[str, str](2).of("abcd", Maker())) == 4

    def test_forgets_all(self) -> None:
        kept, make = Kept[str, str](9), Maker()
        kept.of(["cat"], make)
        kept.forget()
        kept.of(["cat"], make)

        assert make.asked == [["cat"], ["cat"]]
