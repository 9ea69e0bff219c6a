"""Why photos were found: what of them says the words that were asked for, and where it is."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter

from django.conf import settings
from django.db.models import Q

from faces.models import Face
from inference.geometry import Box
from photos.letters import words_of
from photos.models import Owner
from search.among import Keys, is_among
from search.models import Caption, DetectedObject, PhotoTag, TextLine
from search.vocabulary import Vocabulary, load
from search.words.asked import Word, asked_words, names_asked
from search.words.stems import EVERY, lexemes, stems_of
from search.words.wordings import Wording, of_label, of_tag

NAMES, TAGS, OBJECTS, CAPTIONS, TEXT = "names", "tags", "objects", "captions", "text"
_BOX = ("x", "y", "width", "height")

Quad = Sequence[Sequence[float]]  # four [x, y], clockwise from the text's top left


@dataclass(frozen=True)
class Reason:
    """Something of a photo in which words of the question stand. Places are pixels."""

    part: str  # names, tags, objects, captions or text
    words: tuple[str, ...]  # of the question: small letters without accents
    said: str  # a name, a tag's key, an object's class, a sentence, a line
    boxes: tuple[Box, ...] = ()  # of faces and objects
    quad: Quad = ()  # of a line


@dataclass(frozen=True)
class _Row:
    """What may be a reason, and in which words it is said."""

    photo: int
    reason: Reason
    wordings: list[Wording]


def reasons(
    owner: Owner, photos: Collection[int], question: str, *, language: str
) -> dict[int, list[Reason]]:
    """For each of the owner's `photos` (keys), why matching() finds it: people, then what is seen.

    Those of other owners have none. Seven queries, however many photos; none if there are none.

    Raises:
        VocabularyError: a file of it is broken.
    """
    words = asked_words(question, language) if photos else []
    if not words:
        return {}
    found = Q(is_among("photo_id", Keys(photos)), photo__owner=owner)
    vocabulary = load(settings.VOCABULARY_DIR)
    rows = [
        *_tags(found, vocabulary),
        *_objects(found, vocabulary),
        *_captions(found),
        *_lines(found),
    ]
    because = defaultdict(list, _names(found, words))
    said = _said({each for row in rows for each in row.wordings}, words)
    for row in rows:
        there = {word for each in row.wordings for word in said[each]}
        if there:
            in_order = tuple(each.word for each in words if each.word in there)
            because[row.photo].append(replace(row.reason, words=in_order))
    return dict(because)


def _names(found: Q, words: Sequence[Word]) -> dict[int, list[Reason]]:
    person = "membership__part__cluster__person__"
    shown = {f"{person}hidden": False, "membership__part__cluster__hidden": False}
    columns = ("photo", f"{person}name", f"{person}aliases", *_BOX)
    rows = Face.objects.filter(found, **shown).order_by("photo", f"{person}name", "pk")
    because: dict[int, list[Reason]] = defaultdict(list)
    for (photo, name), faces in groupby(rows.values_list(*columns), key=itemgetter(0, 1)):
        (_, _, aliases, *box), *others = faces
        if said := names_asked([name, *aliases], words):
            boxes = (Box(*box), *(Box(*each[3:]) for each in others))
            because[photo].append(Reason(NAMES, tuple(said), name, boxes))
    return because


def _tags(found: Q, vocabulary: Vocabulary) -> Iterator[_Row]:
    tags = PhotoTag.objects.filter(found).values_list("photo", "key").distinct()
    for photo, key in tags.order_by("photo", "key"):
        yield _Row(photo, Reason(TAGS, (), key), of_tag(key, vocabulary))


def _objects(found: Q, vocabulary: Vocabulary) -> Iterator[_Row]:
    """Of a class that several models have found: the boxes of the last one."""
    newest = DetectedObject.objects.filter(found).order_by("photo", "label", "-pk")
    rows = newest.values_list("photo", "label", "recipe", *_BOX)
    for (photo, label), same in groupby(rows, key=itemgetter(0, 1)):
        (_, _, recipe, *box), *others = same
        boxes = (Box(*box), *(Box(*each[3:]) for each in others if each[2] == recipe))
        yield _Row(photo, Reason(OBJECTS, (), label, boxes), of_label(label, vocabulary))


def _captions(found: Q) -> Iterator[_Row]:
    rows = Caption.objects.filter(found).order_by("photo", "source", "language")
    for photo, language, *texts in rows.values_list("photo", "language", "sentence", "context"):
        said = " ".join(filter(None, texts))
        yield _Row(photo, Reason(CAPTIONS, (), said), [(language, said)])


def _lines(found: Q) -> Iterator[_Row]:
    """One that several models have read alike counts once."""
    rows = TextLine.objects.filter(found).order_by("photo", "position", "-pk")
    seen = set()
    for photo, text, quad in rows.values_list("photo", "text", "quad"):
        if (photo, text) not in seen:
            seen.add((photo, text))
            yield _Row(photo, Reason(TEXT, (), text, quad=quad), [(EVERY, text)])


def _said(wordings: Collection[Wording], words: Sequence[Word]) -> dict[Wording, set[str]]:
    """Which of `words` stand in each of `wordings`: many photos say the same. One query."""
    split = {wording: words_of(wording[1]) for wording in wordings}
    stems = stems_of(word for each in split.values() for word in each)
    there = {
        (language, text): {form for word in each for form in lexemes(word, stems[word], language)}
        for (language, text), each in split.items()
    }
    return {
        wording: {each.word for each in words if not there[wording].isdisjoint(each.forms)}
        for wording in wordings
    }
