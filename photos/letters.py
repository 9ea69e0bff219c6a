"""Text as the words that are compared: small letters without accents, and digits.

The only place that knows how: what is stored and what is asked for go through it alike, names too,
whatever the database's locale or extensions are.
"""

import unicodedata

MAX_LETTERS = 60  # of a word; what is behind them is not compared
# Letters that Unicode doesn't take apart, though people write them without their strokes.
_PLAIN = dict(zip("øđðłħ\u0131", "oddlhi", strict=True)) | {"æ": "ae", "œ": "oe", "þ": "th"}
_NO_SPACES_BETWEEN = ("CJK ", "HIRAGANA", "KATAKANA")  # each letter of these is taken for a word
_FIRST_ACCENT = 10  # of combining classes: those below belong to Indic and Japanese letters


class _Letters(dict[int, str]):
    """What each letter becomes: worked out once."""

    def __missing__(self, code: int) -> str:
        self[code] = _folded(chr(code))
        return self[code]


_LETTERS = _Letters()


def words_of(text: str) -> list[str]:
    """The words of `text`, in order. Any text has some, or none; "Café-Straße №5" has these:
    cafe, strasse, 5.
    """
    letters = unicodedata.normalize("NFC", text).translate(_LETTERS)
    return [word[:MAX_LETTERS] for word in letters.split()]


def _folded(letter: str) -> str:
    """Letters and digits; a space for what stands between words; nothing for what nobody sees."""
    kind = unicodedata.category(letter)
    if kind == "Cf":  # soft hyphens, joiners, marks of direction
        return ""
    if kind[0] not in "LNM":
        return " "
    apart = unicodedata.normalize("NFKD", letter.casefold())
    plain = "".join(
        _PLAIN.get(each, each) for each in apart if unicodedata.combining(each) < _FIRST_ACCENT
    )
    together = unicodedata.normalize("NFC", plain)
    alone = unicodedata.name(letter, "").startswith(_NO_SPACES_BETWEEN)
    return f" {together} " if alone else _without_signs(together)


def _without_signs(letters: str) -> str:
    """A half is written 1/2: its stroke is no letter."""
    return "".join(each if unicodedata.category(each)[0] in "LNM" else " " for each in letters)
