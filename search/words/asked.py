"""The words of a question that are worth looking for, and what they may be stored as."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import BooleanField, F, Func, Value

from photos.letters import words_of
from search.words.stems import forms, says_something, stems_of
from search.words.vector import any_of

MAX_ASKED = 20  # different words of a question: what is behind them is not looked for


@dataclass(frozen=True)
class Word:
    """One that was asked for, and all that it may be stored as."""

    word: str
    forms: frozenset[str]

    @property
    def query(self) -> str:
        """The tsquery of what has it."""
        return any_of(self.forms)


def asked_words(question: str, language: str) -> list[Word]:
    """Each once, in order, without those that say nothing in `language`. As stems_of()."""
    words = list(dict.fromkeys(words_of(question)))
    stems = stems_of(words)
    found = [
        Word(word, frozenset(forms(word, stems[word])))
        for word in words
        if says_something(stems[word], language)
    ]
    return found[:MAX_ASKED]


def has(column: str, query: str, *, by_index: bool = True) -> Func:
    """Whether a column of PhotoWords is what the tsquery `query` looks for.

    Rows may be found by the index, or else each row is asked: no index knows what IS TRUE.
    """
    return Func(
        F(column),
        Value(query),
        template=f"((%(expressions)s::tsquery){'' if by_index else ' IS TRUE'})",
        arg_joiner=" @@ ",
        output_field=BooleanField(),
    )


def names_asked(names: Sequence[str], words: Sequence[Word]) -> list[str]:
    """Those of `words` that stand in one of `names`, as they are."""
    known = {word for name in names for word in words_of(name)}
    return [each.word for each in words if each.word in known]
