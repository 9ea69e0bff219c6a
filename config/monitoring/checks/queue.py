"""Does anybody work?"""

from django.db import DatabaseError
from django.utils import timezone
from django_q.models import Schedule

from config.monitoring.checks.findings import Finding, fine, warning, wrong
from jobs import statistics
from jobs.models import Item, Pause, State

_LATE_S = 180  # of what is due each minute
_STUCK_S = 900  # that the oldest may wait while nobody works
_NO_DATABASE = "Mend the database first."
_START = "Start `manage.py worker` (make up has it), and see in its log why it has ended."


def workers() -> Finding:
    """Their heartbeat: what is due each minute is done each minute."""
    try:
        due = Schedule.objects.filter(func="jobs.tasks.sweep").order_by("next_run").first()
    except DatabaseError:
        return wrong("workers", "Nobody can say whether workers run: no database.", _NO_DATABASE)
    if due is None or due.next_run is None:
        return wrong("workers", "No worker has ever run on this database.", _START)
    late_s = (timezone.now() - due.next_run).total_seconds()
    if late_s > _LATE_S:
        return wrong("workers", f"No worker has looked at the queue for {late_s:.0f} s.", _START)
    return fine("workers", "Workers do what is due.")


def queue() -> Finding:
    name = "queue"
    try:
        pause = Pause.objects.first()
        oldest_s = max((each.oldest_s or 0.0 for each in statistics.depths()), default=0.0)
        works = Item.objects.filter(state=State.PROCESSING).exists()
        lost = Item.objects.filter(state=State.PROCESSING, lease_until__lt=timezone.now()).exists()
    except DatabaseError:
        return wrong(name, "Nobody can say how the queue is: no database.", _NO_DATABASE)
    if pause:
        mend = "Resume it on the page Queue of the admin, when the reason is gone."
        return warning(name, f"The queue is stopped, by {pause.by}: {pause.reason or '-'}.", mend)
    if oldest_s > _STUCK_S and not works:
        says = f"Something has waited for {oldest_s:.0f} s, and nobody works on anything."
        return wrong(name, says, "Look at `workers` and `models` here; see docs/queue.md.")
    if lost:
        mend = "Nothing: a sweep gives it to another worker within a minute. If it stays, see them."
        return warning(name, "A worker has died with something in hand.", mend)
    return fine(name, "Nothing is stuck.")
