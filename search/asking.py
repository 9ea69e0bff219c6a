"""From what a caller sends to a question: words are understood, parameters are looked up."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext

from faces.errors import PersonMissing
from faces.models import Person
from photos.models import Owner
from photos.places import KnownPlaces, known_places
from search.errors import FilterUnknown
from search.filtering import wished
from search.knowledge import known_to
from search.questions import (
    Days,
    Known,
    Part,
    People,
    Question,
    Somewhere,
    Sort,
    Things,
    Understood,
)
from search.serializers.asked import FiltersSerializer
from search.understanding import understand, without

FILTERS = frozenset(FiltersSerializer().fields)


@dataclass(frozen=True)
class Asked:
    """What is asked for: all of `words`, as far as models see it, and all of `filters`."""

    text: str  # the words as they were sent
    given: frozenset[str]  # names of the parameters that were sent
    parts: tuple[Part, ...]  # of the words what was understood, and nobody has left out
    words: Question  # what these ask for
    description: str  # what it is to look like: the words of what is meant, and of things
    filters: Question  # by parameters
    where: KnownPlaces  # of the owner's photos
    sort: Sort = Sort.RELEVANCE
    min_confidence: float = 0.0  # of objects
    limit: int = 50
    facets: bool = True  # of the first page


def asked_of(owner: Owner, data: Mapping[str, Any], *, now: datetime) -> Asked:
    """What `data` of a SearchSerializer asks of the owner's photos. Fixed queries: three.

    Raises:
        QuestionInvalid, PartUnknown: the words, or what is to be left out of them.
        FilterUnknown, PersonMissing: a parameter names what is not here.
        VocabularyError: a file of the vocabulary is broken.
    """
    where = known_places(owner)
    known = known_to(owner, where)
    text = data.get("q", "")
    understood = understand(text, known, now) if text else Understood(Question())
    left_out = frozenset(data.get("without", ()))
    parts = tuple(part for part in understood.parts if part.key not in left_out)
    return Asked(
        text,
        frozenset(name for name, value in data.items() if value and name in FILTERS),
        parts,
        words=without(understood, left_out),
        description=_description(parts),
        filters=_filters(owner, data, known),
        where=where,
        sort=Sort(data.get("sort", Sort.RELEVANCE)),
        min_confidence=data["min_confidence"],
        limit=data["limit"],
        facets=data.get("facets", True),
    )


def _description(parts: Iterable[Part]) -> str:
    """In the order of the question, so that it reads like one: "two dogs on a beach"."""
    meant = [part for part in parts if part.asks.semantic or wished(part.asks) != Question()]
    return " ".join(word for part in meant for word in part.words)


def _filters(owner: Owner, data: Mapping[str, Any], known: Known) -> Question:
    return Question(
        people=_people(owner, data, known),
        dates=_dates(data),
        places=tuple(_places(data, known)),
        objects=_objects(data.get("objects", ()), known),
        faces=data.get("faces"),
        text=tuple(data.get("text", ())),
        not_text=tuple(data.get("not_text", ())),
    )


def _people(owner: Owner, data: Mapping[str, Any], known: Known) -> People:
    by_key = _names_of(owner, data.get("person_ids", ()))
    everyone: list[tuple[str, ...]] = [(name,) for name in by_key]
    everyone += [_called("people", name, known.people) for name in data.get("people", ())]
    anyone = [
        called
        for name in data.get("any_people", ())
        for called in _called("any_people", name, known.people)
    ]
    nobody = [
        called
        for name in data.get("not_people", ())
        for called in _called("not_people", name, known.people)
    ]
    every = (*everyone, tuple(anyone)) if anyone else tuple(everyone)
    return People(all=every, none=tuple(nobody), only=data.get("only_people", False))


def _names_of(owner: Owner, keys: Sequence[int]) -> list[str]:
    """
    Raises:
        PersonMissing: one of them is nobody's, or another owner's.
    """
    if not keys:
        return []
    names = dict(Person.objects.filter(owner=owner, pk__in=keys).values_list("pk", "name"))
    if missing := [key for key in keys if key not in names]:
        raise PersonMissing(
            gettext("person_ids: there is no person %(number)s.") % {"number": missing[0]}
        )
    return [names[key] for key in keys]


def _called(field: str, name: str, known: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The names of those who go by `name`, whatever its capitals.

    Raises:
        FilterUnknown: nobody does, or nothing.
    """
    wanted = name.casefold()
    found = tuple(
        own
        for own, others in known.items()
        if wanted in (own.casefold(), *(other.casefold() for other in others))
    )
    if not found:
        raise FilterUnknown(
            field,
            gettext(
                "%(field)s: nothing here is called %(name)r: GET /api/v1/search/suggest helps to "
                "find what is."
            )
            % {"field": field, "name": name},
        )
    return found


def _dates(data: Mapping[str, Any]) -> tuple[Days, ...]:
    since, until = data.get("since"), data.get("until")
    if not (since or until):
        return ()
    if until and until < date.max:  # of the last day there is none that comes after it
        until += timedelta(days=1)
    return ((since, until),)


def _places(data: Mapping[str, Any], known: Known) -> Iterable[Somewhere]:
    for field in ("places", "near", "not_places"):
        for name in data.get(field, ()):
            for called in _called(field, name, known.places):
                yield Somewhere(called, near=field == "near", excluded=field == "not_places")


def _objects(asked: Iterable[Things], known: Known) -> tuple[Things, ...]:
    """
    Raises:
        FilterUnknown: what no model looks for.
    """
    asked = tuple(asked)
    for things in asked:
        if things.label not in known.objects:
            raise FilterUnknown(
                "objects",
                gettext(
                    "objects: %(label)r is no class of objects: GET /api/v1/search/objects lists "
                    "them."
                )
                % {"label": things.label},
            )
    return asked
