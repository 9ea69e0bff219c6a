"""What is in the photos of a large library beside vectors: where, whom, what and which words.

There are some thousand kinds of photos, each with its things, tags, sentences and text. Photos are
of a kind, show one of their owner's people or nobody, and were taken at a place that is known or
not; of places and people a few are in most photos.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from django.conf import settings
from django.db import connection

from faces.models import Cluster, Person
from jobs.operations import current_recipes
from photos.models import Owner
from photos.operations import CAPTION, OBJECTS, OCR, TAGS
from photos.places import place_at
from search.models import PhotoWords
from search.vocabulary import Vocabulary, load
from search.words import indexing

KINDS = 5_000
PEOPLE = 100  # of an owner
NAMES = ("Anna", "Ben", "Budi", "Sari", "Citra", "Dewi")  # the first of them, most often seen
CITIES = (  # latitude and longitude of the first of them, where most photos were taken
    (-6.21, 106.85), (-6.92, 107.61), (-8.65, 115.22), (-7.80, 110.37), (48.86, 2.35),
    (52.52, 13.40), (51.51, -0.13), (35.69, 139.69), (1.29, 103.85), (-33.87, 151.21),
)  # fmt: skip
PLACES = 200
TEXTS = ("HAPPY BIRTHDAY", "MENU", "DIRGAHAYU INDONESIA", "EXIT", "WELCOME HOME", "STASIUN GAMBIR")
_DRAWN = "power(%(n)s, hashint8extended(photo.id, %(seed)s) / 2.0^64 + .5)::int"  # 1 to n

_KINDS = """
CREATE TEMPORARY TABLE kind AS
SELECT * FROM unnest(%(number)s::int[], %(label)s::text[], %(key)s::text[], %(language)s::text[],
    %(said)s::text[]) AS kind (number, label, key, language, said)
"""
_FOUND = (
    """
INSERT INTO search_detectedobject (photo_id, recipe, label, confidence, x, y, width, height)
SELECT photo.id, %(objects)s, kind.label, .8, 10, 10, 200, 200
FROM photos_photo photo JOIN kind ON kind.number = photo.id %% %(kinds)s WHERE kind.label <> ''
""",
    """
INSERT INTO search_phototag (photo_id, recipe, key, confidence, is_context)
SELECT photo.id, %(tags)s, kind.key, .7, FALSE
FROM photos_photo photo JOIN kind ON kind.number = photo.id %% %(kinds)s WHERE kind.key <> ''
ON CONFLICT DO NOTHING
""",
    """
INSERT INTO search_caption (photo_id, recipe, source, language, sentence, context)
SELECT photo.id, %(caption)s, 'template', kind.language, kind.said, ''
FROM photos_photo photo JOIN kind ON kind.number = photo.id %% %(kinds)s
WHERE kind.said <> '' AND kind.language <> ''
""",
    """
INSERT INTO search_textline (photo_id, recipe, position, text, quad, confidence)
SELECT photo.id, %(ocr)s, 0, kind.said, '[[0, 0], [9, 0], [9, 9], [0, 9]]', .9
FROM photos_photo photo JOIN kind ON kind.number = photo.id %% %(kinds)s
WHERE kind.said <> '' AND kind.language = ''
""",
)
_FACES = """
INSERT INTO faces_face (photo_id, x, y, width, height, landmarks, confidence, quality,
    quality_reasons, crop, created_at, ignored, drawn)
SELECT id, 1, 1, 50, 50, '[]', .9, .9, '{}', '', now(), FALSE, FALSE FROM photos_photo
WHERE id % 5 < 3
"""
_SHOWN = f"""
INSERT INTO faces_membership (face_id, part_id, how, similarity, created_at)
SELECT face.id, theirs.parts[{_DRAWN}], 'clustered', .8, now()
FROM faces_face face JOIN photos_photo photo ON photo.id = face.photo_id
JOIN (
    SELECT owner_id, array_agg(id ORDER BY id) AS parts FROM faces_cluster GROUP BY owner_id
) AS theirs ON theirs.owner_id = photo.owner_id
"""  # noqa: S608  # our own words
_WORDS = """
INSERT INTO search_photowords (photo_id, owner_id, edition, words, text)
SELECT photo.id, photo.owner_id, made.edition,
    array_to_tsvector(ARRAY['owner:' || photo.owner_id])
        || ts_delete(made.words, 'owner:' || made.owner_id), made.text
