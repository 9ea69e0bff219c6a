"""A question on its way to being understood: what each of its words was taken for so far."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cached_property

from search.questions import Question
from search.understanding.lexicon import Found, Lexicon
from search.understanding.periods import Yearly
from search.understanding.tokens import Kind, Token


class Use(Enum):
    FREE = auto()  # anything may still take it
    KEPT = auto()  # left for meaning, as it is one with its neighbours
    TAKEN = auto()  # of a mention
    DROPPED = auto()  # belongs to a mention, and says nothing itself
    DENIES = auto()  # says that what follows is not to be


@dataclass(frozen=True)
class Mention:
    """Words that ask for something. `at` are their tokens, which need not be neighbours."""

    kind: str  # as of a Part
    at: tuple[int, ...]
    asks: Question
    noun: str = ""  # what is counted, as it was written
    only_denied: bool = False  # asks for something only where it is denied: "people"
    yearly: Yearly | None = None  # what comes round, of a date that does
    year: int = 0  # of a date that says which; of one that does not come round, it is all of it

    @property
    def start(self) -> int:
        return self.at[0]

    @property
    def end(self) -> int:
        """The token after it."""
        return self.at[-1] + 1


@dataclass
class Sentence:
    text: str
    tokens: list[Token]
    lexicon: Lexicon
    uses: list[Use] = field(default_factory=list)
    mentions: list[Mention] = field(default_factory=list)
    unclear: list[tuple[int, ...]] = field(default_factory=list)  # tokens that stand for nothing
    denials: dict[int, int] = field(default_factory=dict)  # where a "not" ends -> where it begins

    def __post_init__(self) -> None:
        self.uses = [Use.FREE] * len(self.tokens)
        self._from: list[dict[str, list[Found]]] = [{} for _ in self.tokens]
        self._until: list[dict[str, list[int]]] = [{} for _ in range(len(self.tokens) + 1)]
        for at in range(len(self.tokens)):
            for found in self.lexicon.at(self.tokens, at):
                self._from[at].setdefault(found.role, []).append(found)
                self._until[found.end].setdefault(found.role, []).append(at)

    def __len__(self) -> int:
        return len(self.tokens)

    def is_free(self, at: int) -> bool:
        return 0 <= at < len(self.tokens) and self.uses[at] is Use.FREE

    def is_word(self, at: int) -> bool:
        """It is a word that nothing has taken."""
        return self.is_free(at) and self.tokens[at].kind is Kind.WORD

    def touches(self, at: int) -> bool:
        """Nothing is between a token and the one before it."""
        return self.tokens[at - 1].end == self.tokens[at].start

    def find(self, role: str, at: int) -> tuple[int, str] | None:
        """The end of the longest phrase of `role` that begins at `at`, and its value."""
        phrases = self._from[at].get(role) if 0 <= at < len(self.tokens) else None
        if not phrases or self.uses[at] is not Use.FREE:
            return None
        for found in phrases:
            if all(map(self.is_free, range(at + 1, found.end))):
                return found.end, found.value
        return None

    def roles(self, at: int) -> Collection[str]:
        """Those of the phrases that begin at `at`, be they taken or not."""
        return self._from[at].keys()

    def after(self, role: str, at: int) -> int:
        """Where a phrase of `role` at `at` ends: `at` itself, if there is none."""
        found = self.find(role, at)
        return found[0] if found else at

    def has(self, role: str, at: int) -> bool:
        return self.find(role, at) is not None

    def before(self, role: str, at: int) -> int:
        """Where a phrase of `role` that ends before `at` begins: `at` itself, if there is none."""
        for start in self._until[at].get(role, ()) if at > 0 else ():
            if self.after(role, start) == at:
                return start
        return at

    def is_content(self, at: int) -> bool:
        """It is a word with a meaning of its own, that nothing has taken."""
        if not 0 <= at < len(self):
            return False
        if self.uses[at] is Use.KEPT:
            return True
        return self.is_word(at) and not any(
            self.has(role, at) for role in self.roles(at) if role in _FUNCTIONS
        )

    @cached_property
    def has_small_letters(self) -> bool:
        """A capital says something."""
        words = (each.text for each in self.tokens if each.kind is Kind.WORD)
        return any(word[-1:].islower() for word in words)

    def take(self, mention: Mention) -> None:
        self.mark(mention.at, Use.TAKEN)
        self.mentions.append(mention)

    def release(self, mention: Mention) -> None:
        """Leave its words for meaning."""
        self.mark(mention.at, Use.FREE)
        self.mentions.remove(mention)

    def refuse(self, at: Iterable[int]) -> None:
        """Say of these tokens that they were not understood."""
        refused = tuple(at)
        self.mark(refused, Use.TAKEN)
        self.unclear.append(refused)

    def refuse_before(self, role: str, at: int) -> None:
        """Refuse a phrase of `role` that ends before `at`."""
        if (start := self.before(role, at)) < at:
            self.refuse(range(start, at))

    def deny(self, start: int, end: int) -> None:
        """These tokens deny what follows them."""
        self.mark(range(start, end), Use.DENIES)
        self.denials[end] = start

    def mark(self, at: Iterable[int], use: Use) -> None:
        for each in at:
            self.uses[each] = use

    def words(self, at: Iterable[int]) -> tuple[str, ...]:
        """The tokens as they were written: neighbours together."""
        return tuple(
            self.text[self.tokens[first].start : self.tokens[last].end] for first, last in runs(at)
        )

    def each_free(self) -> Iterator[int]:
        """The tokens that are free when their turn comes."""
        return (at for at in range(len(self)) if self.is_free(at))


def runs(at: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Neighbours in a row, as the first and the last of them."""
    first = last = -2
    for each in at:
        if each != last + 1:
            if last >= 0:
                yield first, last
            first = each
        last = each
    if last >= 0:
        yield first, last


# What stands between things and does not name one
_FUNCTIONS = {
    "lead", "articles", "and", "or", "but", "negators", "alone", "only_before", "only_after",
    "near", "text_lead", "adverbs", "numbers", "classifiers", "today", "yesterday", "tomorrow",
    "date_prepositions", "more_than", "at_least", "fewer_than", "at_most",
    "every",
}  # fmt: skip
