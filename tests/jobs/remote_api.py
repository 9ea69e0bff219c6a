"""What the API of remote workers is tried with."""

from typing import Any

import pytest
from django.conf import settings as django_settings

from jobs.models import Job
from photos import roles
from tests.jobs.remote import (
    Worker,
)

ENDS = ["complete", "fail", "release"]


@pytest.fixture(autouse=True)
def _models(transactional_db: None) -> None:
    """The real repository is known, and no model server is needed."""
    roles.sync(django_settings.MODEL_REPOSITORY)


@pytest.fixture
def worker() -> Worker:
    return Worker()


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def state_of(job: Job) -> tuple[str, str]:
    item = job.items.get()
    return item.state, item.error_code
