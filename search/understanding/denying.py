"""Things that a denial has more to say of: "no red cars" asks for no photo without any car."""

from collections.abc import Mapping
from dataclasses import dataclass

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
    for end, start in sentence.denials.items():
        phrases = _Phrases(sentence, things, people, has_subject=_has_subject(sentence, start))
        at = next_said(sentence, end)
        if owned := phrases.owned_end(at):
            phrases.release(at, owned)
            sentence.refuse(range(at, owned))
        else:
            phrases.keep_list(at)


def _is_bare(mention: Mention) -> bool:
    return mention.only_denied or any(each.count == Count(1) for each in mention.asks.objects)


def _has_subject(sentence: Sentence, at: int) -> bool:
    """Who is without something may be who does what comes then: "Ben without a tie dancing"."""
    is_told = sentence.is_content(at - 1) or any(each.end == at for each in sentence.mentions)
    return is_told and "with" in sentence.roles(at)


@dataclass(frozen=True)
class _Phrases:
    """What one denial is about."""

    sentence: Sentence
    things: Mapping[int, Mention]  # by where they begin
    people: Mapping[int, Mention]
    has_subject: bool

    def owned_end(self, at: int) -> int:
        """Where it ends what belongs to somebody: "Anna's dog", "anjing Anna". 0: nothing does."""
        if at in self.people:
            end = self._owners_end(at)
            owned = self._end(end) if self.sentence.tokens[end - 1].is_possessive else end
            return owned if owned > end else 0
        end = self._end(at)
        is_thing = any(each in self.things for each in range(at, end))
        is_after = is_thing and end in self.people and self.sentence.lexicon.language != ENGLISH
        return self.people[end].end if is_after else 0

    def _owners_end(self, at: int) -> int:
        end = self.people[at].end
        while is_listing(self.sentence, end) and end + 1 in self.people:
            end = self.people[end + 1].end
        return end

    def keep_list(self, at: int) -> None:
        """Leave for meaning what is described in the list that begins there."""
        while True:
            end = self._end(at)
            named = [self.things[each] for each in range(at, end) if each in self.things]
            if 0 < sum(len(each.at) for each in named) < end - at:
                self.release(at, end)
            after = self._next(end)
            if end in {at, after}:
                return
            at = after

    def _next(self, end: int) -> int:
        """Where the next of a list begins; `end`, if there is none."""
        at = end
        while is_listing(self.sentence, at) or (at > end and self.sentence.has("articles", at)):
            at += 1
        return at

    def release(self, start: int, end: int) -> None:
        for at in range(start, end):
            for known in (self.things, self.people):
                if at in known and known[at] in self.sentence.mentions:
                    self.sentence.release(known[at])

    def _end(self, start: int) -> int:
        """Where the words end that say one thing together, and what it does."""
        at, named = start, None
        while at < len(self.sentence):
            if at in self.things:
                named = self.things[at]
                at = named.end
                continue
            after = _described_end(self.sentence, at) if named else self._word_end(start, at)
            is_deed = self.has_subject and at > start and _is_deed(self.sentence, at)
            if after == at or (is_deed and not (named and named.only_denied)):
                return at
            at, named = after, None
        return at

    def _word_end(self, start: int, at: int) -> int:
        is_article = at > start and self.sentence.has("articles", at)
        return at + (self.sentence.is_content(at) or is_article)


def _described_end(sentence: Sentence, at: int) -> int:
    """Where a word ends that describes the thing before it, or leads to such: "that are red"."""
    if "relatives" in sentence.roles(at):  # be it kept: "sedang makan"
        after = next_said(sentence, max(at + 1, sentence.after("relatives", at)))
        return after if sentence.is_content(after) else at
    is_adjective = sentence.lexicon.language != ENGLISH and sentence.has("adjectives", at)
    return at + (sentence.is_content(at) and (is_adjective or _is_deed(sentence, at)))


def _is_deed(sentence: Sentence, at: int) -> bool:
    word = sentence.tokens[at].fold
    if sentence.lexicon.language == ENGLISH:
        return word.endswith(_DOING) and not sentence.has("no_deeds", at)
    return sentence.has("carriers", at) or (word.startswith(_VERBS) and len(word) > _MANY)
