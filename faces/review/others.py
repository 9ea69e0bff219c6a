"""More faces of both sides of a question: beside one face alone it is hard to tell."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection

from faces.models import LOOKED_AT, Face
from faces.review.questions import Question, Side

# What was only matched comes last. Of a large group only some are looked at: it costs the same.
_BEST = """
SELECT asked.group_id, ARRAY(
    SELECT face.id FROM (
        SELECT member.face_id, member.how
        FROM faces_cluster AS cluster
        JOIN faces_part AS part ON part.cluster_id = cluster.id
        JOIN faces_membership AS member ON member.part_id = part.id
        WHERE cluster.person_id = asked.group_id
            OR (cluster.id = -asked.group_id AND cluster.person_id IS NULL)
        LIMIT %(looked_at)s
    ) AS seen JOIN faces_face AS face ON face.id = seen.face_id
    ORDER BY seen.how = 'matched', face.quality DESC, face.id LIMIT %(most)s
)
FROM unnest(%(groups)s::bigint[]) AS asked (group_id)
"""


def others(questions: Sequence[Question], most: int) -> dict[tuple[str, bool], list[Face]]:
    """Of each side (the question's key, and whether it is the second), the clearest `most`.

    Without the face that is shown anyway. Two queries.
    """
    sides = list(_sides(questions))
    whole = _best({side.group for _, _, side in sides if not side.faces}, most + 1)
    keys = {
        (key, is_second): (side.faces or whole.get(side.group, []))[: most + 1]
        for key, is_second, side in sides
    }
    there = Face.objects.in_bulk({face for faces in keys.values() for face in faces})
    shown = {(key, is_second): side.seen.pk for key, is_second, side in sides}
    return {
        side: [there[face] for face in faces if face in there and face != shown[side]][:most]
        for side, faces in keys.items()
    }


def _sides(questions: Sequence[Question]) -> Iterator[tuple[str, bool, Side]]:
    for each in questions:
        yield each.key, False, each.first
        yield each.key, True, each.second


def _best(groups: set[int], most: int) -> dict[int, Sequence[int]]:
    """Keys of the clearest faces of each group."""
    values: dict[str, Any] = {"groups": list(groups), "most": most, "looked_at": LOOKED_AT}
    with connection.cursor() as cursor:
        cursor.execute(_BEST, values)
        return dict(cursor.fetchall())
