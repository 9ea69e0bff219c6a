"""A question's words, each with its place in the text and the forms in which it is looked up."""

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

from django.utils.translation import gettext

from search.errors import QuestionInvalid

MAX_QUESTION = 500  # characters
_JOINERS = frozenset("\u200c\u200d")  # invisible, but emoji and some scripts are made with them
_QUOTES = frozenset('"\u201c\u201d\u201e\u201f\uff02')  # any of these ends what any of these begins
_GUILLEMETS = {"«": "»", "»": "«"}
APOSTROPHES = "'\u2018\u2019\u02bc`\u00b4"
_APOSTROPHES = str.maketrans(dict.fromkeys(APOSTROPHES, "'"))
_CHARACTERS = {
    **dict.fromkeys("0123456789", "n"),
    **dict.fromkeys(_JOINERS, "m"),
    **dict.fromkeys((*_QUOTES, *_GUILLEMETS), "q"),
    **dict.fromkeys(APOSTROPHES, "'"),
    **dict.fromkeys("-\u2010\u2011", "-"),
    "_": "w",
    " ": " ",
}
_CATEGORIES = {
    "So": "e",
    "Sk": "e",
    "L": "w",
    "N": "w",
    "M": "m",
}  # of Unicode, or the first letter
_DATE = re.compile(r"[0-9]{1,4}([-/.])[0-9]{1,2}\1[0-9]{1,4}(?![0-9])|[0-9]{1,2}/[0-9]{4}(?![0-9])")
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:[.,][0-9]{3}){1,2}(?![0-9])")
_DIGITS = re.compile(r"n+(?=-n)")  # of a shape: the 24 of "24-26"
# Between single quotation marks, which may be apostrophes: nothing but blanks and marks around
_SINGLE_QUOTED = re.compile(
    r"(?<![^\s(:])(['`\u2018])(?![\s\d'])[^'`\u2018\u2019]{2,}['`\u2019](?![^\s.,;:!?)])"
)
_WORD = re.compile(r"[wnm][wnm'-]*")
_EMOJI = re.compile(r"e[em]*")


class Kind(Enum):
    WORD = auto()  # letters and digits
    DATE = auto()  # digits in the form of one
    SYMBOL = auto()  # an emoji and the like
    MARK = auto()  # punctuation
    QUOTED = auto()  # all between two quotation marks
    UNCLOSED = auto()  # a quotation mark without its other half


@dataclass(frozen=True)
class Token:
    kind: Kind
    text: str  # as it was written
    start: int
    end: int  # characters of the cleaned question
    forms: tuple[str, ...]  # what it may be called, the word itself first: "anna's", "anna"

    @property
    def fold(self) -> str:
        return self.forms[0]

    @property
    def has_capital(self) -> bool:
        return self.text[:1].isupper()

    @property
    def is_possessive(self) -> bool:
        return _is_possessive(self.text)


def clean(text: str) -> str:
    """`text` composed (NFC), on one line, without what is invisible.

    Raises:
        QuestionInvalid: it is too long, blank, or has characters that are no text.
    """
    if len(text) > MAX_QUESTION:
        raise QuestionInvalid(
            gettext("The question has %(count)s characters: ask in %(most)s at most.")
            % {"count": len(text), "most": MAX_QUESTION}
        )
    shown = "".join(" " if each.isspace() else each for each in text if not _is_invisible(each))
    for each in shown:
        if unicodedata.category(each) in {"Cc", "Cs"}:
            raise QuestionInvalid(
                gettext("The question has a character that is no text (U+%(code)04X): remove it.")
                % {"code": ord(each)}
            )
    cleaned = unicodedata.normalize("NFC", " ".join(shown.split()))
    if not cleaned.strip("".join(_JOINERS) + " "):
        raise QuestionInvalid(gettext("The question is empty: say what the photos are to show."))
    return cleaned


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) == "Cf" and character not in _JOINERS


