"""What must hold whatever is edited: a person is in a photo once, and nobody is contradicted."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Count
from django.utils.translation import gettext

from faces.errors import Contradicted, TwiceInPhoto
from faces.models import Cluster, Membership
from faces.people.changes import Changes, any_of

# Groups: people, by their keys, and clusters of no person, by minus theirs.
_TWICE = """
SELECT face.photo_id,
    array_agg(face.id ORDER BY how = 'matched', similarity DESC NULLS FIRST),
    array_agg(how ORDER BY how = 'matched', similarity DESC NULLS FIRST)
FROM faces_cluster AS cluster
JOIN faces_part AS part ON part.cluster_id = cluster.id
JOIN faces_membership AS member ON member.part_id = part.id
JOIN faces_face AS face ON face.id = member.face_id
WHERE cluster.owner_id = %(owner)s
    AND (cluster.id = ANY (%(clusters)s) OR cluster.person_id = ANY (%(people)s))
GROUP BY COALESCE(cluster.person_id, -cluster.id), face.photo_id HAVING count(*) > 1
ORDER BY photo_id
"""
# Whether any two of all these faces are in one photo. Arrays, so that the planner takes indexes.
_CROWDED = """
SELECT count(*) > count(DISTINCT photo_id) FROM faces_face WHERE id = ANY (ARRAY(
    SELECT face_id FROM faces_membership WHERE part_id = ANY (ARRAY(
        SELECT part.id FROM faces_part AS part
        JOIN faces_cluster AS cluster ON cluster.id = part.cluster_id
        WHERE cluster.owner_id = %(owner)s
            AND (cluster.id = ANY (%(clusters)s) OR cluster.person_id = ANY (%(people)s))
    ))
))
"""
_REJECTED = """
SELECT member.face_id, member.how FROM faces_rejection AS rejection
JOIN faces_membership AS member ON member.face_id = rejection.face_id
JOIN faces_part AS part ON part.id = member.part_id
JOIN faces_cluster AS cluster
    ON cluster.id = part.cluster_id AND cluster.person_id = rejection.person_id
WHERE cluster.owner_id = %(owner)s
    AND (cluster.id = ANY (%(clusters)s) OR cluster.person_id = ANY (%(people)s))
ORDER BY 1
"""
# Of pairs that were just said, and of those of the faces that are touched: an owner has many more.
_DIFFERENT = """
WITH asked AS (
    SELECT unnest(%(parted)s::bigint[]) AS id
    UNION SELECT pair.id FROM faces_cluster AS cluster
    JOIN faces_part AS part ON part.cluster_id = cluster.id
    JOIN faces_membership AS member ON member.part_id = part.id
    JOIN faces_pair AS pair ON pair.first_id = member.face_id AND NOT pair.same
    WHERE cluster.owner_id = %(owner)s
        AND (cluster.id = ANY (%(clusters)s) OR cluster.person_id = ANY (%(people)s))
)
SELECT pair.first_id, pair.second_id, one.how, other.how
FROM asked JOIN faces_pair AS pair ON pair.id = asked.id
JOIN faces_membership AS one ON one.face_id = pair.first_id
JOIN faces_membership AS other ON other.face_id = pair.second_id
JOIN faces_part AS part ON part.id = one.part_id
JOIN faces_part AS other_part ON other_part.id = other.part_id
JOIN faces_cluster AS of_one ON of_one.id = part.cluster_id
JOIN faces_cluster AS of_other ON of_other.id = other_part.cluster_id
WHERE NOT pair.same
    AND COALESCE(of_one.person_id, -of_one.id) = COALESCE(of_other.person_id, -of_other.id)
ORDER BY 1, 2
"""
Touched = dict[str, Any]  # what the statements are asked with
_SHOWN = 5  # of what is wrong, in an answer


def keep(changes: Changes) -> None:
    """Take out what was only matched where it stands against what somebody says.

    Raises:
        TwiceInPhoto: somebody would be in a photo twice.
        Contradicted: a face would be of somebody it was said not to be of, or of a cluster although
            it is left out of them.
    """
    _not_ignored(changes)
    if not (changes.clusters or changes.people or changes.parted):
        return
    touched = {
        "owner": changes.owner.pk,
        "clusters": sorted(changes.clusters),
        "people": sorted(changes.all_people()),
        "parted": sorted(changes.parted),
    }
    _once_in_a_photo(changes, touched)
    _not_rejected(changes, touched)
    _not_different(changes, touched)


def _not_ignored(changes: Changes) -> None:
    if not changes.faces:
        return
    there = Membership.objects.filter(face__in=any_of(changes.faces), face__ignored=True)
    rows = list(there.order_by("face").values_list("face_id", "how"))
    if said := [face for face, how in rows if how != Membership.How.MATCHED]:
        raise Contradicted(
            gettext(
                "Face %(face)s is left out of clusters, but would be in one: take one of these "
                "back first."
            )
            % {"face": _some(said)}
        )
    _take_out(changes, [face for face, _ in rows])


def _once_in_a_photo(changes: Changes, touched: Touched) -> None:
    if not (changes.faces or changes.carried or _have_several(changes.people)):
        return  # each group is one cluster, which was right before
    [(crowded,)] = _rows(_CROWDED, touched)
    if not crowded:
        return
    photos, out = [], []
    for photo, faces, how in _rows(_TWICE, touched):
        out += [face for face, by in zip(faces[1:], how[1:], strict=True) if by == "matched"]
        if how[1] != "matched":
            photos.append(photo)
    if photos:
        raise TwiceInPhoto(
            gettext(
                "Nobody is in a photo twice, but two faces of photo %(photo)s would be of one "
                "person: take one of them out first."
            )
            % {"photo": _some(photos)}
        )
    _take_out(changes, out)


def _have_several(people: Collection[int]) -> bool:
    """Whether one of `people` has more than one cluster."""
    clusters = Cluster.objects.filter(person__in=people).order_by().values("person")
    return clusters.annotate(count=Count("pk")).filter(count__gt=1).exists()


def _not_rejected(changes: Changes, touched: Touched) -> None:
    rows = _rows(_REJECTED, touched)
    said = [face for face, how in rows if how != "matched"]
    if said:
        raise Contradicted(
            gettext(
                "Somebody has said that face %(face)s is not this person: take that back first."
            )
            % {"face": _some(said)}
        )
    _take_out(changes, [face for face, _ in rows])


def _not_different(changes: Changes, touched: Touched) -> None:
    out = []
    for first, second, of_first, of_second in _rows(_DIFFERENT, touched):
        if "matched" not in {of_first, of_second}:
            raise Contradicted(
                gettext(
                    "Somebody has said that faces %(first)s and %(second)s are two people: take "
                    "that back first."
                )
                % {"first": first, "second": second}
            )
        out.append(second if of_second == "matched" else first)
    _take_out(changes, out)


def _take_out(changes: Changes, faces: Iterable[int]) -> None:
    """Clusters that are empty then go."""
    there = Membership.objects.filter(face__in=set(faces), how=Membership.How.MATCHED)
    rows = dict(there.values_list("face_id", "part__cluster_id"))
    if rows:
        changes.put(dict.fromkeys(rows))
        changes.drop_empty(set(rows.values()))


def _rows(statement: str, touched: Touched) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, touched)
        return list(cursor.fetchall())


def _some(numbers: Sequence[object]) -> str:
    shown = ", ".join(map(str, numbers[:_SHOWN]))
    if len(numbers) <= _SHOWN:
        return shown
    said = {"numbers": shown, "count": len(numbers) - _SHOWN}
    return gettext("%(numbers)s and %(count)s more") % said
