"""Items of jobs, and the page of a job, as staff see them."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

import jobs.admin.items
from jobs.models import FIRST, Item, State
from tests.factories import make_item, make_job, make_photo
from tests.jobs.staffed import (
    FAILURE,
    ITEMS,
    JOBS,
    act,
    listed,
    make_job_of,
    staff,
)

pytestmark = pytest.mark.django_db


class TestItemList:
    @pytest.mark.parametrize("rows", [1, 3])
    def test_costs_the_same_however_many_photos(
        self, admin_client: Client, django_assert_num_queries: Any, rows: int
    ) -> None:
        for _ in range(rows):
            make_item(**FAILURE)

        with django_assert_num_queries(7):
            response = admin_client.get(ITEMS)

        assert len(response.context["cl"].result_list) == rows

    def test_is_of_those_that_failed_unless_others_are_asked_for(
        self, admin_client: Client
    ) -> None:
        queued = make_item()
        first = make_item(**FAILURE, finished_at=timezone.now() - timedelta(hours=1))
        last = make_item(**FAILURE)

        assert listed(admin_client, "", ITEMS) == [last.pk, first.pk]
        assert listed(admin_client, "state=queued", ITEMS) == [queued.pk]
        assert listed(admin_client, "state=all", ITEMS) == [last.pk, first.pk, queued.pk]

    def test_narrows_down_by_error_and_owner(self, admin_client: Client) -> None:
        large = make_item(**FAILURE)
        other = make_item(state=State.FAILED, error_code="not_an_image")

        assert listed(admin_client, "error_code=too_large", ITEMS) == [large.pk]
        assert listed(admin_client, f"owner__id__exact={other.owner_id}", ITEMS) == [other.pk]
        assert listed(admin_client, "error_code=none_such", ITEMS) == []

    def test_says_why_how_often_and_who_works_on_it(self, admin_client: Client) -> None:
        make_item(**FAILURE, attempts=3, deaths=2)
        make_item()
        Item.objects.claim(worker="studio:17:abc", limit=1, lease_s=30.5)

        failed = admin_client.get(ITEMS).content.decode()
        working = admin_client.get(f"{ITEMS}?state=processing").content.decode()

        assert "<code>too_large</code> The file is larger than 100 MB." in failed
        assert "3 of 3, 2 ended with the worker" in failed
        assert "studio:17:abc, for 30 s" in working

    def test_counts_no_more_than_anybody_looks_at(
        self, admin_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(jobs.admin.items, "COUNTED", 2)
        for _ in range(3):
            make_item(**FAILURE)

        assert admin_client.get(ITEMS).context["cl"].result_count == 2

    def test_tries_chosen_ones_again(self, admin_client: Client) -> None:
        chosen, other = make_item(**FAILURE), make_item(**FAILURE)

        told = [act(admin_client, "retry", chosen, url=ITEMS) for _ in range(2)]

        assert told[0] == ["1 failed photo will be tried again."]
        assert Item.objects.get(state=State.QUEUED) == chosen
        assert Item.objects.get(state=State.FAILED) == other
        assert LogEntry.objects.count() == 1

    def test_changes_nothing_for_those_who_may_only_look(self, client: Client) -> None:
        item = make_item(**FAILURE)

        act(staff(client, "view_item"), "retry", item, url=ITEMS)

        assert Item.objects.get().state == State.FAILED

    def test_has_a_page_for_each(self, admin_client: Client) -> None:
        item = make_item(**FAILURE, location="https://photos.example/<b>.jpg")

        page = admin_client.get(f"{ITEMS}{item.pk}/change/").content.decode()

        assert "https://photos.example/&lt;b&gt;.jpg" in page
        assert f"/admin/jobs/job/{item.job_id}/change/" in page
        assert admin_client.post(f"{ITEMS}{item.pk}/change/").status_code == 403


class TestJobPage:
    def test_shows_each_photo_with_its_times_or_what_went_wrong(self, admin_client: Client) -> None:
        job, photo = make_job_of(State.FAILED), make_photo()
        make_item(job=job, photo=photo, state=State.SUCCEEDED, stage_ms={"decode": 12.4})

        page = admin_client.get(f"{JOBS}{job.pk}/change/").content.decode()

        assert "<code>too_large</code> The file is larger than 100 MB." in page
        assert photo.thumbnail.url in page
        assert "decode 12" in page

    def test_shows_who_works_on_a_photo(self, admin_client: Client) -> None:
        item = make_item()
        Item.objects.claim(worker="studio:17:abc", limit=1, lease_s=30)

        page = admin_client.get(f"{JOBS}{item.job_id}/change/").content.decode()

        assert '<span class="label">studio:17:abc</span><br>until' in page
        assert "1 of 3" in page

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
