"""Jobs as staff see them."""

import itertools
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django_q.models import OrmQ

from jobs.models import Item, Job, State
from photos.models import Photo
from tests.factories import make_item, make_job, make_owner, make_photo
from tests.jobs.staffed import (
    JOBS,
    act,
    listed,
    make_job_of,
    retry,
    staff,
    states,
)

pytestmark = pytest.mark.django_db


class TestJobList:
    @pytest.mark.parametrize("rows", [1, 3])
    def test_costs_the_same_however_many_jobs(
        self, admin_client: Client, django_assert_num_queries: Any, rows: int
    ) -> None:
        for _ in range(rows):
            make_job(items=2)

        with django_assert_num_queries(6):
            response = admin_client.get(JOBS)

        assert len(response.context["cl"].result_list) == rows

    def test_shows_how_far_a_job_is(self, admin_client: Client) -> None:
        make_job_of(State.SUCCEEDED, State.FAILED, State.QUEUED)

        page = admin_client.get(JOBS).content.decode()

        assert '<progress value="2" max="3"></progress> 2 of 3, 1 failed' in page
        assert '<span class="pill processing">Processing</span>' in page

    def test_narrows_down_by_state(self, admin_client: Client) -> None:
        queued = make_job_of(State.QUEUED, State.PAUSED)
        paused = make_job_of(State.PAUSED, State.SUCCEEDED)
        started = make_job_of(State.QUEUED, State.SUCCEEDED)
        done = make_job_of(State.SUCCEEDED)
        mixed = make_job_of(State.SUCCEEDED, State.FAILED)
        failed = make_job_of(State.FAILED)
        cancelled = make_job_of(State.CANCELLED, State.FAILED)
        empty = make_job()

        assert listed(admin_client, "state=queued") == [queued.pk]
        assert listed(admin_client, "state=paused") == [paused.pk]
        assert listed(admin_client, "state=processing") == [started.pk]
        assert listed(admin_client, "state=succeeded") == [empty.pk, mixed.pk, done.pk]
        assert listed(admin_client, "state=failed") == [failed.pk]
        assert listed(admin_client, "state=cancelled") == [cancelled.pk]
        assert listed(admin_client, "state=some_failed") == [cancelled.pk, failed.pk, mixed.pk]
        assert len(listed(admin_client, "state=none_such")) == 8

    @pytest.mark.parametrize("size", [1, 2, 3])
    def test_narrows_down_to_what_it_shows(self, admin_client: Client, size: int) -> None:
        for each in itertools.combinations_with_replacement(State, size):
            make_job_of(*each)

        shown = {state: listed(admin_client, f"state={state}") for state in State}

        for job in Job.objects.with_progress():
            assert job.pk in shown[job.state]

    def test_narrows_down_by_kind(self, admin_client: Client) -> None:
        make_job()
        grouping = make_job(kind=Job.Kind.CLUSTER)

        assert listed(admin_client, "kind__exact=cluster") == [grouping.pk]

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

        assert told == ["1 failed photo will be tried again."]
        assert job.items.filter(state=State.QUEUED).count() == 1
        assert other.items.filter(state=State.QUEUED).count() == 0
        assert OrmQ.objects.count() == 1

    def test_finds_nothing_to_do_the_second_time(self, admin_client: Client) -> None:
        job = make_job_of(State.FAILED)

        told = [retry(admin_client, job) for _ in range(2)]

        assert told[1] == ["0 failed photos will be tried again."]
        assert OrmQ.objects.count() == 1

    def test_is_not_for_those_who_may_only_look(self, client: Client) -> None:
        job = make_job_of(State.FAILED)

        retry(staff(client, "view_job"), job)

        assert Item.objects.get().state == State.FAILED

    def test_is_for_staff_who_may_change_jobs(self, client: Client) -> None:
        retry(staff(client, "view_job", "change_job"), make_job_of(State.FAILED))

        assert Item.objects.get().state == State.QUEUED


class TestSteering:
    def test_cancels_what_waits_and_asks_to_cancel_the_rest(self, admin_client: Client) -> None:
        job = make_job(items=2)
        Item.objects.claim(worker="w", limit=1, lease_s=30)

        told = act(admin_client, "cancel", job)

        assert told == ["1 job cancelled."]
        assert sorted(states(job)) == ["cancelled", "processing"]
        assert job.items.get(state=State.PROCESSING).cancelling

    def test_pauses_and_resumes(self, admin_client: Client) -> None:
        job, other = make_job(items=2), make_job(items=1)

        told = act(admin_client, "pause", job)
        while_paused = states(job)
        told += act(admin_client, "resume", job)

        assert told == [
            "2 photos wait until they are resumed.",
            "2 photos have their turn again.",
        ]
        assert while_paused == ["paused", "paused"]
        assert states(job) == ["queued", "queued"]
        assert states(other) == ["queued"]

    @pytest.mark.parametrize("action", ["cancel", "pause", "resume"])
    def test_says_of_which_jobs_nothing_is_left(self, admin_client: Client, action: str) -> None:
        finished, going = make_job_of(State.SUCCEEDED), make_job(items=1)

        told = act(admin_client, action, finished, going)

        assert told[0] == "1 job: The job is finished: nothing of it is left to do."
        assert len(told) == 2
        assert states(finished) == ["succeeded"]

    def test_deletes_finished_jobs_alone_and_leaves_their_photos(
        self, admin_client: Client
    ) -> None:
        finished, going, photo = make_job(), make_job(items=1), make_photo()
        make_item(job=finished, photo=photo, state=State.SUCCEEDED)

        told = act(admin_client, "delete_finished", finished, going)

        assert told == [
            "1 job: The job is not finished: cancel it first.",
            "1 job deleted.",
        ]
        assert Job.objects.get() == going
        assert Photo.objects.get() == photo

    def test_is_written_down_with_who_did_it(self, admin_client: Client, admin_user: Any) -> None:
        job = make_job(items=1)

        act(admin_client, "pause", job)

        entry = LogEntry.objects.get()
        assert (entry.user, entry.object_id) == (admin_user, str(job.pk))
        assert entry.get_change_message() == "Paused."

    @pytest.mark.parametrize("action", ["cancel", "pause", "retry", "delete_finished"])
    def test_is_not_for_those_who_may_only_look(self, client: Client, action: str) -> None:
        job = make_job_of(State.QUEUED, State.FAILED)

        act(staff(client, "view_job"), action, job)

        assert states(job) == ["queued", "failed"]

    def test_needs_another_permission_to_delete(self, client: Client) -> None:
        act(staff(client, "view_job", "change_job"), "delete_finished", make_job())
        kept = Job.objects.count()
        act(staff(client, "view_job", "delete_job"), "delete_finished", Job.objects.get())

        assert (kept, Job.objects.count()) == (1, 0)
