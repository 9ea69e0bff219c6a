"""Which of the names that lists have for a place people may search it by."""

import unicodedata
from collections.abc import Iterable

MAX_LETTERS = 60  # of a name: the full one of Bangkok has 160
_CODE = 3  # letters of an airport's code, and of the like, at most


def searchable(names: Iterable[str], name: str) -> list[str]:
    """Those of `names` that are other names than `name`, sorted; and `name` without its accents.

    Lists have names of all languages and do not say of which. Left out are other scripts, what
    was only transliterated from them (it begins small).
    """
    wanted = {_key(each): each for each in sorted(filter(_is_name, names), reverse=True)}
    plain = without_accents(name)
    wanted.setdefault(_key(plain), plain)
    return sorted(each for key, each in wanted.items() if key != _key(name))


def is_code(text: str) -> bool:
    """Whether this may be an airport's code, which lists have among the names of its city.

    Some are words: MES, SEA, MAN.
    """
    return len(text) <= _CODE and text.isascii() and text.isupper()


def without_accents(text: str) -> str:
    """`text` with letters as an English keyboard has them, where that is a matter of accents."""
    parts = unicodedata.normalize("NFKD", text)
    return "".join(each for each in parts if not unicodedata.combining(each))


def _is_name(text: str) -> bool:
    if not 1 < len(text) <= MAX_LETTERS or text[0].islower():
        return False
    return all(unicodedata.name(each, "").startswith("LATIN") for each in text if each.isalpha())


def _key(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()
