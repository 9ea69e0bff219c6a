"""Faces, clusters and people, as API callers see them, and what they ask for."""

from faces.serializers.faces import (
    BoxSerializer,
    FaceSerializer,
    PersonSerializer,
    PlacedFaceSerializer,
    SampleSerializer,
)
from faces.serializers.people import ClusterSerializer, GroupedSerializer, PersonDetailSerializer

__all__ = [
    "BoxSerializer",
    "ClusterSerializer",
    "FaceSerializer",
    "GroupedSerializer",
    "PersonDetailSerializer",
    "PersonSerializer",
    "PlacedFaceSerializer",
    "SampleSerializer",
]
