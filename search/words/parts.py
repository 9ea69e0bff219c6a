"""In what of a photo a word may stand."""

from enum import StrEnum


class Part(StrEnum):
    """The values are PostgreSQL's weights, 1, 0.4, 0.2 and 0.1: what the whole photo is about
    counts most, and least the text in it, as a page of it has any word.
    """

    TAGS = "A"
    OBJECTS = "B"
    CAPTIONS = "C"
    TEXT = "D"
