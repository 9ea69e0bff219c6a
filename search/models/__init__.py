"""What is in photos, and what is asked for: a module for each subject."""

from search.models.asked import MAX_TITLE, AskedSearch, SavedSearch
from search.models.found import (
    MAX_LABEL,
    MAX_SENTENCE,
    Caption,
    DetectedObject,
    ImageVector,
    PhotoTag,
    TextLine,
)
from search.models.looks import DifferentPhotos, NearDuplicates, PhotoLook
from search.models.points import FaceNumber, Point, PointVector
from search.models.spaces import SearchedSpace, Unembedded
from search.models.words import PhotoWords

__all__ = [
    "MAX_LABEL",
    "MAX_SENTENCE",
    "MAX_TITLE",
    "AskedSearch",
    "Caption",
    "DetectedObject",
    "DifferentPhotos",
    "FaceNumber",
    "ImageVector",
    "NearDuplicates",
    "PhotoLook",
    "PhotoTag",
    "PhotoWords",
    "Point",
    "PointVector",
    "SavedSearch",
    "SearchedSpace",
    "TextLine",
    "Unembedded",
]
