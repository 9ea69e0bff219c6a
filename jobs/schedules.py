"""What runs by the clock. Declared here, and put into django-q2's table when a worker starts."""

from dataclasses import dataclass

from django_q.models import Schedule


@dataclass(frozen=True)
class Planned:
    name: str
    task: str
    every_minutes: int


PLAN = (Planned("sweep", "jobs.tasks.sweep", every_minutes=1),)


def install() -> None:
    """Make the table say what `PLAN` says. Doing it twice changes nothing."""
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
