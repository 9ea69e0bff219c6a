"""Places as rows, made when the first photo is taken there, whoever's it is."""

from photos.models import Photo, Place
from photos.places.gazetteer import City, gazetteer, geocode
from photos.places.regions import country, region
from photos.places.words import is_code, searchable


def place_at(latitude: float, longitude: float) -> Place | None:
    """The place at, or nearest to, these degrees; None where there is none: see geocode().

    In no transaction that is to be short: the first call in a process reads the gazetteer.
    """
    city = geocode(latitude, longitude)
    return _place(city) if city else None


def place_of(photo: Photo) -> Place | None:
    """The place that a photo's own position is at, whatever place its row has."""
    if photo.latitude is None or photo.longitude is None:
        return None
    return place_at(photo.latitude, photo.longitude)


def _place(city: City) -> Place:
    """Its row; also that of the larger city it is a part of. Somebody else may be as fast."""
    if there := Place.objects.filter(pk=city.id).first():
        return there
    larger = gazetteer().around(city)
    Place.objects.bulk_create(
        [_row(city, _place(larger) if larger else None)], ignore_conflicts=True
    )
    return Place.objects.get(pk=city.id)


def _row(city: City, within: Place | None) -> Place:
    state, land = region(city.region_code), country(city.country_code)
    names = [each for each in city.other_names if not is_code(each)]
    return Place(
        id=city.id,
        name=city.name,
        other_names=searchable(names, city.name),
        region=state.name,
        region_names=list(state.others),
        country=land.name,
        country_names=list(land.others),
        country_code=city.country_code,
        within=within,
        latitude=city.latitude,
        longitude=city.longitude,
        population=city.population,
    )
