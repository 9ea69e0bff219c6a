"""How the pieces of a question hang together: lists, alternatives, and what is denied."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from search.questions import Question
from search.understanding.asking import denied, either
from search.understanding.pieces import SEMANTIC, Denial, denial_before, link, meanings, next_said
from search.understanding.sentence import Mention, Sentence, runs
from search.understanding.together import excepted, narrowed

_ALTERNATIVES = {"people", "dates", "places"}  # kinds of which a question can ask for any
_THINGS = {"objects", "faces"}
_SEEN = _THINGS | {SEMANTIC}
_SHOWN = _SEEN | {"people", "text"}  # all that is in a photo


@dataclass(frozen=True)
class Asked:
    """A piece as it counts: the tokens that say it, and what it asks for."""

    mention: Mention
    at: tuple[int, ...]
    asks: Question
    is_denied: bool = False

    @property
    def kind(self) -> str:
        return self.mention.kind


def join(sentence: Sentence) -> list[Asked]:
    """All that is asked for, in its order. What can't be asked is refused."""
    _release(sentence)
    mentions = sorted((*sentence.mentions, *meanings(sentence)), key=lambda each: each.at)
    links = _links(sentence, mentions)
    denials = _denials(sentence, mentions, links)
    said = _excepted(sentence, mentions, denials)
    asked = [_asked(sentence, *each) for each in zip(said, denials, strict=True)]
    _refuse_idle(sentence, asked)
    return _one_for_dates(sentence, _alternatives(sentence, asked, links))


def _release(sentence: Sentence) -> None:
    """Leave for meaning what is a mention only together with others."""
    mentions = sorted(sentence.mentions, key=lambda each: each.at)
    links = _links(sentence, mentions)
    denials = _denials(sentence, mentions, links)
    for each, denial in zip(mentions, denials, strict=True):
        if each.only_denied and not denial:
            sentence.release(each)
    for at, found in enumerate(links):
        pair = mentions[at : at + 2]
        if found == "or" and not denials[at] and all(each.kind == "objects" for each in pair):
            for each in pair:
                if each in sentence.mentions:
                    sentence.release(each)


def _links(sentence: Sentence, mentions: Sequence[Mention]) -> list[str]:
    """What links each to the next. A comma is what the end of its list is: "Anna, Ben or Cleo"."""
    links = [link(sentence, one.end, other.start) for one, other in pairwise(mentions)]
    for at in reversed(range(len(links))):
        if links[at] == "comma":
            kinds = {each.kind for each in mentions[at : at + 3]}
            follows = links[at + 1] if at + 1 < len(links) else ""
            links[at] = follows if _is_list(kinds, follows) else ""
    return links


def _is_list(kinds: set[str], end: str) -> bool:
    """What has these kinds is one list that has this link at its end."""
    if end == "or" and kinds <= _SEEN:
        return True
    alike = kinds <= _THINGS or (len(kinds) == 1 and kinds != {SEMANTIC})
    return alike and end in {"and", "or"}


def _denials(
    sentence: Sentence, mentions: Sequence[Mention], links: Sequence[str]
) -> list[Denial | None]:
    """What denies each. A denial holds for all of a list: "without Anna and Ben"."""
    found: list[Denial | None] = []
    for at, mention in enumerate(mentions):
        denial = denial_before(sentence, mention.start)
        if not denial and at and found[-1]:
            denial = _reaching(sentence, found[-1], mentions[at - 1 : at + 1], links[at - 1])
        found.append(denial)
    return found


def _reaching(
    sentence: Sentence, denial: Denial, pair: Sequence[Mention], linked: str
) -> Denial | None:
    """The denial of the first of two, where it holds for the second, or may."""
    one, other = pair
    kinds = {one.kind, other.kind}
    goes_on = len(kinds) == 1 or (kinds <= _SHOWN and not _begins_anew(sentence, one, other))
    if linked == "or" or (linked == "and" and goes_on):
        return replace(denial, start=other.start)
    if kinds <= _SEEN and _may_end_list(sentence, one, other):
        return Denial(other.start, is_unclear=True)
    return None


