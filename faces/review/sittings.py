"""Going through questions, one after the other: by one of the staff, or by several at once.

What is asked is found once, and kept. Each question is looked at again before it is shown, and once
more when it is answered, under the owner's lock: of two who answer the same, the second is told.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from faces.errors import AlreadyUndone, FaceError, NotAsked, NothingChosen
from faces.models import Edit, Sitting
from faces.people import editing
from faces.people.once import once
from faces.review.deciding import acts_of
from faces.review.questions import Kind, Question, Side
from faces.review.queue import questions as queue
from faces.review.still import still_open
from photos.models import Owner, Space

SHOWN = 2  # the one that is asked, and the next, so that it is there at once
ENDS_AFTER = timedelta(hours=1)  # without an answer
_AT_WORK = timedelta(minutes=2)  # so long others are not asked what somebody has before them
_LOOKED_AT = 10  # questions at once, for those that are open still

Packed = dict[str, Any]  # a question, as JSON


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

    @classmethod
    def of(cls, sitting: Sitting, shown: Sequence[Question]) -> "Desk":
        skipped = sum(each["answer"] == Answer.SKIP for each in sitting.decisions)
        done = len(sitting.decisions) - skipped
        return cls(shown, len(sitting.questions), done, skipped)


@dataclass(frozen=True)
class Decision:
    """What was answered, and the edits (keys) that were made of it, or that have undone it."""

    answer: Answer
    edits: Sequence[int]


def sit_down(owner: Owner, kind: Kind, by: User) -> Sitting:
    """Theirs: the one that they have begun, unless that is long ago."""
    sitting, _ = Sitting.objects.get_or_create(owner=owner, kind=kind.value, by=by)
    if timezone.now() - sitting.seen_at > ENDS_AFTER:
        with _held(sitting) as now:
            now.questions, now.decisions, now.shown = [], [], []
    return sitting


def look(sitting: Sitting, space: Space | None) -> Desk:
    """What is to be asked now. Where all has been, new questions are looked for."""
    desk = _next(sitting)
    if desk.questions or space is None:
        return desk
    fresh = queue(sitting.owner, space, Kind(sitting.kind))  # slow: nobody waits for it
    return _next(sitting, fresh) if fresh else desk


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
        if not now.decisions:
            raise NothingChosen("Nothing was answered in this sitting: there is nothing to undo.")
        last = now.decisions.pop()
        now.questions.insert(0, last["question"])
        undone = []
        for pk in reversed(last["edits"]):
            with suppress(AlreadyUndone):  # on the page of edits, by somebody
                undone.append(editing.undo(now.owner, pk, by).pk)
    return Decision(Answer(last["answer"]), undone)


@contextmanager
def _held(sitting: Sitting) -> Iterator[Sitting]:
    """The row as it is now, which nobody else changes in the block; then it is stored."""
    with transaction.atomic():
        editing.hold(sitting.owner)
        row = Sitting.objects.select_related("owner").filter(pk=sitting.pk).first()
        if row is None:  # somebody was erased
            raise NotAsked("Begin anew: what was to be asked here has been erased.")
        yield row
        row.seen_at = timezone.now()
        row.save()


def _next(sitting: Sitting, fresh: Sequence[Question] = ()) -> Desk:
    with _held(sitting) as now:
        was_asked = {each["question"]["key"] for each in now.decisions}
        waiting = {each["key"]: each for each in [*now.questions, *map(_packed, fresh)]}
        waiting = {key: each for key, each in waiting.items() if key not in was_asked}
        shown, gone = _open(now, waiting)
        left = {key: each for key, each in waiting.items() if key not in gone}
        left |= {each.key: _packed(each) for each in shown}  # with the faces that are seen
        now.questions = list(left.values())
        now.shown = [each.key for each in shown]
    return Desk.of(now, shown)


def _open(sitting: Sitting, waiting: Mapping[str, Packed]) -> tuple[list[Question], set[str]]:
    """The first ones that are open, and the keys of those before them that are not any more."""
    kind, elsewhere = Kind(sitting.kind), _before_others(sitting)
    order = sorted(waiting, key=lambda key: key in elsewhere)
    found: list[Question] = []
    gone: set[str] = set()
    for start in range(0, len(order), _LOOKED_AT):
        some = order[start : start + _LOOKED_AT]
        there = still_open(sitting.owner, kind, [_unpacked(waiting[key]) for key in some])
        found += there
        gone.update(set(some) - {each.key for each in there})
        if len(found) >= SHOWN:
            break
    return found[:SHOWN], gone


def _before_others(sitting: Sitting) -> set[str]:
    """Keys of questions that somebody else is just looking at."""
    since = timezone.now() - _AT_WORK
    others = Sitting.objects.filter(owner=sitting.owner, kind=sitting.kind, seen_at__gt=since)
    shown = others.exclude(pk=sitting.pk).values_list("shown", flat=True)
    return {key for keys in shown for key in keys}


def _decide(sitting: Sitting, key: str, answer: Answer, by: User) -> Decision:
    with _held(sitting) as now:
        packed = next((each for each in now.questions if each["key"] == key), None)
        if packed is None:
            raise NotAsked("That was answered already, or is not asked any more.")
        edits = [] if answer is Answer.SKIP else _edits(now, _unpacked(packed), answer, by)
        now.questions.remove(packed)
        now.decisions.append({"question": packed, "answer": answer, "edits": edits})
    return Decision(answer, edits)


def _edits(sitting: Sitting, question: Question, answer: Answer, by: User) -> list[int]:
    """Keys of those that the answer makes."""
    kind, owner = Kind(sitting.kind), sitting.owner
    there = still_open(owner, kind, [question])
    if not there:
        raise NotAsked("Somebody has settled that meanwhile, or changed what it was about.")
    acts = acts_of(owner, kind, there[0], same=answer is Answer.YES, by=by)
    made = [once(owner, None, act, unchanged=Edit()) for act in acts]
    return [each.pk for each in made if each]


def _packed(question: Question) -> Packed:
    """With the faces that are shown: the answer is about them."""
    return {
        "key": question.key,
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


def _unpacked(packed: Packed) -> Question:
    first, second = (Side(**side) for side in packed["sides"])
    return Question(packed["score"], packed["settles"], first, second)
