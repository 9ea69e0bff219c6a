"""Places: what is where on earth, which place a photo was taken at, and what places are called."""

from photos.places.following import heard_from
from photos.places.gazetteer import MAX_KM, City, geocode
from photos.places.keeping import place_at, place_of
from photos.places.knowing import KnownPlaces, known_places

__all__ = [
    "MAX_KM",
    "City",
    "KnownPlaces",
    "geocode",
    "heard_from",
    "known_places",
    "place_at",
    "place_of",
]
