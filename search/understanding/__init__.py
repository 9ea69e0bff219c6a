"""What a question in words asks of photos. Pure: it knows what it is told, and no database.

Nothing is guessed in silence: each word is in a part, left for meaning, said not to be
understood, or one that only leads to others.
"""

from datetime import datetime

from search.questions import Known, Understood
from search.understanding import dates, people, places, things
from search.understanding.denying import keep_denied
from search.understanding.joining import join
from search.understanding.lexicon import lexicon_of
from search.understanding.names import Names, names, without_long
from search.understanding.parts import understood, without
from search.understanding.pieces import find_denials
from search.understanding.places import Doubts
from search.understanding.sentence import Sentence
from search.understanding.tokens import MAX_QUESTION, clean, tokens
from search.understanding.unasked import refuse_choices, refuse_measures
from search.understanding.wording import keep_phrases, recognise_quotes

__all__ = ["MAX_QUESTION", "understand", "without"]

_PERSON = "person"  # detectors have it as a class; questions count people by their faces


def understand(text: str, known: Known, now: datetime) -> Understood:
    """What `text` asks for, in English or Indonesian. `now`: by the clock of whoever asks.

    Raises:
        QuestionInvalid: it is empty, too long, or no text.
    """
    cleaned = clean(text)
    found = tokens(cleaned)
    where = names(known.places, found)
    sentence = Sentence(cleaned, found, lexicon_of(without_long(found, where)))
    _recognise(sentence, known, where, now)
    return understood(sentence, join(sentence))


def _recognise(sentence: Sentence, known: Known, where: Names, now: datetime) -> None:
    """Each takes what it knows from what those before it have left. `where`: places."""
    who = names(known.people, sentence.tokens)
    classes = {label: words for label, words in known.objects.items() if label != _PERSON}
    what = names(classes, sentence.tokens)

    def is_common(word: str) -> bool:
        return word in sentence.lexicon.common or word in known.words

    def is_word(word: str) -> bool:
        return word in sentence.lexicon.words or word in what.single or is_common(word)

    def may_be_no_person(word: str) -> bool:
        return is_place_or_word(word) and word not in sentence.lexicon.foreign

    def is_person_or_word(word: str) -> bool:
        return is_word(word) or word in who.single

    def is_place_or_word(word: str) -> bool:
        return is_word(word) or word in where.single

    recognise_quotes(sentence)
    keep_phrases(sentence, known.phrases, what, where)
    people.recognise(sentence, who, may_be_no_person, doubtful=False)
    refuse_measures(sentence)
    dates.recognise(sentence, now.date(), who.single)
    places.recognise(sentence, where, known.within, Doubts(is_person_or_word, is_common))
    people.recognise(sentence, who, may_be_no_person, doubtful=True)
    people.recognise_company(sentence)
    people.recognise_absence(sentence)
    refuse_choices(sentence)
    things.recognise(sentence, what)
    people.refuse_strangers(sentence)
    find_denials(sentence)
    keep_denied(sentence)
