"""Places as rows."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from photos.models import Place
from photos.places import place_at, place_of
from tests.factories import make_photo, make_place

pytestmark = pytest.mark.django_db

YOGYAKARTA = (-7.7972, 110.3705)
WESTMINSTER = (51.5, -0.135)


class TestPlaceAt:
    def test_has_the_names_of_the_city_its_region_and_its_country(self) -> None:
        place = place_at(*YOGYAKARTA)

        assert place is not None
        assert (place.name, place.region, place.country) == ("Yogyakarta",) * 2 + ("Indonesia",)
        assert (place.pk, place.country_code, place.population) == (1621177, "ID", 375699)
        assert {"Djokja", "Jogjakarta"} <= set(place.other_names)
        assert "Special Region of Yogyakarta" in place.region_names
        assert str(place) == "Yogyakarta, Yogyakarta, Indonesia"

    def test_has_no_code_of_an_airport_for_a_name(self) -> None:
        place = place_at(*YOGYAKARTA)

        assert place is not None
        assert {"JOG", "DIY"} & set(place.other_names) == set()

    def test_of_a_quarter_knows_its_city(self) -> None:
        place = place_at(*WESTMINSTER)

        assert place is not None
        assert place.name == "City of Westminster"
        assert place.within == Place.objects.get(name="London")

    def test_twice_is_one_row(self) -> None:
        assert place_at(*WESTMINSTER) == place_at(51.501, -0.136)
        assert Place.objects.count() == 2

    def test_in_mid_ocean_is_none(self) -> None:
        assert place_at(0, -140) is None
        assert Place.objects.count() == 0

    @pytest.mark.django_db(transaction=True)
    def test_is_one_row_whoever_is_first(self) -> None:
        def find(_: int) -> int | None:
            try:
                place = place_at(*WESTMINSTER)
                return place.pk if place else None
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as threads:
            found = set(threads.map(find, range(4)))

        assert len(found) == 1
        assert Place.objects.count() == 2


class TestPlaceOf:
    def test_is_where_the_photo_was_taken(self) -> None:
        photo = make_photo(latitude=YOGYAKARTA[0], longitude=YOGYAKARTA[1])

        assert str(place_of(photo)) == "Yogyakarta, Yogyakarta, Indonesia"

    def test_is_none_without_a_position(self) -> None:
        assert place_of(make_photo(place=make_place())) is None


class TestPlace:
    @pytest.mark.parametrize("wrong", [{"latitude": 90.1}, {"longitude": -180.1}])
    def test_is_on_earth(self, wrong: dict[str, float]) -> None:
        with pytest.raises(IntegrityError, match="place_is_on_earth"), transaction.atomic():
            make_place(**wrong)

    def test_is_not_inferred_where_the_photo_has_a_position(self) -> None:
        located: dict[str, Any] = {"place": make_place(), "latitude": 0.0, "longitude": 0.0}
        nowhere: dict[str, Any] = {}

        for values in (located, nowhere):
            with pytest.raises(IntegrityError, match="place_inferred"), transaction.atomic():
                make_photo(place_inferred=True, **values)
