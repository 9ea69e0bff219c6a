"""Who is to be in a photo: people by their names, and whether there is anybody else."""

from collections.abc import Callable

from search.questions import Count, People, Question
from search.understanding.names import Names
from search.understanding.sentence import Mention, Sentence, Use
from search.understanding.tokens import Kind

_NOT_WORDS = {"tells", "labels", "not_in_others"}  # roles whose words may be names all the same


def is_word(sentence: Sentence, name: str) -> bool:
    """This name of one word is a word as well, and needs a sign that it is meant as a name."""
    roles = sentence.lexicon.roles.items()
    return any((name,) in role.phrases for key, role in roles if key not in _NOT_WORDS)


def recognise(
    sentence: Sentence, people: Names, is_doubtful: Callable[[str], bool], *, doubtful: bool
) -> None:
    """Take names of people; where `doubtful` those that are words too, with a capital."""
    for at in sentence.each_free():
        found = people.at(sentence, at)
        if not found:
            continue
        tokens, who = found
        doubted = len(tokens) == 1 and any(map(is_doubtful, sentence.tokens[at].forms))
        if not doubted or (doubtful and sentence.tokens[at].has_capital):
            sentence.take(Mention("people", tokens, Question(people=People(all=(who,)))))


def recognise_company(sentence: Sentence) -> None:
    """Take what says that there is nobody else: "only", "alone", "nobody else", "nobody"."""
    anybody = any(each.asks.people.all for each in sentence.mentions)
    for at in sentence.each_free():
        for role, asks in (
            ("nobody_else", _ONLY if anybody else None),
            ("alone", _ONLY if anybody else Question(faces=Count(1, 1))),
            ("nobody", Question(faces=Count(0, 0))),
            ("only_before", _ONLY if _person_begins(sentence, at) else None),
            ("only_after", _ONLY if _person_ends(sentence, at) else None),
        ):
            end = sentence.after(role, at)
            if end > at and asks:
                kind = "people" if asks.people.only else "faces"
                sentence.take(Mention(kind, tuple(range(at, end)), asks))
                break


_ONLY = Question(people=People(only=True))


def _person_begins(sentence: Sentence, at: int) -> bool:
    """A name follows, after words that only lead to it."""
    after = at + 1
    while sentence.is_free(after) and sentence.has("lead", after):
        after += 1
    return any(each.start == after and each.asks.people.all for each in sentence.mentions)


def _person_ends(sentence: Sentence, at: int) -> bool:
    return any(each.end == at and each.asks.people.all for each in sentence.mentions)


def refuse_strangers(sentence: Sentence) -> None:
    """Say of names that are not known that they were not understood, and of whoever asks."""
    for at in sentence.each_free():
        if (end := sentence.after("me_filler", at)) > at:
            sentence.mark(range(at, end), Use.DROPPED)
        elif (end := sentence.after("me", at)) > at:
            sentence.refuse(range(at, end))
        elif _names_a_stranger(sentence, at):
            sentence.refuse(range(at, capitals_end(sentence, at)))


def _names_a_stranger(sentence: Sentence, at: int) -> bool:
    if capitals_end(sentence, at) == at:
        return False
    if sentence.before("with", at) < at:
        return True
    joint = min(sentence.before(role, at) for role in ("and", "or"))
    strangers = {refused[-1] for refused in sentence.unclear}
    return joint < at and (_person_ends(sentence, joint) or joint - 1 in strangers)


def capitals_end(sentence: Sentence, at: int) -> int:
    """Where words with a capital end that begin at `at`, in a question that has small letters."""
    if not any(each.text[-1:].islower() for each in sentence.tokens if each.kind is Kind.WORD):
        return at
    while sentence.is_content(at) and sentence.is_free(at) and sentence.tokens[at].has_capital:
        at += 1
    return at
