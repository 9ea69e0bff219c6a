"""Which of an owner's photos are what a question asks for, without any order."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from pgvector.django import CosineDistance

from faces.models import Face, Membership, Part
from photos.models import Owner, Photo
from photos.operations import OBJECTS
from photos.places import KnownPlaces
from search.models import DetectedObject, ImageVector
from search.questions import Count, Days, People, Question, Somewhere, Things
from search.ranking import Meaning
from search.results import of_recipe
from search.words.quoting import quoted

NEAR_KM = 25  # "near" a place is so far from its middle, or in it


@dataclass(frozen=True)
class Sieve:
    """What filters need to know beside the question."""

    owner: Owner
    recipes: Mapping[str, str]  # operation -> how it is done now
    where: KnownPlaces  # of the owner's photos
    min_confidence: float = 0.0  # of objects
    unlike: Sequence[Meaning] = ()  # what photos must not look like


def passing(sieve: Sieve, questions: Iterable[Question]) -> QuerySet[Photo]:
    """The owner's photos that are all that is asked for by each of `questions`, but for how they
    look: that is for ranking."""
    photos: QuerySet[Photo] = Photo.objects.of(sieve.owner)
    for question in questions:
        photos = narrowed(photos, sieve, question)
    for meaning in sieve.unlike:
        photos = photos.exclude(_looks(meaning))
    return photos


def narrowed(photos: QuerySet[Photo], sieve: Sieve, question: Question) -> QuerySet[Photo]:
    """Those of `photos` of passing() that are all that `question` asks for as well."""
    for condition in _conditions(sieve, question):
        photos = photos.filter(condition)
    return photos


def firm(question: Question) -> Question:
    """What has to hold of a question in words. Models overlook things: that there are none is
    taken at its word, that there are some is a wish."""
    return replace(
        question,
        objects=tuple(each for each in question.objects if not each.count.at_least),
        faces=question.faces if question.faces and not question.faces.at_least else None,
    )


def wished(question: Question) -> Question:
    """The rest of it."""
    held = firm(question)
    return Question(
        objects=tuple(each for each in question.objects if each not in held.objects),
        faces=question.faces if held.faces is None else None,
    )


def is_open(question: Question) -> bool:
    """Whether it filters nothing."""
    return not any(
        (
            question.people != People(),
            question.dates,
            question.places,
            question.objects,
            question.faces,
            question.text,
            question.not_text,
            question.not_semantic,
        )
    )


def _conditions(sieve: Sieve, question: Question) -> Iterable[Q]:
    yield from _people(sieve.owner, question.people)
    if question.dates:
        yield _any(_days(each) for each in question.dates)
    yield from _places(sieve.where, question.places)
    for things in question.objects:
        yield from _number(_things(sieve, things), things.count)
    if question.faces:
        yield from _number(Face.objects.filter(photo=OuterRef("pk"), ignored=False), question.faces)
    for phrase in question.text:
        yield quoted(sieve.owner, phrase)
    for phrase in question.not_text:
        yield ~quoted(sieve.owner, phrase)


def _people(owner: Owner, people: People) -> Iterable[Q]:
    """One query, where people are asked for: the planner knows how often a part is seen, and of
    a name it does not."""
    if people == People():
        return
    parts = _parts_of(owner, people)
    for one_of in people.all:
        yield Q(Exists(_shown(parts, one_of, photo=OuterRef("pk"))))
    if people.none:
        yield ~Q(Exists(_shown(parts, people.none, photo=OuterRef("pk"))))
    if people.only:
        named = [name for one_of in people.all for name in one_of]
        theirs = _shown(parts, named, face=OuterRef("pk"))
        faces = Face.objects.filter(photo=OuterRef("pk"), ignored=False)
        yield ~Q(Exists(faces.exclude(Exists(theirs))))


def _parts_of(owner: Owner, people: People) -> Mapping[str, list[int]]:
    """What clusters of those who are called so are made of, by name."""
    names = {name for one_of in (*people.all, people.none) for name in one_of}
    theirs = Part.objects.filter(cluster__person__owner=owner, cluster__person__name__in=names)
    parts: dict[str, list[int]] = {name: [] for name in names}
    for name, part in theirs.values_list("cluster__person__name", "pk"):
        parts[name].append(part)
    return parts


def _shown(
    parts: Mapping[str, list[int]], names: Collection[str], **where: OuterRef
) -> QuerySet[Membership]:
    """Faces of people who are called so."""
    theirs = [part for name in names for part in parts[name]]
    return Membership.objects.filter(part__in=theirs, **where)


def _days(days: Days) -> Q:
    first, end = days
    since = Q() if first is None else Q(dated_at__gte=_midnight(first))
    return since if end is None else since & Q(dated_at__lt=_midnight(end))


def _midnight(day: date) -> datetime:
    """As `dated_at` has it: the clock where the photo was taken, written as UTC."""
    return datetime.combine(day, time.min, UTC)


def _places(where: KnownPlaces, places: Sequence[Somewhere]) -> Iterable[Q]:
    if inside := [each for each in places if not each.excluded]:
        yield _in_or_near(where, inside)
    if outside := [each for each in places if each.excluded]:
        yield ~_in_or_near(where, outside)


def _in_or_near(where: KnownPlaces, places: Sequence[Somewhere]) -> Q:
    near = [each.name for each in places if each.near]
    inside = [each.name for each in places if not each.near]
    either = where.photos_in(*inside) if inside else Q()
    return either | where.photos_in(*near, near_km=NEAR_KM) if near else either


def _things(sieve: Sieve, things: Things) -> QuerySet[DetectedObject]:
    objects = DetectedObject.objects.filter(
        photo=OuterRef("pk"), label=things.label, confidence__gte=sieve.min_confidence
    )
    return of_recipe(objects, sieve.recipes, OBJECTS)


def _number(rows: QuerySet[Model], count: Count) -> Iterable[Q]:
    """That there are so many: no more rows are read than it takes to know."""
    if count.at_least:
        yield Q(Exists(rows[count.at_least - 1 : count.at_least]))
    if count.at_most is not None:
        yield ~Q(Exists(rows[count.at_most : count.at_most + 1]))


def _looks(meaning: Meaning) -> Q:
    """What fits the words."""
    vectors = ImageVector.objects.filter(photo=OuterRef("pk"), space=meaning.space)
    distance = CosineDistance("vector", meaning.vector.tolist())
    near = vectors.annotate(distance=distance).filter(distance__lte=1 - meaning.least)
    return Q(Exists(near))


def _any(conditions: Iterable[Q]) -> Q:
    either = Q()
    for condition in conditions:
        either |= condition
    return either
