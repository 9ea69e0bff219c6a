"""What runs by the clock. Declared here, and put into django-q2's table when a worker starts."""

from dataclasses import dataclass
from datetime import timedelta
from functools import reduce
from operator import or_

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django_q.models import Schedule


@dataclass(frozen=True)
class Planned:
    name: str
    task: str
    every_minutes: int


_LOCK = 4_712  # ours among PostgreSQL's advisory locks
PLAN = (
    Planned("sweep", "jobs.tasks.sweep", every_minutes=1),
    Planned("deliver", "jobs.tasks.deliver", every_minutes=1),
    Planned("tend", "jobs.tasks.tend", every_minutes=1),
    Planned("reembed", "jobs.tasks.reembed", every_minutes=1),
    Planned("retag", "jobs.tasks.retag", every_minutes=5),
    Planned("group", "jobs.tasks.group_faces", every_minutes=10),
    Planned("places", "jobs.tasks.find_places", every_minutes=10),
    Planned("index", "jobs.tasks.index_words", every_minutes=60),
    Planned("duplicates", "jobs.tasks.find_duplicates", every_minutes=10),
    Planned("clean_up", "jobs.tasks.clean_up", every_minutes=60),
    Planned("retain", "config.tasks.retain", every_minutes=60),
    Planned("look", "jobs.tasks.look_at_faces", every_minutes=24 * 60),
    Planned("thumbnails", "jobs.tasks.look_at_thumbnails", every_minutes=24 * 60),
    Planned("calibrate", "jobs.tasks.calibrate", every_minutes=24 * 60),
)


def install() -> None:
    """Make the table say what `PLAN` says. Doing it twice, or two at once, changes nothing."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        _install()


def put_right() -> int:
    """Let what is due long after its time run now: the clock of who has put it there was ahead.

    How many these were. Nothing is due further away than one turn of it.
    """
    turns = {planned.every_minutes for planned in PLAN}
    far = [
        Q(minutes=turn, next_run__gt=Now() + timedelta(minutes=2 * turn)) for turn in sorted(turns)
    ]
    ours = Schedule.objects.filter(name__in=[planned.name for planned in PLAN])
    count: int = ours.filter(reduce(or_, far)).update(next_run=Now())
    return count


def _install() -> None:
    for planned in PLAN:
        Schedule.objects.update_or_create(
            name=planned.name,
            defaults={
                "func": planned.task,
                "schedule_type": Schedule.MINUTES,
                "minutes": planned.every_minutes,
                "repeats": -1,
            },
        )
    ours = [planned.name for planned in PLAN]
    Schedule.objects.filter(func__startswith="jobs.tasks.").exclude(name__in=ours).delete()
