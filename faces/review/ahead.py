"""Questions are found ahead and kept, so that nobody at the desk waits for them.

Workers look for them: after faces were grouped or people edited, and when somebody at the desk runs
out of them.
Among few faces it is done at once.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Subquery
from django.db.models.functions import Greatest, Now

from faces.models import Cluster, Edit, Inquiry, Membership, OpenQuestion, Sitting
from faces.people.editing import hold
from faces.review import questions
from faces.review.questions import Kind, Question, Side
from faces.review.queue import questions as queue
from photos.models import Owner, Space

AT_WORK = timedelta(minutes=2)  # so long somebody is taken to have a question before them
RESTS = timedelta(minutes=30)  # at least, between two times that nobody at the desk asks for
FEW_FACES = 2_000  # among so many looking for questions is no slower than other pages
_LEASE = timedelta(minutes=5)  # a worker that has not found any by then is taken to be gone

Packed = dict[str, Any]  # a question, as JSON


def find(owner: Owner, space: Space, kind: Kind) -> None:
    """Have those kept that are worth most now, in place of the ones from before. Slow.

    What somebody has before them is still there when they answer.
    """
    began = _now(owner)
    found = questions.with_faces(queue(owner, space, kind))
    with transaction.atomic():
        hold(owner)
        before = OpenQuestion.objects.filter(owner=owner, kind=kind)
        before.exclude(key__in=before_somebody(owner, kind)).delete()
        OpenQuestion.objects.bulk_create(
            [
                OpenQuestion(owner=owner, kind=kind, key=each.key, place=place, about=packed(each))
                for place, each in enumerate(found)
            ],
            ignore_conflicts=True,
        )
        Inquiry.objects.update_or_create(owner=owner, kind=kind, defaults={"found_at": began})


def find_due(space: Space) -> bool:
    """As find(), for those who wait longest and whom no other worker serves. False: nobody does."""
    for due in Inquiry.objects.due().select_related("owner"):
        until = _now(due.owner) + _LEASE
        mine = Inquiry.objects.filter(pk=due.pk)
        if mine.filter(due_at=due.due_at).update(due_at=until):
            find(due.owner, space, Kind(due.kind))
            mine.filter(due_at=until).update(due_at=None)
            return True
    return False


def ask(owner_pk: int) -> None:
    """Have questions of all kinds looked for, as the owner's faces were grouped anew: not always
    at once, as that may be so every minute."""
    kinds = [Inquiry(owner_id=owner_pk, kind=kind) for kind in Kind]
    Inquiry.objects.bulk_create(kinds, ignore_conflicts=True)
    soon = Greatest(Now(), F("found_at") + RESTS)
    Inquiry.objects.filter(owner=owner_pk, due_at=None).update(due_at=soon)


def ask_where_changed() -> None:
    """As ask(), for owners whose people were edited since the last time, or who have clusters and
    never had questions: such as those of few faces, at whose desk nobody has been."""
    newest = Edit.objects.filter(owner=OuterRef("owner")).order_by("-pk").values("created_at")[:1]
    rested = Inquiry.objects.filter(due_at=None, found_at__lt=Now() - RESTS)
    rested.annotate(edited_at=Subquery(newest)).filter(edited_at__gte=F("found_at")).update(
        due_at=Now()
    )
    theirs = {model: model.objects.filter(owner=OuterRef("pk")) for model in (Cluster, Inquiry)}
    new = Owner.objects.filter(Exists(theirs[Cluster]), ~Exists(theirs[Inquiry]))
    for pk in new.values_list("pk", flat=True):
        ask(pk)


def seek(owner: Owner, kind: Kind) -> bool:
    """Have a worker look for questions now if there may be new ones; whether one will, or does."""
    inquiry, _ = Inquiry.objects.get_or_create(owner=owner, kind=kind)
    if inquiry.due_at and inquiry.due_at <= _now(owner) + _LEASE:
        return True
    newest = Edit.objects.of(owner).order_by("-pk").values_list("created_at", flat=True).first()
    if inquiry.found_at and inquiry.due_at is None and (not newest or newest < inquiry.found_at):
        return False
    return bool(Inquiry.objects.filter(pk=inquiry.pk, due_at=inquiry.due_at).update(due_at=Now()))


def _now(owner: Owner) -> datetime:
    """By the database's clock: those of web servers and workers may be set right meanwhile."""
    told: datetime = Owner.objects.values_list(Now(), flat=True).get(pk=owner.pk)
    return told


def are_few(owner: Owner) -> bool:
    """Whether the owner has so few faces that find() is quick."""
    there = Membership.objects.filter(part__cluster__owner=owner)
    return there[: FEW_FACES + 1].count() <= FEW_FACES


def before_somebody(owner: Owner, kind: Kind, *, but: Sitting | None = None) -> set[str]:
    """Keys of questions that people (`but` one) are just looking at."""
    theirs = Sitting.objects.filter(owner=owner, kind=kind, seen_at__gt=Now() - AT_WORK)
    shown = (theirs.exclude(pk=but.pk) if but else theirs).values_list("shown", flat=True)
    return {key for keys in shown for key in keys}


def first_again(owner: Owner, kind: str, key: str, about: Packed) -> None:
    """Have a question asked before all others. The caller holds the owner."""
    rows = OpenQuestion.objects.filter(owner=owner, kind=kind)
    first: Collection[int] = rows.order_by("place").values_list("place", flat=True)[:1]
    place = min(first, default=0) - 1
    values = {"place": place, "about": about}
    OpenQuestion.objects.update_or_create(owner=owner, kind=kind, key=key, defaults=values)


def packed(question: Question) -> Packed:
    """With the faces that are shown: the answer is about them."""
    return {
        "score": question.score,
        "settles": question.settles,
        "sides": [
            {
                "group": side.group,
                "count": side.count,
                "face": side.shown.pk if side.shown else side.face,
                "faces": list(side.faces),
            }
            for side in (question.first, question.second)
        ],
    }


def unpacked(about: Packed) -> Question:
    first, second = (Side(**side) for side in about["sides"])
    return Question(about["score"], about["settles"], first, second)
