"""Why photos were found: what of them says the words that were asked for, and where it is."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import connection

from inference.geometry import Box
from photos.letters import words_of
from photos.models import Owner
from search.among import Keys
from search.vocabulary import Vocabulary
from search.words.asked import Word, asked_words, names_asked
from search.words.stems import EVERY, forms, lexemes, stems_of
from search.words.wordings import Wording, of_label, of_tag

NAMES, TAGS, OBJECTS, CAPTIONS, TEXT = "names", "tags", "objects", "captions", "text"
_BOX = ("x", "y", "width", "height")

Rows = Sequence[tuple[Any, ...]]
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
    owner: Owner,
    photos: Collection[int],
    question: str,
    vocabulary: Vocabulary,
    *,
    language: str,
) -> dict[int, list[Reason]]:
    """For each of the owner's `photos` (keys), why matching() finds it: people, then what is seen.

    Those of other owners have none. One query, however many photos, and stems_of() of the question
    and of what it is found by; none if there are none.
    """
    words = asked_words(question, language) if photos else []
    if not words:
        return {}
    names, tags, objects, captions, lines = _found(owner, photos)
    rows = [
        *_tags(tags, vocabulary),
        *_objects(objects, vocabulary),
        *_captions(captions),
        *_lines(lines),
    ]
    because = _names(names, words)
    said = _said({each for row in rows for each in row.wordings}, words)
    for row in rows:
        there = {word for each in row.wordings for word in said[each]}
        if there:
            in_order = tuple(each.word for each in words if each.word in there)
            because[row.photo].append(replace(row.reason, words=in_order))
    return dict(because)


# Written down, as Django takes longer to write one than the database to answer it.
_NAMES = """
SELECT one.photo_id, person.name, person.aliases, one.x, one.y, one.width, one.height
FROM faces_face AS one
JOIN photos_photo AS photo ON photo.id = one.photo_id AND photo.owner_id = %(owner)s
JOIN faces_membership AS member ON member.face_id = one.id
JOIN faces_part AS part ON part.id = member.part_id
JOIN faces_cluster AS cluster ON cluster.id = part.cluster_id AND NOT cluster.hidden
JOIN faces_person AS person ON person.id = cluster.person_id AND NOT person.hidden
WHERE one.photo_id = ANY(%(photos)s::bigint[])
ORDER BY one.photo_id, person.name, one.id
"""
_TAGS = """
SELECT DISTINCT one.photo_id, one.key FROM search_phototag AS one
JOIN photos_photo AS photo ON photo.id = one.photo_id AND photo.owner_id = %(owner)s
WHERE one.photo_id = ANY(%(photos)s::bigint[]) ORDER BY one.photo_id, one.key
"""
_OBJECTS = """
SELECT one.photo_id, one.label, one.recipe, one.x, one.y, one.width, one.height
FROM search_detectedobject AS one
JOIN photos_photo AS photo ON photo.id = one.photo_id AND photo.owner_id = %(owner)s
WHERE one.photo_id = ANY(%(photos)s::bigint[]) ORDER BY one.photo_id, one.label, one.id DESC
"""
_CAPTIONS = """
SELECT one.photo_id, one.language, one.sentence, one.context
FROM search_caption AS one
JOIN photos_photo AS photo ON photo.id = one.photo_id AND photo.owner_id = %(owner)s
WHERE one.photo_id = ANY(%(photos)s::bigint[]) ORDER BY one.photo_id, one.source, one.language
"""
_LINES = """
SELECT one.photo_id, one.text, one.quad FROM search_textline AS one
JOIN photos_photo AS photo ON photo.id = one.photo_id AND photo.owner_id = %(owner)s
WHERE one.photo_id = ANY(%(photos)s::bigint[]) ORDER BY one.photo_id, one.position, one.id DESC
"""
_STATEMENTS = ";".join((_NAMES, _TAGS, _OBJECTS, _CAPTIONS, _LINES))  # one round trip


def _found(owner: Owner, photos: Collection[int]) -> Iterator[Rows]:
    """What each of _STATEMENTS gives."""
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENTS, {"owner": owner.pk, "photos": Keys(photos).written})
        yield list(cursor.fetchall())
        while cursor.nextset():
            yield list(cursor.fetchall())


def _names(found: Rows, words: Sequence[Word]) -> dict[int, list[Reason]]:
    because: dict[int, list[Reason]] = defaultdict(list)
    for (photo, name), faces in groupby(found, key=itemgetter(0, 1)):
        (_, _, aliases, *box), *others = faces
        if said := names_asked([name, *aliases], words):
            boxes = (Box(*box), *(Box(*each[3:]) for each in others))
            because[photo].append(Reason(NAMES, tuple(said), name, boxes))
    return because


def _tags(found: Rows, vocabulary: Vocabulary) -> Iterator[_Row]:
    said = {key: of_tag(key, vocabulary) for key in {key for _, key in found}}
    for photo, key in found:
        yield _Row(photo, Reason(TAGS, (), key), said[key])


def _objects(found: Rows, vocabulary: Vocabulary) -> Iterator[_Row]:
    """Of a class that several models have found: the boxes of the last one."""
    said = {label: of_label(label, vocabulary) for label in {row[1] for row in found}}
    for (photo, label), same in groupby(found, key=itemgetter(0, 1)):
        (_, _, recipe, *box), *others = same
        boxes = (Box(*box), *(Box(*each[3:]) for each in others if each[2] == recipe))
        yield _Row(photo, Reason(OBJECTS, (), label, boxes), said[label])


def _captions(found: Rows) -> Iterator[_Row]:
    for photo, language, *texts in found:
        said = " ".join(filter(None, texts))
        yield _Row(photo, Reason(CAPTIONS, (), said), [(language, said)])


def _lines(found: Rows) -> Iterator[_Row]:
    """One that several models have read alike counts once."""
    seen = set()
    for photo, text, quad in found:
        if (photo, text) not in seen:
            seen.add((photo, text))
            yield _Row(photo, Reason(TEXT, (), text, quad=json.loads(quad)), [(EVERY, text)])


def _said(wordings: Collection[Wording], words: Sequence[Word]) -> dict[Wording, set[str]]:
    """Which of `words` stand in each of `wordings`: many photos say the same. As stems_of()."""
    split = {wording: words_of(wording[1]) for wording in wordings}
    stems = stems_of(word for each in split.values() for word in each)
    asked = {form for each in words for form in each.forms}
    alike = {word: each for word, each in stems.items() if not asked.isdisjoint(forms(word, each))}
    said = {}
    for wording, there in split.items():
        known = [word for word in there if word in alike]
        stored = {form for word in known for form in lexemes(word, alike[word], wording[0])}
        said[wording] = {each.word for each in words if not stored.isdisjoint(each.forms)}
    return said
