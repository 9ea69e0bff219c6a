"""The pieces of a question in their order: what was recognised, and what is left for meaning."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from search.questions import Question
from search.understanding.sentence import Mention, Sentence, Use, runs
from search.understanding.tokens import Kind

SEMANTIC = "semantic"
_MINUS = {"-", "!", "\N{MINUS SIGN}", "\N{EN DASH}"}
_LEADS = ("lead", "articles", "and", "or", "but")


@dataclass(frozen=True)
class Denial:
    """The word that denies something."""

    start: int
    is_unclear: bool = False  # what it denies can't be told, as of "not without" and of "by"


def find_denials(sentence: Sentence) -> None:
    """Mark the words that deny what follows them."""
    for at in sentence.each_free():
        end = _denies_until(sentence, at)
        if _only_asks(sentence, at):
            sentence.mark(range(at, end), Use.DROPPED)
        elif end > at:
            sentence.deny(at, end)


def _denies_until(sentence: Sentence, at: int) -> int:
    """Where words end that deny what follows: `at` itself, where there are none."""
    outside = sentence.after("outside", at)
    if outside > at and _begins(sentence, "places", sentence.after("articles", outside)):
        return outside
    by = sentence.after("by", at)
    if by > at and not sentence.is_content(at - 1) and _begins(sentence, "people", by):
        return by  # whoever took a photo need not be in it
    if _is_minus(sentence, at):
        return at + 1
    return max(sentence.after(role, at) for role in ("negators", "asks", "nobody"))


def _begins(sentence: Sentence, kind: str, at: int) -> bool:
    return any(each.kind == kind and each.start == at for each in sentence.mentions)


def _is_minus(sentence: Sentence, at: int) -> bool:
    """It is a mark before a word as search engines take it: "Anna -Ben"."""
    mark = sentence.tokens[at]
    if mark.text not in _MINUS or at + 1 == len(sentence):
        return False
    is_apart = at == 0 or sentence.tokens[at - 1].end < mark.start
    after = sentence.tokens[at + 1]
    return is_apart and after.start == mark.end and after.kind in {Kind.WORD, Kind.QUOTED}


def _only_asks(sentence: Sentence, at: int) -> bool:
    """It asks whether there are such photos: "ada nggak foto Ben", "ada foto Ben nggak?"."""
    if (asked := sentence.after("asks", at)) > at:
        return not any(map(sentence.is_content, range(asked - 1)))
    if not sentence.has("tags", at):
        return False
    start, end = stripped(sentence, at + 1, len(sentence))
    return start == end and any(sentence.has("asks_begin", each) for each in range(at))


def denial_before(sentence: Sentence, at: int) -> Denial | None:
    """What denies the piece that begins at `at`: only words that lead to it lie between."""
    start = _denial_of(sentence, at)
    if start is None:
        return None
    first = start
    while (earlier := _denial_of(sentence, first)) is not None:
        first = earlier
    return Denial(first, is_unclear=first < start or "by" in sentence.roles(start))


def _denial_of(sentence: Sentence, at: int) -> int | None:
    while at not in sentence.denials:
        at -= 1
        if at < 0 or not _is_lead(sentence, at):
            return None
    return sentence.denials[at]


def _is_lead(sentence: Sentence, at: int) -> bool:
    """It only leads to what follows."""
    if sentence.uses[at] is Use.DROPPED:
        return True
    if any(sentence.has(role, at) for role in ("or", "but", "negators")):
        return False
    return sentence.has("lead", at) or sentence.has("articles", at)


def next_said(sentence: Sentence, at: int) -> int:
    """The first token from `at` on that does not only lead to what follows."""
    while at < len(sentence) and _is_lead(sentence, at):
        at += 1
    return at


def link(sentence: Sentence, start: int, end: int) -> str:
    """What links two pieces that have these tokens between them.

    "and" and "or" stand alone or with an article; an "or" with a word that leads on as well. A
    "comma" is nothing but one. "": nothing, or more than that.
    """
    roles = [_linking(sentence, at) for at in range(start, end)]
    if "" in roles:
        return ""
    if "or" in roles:
        return "or"
    if "and" in roles and "lead" not in roles:
        return "and"
    return "comma" if roles == ["comma"] else ""


def is_listed(sentence: Sentence, start: int, end: int) -> bool:
    """An "and", an "or" or a comma is between two pieces, and nothing else but what leads on."""
    roles = {_linking(sentence, at) for at in range(start, end)}
    return "" not in roles and not roles.isdisjoint({"and", "or", "comma"})


def _linking(sentence: Sentence, at: int) -> str:
    if sentence.uses[at] is Use.DROPPED:
        return "lead"
    if _is_comma(sentence, at):
        return "comma"
    names = ("but", "or", "and", "articles", "lead")
    found = next((role for role in names if sentence.has(role, at)), "")
    return "" if found == "but" else found


def meanings(sentence: Sentence) -> list[Mention]:
    """What is left for meaning, in stretches. What is denied ends at a mark, and is listed."""
    left = [at for at, use in enumerate(sentence.uses) if use in {Use.FREE, Use.KEPT}]
    return [each for first, last in runs(left) for each in _meanings(sentence, first, last + 1)]


def _meanings(sentence: Sentence, start: int, end: int) -> Iterator[Mention]:
    start, end = stripped(sentence, start, end)
    if start == end:
        return
    if not denial_before(sentence, start):
        yield _meaning(sentence, start, end)
        return
    stop = _denied_end(sentence, start, end)
    listed = [at for at in range(start, stop) if is_listing(sentence, at)]
    for first, last in pairwise([start - 1, *listed, stop]):
        first, last = stripped(sentence, first + 1, last)  # noqa: PLW2901  # the same, shorter
        if first < last:
            yield _meaning(sentence, first, last)
    yield from _meanings(sentence, stop, end)


def _meaning(sentence: Sentence, start: int, end: int) -> Mention:
    tokens = tuple(range(start, end))
    return Mention(SEMANTIC, tokens, Question(semantic=" ".join(sentence.words(tokens))))


def stripped(sentence: Sentence, start: int, end: int) -> tuple[int, int]:
    """The tokens [start, end) without what only leads to them or on from them."""
    while start < end and (then := _lead_from(sentence, start)) > start:
        start = min(then, end)
    while start < end and (then := _lead_to(sentence, end)) < end:
        end = max(then, start)
    return start, end


def _lead_from(sentence: Sentence, at: int) -> int:
    return max(_is_mark(sentence, at) + at, *(sentence.after(role, at) for role in _LEADS))


def _lead_to(sentence: Sentence, end: int) -> int:
    return min(end - _is_mark(sentence, end - 1), *(sentence.before(role, end) for role in _LEADS))


def _is_mark(sentence: Sentence, at: int) -> bool:
    return sentence.is_free(at) and sentence.tokens[at].kind is Kind.MARK


def _denied_end(sentence: Sentence, start: int, end: int) -> int:
    """Where it ends what is denied: at a mark, but for the commas of a list that has an "or"."""
    hard = (at for at in range(start, end) if _stops(sentence, at) and not _is_comma(sentence, at))
    last = [at for at in range(start, next(hard, end)) if sentence.has("or", at)]
    after = last[-1] if last else start
    return next((at for at in range(after, end) if _stops(sentence, at)), end)


def _stops(sentence: Sentence, at: int) -> bool:
    if sentence.has("or", at):  # which may be a mark
        return False
    return _is_mark(sentence, at) or sentence.has("but", at)


def is_listing(sentence: Sentence, at: int) -> bool:
    """It stands between what is listed."""
    return _is_comma(sentence, at) or sentence.has("and", at) or sentence.has("or", at)


def next_listed(sentence: Sentence, at: int) -> int:
    """Where the next of a list begins, after one that ends at `at`: `at`, if there is none."""
    then = at + _is_comma(sentence, at)
    return max(sentence.after(role, then) for role in ("and", "or"))


def _is_comma(sentence: Sentence, at: int) -> bool:
    return sentence.is_free(at) and sentence.tokens[at].text == ","