def _begins_anew(sentence: Sentence, one: Mention, other: Mention) -> bool:
    """Something says between them that the second is to be there: "tanpa Ben, dengan Anna"."""
    between = range(one.end, other.start)
    return any(sentence.tokens[at].text == "," or sentence.has("with", at) for at in between)


def _may_end_list(sentence: Sentence, one: Mention, other: Mention) -> bool:
    """A comma comes before it, and there is an "or" in it: "no dogs, rain or snow"."""
    is_next = link(sentence, one.end, other.start) == "comma"
    return is_next and any(sentence.has("or", at) for at in other.at)


def _asked(sentence: Sentence, mention: Mention, denial: Denial | None) -> Asked | None:
    """What a mention asks for; None where nothing can ask for its contrary."""
    if not denial:
        return Asked(mention, mention.at, mention.asks)
    at = (*range(denial.start, mention.start), *mention.at)
    contrary = None if denial.is_unclear else denied(mention.asks)
    if contrary:
        return Asked(mention, at, contrary, is_denied=True)
    sentence.refuse(at)
    return None


def _refuse_idle(sentence: Sentence, asked: Sequence[Asked | None]) -> None:
    """Refuse denials that deny nothing, but for those of what was refused itself."""
    said = {at for each in asked if each for at in each.at}
    refused = {at for each in sentence.unclear for at in each}
    idle = {
        at
        for end, start in sentence.denials.items()
        if not said & {start} and next_said(sentence, end) not in refused
        for at in range(start, end)
    }
    for first, last in runs(sorted(idle - refused)):
        sentence.refuse(range(first, last + 1))


def _alternatives(
    sentence: Sentence, asked: Sequence[Asked | None], links: Sequence[str]
) -> list[Asked]:
    """Have one piece for people of whom any will do. An "or" that can't be asked is refused."""
    found: list[Asked] = []
    for each, linked in zip(asked, ["", *links][: len(asked)], strict=True):
        one, other = found[-1] if found else None, each
        if not other:
            continue
        if linked != "or" or not one or (one.is_denied and other.is_denied):
            found.append(other)
        elif one.asks.people.all and other.asks.people.all:
            at = tuple(range(one.at[0], other.at[-1] + 1))
            found[-1] = replace(one, at=at, asks=either(one.asks, other.asks))
        else:
            found.append(other)
            if one.kind != other.kind or one.kind not in _ALTERNATIVES or other.is_denied:
                _refuse_or(sentence, one.at[-1] + 1, other.at[0])
    return found


def _refuse_or(sentence: Sentence, start: int, end: int) -> None:
    for at in range(start, end):
        if sentence.has("or", at):
            sentence.refuse(range(at, sentence.after("or", at)))


def _excepted(
    sentence: Sentence, mentions: Sequence[Mention], denials: Sequence[Denial | None]
) -> list[Mention]:
    """`mentions`, where what is denied and comes round is in the years that are asked for."""
    both = list(zip(mentions, denials, strict=True))
    asked = [each for each, denial in both if each.kind == "dates" and not denial]
    if not asked or not any(each.kind == "dates" and denial for each, denial in both):
        return list(mentions)
    days = narrowed(sentence, asked)
    return [excepted(each, days) if denial and days else each for each, denial in both]


def _one_for_dates(sentence: Sentence, asked: Sequence[Asked]) -> list[Asked]:
    """Have one piece for all dates that are not denied. Those that no day is in are refused."""
    dates = [each for each in asked if each.kind == "dates" and not each.is_denied]
    if len(dates) < 2:  # noqa: PLR2004  # one is one
        return list(asked)
    rest = [each for each in asked if each not in dates[1:]]
    if days := narrowed(sentence, [each.mention for each in dates]):
        at = tuple(token for each in dates for token in each.at)
        one = replace(dates[0], at=at, asks=Question(dates=days))
        return [one if each is dates[0] else each for each in rest]
    for each in dates:
        sentence.refuse(each.at)
    return [each for each in rest if each is not dates[0]]
