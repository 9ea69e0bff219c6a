"""More faces of both sides of a question: beside one face alone it is hard to tell."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber

from faces.models import Face, Membership
from faces.review.questions import Question, Side, group, of_groups


def others(questions: Sequence[Question], most: int) -> dict[tuple[str, bool], list[Face]]:
    """Of each side (the question's key, and whether it is the second), the clearest `most`.

    Without the face that is shown anyway. Two queries.
    """
    sides = list(_sides(questions))
    whole = _of_groups({side.group for _, _, side in sides if not side.faces}, most + 1)
    some = Face.objects.in_bulk({face for _, _, side in sides for face in side.faces[: most + 1]})
    found = {}
    for key, is_second, side in sides:
        faces = [some[pk] for pk in side.faces if pk in some] or whole.get(side.group, [])
        found[key, is_second] = [face for face in faces if face != side.shown][:most]
    return found


def _sides(questions: Sequence[Question]) -> Iterator[tuple[str, bool, Side]]:
    for each in questions:
        yield each.key, False, each.first
        yield each.key, True, each.second


def _of_groups(groups: set[int], most: int) -> Mapping[int, list[Face]]:
    """The clearest ones of each group; what was only matched comes last."""
    place = Window(
        RowNumber(), partition_by="group", order_by=("was_matched", F("face__quality").desc(), "pk")
    )
    there = Membership.objects.filter(of_groups("", groups)).select_related("face")
    ranked: Any = there.annotate(
        group=group(""), was_matched=Q(how=Membership.How.MATCHED)
    ).annotate(place=place)
    found: dict[int, list[Face]] = {}
    for member in ranked.filter(place__lte=most).order_by("group", "place"):
        found.setdefault(member.group, []).append(member.face)
    return found
