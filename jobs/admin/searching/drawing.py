"""What was found, as the search page draws it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from django.utils.translation import gettext as _

from inference.geometry import Box
from jobs.admin.searching.address import Address, Chip, in_year
from jobs.searching import Answer, Result
from photos.models import Photo
from search.asking import Asked
from search.display import vocabulary_if_whole
from search.finding import Found
from search.vocabulary import Vocabulary
from search.words.reasons import CAPTIONS, NAMES, OBJECTS, TAGS, TEXT, Quad, Reason


@dataclass(frozen=True)
class Hit:
    """A photo, and why it is here."""

    photo: Photo
    relevance: float | None  # 0 to 1
    because: Sequence[str]
    faces: Sequence[Box]
    objects: Sequence[Box]
    lines: Sequence[Quad]


@dataclass(frozen=True)
class Narrower:
    """A value that some of the photos have, and the address of these."""

    value: str
    photos: int
    address: str


def parts(asked: Asked, address: Address) -> list[Chip]:
    """What was understood of the words, and what was not."""
    return [
        Chip(part.label, address.also("without", part.key), part.kind, " ".join(part.words))
        for part in asked.parts
    ]


def hits(answer: Answer) -> list[Hit]:
    vocabulary, language = vocabulary_if_whole(), answer.asked.words.language
    return [_hit(result, vocabulary, language) for result in answer.results]


def _hit(result: Result, vocabulary: Vocabulary | None, language: str) -> Hit:
    said = [_said(reason, vocabulary, language) for reason in result.why]
    return Hit(
        result.photo,
        result.relevance,
        because=list(dict.fromkeys(said)),
        faces=_boxes(result.why, NAMES),
        objects=_boxes(result.why, OBJECTS),
        lines=[reason.quad for reason in result.why if reason.quad],
    )


def _boxes(why: Sequence[Reason], part: str) -> list[Box]:
    return [box for reason in why if reason.part == part for box in reason.boxes]


def _said(reason: Reason, vocabulary: Vocabulary | None, language: str) -> str:
    if reason.part == TAGS and vocabulary:
        return vocabulary.word(reason.said, language)
    return f"“{reason.said}”" if reason.part in {CAPTIONS, TEXT} else reason.said


def narrower(found: Found, address: Address) -> Mapping[str, list[Narrower]]:
    """By what each is called: the values that some of the photos have, and others have not."""
    if found.facets is None:
        return {}
    facets = found.facets
    offered = {
        _("People"): (facets.people, partial(address.also, "people")),
        _("Years"): (facets.years, partial(in_year, address)),
        _("Places"): (facets.places, partial(address.also, "places")),
        _("Countries"): (facets.countries, partial(address.also, "places")),
        _("Things"): (facets.objects, partial(address.also, "objects")),
    }
    some = {
        name: [
            Narrower(each.value, each.photos, to(each.value))
            for each in values
            if each.photos != found.total
        ]
        for name, (values, to) in offered.items()
    }
    return {name: values for name, values in some.items() if values}
