"""Making the rows that words are looked for in, of all that was found in photos."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from photos.letters import words_of
from photos.models import Photo
from search.models import PhotoWords
from search.vocabulary import Vocabulary, load
from search.words.parts import Part
from search.words.stems import EVERY, Stems, lexemes, stems_of
from search.words.vector import Vector
from search.words.wordings import Wording, label_lexeme, of_label, of_tag, tag_lexeme

MAX_WORDS = 2000  # of each part of a photo: PostgreSQL takes 1 MB of them in all
_GAP = 10  # places between two readings of the text, which are no phrase together
_MAKING = "1"  # its next version when rows are made in another way
_FOUND = """
SELECT DISTINCT photo_id, 'A', '', 0, key, '' FROM search_phototag
WHERE photo_id = ANY(%(photos)s)
UNION ALL
SELECT DISTINCT photo_id, 'B', '', 0, label, '' FROM search_detectedobject
WHERE photo_id = ANY(%(photos)s)
UNION ALL
SELECT photo_id, 'C', language, 0, sentence, context FROM search_caption
WHERE photo_id = ANY(%(photos)s)
UNION ALL
SELECT photo_id, 'D', recipe, position, text, '' FROM search_textline
WHERE photo_id = ANY(%(photos)s)
ORDER BY 1, 2, 3, 4, 5, 6
"""
_STORE = """
INSERT INTO search_photowords (photo_id, owner_id, edition, words, text)
SELECT
    photo.id, photo.owner_id, %(edition)s,
    array_to_tsvector(ARRAY['owner:' || photo.owner_id]) || made.words::tsvector,
    made.text::tsvector
FROM unnest(%(photos)s::bigint[], %(words)s::text[], %(texts)s::text[]) AS made (photo, words, text)
JOIN photos_photo photo ON photo.id = made.photo
ORDER BY photo.id
ON CONFLICT (photo_id) DO UPDATE
SET edition = excluded.edition, words = excluded.words, text = excluded.text
WHERE (search_photowords.edition, search_photowords.words, search_photowords.text)
    IS DISTINCT FROM (excluded.edition, excluded.words, excluded.text)
"""


@dataclass(frozen=True)
class Found:
    """A row of what was found in a photo."""

    photo: int
    part: Part
    source: str  # the language of a caption, the recipe of a line
    position: int  # of a line
    said: str  # a tag's key, an object's class, a sentence, a line
    context: str  # of a sentence


@dataclass(frozen=True)
class Said:
    """Words that stand together in a part of a photo."""

    part: Part
    language: str
    words: list[str]


def index(photos: Iterable[int]) -> None:
    """Have the rows of `photos` say what was found in them, in the caller's transaction.

    All that is stored counts, whichever models have found it: what they saw stays true when
    others become active, and no photo is lost meanwhile. Three queries at most, however many
    photos; twice changes nothing.

    Raises:
        VocabularyError: a file of it is broken.
    """
    vocabulary, keys = load(settings.VOCABULARY_DIR), sorted(set(photos))
    found = _found(keys)
    said = {photo: list(_said(found[photo], vocabulary)) for photo in keys}
    stems = stems_of(word for each in said.values() for some in each for word in some.words)
    rows: dict[str, Any] = {
        "edition": edition(vocabulary),
        "photos": keys,
        "words": [_words(found[photo], said[photo], stems) for photo in keys],
        "texts": [_text(found[photo]) for photo in keys],
    }
    with connection.cursor() as cursor:
        cursor.execute(_STORE, rows)


def edition(vocabulary: Vocabulary) -> str:
    """16 hex digits that change with the words of the vocabulary, and with how rows are made."""
    return sha256(f"{_MAKING}+{vocabulary.words_digest}".encode()).hexdigest()[:16]


def to_index(photos: QuerySet[Photo]) -> QuerySet[Photo]:
    """Those of `photos` that have no row yet, or one with other words of the vocabulary.

    Raises:
        VocabularyError: as index().
    """
    rows = PhotoWords.objects.filter(photo=OuterRef("pk"))
    return photos.exclude(Exists(rows.filter(edition=edition(load(settings.VOCABULARY_DIR)))))


def _found(photos: Collection[int]) -> dict[int, list[Found]]:
    """By photo, always in the same order. One query."""
    found: dict[int, list[Found]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_FOUND, {"photos": list(photos)})
        for photo, part, *rest in cursor.fetchall():
            found[photo].append(Found(photo, Part(part), *rest))
    return found


def _said(found: Iterable[Found], vocabulary: Vocabulary) -> Iterator[Said]:
    """What each part says, the first `MAX_WORDS` words of it."""
    for part, rows in groupby(found, key=lambda row: row.part):
        left = MAX_WORDS
        for row in rows:
            for language, text in _wordings(row, vocabulary):
                words = words_of(text)[:left]
                left -= len(words)
                yield Said(part, language, words)


def _wordings(row: Found, vocabulary: Vocabulary) -> list[Wording]:
    match row.part:
        case Part.TAGS:
            return of_tag(row.said, vocabulary)
        case Part.OBJECTS:
            return of_label(row.said, vocabulary)
        case Part.CAPTIONS:
            return [(row.source, row.said), (row.source, row.context)]
    return [(EVERY, row.said)]


def _words(found: Iterable[Found], said: Iterable[Said], stems: dict[str, Stems]) -> str:
    """Its column of that name: stems, and the tags and classes themselves."""
    vector = Vector()
    for row in found:
        if row.part is Part.TAGS:
            vector.mark(tag_lexeme(row.said))
        elif row.part is Part.OBJECTS:
            vector.mark(label_lexeme(row.said))
    for each in said:
        for word in each.words:
            vector.add(lexemes(word, stems[word], each.language), each.part)
    return str(vector)


def _text(found: Iterable[Found]) -> str:
    """Its column of that name: the words of one reading after those of the other."""
    vector, left = Vector(), MAX_WORDS
    lines = (row for row in found if row.part is Part.TEXT)
    for _, reading in groupby(lines, key=lambda row: row.source):
        for line in reading:
            words = words_of(line.said)[:left]
            left -= len(words)
            for word in words:
                vector.add([word])
        vector.skip(_GAP)
    return str(vector)
