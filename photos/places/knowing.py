"""Which places an owner's photos were taken at, and what these are called."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from types import MappingProxyType

import numpy as np
from django.db.models import Q

from photos import distinct
from photos.models import Owner, Place
from photos.places.gazetteer import Vectors, apart_km, vectors

_ROUNDING_KM = 0.01
_REMEMBERED = 32  # sets of places: one an owner
MOST_PLACES = 20_000  # of an owner; there are 170 thousand in the world


@dataclass(frozen=True)
class KnownPlaces:
    """The cities, regions and countries of an owner's photos, also those that photos inherited.

    Two places of one name are one here.
    """

    keys: tuple[int, ...]  # of the places

    @property
    def names(self) -> Mapping[str, tuple[str, ...]]:
        """Each with its other names."""
        return _names_of(self.keys)

    @property
    def within(self) -> Mapping[str, frozenset[str]]:
        """By these names: what each of them lies in."""
        return _around(self.keys)

    def photos_in(self, *names: str, near_km: float | None = None) -> Q:
        """Which photos were taken in a city, region or country called one of `names`.

        None where there is no such one. With `near_km` also those from places so near to one of
        these: distances are those of cities, not of photos, and an index finds the photos,
        however many there are.
        """
        places = _places(self.keys)
        inside = [place for place in places if any(each in names for each, _ in _names(place))]
        if near_km is not None and inside:
            inside = _near(places, [_centre(place, names) for place in inside], near_km)
        return Q(place__in=[place.pk for place in inside])


def known_places(owner: Owner) -> KnownPlaces:
    """One query, which takes the longer the more places there are, not the more photos.

    One more, when these are looked at, for places that were not asked for lately.
    """
    return KnownPlaces(_keys(owner))


def _keys(owner: Owner) -> tuple[int, ...]:
    return tuple(distinct.places(owner, limit=MOST_PLACES))


# Places never change: what follows from some of them is right for ever.
@lru_cache(maxsize=_REMEMBERED)
def _places(keys: tuple[int, ...]) -> tuple[Place, ...]:
    return tuple(Place.objects.filter(pk__in=keys).select_related("within"))


@lru_cache(maxsize=_REMEMBERED)
def _names_of(keys: tuple[int, ...]) -> Mapping[str, tuple[str, ...]]:
    known: dict[str, set[str]] = {}
    for place in _places(keys):
        for name, others in _names(place):
            known.setdefault(name, set()).update(others)
    return MappingProxyType({name: tuple(sorted(known[name])) for name in sorted(known)})


@lru_cache(maxsize=_REMEMBERED)
def _around(keys: tuple[int, ...]) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for place in _places(keys):
        names = [name for name, _ in _names(place)]
        for position, name in enumerate(names):
            found.setdefault(name, set()).update(each for each in names[position:] if each != name)
    return MappingProxyType({name: frozenset(outer) for name, outer in found.items()})


def _names(place: Place) -> Iterator[tuple[str, list[str]]]:
    yield place.name, place.other_names
    if place.within:
        yield place.within.name, place.within.other_names
    if place.region:
        yield place.region, place.region_names
    yield place.country, place.country_names


def _centre(place: Place, names: Collection[str]) -> Place:
    """What one of `names` means: a quarter lies near the city's centre, or far from it."""
    return place.within if place.within and place.within.name in names else place


def _near(places: Sequence[Place], centres: Sequence[Place], km: float) -> list[Place]:
    straight = _on_sphere(places) @ _on_sphere(list({each.pk: each for each in centres}.values())).T
    near = apart_km(straight.max(axis=1)) <= km + _ROUNDING_KM
    return [place for place, is_near in zip(places, near, strict=True) if is_near]


def _on_sphere(places: Sequence[Place]) -> Vectors:
    degrees = np.array(list(map(attrgetter("latitude", "longitude"), places)))
    return vectors(degrees[:, 0], degrees[:, 1])
