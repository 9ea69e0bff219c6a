"""Photos in which something was found, and their words."""

from typing import Any

from django.db.models import QuerySet

from faces.models import Face, Person
from photos.models import Owner, Photo
from search.models import Caption, DetectedObject, PhotoTag, PhotoWords, TextLine
from search.words import Hit, index, matching
from tests.factories import make_cluster, make_face, make_photo

QUAD = [[1.0, 2.0], [9.0, 2.0], [9.0, 5.0], [1.0, 5.0]]


def tag(photo: Photo, key: str, recipe: str = "m+m+now") -> PhotoTag:
    return PhotoTag.objects.create(photo=photo, recipe=recipe, key=key, confidence=0.9)


def see(photo: Photo, label: str, recipe: str = "o", **box: float) -> DetectedObject:
    place = {"x": 1.0, "y": 2.0, "width": 3.0, "height": 4.0} | box
    return DetectedObject.objects.create(
        photo=photo, recipe=recipe, label=label, confidence=0.9, **place
    )


def caption(photo: Photo, sentence: str, language: str = "en", **values: Any) -> Caption:
    defaults = {"recipe": "c", "source": Caption.Source.MODEL}
    return Caption.objects.create(
        photo=photo, sentence=sentence, language=language, **defaults | values
    )


def write(photo: Photo, *lines: str, recipe: str = "t") -> None:
    """Text in the photo."""
    for position, text in enumerate(lines):
        TextLine.objects.create(
            photo=photo, recipe=recipe, position=position, text=text, quad=QUAD, confidence=0.9
        )


def show(photo: Photo, person: Person, **values: Any) -> Face:
    """Somebody in the photo."""
    cluster = make_cluster(owner=person.owner, person=person)
    return make_face(photo=photo, cluster=cluster, **values)


def photo_of(
    owner: Owner, *, tags: tuple[str, ...] = (), says: str = "", text: tuple[str, ...] = ()
) -> Photo:
    """A photo of these tags, with this caption and text, that can be found by words."""
    photo = make_photo(owner=owner)
    for key in tags:
        tag(photo, key)
    if says:
        caption(photo, says)
    write(photo, *text)
    index([photo.pk])
    return photo


def found(owner: Owner, question: str, language: str = "en", **values: Any) -> list[int]:
    """The photos that matching() finds, best first."""
    return [hit.photo for hit in hits(owner, question, language, **values)]


def hits(
    owner: Owner,
    question: str,
    language: str = "en",
    *,
    limit: int = 100,
    photos: QuerySet[Photo] | None = None,
) -> list[Hit]:
    return matching(owner, question, photos=photos, limit=limit, language=language)


def row(photo: Photo) -> tuple[str, str]:
    """Its words, and its text."""
    words = PhotoWords.objects.get(photo=photo)
    return words.words, words.text
