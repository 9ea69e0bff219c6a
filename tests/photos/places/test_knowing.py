"""What places are called that an owner has photos of, and which photos are there."""

from typing import Any

import pytest

from photos.models import Owner, Photo, Place
from photos.places import known_places
from tests.factories import make_owner, make_photo, make_place

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Owner:
    return make_owner()


@pytest.fixture
def ubud() -> Place:
    return make_place(
        name="Ubud",
        other_names=["Oeboed"],
        region="Bali",
        region_names=["Pulau Bali"],
        latitude=-8.51,
        longitude=115.265,
    )


@pytest.fixture
def paris() -> Place:
    return make_place(name="Paris", country="France", country_names=["Perancis", "Prancis"])


def found(owner: Owner, name: str, **near: float) -> set[Photo]:
    return set(Photo.objects.of(owner).filter(known_places(owner).photos_in(name, **near)))


class TestNames:
    def test_are_those_of_cities_regions_and_countries(
        self, owner: Owner, ubud: Place, paris: Place
    ) -> None:
        for place in (ubud, ubud, paris, None):
            make_photo(owner=owner, place=place)

        assert known_places(owner).names == {
            "Bali": ("Pulau Bali",),
            "France": ("Perancis", "Prancis"),
            "Indonesia": (),
            "Paris": (),
            "Ubud": ("Oeboed",),
        }

    def test_are_those_of_the_city_that_a_quarter_is_in(self, owner: Owner, paris: Place) -> None:
        make_photo(owner=owner, place=make_place(name="Le Marais", country="France", within=paris))

        assert list(known_places(owner).names) == ["France", "Le Marais", "Paris"]

    def test_of_two_places_of_one_name_are_those_of_both(self, owner: Owner) -> None:
        for others in (["Lutetia"], ["Paris, Texas"]):
            make_photo(owner=owner, place=make_place(name="Paris", other_names=others))

        assert known_places(owner).names["Paris"] == ("Lutetia", "Paris, Texas")

    def test_are_told_of_a_place_that_is_new(self, owner: Owner, ubud: Place, paris: Place) -> None:
        make_photo(owner=owner, place=ubud)
        before = set(known_places(owner).names)
        make_photo(owner=owner, place=paris)

        assert set(known_places(owner).names) - before == {"Paris", "France"}

    def test_are_none_of_what_others_have(self, owner: Owner, ubud: Place) -> None:
        make_photo(place=ubud)

        assert known_places(owner).names == {}

    @pytest.mark.parametrize("count", [1, 3])
    def test_cost_the_same_however_many_there_are(
        self, owner: Owner, count: int, django_assert_num_queries: Any
    ) -> None:
        for _ in range(count):
            make_photo(owner=owner, place=make_place(within=make_place()))

        with django_assert_num_queries(2):
            len(known_places(owner).names)
        with django_assert_num_queries(1):
            len(known_places(owner).names)


class TestPhotosIn:
    @pytest.mark.parametrize("name", ["Ubud", "Bali", "Indonesia"])
    def test_are_those_of_a_city_a_region_or_a_country(
        self, owner: Owner, ubud: Place, paris: Place, name: str
    ) -> None:
        there = make_photo(owner=owner, place=ubud)
        make_photo(owner=owner, place=paris)
        make_photo(owner=owner)
        make_photo(place=ubud)

        assert found(owner, name) == {there}

    def test_are_those_of_a_citys_quarters(self, owner: Owner, paris: Place) -> None:
        quarter = make_photo(owner=owner, place=make_place(name="Le Marais", within=paris))
        make_photo(owner=owner, place=make_place(name="Lyon"))

        assert found(owner, "Paris") == {quarter}

    @pytest.mark.parametrize("name", ["Oeboed", "ubud", "Lyon", ""])
    def test_are_none_of_a_name_that_it_is_not_known_by(
        self, owner: Owner, ubud: Place, name: str
    ) -> None:
        make_photo(owner=owner, place=ubud)

        assert found(owner, name) == set()
        assert found(owner, name, near_km=20_000) == set()

    def test_may_be_near(self, owner: Owner, ubud: Place) -> None:
        at = make_photo(owner=owner, place=ubud)
        denpasar = make_place(latitude=-8.65, longitude=115.2167)  # 16.5 km away
        near = make_photo(owner=owner, place=denpasar)

        assert found(owner, "Ubud", near_km=0) == {at}
        assert found(owner, "Ubud", near_km=16) == {at}
        assert found(owner, "Ubud", near_km=17) == {at, near}

    def test_may_be_near_across_the_date_line(self, owner: Owner) -> None:
        west, east = (make_place(latitude=-16.5, longitude=each) for each in (179.95, -179.95))
        photos = {make_photo(owner=owner, place=each) for each in (west, east)}

        assert found(owner, west.name, near_km=12) == photos

    def test_are_near_a_city_by_its_centre_not_by_its_quarters(
        self, owner: Owner, paris: Place
    ) -> None:
        far = {"latitude": paris.latitude + 0.2, "longitude": paris.longitude}
        quarter = make_photo(owner=owner, place=make_place(within=paris, **far))
        beyond = {"latitude": paris.latitude + 0.3, "longitude": paris.longitude}
        make_photo(owner=owner, place=make_place(**beyond))

        assert found(owner, "Paris", near_km=25) == {quarter}

    @pytest.mark.parametrize("count", [1, 3])
    def test_cost_the_same_however_many_there_are(
        self, owner: Owner, ubud: Place, count: int, django_assert_num_queries: Any
    ) -> None:
        for _ in range(count):
            make_photo(owner=owner, place=make_place(name="Ubud", within=ubud))

        with django_assert_num_queries(2):
            known_places(owner).photos_in("Ubud", near_km=10)
        with django_assert_num_queries(1):
            known_places(owner).photos_in("Bali")
