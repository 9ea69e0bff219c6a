"""What different forms of a word have in common: PostgreSQL's stemmers, for both languages."""

from collections.abc import Iterable, Mapping, Sequence

from django.db import connection

from search.kept import Kept

_DICTIONARIES = {"en": "english_stem", "id": "indonesian_stem"}
_STEMS = """
SELECT word, (ts_lexize('english_stem', word))[1], (ts_lexize('indonesian_stem', word))[1]
FROM unnest(%s::text[]) AS word
"""
# Of the Indonesian dictionary PostgreSQL has no words that say nothing by themselves.
_EMPTY_WORDS = """
ada adalah akan atau bagi dan dari dengan di dia ia ini itu jika juga kami karena ke kepada kita
lagi maka mereka oleh pada para saat saja sang saya sebagai sebuah seekor seorang si sudah
supaya telah tentang tersebut tetapi untuk yaitu yang
"""
_EMPTY = frozenset(_EMPTY_WORDS.split())
EVERY = ""  # language: any of those there are

Stems = Mapping[str, str]  # by language, but for those in which the word says nothing


# Stems never change: what one question asked for, the next has.
KEPT = Kept[str, Stems](50_000)  # words that a process remembers, which are some 20 MB


def stems_of(words: Iterable[str]) -> dict[str, Stems]:
    """The stems of each of `words`, which are as words_of() gives them.

    One query, or none where all of them were asked for lately.
    """
    return KEPT.of(words, _asked)


def _asked(words: Sequence[str]) -> dict[str, Stems]:
    with connection.cursor() as cursor:
        cursor.execute(_STEMS, [sorted(words)])
        return {word: _stems(word, *found) for word, *found in cursor.fetchall()}


def _stems(word: str, *found: str | None) -> Stems:
    known = {language: stem for language, stem in zip(_DICTIONARIES, found, strict=True) if stem}
    if word in _EMPTY:
        known.pop("id", None)
    return known


def says_something(stems: Stems, language: str) -> bool:
    """Whether a word of `language` is worth looking for: "the" is not."""
    if language in _DICTIONARIES:
        return language in stems
    return len(stems) == len(_DICTIONARIES)


def lexemes(word: str, stems: Stems, language: str) -> set[str]:
    """What a word of `language` is stored as; nothing if it says nothing."""
    if not says_something(stems, language):
        return set()
    return {stems[language]} if language in _DICTIONARIES else forms(word, stems)


def forms(word: str, stems: Stems) -> set[str]:
    """All that a word may be stored as, whatever language somebody took it for."""
    return {word, *stems.values()}
