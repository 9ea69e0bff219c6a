"""Going through questions, one after the other: by one of the staff, or by several at once.

What is asked was found ahead, and is kept. Each question is looked at again before it is shown, and
once more when it is answered, under the owner's lock: of two who answer the same, the second is
told.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext

import photos.services
from faces.errors import AlreadyUndone, FaceError, NotAsked, NothingChosen
from faces.models import Answered, Edit, OpenQuestion, Sitting
from faces.people import editing
from faces.people.once import made_by
from faces.review import ahead
from faces.review.deciding import acts_of
from faces.review.questions import MOST, Kind, Question
from faces.review.still import still_open
from photos.models import Owner

SHOWN = 2  # the one that is asked, and the next, so that it is there at once
ENDS_AFTER = timedelta(hours=1)  # without an answer
_SOON = 20  # questions that are left when more are looked for
_LOOKED_AT = (4, 32, MOST)  # questions at a time, for those that are open still: most are


class Answer(StrEnum):
    YES = "yes"  # one person
    NO = "no"
    SKIP = "skip"  # somebody else may know


@dataclass(frozen=True)
class Desk:
    """What is before somebody: the question, and the one after it; how far they are."""

    questions: Sequence[Question]
    left: int
    done: int
    skipped: int
    is_sought: bool = False  # more are being looked for, or a worker is to be woken up for that


@dataclass(frozen=True)
class Decision:
    """What was answered, and the edits that were made of it, or that have undone it."""

    answer: Answer
    edits: Sequence[Edit]


def sit_down(owner: Owner, kind: Kind, by: User) -> Sitting:
    """Theirs: the one that they have begun. If that is long ago, what is done next begins anew."""
    sitting, _ = Sitting.objects.get_or_create(owner=owner, kind=kind.value, by=by)
    sitting.owner = owner
    return sitting


def look(sitting: Sitting) -> Desk:
    """What is to be asked now. Where all has been, or almost, new questions are looked for."""
    desk, owner, kind = _next(sitting), sitting.owner, Kind(sitting.kind)
    if desk.left > _SOON:
        return desk
    are_few = ahead.are_few(owner)
    if are_few and desk.questions:
        return desk
    space = photos.services.current_space("face_embedder")
    if space is None:
        return desk
    if are_few:
        ahead.find(owner, space, kind)
        return _next(sitting)
    return replace(desk, is_sought=ahead.seek(owner, kind))


def decide(sitting: Sitting, key: str, answer: Answer, by: User) -> Decision:
    """Do what follows from the `answer` to the question of this `key`.

    Raises:
        NotAsked: it is settled by now, or what it was about is gone; nothing has changed.
        FaceError: that can't be, as something stands against it. Nothing has changed, but that the
            question is put aside, as if it was skipped.
    """
    try:
        return _decide(sitting, key, answer, by)
    except NotAsked:
        raise
    except FaceError:
        _decide(sitting, key, Answer.SKIP, by)
        raise


def take_back(sitting: Sitting, by: User) -> Decision:
    """Undo the last answer, with all that followed from it, and ask again.

    Raises:
        NothingChosen: there is none in this sitting.
        Overtaken, TwiceInPhoto, Contradicted: as editing.undo(); nothing has changed.
    """
    with _held(sitting) as now:
        last = now.answered.order_by("-pk").first()
        if last is None:
            raise NothingChosen(
                gettext("Nothing was answered in this sitting: there is nothing to undo.")
            )
        last.delete()
        ahead.first_again(now.owner, now.kind, last.key, last.about)
        undone = []
        for pk in reversed(last.edits):
            with suppress(AlreadyUndone):  # on the page of edits, by somebody
                undone.append(editing.undo(now.owner, pk, by))
    return Decision(Answer(last.answer), undone)


@contextmanager
def _held(sitting: Sitting) -> Iterator[Sitting]:
    """The row as it is now, or begun anew, which nobody else changes in the block; then it is
    stored."""
    with transaction.atomic():
        editing.hold(sitting.owner)
        is_over = Q(seen_at__lt=Now() - ENDS_AFTER)
        row = Sitting.objects.annotate(is_over=is_over).filter(pk=sitting.pk).first()
        if row is None:  # somebody was erased
            raise NotAsked(gettext("Begin anew: what was to be asked here has been erased."))
        row.owner = sitting.owner
        if row.is_over:
            row.answered.all().delete()
            row.shown = []
        yield row
        row.seen_at = Now()
        row.save(update_fields=["seen_at", "shown"])


def _next(sitting: Sitting) -> Desk:
    with _held(sitting) as now:
        shown = _open(now)
        now.shown = [each.key for each in shown]
        is_skipped = Q(answer=Answer.SKIP)
        counts = now.answered.aggregate(all=Count("pk"), skipped=Count("pk", filter=is_skipped))
        left = _waiting(now).count()
    return Desk(shown, left, counts["all"] - counts["skipped"], counts["skipped"])


def _waiting(sitting: Sitting) -> QuerySet[OpenQuestion]:
    """What is not answered yet in this sitting."""
    was_asked = sitting.answered.filter(key=OuterRef("key"))
    kept = OpenQuestion.objects.filter(owner=sitting.owner, kind=sitting.kind)
    return kept.exclude(Exists(was_asked))


def _open(sitting: Sitting) -> list[Question]:
    """The first ones that can be asked still; those before them that can't be any more, go."""
    kind = Kind(sitting.kind)
    elsewhere = ahead.before_somebody(sitting.owner, kind, but=sitting)
    waiting = _waiting(sitting).annotate(is_elsewhere=Q(key__in=elsewhere))
    order = waiting.order_by("is_elsewhere", "place")
    found: list[Question] = []
    for most in _LOOKED_AT:
        some = {row.key: row for row in order[:most]}
        found = still_open(
            sitting.owner, kind, [ahead.unpacked(row.about) for row in some.values()]
        )
        there = {each.key for each in found}
        if gone := [row.pk for key, row in some.items() if key not in there]:
            OpenQuestion.objects.filter(pk__in=gone).delete()
        if len(found) >= SHOWN or len(some) < most:
            break
    return found[:SHOWN]


def _decide(sitting: Sitting, key: str, answer: Answer, by: User) -> Decision:
    with _held(sitting) as now:
        row = _waiting(now).filter(key=key).first()
        if row is None:
            was_mine = now.answered.filter(key=key).exists()
            raise NotAsked(gettext("You have answered that already.") if was_mine else _settled())
        edits: list[Edit] = []
        if answer is not Answer.SKIP:
            edits = _edits(now, ahead.unpacked(row.about), answer, by)
            row.delete()
        keys = [each.pk for each in edits]
        Answered.objects.create(sitting=now, key=key, about=row.about, answer=answer, edits=keys)
    return Decision(answer, edits)


def _edits(sitting: Sitting, question: Question, answer: Answer, by: User) -> list[Edit]:
    """Those that the answer makes."""
    kind, owner = Kind(sitting.kind), sitting.owner
    there = still_open(owner, kind, [question])
    if not there:
        raise NotAsked(_settled())
    acts = acts_of(owner, kind, there[0], same=answer is Answer.YES, by=by)
    return made_by(owner, acts)


def _settled() -> str:
    return gettext("Somebody has settled that meanwhile, or changed what it was about.")
