"""Answering questions about photos: with the models of now, and noted for tuning."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache, partial

from django.conf import settings
from django.db import connection

import photos.serving
from jobs import metrics
from jobs.operations import configured_recipes
from photos.models import Owner, Photo
from photos.parallel import Begun
from photos.roles import active_models
from search import finding, spaces, texts
from search.asking import Asked
from search.finding import Found, Library
from search.meaning import Reader, images_of
from search.questions import Question
from search.vocabulary import Vocabulary, load
from search.words.reasons import Reason, reasons


@dataclass(frozen=True)
class Result:
    photo: Photo
    relevance: float | None  # 0 to 1: how much it looks like the words; None: too little
    why: Sequence[Reason]


@dataclass(frozen=True)
class Answer:
    asked: Asked
    unseen: Sequence[str]  # words that no model looks for: denied ones leave nothing out
    found: Found
    results: Sequence[Result]


def answer(owner: Owner, asked: Asked, cursor: str = "") -> Answer:
    """A page of the owner's photos, best first. A fixed number of queries, or fewer: of words and
    models some things are remembered.

    Raises:
        CursorInvalid: `cursor` is not of this question.
        InferenceError: the text encoder gave no answer, where the question needs it.
        VocabularyError: a file of the vocabulary is broken.
    """
    start = time.perf_counter()
    vocabulary = load(settings.VOCABULARY_DIR)
    recipes = configured_recipes(active_models(), vocabulary)
    with _reader_of(owner, vocabulary) as reader:
        meaning = reader.meaning if reader else _nothing
        unseen = _unseen(reader, asked) if reader else ()
        found = finding.find(Library(owner, recipes, meaning), asked, cursor)
    results = _results(owner, asked, found, vocabulary)
    if found.counting:
        found.counting.result()  # facets are part of what it takes
    metrics.SEARCH_SECONDS.observe(time.perf_counter() - start)
    if not cursor:
        _note(owner, asked, found, (time.perf_counter() - start) * 1000)
    return Answer(asked, unseen, found, results)


def _nothing(_text: str, _language: str) -> None:
    """What words mean where no photo was ever embedded."""


def _unseen(reader: Reader, asked: Asked) -> Sequence[str]:
    """Words of what is asked for, and of what is denied, that the models can't be told."""
    texts = (asked.description, *asked.words.not_semantic)
    left = (word for each in texts for word in reader.worded(each, asked.words.language).left)
    return tuple(dict.fromkeys(left))


@contextmanager
def _reader_of(owner: Owner, vocabulary: Vocabulary) -> Iterator[Reader | None]:
    """Who reads questions for the owner's photos; None where none of anybody's was embedded.

    Raises:
        ForeignVectors: the models that belong to the photos' vectors are not here.
    """
    space = spaces.image_space()
    if space is None:
        yield None
        return
    with ExitStack() as opened:
        encode = partial(
            texts.encode,
            space=space,
            client=cache(lambda: opened.enter_context(photos.serving.client())),
            repository=settings.MODEL_REPOSITORY,
        )
        yield Reader(owner, space, images_of(space), encode, vocabulary)


def _results(owner: Owner, asked: Asked, found: Found, vocabulary: Vocabulary) -> list[Result]:
    reading = Begun(partial(Photo.objects.of(owner).with_place().in_bulk, found.photos))
    said, language = _said(asked), asked.words.language
    because = reasons(owner, found.photos, said, vocabulary, language=language)
    photos_ = reading.result()
    return [
        Result(photos_[photo], found.relevance.get(photo), because.get(photo, ()))
        for photo in found.photos
        if photo in photos_  # and did not go meanwhile
    ]


def _said(asked: Asked) -> str:
    """All that may stand in a photo and be shown there: also names and things by parameters."""
    return " ".join(
        [asked.description, *_names(asked.words), *_names(asked.filters)],
    )


def _names(question: Question) -> list[str]:
    people = [name for one_of in question.people.all for name in one_of]
    return [*people, *(each.label for each in question.objects), *question.text]


# Not waited for until it is on the disk: a crash may take the notes of its last second with it.
_NOTE = """
SET LOCAL synchronous_commit = off;
INSERT INTO search_askedsearch
    (owner_id, at, language, parts, filters, word_count, found, took_ms, text)
VALUES (%s, now(), %s, %s, %s, %s, %s, %s, %s)
"""


def _note(owner: Owner, asked: Asked, found: Found, took_ms: float) -> None:
    """That it was asked. The words are kept only where the installation says so."""
    values = (
        owner.pk,
        asked.words.language,
        sorted({part.kind for part in asked.parts}),
        sorted(asked.given),
        len(asked.text.split()),
        found.total or 0,
        round(took_ms, 1),
        asked.text if settings.SEARCH_LOG_TEXT else "",
    )
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, values)
