"""A question on its way to being understood: what each of its words was taken for so far."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

from search.questions import Question
from search.understanding.lexicon import Lexicon
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

    def __len__(self) -> int:
        return len(self.tokens)

    def is_free(self, at: int) -> bool:
        return 0 <= at < len(self) and self.uses[at] is Use.FREE

    def is_word(self, at: int) -> bool:
        """It is a word that nothing has taken."""
        return self.is_free(at) and self.tokens[at].kind is Kind.WORD

    def find(self, role: str, at: int) -> tuple[int, str] | None:
        """The end of the phrase of `role` that begins at `at`, and its value."""
        if not self.is_free(at):
            return None
        end = at + self.lexicon.lengths[role]
        free = [self.tokens[i] for i in range(at, min(end, len(self))) if self.is_free(i)]
        found = self.lexicon.find(role, free)
        if found and all(self.is_free(i) for i in range(at, at + found[0])):
            return at + found[0], found[1]
        return None

    def after(self, role: str, at: int) -> int:
        """Where a phrase of `role` at `at` ends: `at` itself, if there is none."""
        found = self.find(role, at)
        return found[0] if found else at

    def has(self, role: str, at: int) -> bool:
        return self.find(role, at) is not None

    def before(self, role: str, at: int) -> int:
        """Where a phrase of `role` that ends before `at` begins: `at` itself, if there is none."""
        for start in range(max(0, at - self.lexicon.lengths[role]), at):
            if self.after(role, start) == at:
                return start
        return at

    def is_content(self, at: int) -> bool:
        """It is a word with a meaning of its own, that nothing has taken."""
        if not 0 <= at < len(self):
            return False
        if self.uses[at] is Use.KEPT:
            return True
        return self.is_word(at) and not any(self.has(role, at) for role in _FUNCTIONS)

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
_FUNCTIONS = (
    "lead", "articles", "and", "or", "but", "negators", "alone", "only_before", "only_after",
    "near", "text_lead", "adverbs", "numbers", "classifiers", "today", "yesterday", "tomorrow",
    "date_prepositions", "more_than", "at_least", "fewer_than", "at_most",
)  # fmt: skip
