"""The parts of an interpretation, as they are shown and can be taken away."""

from collections.abc import Collection

from django.utils.translation import gettext

from search.errors import PartUnknown
from search.questions import Part, Question, Understood
from search.understanding.asking import joined
from search.understanding.joining import Asked
from search.understanding.labels import label
from search.understanding.sentence import Mention, Sentence

NOT_UNDERSTOOD = "not_understood"


def understood(sentence: Sentence, asked: Collection[Asked]) -> Understood:
    """All that is asked, and the refused words, in their order."""
    refused = [
        _refused(at, Question(not_understood=(" ".join(sentence.words(at)),)))
        for at in sentence.unclear
    ]
    parts = tuple(
        _part(sentence, each) for each in sorted((*asked, *refused), key=lambda each: each.at)
    )
    return Understood(joined((each.asks for each in parts), sentence.lexicon.language), parts)


def without(understood: Understood, keys: Collection[str]) -> Question:
    """The question less the parts with these keys. Their words mean nothing any more.

    Raises:
        PartUnknown: the question has no such part.
    """
    known = {each.key for each in understood.parts}
    for key in keys:
        if key not in known:
            there = ", ".join(sorted(known)) or "none"
            raise PartUnknown(
                gettext("The question has no part %(key)r: it has %(there)s.")
                % {"key": key, "there": there}
            )
    rest = (each.asks for each in understood.parts if each.key not in keys)
    return joined(rest, understood.question.language)


def _refused(at: tuple[int, ...], asks: Question) -> Asked:
    return Asked(Mention(NOT_UNDERSTOOD, at, asks), at, asks)


def _part(sentence: Sentence, asked: Asked) -> Part:
    start, end = sentence.tokens[asked.at[0]].start, sentence.tokens[asked.at[-1]].end
    return Part(
        key=f"{asked.kind}-{start}-{end}",
        kind=asked.kind,
        words=sentence.words(asked.at),
        label=label(asked, sentence.lexicon),
        asks=asked.asks,
    )
