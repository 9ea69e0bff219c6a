"""What is in photos, and what is asked for: a module for each subject."""

from search.models.found import (
    MAX_LABEL,
    MAX_SENTENCE,
    Caption,
    DetectedObject,
    ImageVector,
    PhotoTag,
    TextLine,
)
from search.models.words import PhotoWords

__all__ = [
    "MAX_LABEL",
    "MAX_SENTENCE",
    "Caption",
    "DetectedObject",
    "ImageVector",
    "PhotoTag",
    "PhotoWords",
    "TextLine",
]
