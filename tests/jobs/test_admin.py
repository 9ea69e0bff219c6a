"""Jobs as staff see them."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django_q.models import OrmQ

from jobs.models import FIRST, Item, Job, State
from tests.factories import make_item, make_job, make_owner, make_photo, make_user

pytestmark = pytest.mark.django_db
JOBS = "/admin/jobs/job/"
FAILURE = {
    "state": State.FAILED,
    "error_code": "too_large",
    "error_detail": "The file is larger than 100 MB.",
}


def make_job_of(*states: State) -> Job:
    job = make_job()
    for state in states:
        make_item(job=job, **(FAILURE if state == State.FAILED else {"state": state}))
    return job


def listed(client: Client, query: str) -> list[object]:
    return [job.pk for job in client.get(f"{JOBS}?{query}").context["cl"].result_list]


def retry(client: Client, job: Job) -> list[str]:
    """Ask for another try; returns what staff are told."""
    data = {"action": "retry", "_selected_action": str(job.pk)}
    response = client.post(JOBS, data, follow=True)
    return [str(message) for message in response.context["messages"]]


class TestJobList:
    @pytest.mark.parametrize("rows", [1, 3])
    def test_costs_the_same_however_many_jobs(
        self, admin_client: Client, django_assert_num_queries: Any, rows: int
    ) -> None:
        for _ in range(rows):
            make_job(items=2)

        with django_assert_num_queries(5):
            response = admin_client.get(JOBS)

        assert len(response.context["cl"].result_list) == rows

    def test_shows_how_far_a_job_is(self, admin_client: Client) -> None:
        make_job_of(State.SUCCEEDED, State.FAILED, State.QUEUED)

        page = admin_client.get(JOBS).content.decode()

        assert '<progress value="2" max="3"></progress> 2 of 3, 1 failed' in page
        assert '<span class="pill processing">Processing</span>' in page

    def test_narrows_down_by_state(self, admin_client: Client) -> None:
        queued = make_job_of(State.QUEUED, State.QUEUED)
        started = make_job_of(State.QUEUED, State.SUCCEEDED)
        done = make_job_of(State.SUCCEEDED)
        mixed = make_job_of(State.SUCCEEDED, State.FAILED)
        failed = make_job_of(State.FAILED)

        assert listed(admin_client, "state=queued") == [queued.pk]
        assert listed(admin_client, "state=processing") == [started.pk]
        assert listed(admin_client, "state=succeeded") == [mixed.pk, done.pk]
        assert listed(admin_client, "state=failed") == [failed.pk]
        assert listed(admin_client, "state=some_failed") == [failed.pk, mixed.pk]

    def test_finds_a_job_by_external_id_and_by_owner(self, admin_client: Client) -> None:
        wanted, _ = make_job(owner=make_owner(subject="anna")), make_job()
        make_item(job=wanted, external_id="IMG_1.jpg")

        assert listed(admin_client, "q=IMG_1.jpg") == [wanted.pk]
        assert listed(admin_client, "q=anna") == [wanted.pk]
        assert listed(admin_client, f"q={wanted.pk}") == [wanted.pk]


class TestRetry:
    def test_puts_failed_photos_back_and_wakes_a_worker(self, admin_client: Client) -> None:
        job, other = make_job_of(State.SUCCEEDED, State.FAILED), make_job_of(State.FAILED)

        told = retry(admin_client, job)

        assert told == ["1 failed photo(s) will be tried again."]
        assert job.items.filter(state=State.QUEUED).count() == 1
        assert other.items.filter(state=State.QUEUED).count() == 0
        assert OrmQ.objects.count() == 1

    def test_finds_nothing_to_do_the_second_time(self, admin_client: Client) -> None:
        job = make_job_of(State.FAILED)

        told = [retry(admin_client, job) for _ in range(2)]

        assert told[1] == ["0 failed photo(s) will be tried again."]
        assert OrmQ.objects.count() == 1

    def test_is_not_for_those_who_may_only_look(self, client: Client) -> None:
        reader = make_user(is_staff=True)
        reader.user_permissions.add(Permission.objects.get(codename="view_job"))
        client.force_login(reader)
        job = make_job_of(State.FAILED)

        retry(client, job)

        assert Item.objects.get().state == State.FAILED

    def test_is_for_staff_who_may_change_jobs(self, client: Client) -> None:
        operator = make_user(is_staff=True)
        for codename in ("view_job", "change_job"):
            operator.user_permissions.add(Permission.objects.get(codename=codename))
        client.force_login(operator)

        retry(client, make_job_of(State.FAILED))

        assert Item.objects.get().state == State.QUEUED


class TestJobPage:
    def test_shows_each_photo_with_its_times_or_what_went_wrong(self, admin_client: Client) -> None:
        job, photo = make_job_of(State.FAILED), make_photo()
        make_item(job=job, photo=photo, state=State.SUCCEEDED, stage_ms={"decode": 12.4})

        page = admin_client.get(f"{JOBS}{job.pk}/change/").content.decode()

        assert "<code>too_large</code> The file is larger than 100 MB." in page
        assert photo.thumbnail.url in page
        assert "decode 12" in page

    def test_shows_failures_first_and_not_more_than_fit(self, admin_client: Client) -> None:
        job = make_job(items=FIRST)
        make_item(job=job, file_name="last.jpg", **FAILURE)

        page = admin_client.get(f"{JOBS}{job.pk}/change/").content.decode()

        assert "100 of 101 photos, those that failed first." in page
        assert "last.jpg" in page

    def test_shows_a_hostile_file_name_as_text(self, admin_client: Client) -> None:
        item = make_item(file_name="<script>alert(1)</script>.jpg")

        page = admin_client.get(f"{JOBS}{item.job_id}/change/").content.decode()

        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;.jpg" in page

    def test_changes_nothing(self, admin_client: Client) -> None:
        job = make_job()

        assert admin_client.post(f"{JOBS}{job.pk}/change/").status_code == 403
        assert admin_client.post(f"{JOBS}{job.pk}/delete/").status_code == 403
        assert admin_client.get(f"{JOBS}add/").status_code == 403
