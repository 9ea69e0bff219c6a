"""Which questions can be asked still: what they are about changes while others are at work."""

from collections.abc import Collection, Mapping, Sequence

from faces.models import Face, Membership
from faces.review import questions
from faces.review.questions import Kind, Question, Side
from photos.models import Owner

Places = Mapping[int, Membership]  # where faces are, by their keys


def still_open(owner: Owner, kind: Kind, asked: Sequence[Question]) -> list[Question]:
    """Those of `asked` that nobody has settled meanwhile, with the faces that stand for them.

    All that they are about is where it was when they were made. Three queries.
    """
    seen = questions.shown(asked)
    if kind in {Kind.SAME, Kind.MERGES}:
        groups = {side.group for each in seen for side in _sides(each)}
        said = questions.answered(owner, groups)
        return [each for each in seen if _are_there(each) and _groups(each) not in said]
    places = _places({face for each in seen for side in _sides(each) for face in side.faces})
    same = questions.said_same(owner, {member.part.cluster_id for member in places.values()})
    return [each for each in seen if _are_there(each) and _holds(kind, each, places, same)]


def group_of(face: Face) -> int | None:
    """The person's key; of nobody: minus the cluster's. Needs with_people()."""
    if face.cluster is None:
        return None
    return face.cluster.person_id or -face.cluster.pk


def _sides(question: Question) -> tuple[Side, Side]:
    return question.first, question.second


def _groups(question: Question) -> frozenset[int]:
    return frozenset({question.first.group, question.second.group})


def _are_there(question: Question) -> bool:
    """Whether the two faces that stand for the sides are two, and of their groups."""
    one, other = question.first.seen, question.second.seen
    groups = question.first.group, question.second.group
    return one.pk != other.pk and (group_of(one), group_of(other)) == groups


def _places(faces: Collection[int]) -> Places:
    there = Membership.objects.select_related("part__cluster").filter(face__in=faces)
    return {member.face_id: member for member in there}


def _holds(
    kind: Kind,
    question: Question,
    places: Places,
    same: Mapping[int, Sequence[tuple[int, int]]],
) -> bool:
    """Whether its faces are in one cluster still, and nobody has said that they belong there."""
    first, second = set(question.first.faces), set(question.second.faces)
    members = [places[face] for face in first | second if face in places]
    clusters = {member.part.cluster_id for member in members}
    if len(members) < len(first | second) or len(clusters) != 1:
        return False
    if kind is Kind.ASSIGNMENTS and members[0].how != Membership.How.MATCHED:
        return False
    said = [{one, other} for one, other in same.get(clusters.pop(), ())]
    return not any(pair & second and (not first or pair & first) for pair in said)
