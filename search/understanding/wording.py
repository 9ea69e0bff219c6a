"""Words that stay as they are: between quotation marks, and those that are one thing together."""

from collections.abc import Collection

from search.questions import Question
from search.understanding.names import Names
from search.understanding.sentence import Mention, Sentence, Use
from search.understanding.tokens import Kind, words_of


def recognise_quotes(sentence: Sentence) -> None:
    """Take what is between quotation marks, with what leads to it ("that says")."""
    for at, token in enumerate(sentence.tokens):
        text = token.text[1:-1].strip()
        if token.kind is Kind.UNCLOSED or (token.kind is Kind.QUOTED and not text):
            sentence.refuse([at])
        elif token.kind is Kind.QUOTED:
            tokens = tuple(range(_lead(sentence, at), at + 1))
            sentence.take(Mention("text", tokens, Question(text=(text,))))


def _lead(sentence: Sentence, at: int) -> int:
    start = at
    if sentence.is_free(start - 1) and sentence.tokens[start - 1].text == ":":
        start -= 1
    while (before := sentence.before("text_lead", start)) < start:
        start = before
    return start if sentence.has("text_lead", start) else at


def keep_phrases(
    sentence: Sentence, phrases: Collection[str], objects: Names, places: Names
) -> None:
    """Leave phrases for meaning, but for those that are an object's word."""
    said = {token.fold for token in sentence.tokens}
    known = {words for phrase in phrases if (words := words_of(phrase)) and words[0] in said}
    longest = max(map(len, known), default=0)
    for at in sentence.each_free():
        end = max(sentence.after("kept", at), _end(sentence, known, longest, at))
        thing = objects.at(sentence, at)
        if (
            end > at
            and not (thing and thing[0][-1] + 1 >= end)
            and not _leads(sentence, places, end)
        ):
            sentence.mark(range(at, end), Use.KEPT)


def _end(sentence: Sentence, known: set[tuple[str, ...]], longest: int, at: int) -> int:
    for end in range(min(at + longest, len(sentence)), at, -1):
        words = tuple(sentence.tokens[each].fold for each in range(at, end))
        if words in known and all(map(sentence.is_free, range(at, end))):
            return end
    return at


def _leads(sentence: Sentence, places: Names, end: int) -> bool:
    """Its last word leads to a place: "foto dekat" is a close-up, but not in "foto dekat Ubud"."""
    return sentence.has("near", end - 1) and places.at(sentence, end) is not None