def tokens(text: str) -> list[Token]:
    """The tokens of cleaned `text`, in its order. What lies between them is blank."""
    shape = "".join(map(_shape, text))
    found, at = [], 0
    while at < len(text):
        if shape[at] != " ":
            token = _token(text, shape, at)
            found.append(token)
            at = token.end
        else:
            at += 1
    return found


@lru_cache(maxsize=4096)
def _shape(character: str) -> str:
    """w: letter or digit, n: 0-9, m: combines with others, e: emoji, ".": other marks."""
    if character in _CHARACTERS:
        return _CHARACTERS[character]
    category = unicodedata.category(character)
    return _CATEGORIES.get(category) or _CATEGORIES.get(category[0], ".")


def _token(text: str, shape: str, at: int) -> Token:
    if shape[at] in "q'":
        return _quote(text, shape, at)
    if shape[at] == "n":
        if date := _DATE.match(text, at):
            return _make(Kind.DATE, text, at, date.end())
        if number := _THOUSANDS.match(text, at):
            return _make(Kind.WORD, text, at, number.end())
    if word := _DIGITS.match(shape, at) or _WORD.match(shape, at):
        end = at + len(word[0].rstrip("'-"))
        return _make(Kind.WORD, text, at, end)
    if emoji := _EMOJI.match(shape, at):
        return _make(Kind.SYMBOL, text, at, emoji.end())
    return _make(Kind.MARK, text, at, at + 1)


def _quote(text: str, shape: str, at: int) -> Token:
    """What a quotation mark opens, or the mark alone where nothing closes it."""
    if shape[at] == "'":
        quoted = _SINGLE_QUOTED.match(text, at)
        return _make(
            Kind.QUOTED if quoted else Kind.MARK, text, at, quoted.end() if quoted else at + 1
        )
    closing = {_GUILLEMETS[text[at]]} if text[at] in _GUILLEMETS else _QUOTES
    for end in range(at + 1, len(text)):
        if shape[end] == "q" and text[end] in closing:
            return _make(Kind.QUOTED, text, at, end + 1)
    return _make(Kind.UNCLOSED, text, at, at + 1)


def _make(kind: Kind, text: str, start: int, end: int) -> Token:
    written = text[start:end]
    forms = _forms(written) if kind is Kind.WORD else (written,)
    return Token(kind, written, start, end, forms)


@lru_cache(maxsize=1 << 16)
def fold(word: str) -> str:
    """`word` without capitals, accents and apostrophes."""
    decomposed = unicodedata.normalize("NFKD", word.casefold().translate(_APOSTROPHES))
    plain = "".join(each for each in decomposed if unicodedata.category(each)[0] != "M")
    return plain.replace("'", "")


def _forms(word: str) -> tuple[str, ...]:
    """The word, and what it may be made of: Anna's, anjingnya, Ben-nya, foto2, foto-foto."""
    folded = fold(word)
    forms = [folded]
    if _is_possessive(word):
        forms.append(folded[:-1])
    endings = ("-nya", "nya", "2")
    forms += [folded.removesuffix(each) for each in endings if len(folded) > len(each) + 1]
    for each in tuple(forms):
        half, hyphen, other = each.partition("-")
        if hyphen and half == other:
            forms.append(half)
    return tuple(dict.fromkeys(forms))


def _is_possessive(word: str) -> bool:
    return word.translate(_APOSTROPHES)[-2:].casefold() == "'s"


@lru_cache(maxsize=1 << 16)
def words_of(name: str) -> tuple[str, ...]:
    """The folded words of a name, without its punctuation: what it is looked up by."""
    words = name.split(" ")
    if name.isascii() and all(map(str.isalnum, words)):
        return tuple(name.lower().split(" "))  # most are: libraries have many thousand names
    return _words_of(name)


def _words_of(name: str) -> tuple[str, ...]:
    cleaned = unicodedata.normalize("NFC", name)
    return tuple(each.fold for each in tokens(cleaned) if each.kind in {Kind.WORD, Kind.SYMBOL})
