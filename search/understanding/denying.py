"""Things that a denial has more to say of: "no red cars" asks for no photo without any car."""

from collections.abc import Mapping

from search.questions import ENGLISH, Count
from search.understanding.pieces import is_listing, next_said
from search.understanding.sentence import Mention, Sentence

_DOING = ("ing", "ed")  # ends an English word that says what a thing before it does
_VERBS = ("ber", "me")  # begins an Indonesian one
_MANY = 5  # letters: shorter words that begin so are none


def keep_denied(sentence: Sentence) -> None:
    """Leave things for meaning that are denied with words that describe them."""
    things = {each.start: each for each in sentence.mentions if _is_bare(each)}
    people = {each.start: each for each in sentence.mentions if each.asks.people.all}
    for end in sentence.denials:
        at = next_said(sentence, end)
        if not _refuse_owned(sentence, things, people, at):
            _keep_list(sentence, things, at)


def _is_bare(mention: Mention) -> bool:
    return mention.only_denied or any(each.count == Count(1) for each in mention.asks.objects)


def _refuse_owned(
    sentence: Sentence, things: Mapping[int, Mention], people: Mapping[int, Mention], at: int
) -> bool:
    """Refuse what belongs to somebody: "without Anna's dog", "tanpa anjing Anna"."""
    owner = people.get(at)
    if owner:
        is_owner = sentence.tokens[owner.end - 1].is_possessive
        end = _phrase_end(sentence, things, owner.end) if is_owner else owner.end
        is_refused = end > owner.end
    else:
        end = _phrase_end(sentence, things, at)
        owner = people.get(end) if sentence.lexicon.language != ENGLISH else None
        is_refused = owner is not None and any(each in things for each in range(at, end))
        end = owner.end if owner else end
    if owner and is_refused:
        sentence.release(owner)
        _release(sentence, things, at, end)
        sentence.refuse(range(at, end))
    return is_refused


def _keep_list(sentence: Sentence, things: Mapping[int, Mention], at: int) -> None:
    """Each phrase of the list that begins there."""
    while True:
        end = _phrase_end(sentence, things, at)
        if 0 < sum(len(things[each].at) for each in range(at, end) if each in things) < end - at:
            _release(sentence, things, at, end)
        after = end
        while is_listing(sentence, after) or (after > end and sentence.has("articles", after)):
            after += 1
        if end in {at, after}:
            return
        at = after


def _release(sentence: Sentence, things: Mapping[int, Mention], start: int, end: int) -> None:
    for at in range(start, end):
        if at in things and things[at] in sentence.mentions:
            sentence.release(things[at])


def _phrase_end(sentence: Sentence, things: Mapping[int, Mention], at: int) -> int:
    """Where the words end that describe one thing together, and what it does."""
    start, is_named = at, False
    while at < len(sentence):
        if at in things:
            at, is_named = things[at].end, True
        elif is_named:
            after = _says_more(sentence, at)
            if after == at:
                return at
            at, is_named = after, False
        elif sentence.is_content(at) or (at > start and sentence.has("articles", at)):
            at += 1
        else:
            return at
    return at


def _says_more(sentence: Sentence, at: int) -> int:
    """Where a word ends that describes the thing before it, or leads to such: "that are red"."""
    if "relatives" in sentence.roles(at):  # be it kept: "sedang makan"
        after = next_said(sentence, max(at + 1, sentence.after("relatives", at)))
        return after if sentence.is_content(after) else at
    return at + (sentence.is_content(at) and _describes(sentence, at))


def _describes(sentence: Sentence, at: int) -> bool:
    word = sentence.tokens[at].fold
    if sentence.lexicon.language == ENGLISH:
        return word.endswith(_DOING) and not sentence.has("no_deeds", at)
    if sentence.has("adjectives", at) or sentence.has("carriers", at):
        return True
    return word.startswith(_VERBS) and len(word) > _MANY
