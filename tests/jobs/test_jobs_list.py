"""Jobs, one by one and in a list."""

from itertools import chain, combinations
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from jobs.models import STATUS, Job, State
from photos.models import Owner
from tests.factories import (
    make_item,
    make_job,
    make_owner,
)


def listed(api: APIClient, query: str) -> list[dict[str, Any]]:
    jobs: list[dict[str, Any]] = api.get(f"/api/v1/jobs?{query}").json()["results"]
    return jobs


@pytest.mark.django_db
class TestJobs:
    @pytest.mark.parametrize("count", [1, 3])
    def test_are_listed_with_a_fixed_number_of_queries(
        self,
        api: APIClient,
        owner: Owner,
        count: int,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for _ in range(count):
            make_job(owner=owner, items=2)

        with django_assert_num_queries(2):
            answer = api.get("/api/v1/jobs")

        assert [job["progress"]["total"] for job in answer.json()["results"]] == [2] * count

    def test_are_found_by_the_status_that_they_show(self, api: APIClient, owner: Owner) -> None:
        for states in chain.from_iterable(combinations(State.values, n) for n in range(4)):
            job = make_job(owner=owner)
            for state in states:
                leased = {"lease_until": timezone.now()} if state == State.PROCESSING else {}
                code = "empty_file" if state == State.FAILED else ""
                make_item(job=job, state=state, error_code=code, **leased)
        shown = {job["job_id"]: job["status"] for job in listed(api, "page_size=200")}

        for word in STATUS.values():
            found = {job["job_id"] for job in listed(api, f"status={word}&page_size=200")}
            assert found == {job for job, status in shown.items() if status == word}
            assert found

    def test_are_found_by_their_kind(self, api: APIClient, owner: Owner) -> None:
        make_job(owner=owner, items=1)
        grouping = make_job(owner=owner, items=1, kind=Job.Kind.CLUSTER)

        assert [job["job_id"] for job in listed(api, "kind=cluster")] == [str(grouping.pk)]

    @pytest.mark.parametrize("query", ["status=lost", "kind=holiday"])
    def test_are_not_asked_for_by_what_does_not_exist(self, api: APIClient, query: str) -> None:
        answer = api.get(f"/api/v1/jobs?{query}")

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")

    def test_come_in_pages(self, api: APIClient, owner: Owner) -> None:
        made = [make_job(owner=owner, items=1) for _ in range(3)]

        first = api.get("/api/v1/jobs?page_size=2").json()
        second = api.get(first["next"]).json()

        shown = [each["job_id"] for each in (*first["results"], *second["results"])]
        assert shown == [str(job.pk) for job in reversed(made)]

    def test_are_the_owner_s_own(self, api: APIClient) -> None:
        make_job(owner=make_owner(), items=1)

        assert api.get("/api/v1/jobs").json()["results"] == []
