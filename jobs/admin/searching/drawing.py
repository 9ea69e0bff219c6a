"""What was found, as the search page draws it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from inference.geometry import Box
from jobs.admin.searching.address import Address, Chip, in_year
from jobs.searching import Answer, Result
from photos.models import Photo
from search.asking import Asked
from search.display import vocabulary_if_whole
from search.facets import Facets, Value
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


def narrower(facets: Facets, address: Address) -> Mapping[str, list[Narrower]]:
    """By what each is called: the values that are not asked for yet."""
    adding = partial(_adding, address)
    years = () if address.given.get("since") else facets.years
    found = {
        "People": list(adding("people", facets.people)),
        "Years": [Narrower(one.value, one.photos, in_year(address, one.value)) for one in years],
        "Places": list(adding("places", facets.places)),
        "Countries": list(adding("places", facets.countries)),
        "Things": list(adding("objects", facets.objects)),
    }
    return {name: values for name, values in found.items() if values}


def _adding(address: Address, name: str, values: Sequence[Value]) -> Iterator[Narrower]:
    for each in values:
        if not address.having(name, each.value):
            yield Narrower(each.value, each.photos, address.also(name, each.value))
