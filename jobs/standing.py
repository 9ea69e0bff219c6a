"""The state of a job as conditions on its items, for lists that are narrowed down by it.

They say what `Job.state` says. Indexes answer them: no job's items are counted.
"""

from collections.abc import Mapping

from django.db.models import Exists, OuterRef, Q

from jobs.models import FINAL, UNFINISHED, Item, State


def _has(*states: State) -> Q:
    return Q(Exists(Item.objects.filter(job=OuterRef("pk"), state__in=states)))


_WAITS = _has(State.QUEUED)
_IN_WORK = _has(State.PROCESSING)
_ENDED = ~_has(*UNFINISHED)
_ALL_FAILED = _has(State.FAILED) & ~_has(State.SUCCEEDED, State.CANCELLED)
SOME_FAILED = _has(State.FAILED)
IN_STATE: Mapping[State, Q] = {
    State.QUEUED: _WAITS & ~_IN_WORK & ~_has(*FINAL),
    State.PAUSED: _has(State.PAUSED) & ~_WAITS & ~_IN_WORK,
    State.PROCESSING: _IN_WORK | (_WAITS & _has(*FINAL)),
    State.SUCCEEDED: _ENDED & ~_has(State.CANCELLED) & ~_ALL_FAILED,
    State.FAILED: _ENDED & _ALL_FAILED,
    State.CANCELLED: _ENDED & _has(State.CANCELLED),
}
