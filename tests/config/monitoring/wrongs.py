"""What is wrong on purpose, for checks to find."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_q.models import Schedule

from config.monitoring.checks.findings import Finding
from jobs import schedules
from photos import roles

GONE = "127.0.0.1:9"


@pytest.fixture
def served(triton_url: str, settings: Any) -> None:
    settings.TRITON_URL = triton_url
    roles.sync(settings.MODEL_REPOSITORY)


def due(late_s: float) -> None:
    schedules.install()
    when = timezone.now() - timedelta(seconds=late_s)
    Schedule.objects.filter(func="jobs.tasks.sweep").update(next_run=when)


Use = Callable[..., None]


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Use:
    """Has the doctor find these things alone."""

    def use(*found: Finding) -> None:
        looks = [lambda each=each: each for each in found]
        monkeypatch.setattr("config.management.commands.doctor.ALL", looks)

    return use
