"""What holds for all questions, tried with many."""

from collections import Counter
from collections.abc import Callable
from random import Random

from hypothesis import example, given
from hypothesis import strategies as st

from search.errors import QuestionInvalid
from search.questions import People, Question, Somewhere
from search.understanding import understand, without
from search.understanding.asking import joined
from search.understanding.lexicon import lexicon_of
from search.understanding.tokens import Kind, Token, clean, tokens
from tests.search.understanding.clauses import NAMES, Clause, questions
from tests.search.understanding.table import KNOWN, NOW, QUESTIONS

LAKE = Question(places=(Somewhere("Lake Toba"),))

_FILLERS = {
    "lead", "articles", "and", "or", "but", "date_prepositions", "date_lead", "me_filler", "asks",
    "near", "negators", "only_before", "with", "date_of", "classifiers",
}  # fmt: skip
_WORDS = sorted({word for row in QUESTIONS for word in row["ask"].split()})
_ODD = [
    "(",
    "((",
    '"',
    "“",
    "”",
    "'",
    ",",
    ".",
    "?!",
    "-",
    "/",
    "31 February",
    "\u200b",
    "é",
    "🎂",
    "…",
]

jumbles = st.lists(st.sampled_from(_WORDS + _ODD), min_size=1, max_size=25).map(" ".join)


def plain(question: Question) -> Question:
    """Without what differs where only the order of clauses does, and without the language."""
    everyone = (sorted(map(sorted, question.people.all)), sorted(question.people.none))
    return Question(
        people=People(
            all=tuple(map(tuple, everyone[0])), none=tuple(everyone[1]), only=question.people.only
        ),
        dates=question.dates,
        places=tuple(sorted(question.places, key=repr)),
        objects=question.objects,
        faces=question.faces,
        text=question.text,
        not_text=question.not_text,
        semantic=question.semantic,
        not_semantic=question.not_semantic,
        not_understood=question.not_understood,
    )


def meant(clauses: list[Clause]) -> Question:
    return plain(joined((clause.asks for clause in clauses), "en"))


def renamed(clauses: list[Clause], change: Callable[[str], str]) -> str:
    """The question with its names changed, but for what is to be read in photos."""
    texts = []
    for clause in clauses:
        text = clause.text
        for name in NAMES if clause.asks.people != People() else ():
            text = text.replace(name, change(name))
        texts.append(text)
    return ", ".join(texts)


def asked(clauses: list[Clause]) -> str:
    return ", ".join(clause.text for clause in clauses)


def _telling(text: str) -> list[Token]:
    """The words that do not only lead to others."""
    found = tokens(clean(text))
    lexicon = lexicon_of(found)
    fillers = {
        each
        for at in range(len(found))
        for phrase in lexicon.at(found, at)
        if phrase.role in _FILLERS
        for each in range(at, phrase.end)
    }
    return [
        token for at, token in enumerate(found) if at not in fillers and token.kind is not Kind.MARK
    ]


class TestUnderstand:
    @given(st.text(max_size=600))
    def test_understands_any_text_or_says_that_it_is_no_question(self, text: str) -> None:
        try:
            understood = understand(text, KNOWN, NOW)
        except QuestionInvalid:
            return

        language = understood.question.language
        asks = (part.asks for part in understood.parts)
        assert understood.question == joined(asks, language)

    @given(questions())
    @example(("id", [Clause("di Lake Toba", LAKE)]))  # of which one word is English
    def test_understands_what_clauses_mean(self, question: tuple[str, list[Clause]]) -> None:
        _, clauses = question

        understood = understand(asked(clauses), KNOWN, NOW)

        assert plain(understood.question) == meant(clauses)

    @given(questions(), st.randoms(use_true_random=False))
    def test_does_not_mind_the_order_of_clauses(
        self, question: tuple[str, list[Clause]], random: Random
    ) -> None:
        _, clauses = question
        shuffled = random.sample(clauses, len(clauses))

        one = understand(asked(clauses), KNOWN, NOW)
        other = understand(asked(shuffled), KNOWN, NOW)

        assert plain(one.question) == plain(other.question)

    @given(jumbles)
    def test_accounts_for_every_word(self, text: str) -> None:
        try:
            understood = understand(text, KNOWN, NOW)
        except QuestionInvalid:
            return

        said = Counter(
            token.text for part in understood.parts for each in part.words for token in tokens(each)
        )
        assert Counter(each.text for each in _telling(text)) - said == Counter()

    @given(jumbles)
    def test_understands_the_same_twice(self, text: str) -> None:
        assert understand(text, KNOWN, NOW) == understand(text, KNOWN, NOW)

    @given(questions(), st.sampled_from([str.upper, str.lower, str.title]))
    def test_does_not_mind_capitals_of_names(
        self, question: tuple[str, list[Clause]], change: Callable[[str], str]
    ) -> None:
        _, clauses = question

        understood = understand(renamed(clauses, change), KNOWN, NOW)

        assert plain(understood.question) == meant(clauses)

    @given(questions(), st.sampled_from("\u0301\u0308\u0327"))
    def test_does_not_mind_accents_of_names(
        self, question: tuple[str, list[Clause]], accent: str
    ) -> None:
        _, clauses = question

        understood = understand(
            renamed(clauses, lambda name: name.replace("a", f"a{accent}")), KNOWN, NOW
        )

        assert plain(understood.question) == meant(clauses)


class TestWithout:
    @given(jumbles)
    def test_takes_one_part_away_and_leaves_the_others(self, text: str) -> None:
        try:
            understood = understand(text, KNOWN, NOW)
        except QuestionInvalid:
            return

        for part in understood.parts:
            others = [each.asks for each in understood.parts if each is not part]
            rest = joined(others, understood.question.language)
            assert without(understood, [part.key]) == rest

    @given(questions())
    def test_leaves_what_the_other_clauses_mean(self, question: tuple[str, list[Clause]]) -> None:
        _, clauses = question
        understood = understand(asked(clauses), KNOWN, NOW)

        for at, clause in enumerate(clauses):
            keys = {part.key for part in understood.parts if set(part.words) <= _pieces(clause)}
            rest = without(understood, keys)
            assert plain(rest) == meant([*clauses[:at], *clauses[at + 1 :]])


def _pieces(clause: Clause) -> set[str]:
    """All that may stand as the words of a part of it."""
    said = tokens(clause.text)
    return {
        clause.text[first.start : last.end] for at, first in enumerate(said) for last in said[at:]
    }
