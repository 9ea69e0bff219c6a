"""Finding photos by words: those of captions, tags, objects, text and names."""

from search.words.indexing import index, to_index
from search.words.matching import Hit, matching
from search.words.quoting import quoted
from search.words.reasons import Reason, reasons
from search.words.suggesting import Suggestion, suggest

__all__ = [
    "Hit",
    "Reason",
    "Suggestion",
    "index",
    "matching",
    "quoted",
    "reasons",
    "suggest",
    "to_index",
]
