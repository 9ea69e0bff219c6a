"""The catalogue: owners, their photos, the models, and what has been looked at with which."""

from photos.models.owners import Owner, Owners, owners_of
from photos.models.photos import Analysis, Photo, PhotoQuerySet, Reference
from photos.models.places import Place, PlaceDue
from photos.models.serving import Role, ServedModel, ServedModelQuerySet, Space

__all__ = [
    "Analysis",
    "Owner",
    "Owners",
    "Photo",
    "PhotoQuerySet",
    "Place",
    "PlaceDue",
    "Reference",
    "Role",
    "ServedModel",
    "ServedModelQuerySet",
    "Space",
    "owners_of",
]
