"""Who is to be in a photo: people by their names, and whether there is anybody else."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from search.questions import Count, People, Question
from search.understanding.names import Names
from search.understanding.pieces import is_listing
from search.understanding.sentence import Mention, Sentence, Use
from search.understanding.tokens import Kind


def recognise(
    sentence: Sentence, people: Names, is_doubtful: Callable[[str], bool], *, doubtful: bool
) -> None:
    """Take names of people; where `doubtful` those that are words too, and said like names."""
    for at in sentence.each_free():
        found = people.at(sentence, at)
        if not found:
            continue
        tokens, who = found
        doubted = len(tokens) == 1 and any(map(is_doubtful, sentence.tokens[at].forms))
        if not doubted or (doubtful and _is_said_like_a_name(sentence, at)):
            sentence.take(Mention("people", tokens, Question(people=People(all=(who,)))))
            beside = sentence.before("near", at)
            sentence.mark(range(beside, at), Use.DROPPED)  # where in the photo, nobody knows


def _is_said_like_a_name(sentence: Sentence, at: int) -> bool:
    """With a capital; or, where nobody has one, listed with somebody: "anna and rose"."""
    if sentence.tokens[at].has_capital:
        return True
    for mention in sentence.mentions:
        beside = mention.end == at - 1 or mention.start == at + 2
        between = min(mention.end, at + 1)
        if mention.asks.people.all and beside and is_listing(sentence, between):
            return not sentence.tokens[mention.start].has_capital
    return False


def recognise_company(sentence: Sentence) -> None:
    """Take what says how many there are, or nobody else: "berdua", "alone", "nobody"."""
    anybody = any(_is_wanted(sentence, each) for each in sentence.mentions)
    for at in sentence.each_free():
        if found := sentence.find("so_many", at):
            count = Count(int(found[1]), int(found[1]))
            sentence.take(Mention("faces", tuple(range(at, found[0])), Question(faces=count)))
            continue
        for role in _COMPANY:
            end = sentence.after(role, at)
            asks = _company(sentence, role, range(at, end), anybody=anybody) if end > at else None
            if asks:
                kind = "people" if asks.people.only else "faces"
                sentence.take(Mention(kind, tuple(range(at, end)), asks))
                break
        else:
            end = sentence.after("only_before", at)
            if end > at and not sentence.is_content(at - 1):
                sentence.refuse(range(at, end))  # only dogs: no question can say that


_COMPANY = ("nobody_else", "alone", "only_before", "nobody", "only_after")  # the longest first
_DOES = ("ing", "ed", "s")  # ends an English word for what somebody does
_ONLY = Question(people=People(only=True))


def _company(sentence: Sentence, role: str, at: range, *, anybody: bool) -> Question | None:
    """What words ask for; None where they are not about people."""
    match role:
        case "nobody":
            return _nobody(sentence, at.stop)
        case "alone":
            return _ONLY if anybody else Question(faces=Count(1, 1))
        case "nobody_else":
            return _ONLY if anybody else None
        case "only_before":
            return _ONLY if _person_begins(sentence, at.stop) else None
    return _ONLY if _person_ends(sentence, at.start) else None


def _nobody(sentence: Sentence, end: int) -> Question | None:
    """No face; but nobody else with somebody, and None where nobody does something."""
    if sentence.has("with", end) and not sentence.has("negators", end):
        return _ONLY if _person_begins(sentence, end) else None
    verb = sentence.after("copulas", end)
    does = sentence.is_content(verb) and sentence.tokens[verb].fold.endswith(_DOES)
    return None if does and not sentence.has("no_deeds", verb) else Question(faces=Count(0, 0))


def _is_wanted(sentence: Sentence, mention: Mention) -> bool:
    """It is somebody who is to be there."""
    at = mention.start
    while sentence.has("lead", at - 1) and not sentence.has("negators", at - 1):
        at -= 1
    return bool(mention.asks.people.all) and sentence.before("negators", at) == at


def _person_begins(sentence: Sentence, at: int) -> bool:
    """A name is next, after words that only lead to it."""
    while sentence.has("lead", at):
        at += 1
    return any(each.start == at and each.asks.people.all for each in sentence.mentions)


def _person_ends(sentence: Sentence, at: int) -> bool:
    return any(each.end == at and each.asks.people.all for each in sentence.mentions)


def recognise_absence(sentence: Sentence) -> None:
    """Deny people of whom it is said behind their names: "Anna and Ben are not in it"."""
    for at in sentence.each_free():
        end = _absent_end(sentence, at)
        if end == at or not _says_no_more(sentence, end):
            continue
        people = list(_listed_until(sentence, at))
        if people and sentence.before("or", people[-1].start) < people[-1].start:
            continue  # either of them: no question can say that
        for each in people:
            said = range(at, end) if each is people[0] else ()
            absent = Question(people=People(none=each.asks.people.all[0]))
            sentence.mentions.remove(each)
            sentence.take(replace(each, at=(*each.at, *said), asks=absent))


def _says_no_more(sentence: Sentence, at: int) -> bool:
    return at == len(sentence) or sentence.tokens[at].kind is Kind.MARK or sentence.has("but", at)


def _absent_end(sentence: Sentence, at: int) -> int:
    """Where it ends that somebody is not there; `at`, if that is not said."""
    verb = sentence.after("copulas", at)
    isnt = sentence.after("negators", verb) if verb > at else sentence.after("absent_by_itself", at)
    return sentence.after("absent", isnt) if isnt > verb else at


def _listed_until(sentence: Sentence, end: int) -> Iterator[Mention]:
    """The people of a list that ends there, the last one first."""
    people = {each.end: each for each in sentence.mentions if each.asks.people.all}
    while end in people:
        yield people[end]
        joint = sentence.before("and", people[end].start)
        end = joint if joint < people[end].start else -1


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
    if not sentence.has_small_letters:
        return at
    while sentence.is_content(at) and sentence.is_free(at) and sentence.tokens[at].has_capital:
        at += 1
    return at
