"""What pages of jobs are tried with: jobs, and staff who act."""

from typing import Any

from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from jobs.models import Item, Job, State
from tests.factories import make_item, make_job, make_user

JOBS, ITEMS = "/admin/jobs/job/", "/admin/jobs/item/"
FAILURE: dict[str, Any] = {
    "state": State.FAILED,
    "error_code": "too_large",
    "error_detail": "The file is larger than 100 MB.",
}


def make_job_of(*states: State) -> Job:
    job = make_job()
    for state in states:
        more = {State.FAILED: FAILURE, State.PROCESSING: {"lease_until": timezone.now()}}
        make_item(job=job, **{"state": state} | more.get(state, {}))
    return job


def listed(client: Client, query: str, url: str = JOBS) -> list[object]:
    return [row.pk for row in client.get(f"{url}?{query}").context["cl"].result_list]


def act(client: Client, action: str, *rows: Job | Item, url: str = JOBS) -> list[str]:
    """Choose rows and an action; returns what staff are told."""
    data = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    response = client.post(url, data, follow=True)
    return [str(message) for message in response.context["messages"]]


def retry(client: Client, job: Job) -> list[str]:
    return act(client, "retry", job)


def states(job: Job) -> list[str]:
    return list(job.items.order_by("pk").values_list("state", flat=True))


def staff(client: Client, *permissions: str) -> Client:
    user = make_user(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return client
