"""What the photos that were found have in common: who is in how many, where, when, with what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from django.db import connection

from photos.models import Owner
from photos.operations import OBJECTS
from search.among import Keys

MOST = 20  # values of each facet


@dataclass(frozen=True)
class Value:
    """A value, and how many of the photos have it."""

    value: str
    photos: int


@dataclass(frozen=True)
class Facets:
    """The most frequent values first; years, the latest first."""

    people: Sequence[Value] = ()
    places: Sequence[Value] = ()
    countries: Sequence[Value] = ()
    objects: Sequence[Value] = ()
    years: Sequence[Value] = ()


def of(owner: Owner, photos: Sequence[int], recipes: Mapping[str, str]) -> Facets:
    """Of these photos of the owner. One query, however many; none if there are none."""
    if not photos:
        return Facets()
    values: dict[str, str | int] = {
        "owner": owner.pk,
        "photos": Keys(photos).written,
        "recipe": recipes.get(OBJECTS, ""),
        "most": MOST,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FACETS, values)
        rows = sorted(cursor.fetchall(), key=lambda row: (row[0], -row[2], row[1]))
    found: dict[str, list[Value]] = {field.name: [] for field in fields(Facets)}
    for facet, value, count in rows:
        found[facet].append(Value(value, count))
    found["years"].sort(key=lambda year: -int(year.value))
    return Facets(**found)


# Written down: Django takes longer to write five of them than the database to answer.
# A year is that of the clock where the photo was taken, which is written as UTC.
_FACETS = """
WITH found AS MATERIALIZED (
    SELECT id, place_id, dated_at FROM photos_photo
    WHERE owner_id = %(owner)s AND id = ANY(%(photos)s::bigint[])
)
(SELECT 'people', person.name, count(DISTINCT face.photo_id)
FROM found
JOIN faces_face AS face ON face.photo_id = found.id
JOIN faces_membership AS member ON member.face_id = face.id
JOIN faces_part AS part ON part.id = member.part_id
JOIN faces_cluster AS cluster ON cluster.id = part.cluster_id
JOIN faces_person AS person ON person.id = cluster.person_id
WHERE person.owner_id = %(owner)s AND NOT person.hidden
GROUP BY person.name ORDER BY 3 DESC, 2 LIMIT %(most)s)
UNION ALL
(SELECT 'places', place.name, count(*)
FROM found JOIN photos_place AS place ON place.id = found.place_id
GROUP BY place.name ORDER BY 3 DESC, 2 LIMIT %(most)s)
UNION ALL
(SELECT 'countries', place.country, count(*)
FROM found JOIN photos_place AS place ON place.id = found.place_id
GROUP BY place.country ORDER BY 3 DESC, 2 LIMIT %(most)s)
UNION ALL
(SELECT 'objects', seen.label, count(DISTINCT seen.photo_id)
FROM found JOIN search_detectedobject AS seen ON seen.photo_id = found.id
WHERE seen.recipe = %(recipe)s
GROUP BY seen.label ORDER BY 3 DESC, 2 LIMIT %(most)s)
UNION ALL
(SELECT 'years', extract(year FROM dated_at AT TIME ZONE 'UTC')::text, count(*)
FROM found GROUP BY 2)
"""
