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
from search.models.points import FaceNumber, Point, PointVector

__all__ = [
    "MAX_LABEL",
    "MAX_SENTENCE",
    "Caption",
    "DetectedObject",
    "FaceNumber",
    "ImageVector",
    "PhotoTag",
    "PhotoWords",
    "Point",
    "PointVector",
    "TextLine",
]