FROM photos_photo photo JOIN search_photowords made
    ON made.photo_id = %s + (photo.id - %s) %% %s
ON CONFLICT DO NOTHING
"""

Row = tuple[int, str, str, str, str]  # kind; a class of objects; a tag; language; what is said


def places() -> list[int]:
    """Keys of places, those of the most photos first."""
    random = np.random.default_rng(0)
    somewhere = np.stack([random.uniform(-10, 55, PLACES), random.uniform(0, 140, PLACES)], axis=1)
    found = [place_at(*degrees) for degrees in [*CITIES, *somewhere.tolist()]]
    return list(dict.fromkeys(place.pk for place in found if place))


def add_contents(owners: Sequence[Owner]) -> None:
    """Have something in all photos that are there, all of which are of `owners`."""
    recipes, vocabulary = current_recipes(), load(settings.VOCABULARY_DIR)
    values = {name: recipes[name] for name in (OBJECTS, TAGS, CAPTION, OCR)}
    columns = zip(*_kinds(vocabulary), strict=True)
    names = ("number", "label", "key", "language", "said")
    with connection.cursor() as cursor:
        cursor.execute(
            _KINDS, {name: list(each) for name, each in zip(names, columns, strict=True)}
        )
        for statement in _FOUND:
            cursor.execute(statement, {**values, "kinds": KINDS})
        cursor.execute("DROP TABLE kind")
    _add_people(owners)
    _add_words()


def _kinds(vocabulary: Vocabulary) -> Iterable[Row]:
    """What is in photos of each kind: of things and tags a few are in most of them."""
    random = np.random.default_rng(1)
    labels, keys = sorted(vocabulary.object_words), [each.key for each in vocabulary.concepts]
    for kind in range(KINDS):
        things = _some(labels, random)
        tags = dict.fromkeys(_some(keys, random))
        yield from ((kind, label, "", "", "") for label in things)
        yield from ((kind, "", key, "", "") for key in tags)
        for language in vocabulary.languages:
            told = [vocabulary.thing(each, 1, language) for each in things]
            told += [vocabulary.word(key, language) for key in tags]
            yield kind, "", "", language, ", ".join(told)
        if kind % 20 == 0:
            yield kind, "", "", "", TEXTS[kind // 20 % len(TEXTS)]


def _some(of: Sequence[str], random: np.random.Generator) -> list[str]:
    count = int(random.integers(1, 4))
    return [of[int(len(of) ** each) - 1] for each in random.random(count)]


def _add_people(owners: Sequence[Owner]) -> None:
    names = [*NAMES, *(f"Guest {number}" for number in range(len(NAMES), PEOPLE))]
    people = Person.objects.bulk_create(
        Person(owner=owner, name=name) for owner in owners for name in names
    )
    Cluster.objects.bulk_create(Cluster(owner=each.owner, person=each) for each in people)
    with connection.cursor() as cursor:
        cursor.execute(_FACES)
        cursor.execute(_SHOWN, {"n": PEOPLE, "seed": 1})


def _add_words() -> None:
    """Made for one photo of each kind, as they always are; those of others are the same."""
    index = next(each for each in PhotoWords._meta.indexes if each.name == "photo_words")  # noqa: SLF001  # Django's documented API
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(id) FROM photos_photo")
        [first] = cursor.fetchone()
    indexing.index(range(first, first + KINDS))
    with connection.schema_editor(atomic=False) as editor:
        editor.remove_index(PhotoWords, index)
        editor.execute(_WORDS, [first, first, KINDS])
        editor.add_index(PhotoWords, index)
