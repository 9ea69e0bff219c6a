"""Files of results over HTTP."""

import uuid
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.storage import storages
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from jobs import result_files
from jobs.models import Job
from photos.models import Owner
from tests.factories import make_job, make_owner, make_user
from tests.jobs.resulting import (
    OF_ONE_PHOTO,
    paths,
    write,
)

pytestmark = pytest.mark.django_db(transaction=True)


class TestFiles:
    def test_come_by_position_and_number(self) -> None:
        job = make_job()
        write(job.pk, "10/faces/0.jpg", "2/faces/10.jpg", "2/faces/9.jpg", "2/embedding.bin")

        found = [file.path for file in result_files.files(job.pk)]

        assert found == [
            "2/faces/9.jpg", "2/faces/10.jpg", "2/embedding.bin", "10/faces/0.jpg",
        ]  # fmt: skip

    def test_go_on_after_any_of_them(self) -> None:
        job = make_job()
        write(job.pk, *(f"{n}/{name}" for n in (0, 9, 10) for name in OF_ONE_PHOTO))
        everything = [file.path for file in result_files.files(job.pk)]

        for place, path in enumerate(everything):
            rest = [file.path for file in result_files.files(job.pk, after=path)]
            assert rest == everything[place + 1 :]

    def test_are_none_before_something_is_written(self) -> None:
        assert list(result_files.files(make_job().pk)) == []

    def test_leave_out_what_is_being_written(self) -> None:
        job = make_job()
        write(job.pk, "faces/0.jpg", f"faces/1.jpg.{uuid.uuid4().hex}")

        assert paths(job) == ["faces/0.jpg"]


class TestOverHttp:
    @pytest.fixture
    def job(self, owner: Owner) -> Job:
        job = make_job(owner=owner)
        write(job.pk, *OF_ONE_PHOTO)
        return job

    def url(self, job: Job, path: str = "") -> str:
        return f"/api/v1/jobs/{job.pk}/files{f'/{path}' if path else ''}"

    def test_lists_the_files(self, api: APIClient, job: Job) -> None:
        body = api.get(self.url(job)).json()

        assert body["next"] is None
        assert [file["path"] for file in body["results"]][:2] == ["faces/0.bin", "faces/0.jpg"]
        assert body["results"][0] == {
            "path": "faces/0.bin",
            "size_bytes": 11,
            "url": f"http://testserver{self.url(job, 'faces/0.bin')}",
        }

    def test_lists_many_files_page_by_page(
        self, api: APIClient, job: Job, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("jobs.views.results._PAGE", 2)
        seen, url = [], self.url(job)
        while url:
            body = api.get(url).json()
            seen += [file["path"] for file in body["results"]]
            url = body["next"]

        assert sorted(seen) == OF_ONE_PHOTO

    def test_lists_at_a_fixed_number_of_queries(
        self, api: APIClient, job: Job, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(1):
            api.get(self.url(job))

    def test_gives_a_file_to_be_kept(self, api: APIClient, job: Job) -> None:
        answer: Any = api.get(self.url(job, "faces/0.jpg"))

        assert b"".join(answer.streaming_content) == b"faces/0.jpg"
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.headers["Content-Disposition"] == 'attachment; filename="faces-0.jpg"'
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "private, no-cache"

    def test_refuses_to_go_on_after_what_is_no_file(self, api: APIClient, job: Job) -> None:
        answer = api.get(self.url(job), {"after": "../../etc/passwd"})

        assert answer.status_code == 400
        assert answer.json()["fields"].keys() == {"after"}

    @pytest.mark.parametrize(
        "path",
        [
            "faces/7.jpg",
            "0/embedding.bin",
            "../../../etc/passwd",
            "..%2f..%2fetc/passwd",
            "faces/../embedding.bin",
            "faces/0.jpg%00",
            "/etc/passwd",
            "faces",
            "faces/0.jpg.0123456789abcdef0123456789abcdef",
        ],
    )
    def test_has_nothing_at_other_paths(self, api: APIClient, job: Job, path: str) -> None:
        assert api.get(self.url(job, path)).status_code == 404

    def test_shows_no_file_behind_a_link_of_another_name(self, api: APIClient, job: Job) -> None:
        folder = Path(storages["results"].path(str(job.pk)))
        (folder / "faces" / "secret").symlink_to("/etc/passwd")

        listed = api.get(self.url(job)).json()["results"]

        assert sorted(file["path"] for file in listed) == OF_ONE_PHOTO
        assert api.get(self.url(job, "faces/secret")).status_code == 404

    def test_looks_to_others_as_if_there_were_no_job(self, job: Job) -> None:
        stranger = APIClient()
        stranger.force_authenticate(make_owner(user=make_user()).user)
        missing = stranger.get(f"/api/v1/jobs/{uuid.uuid4()}/files")

        for path in ("", "embedding.bin"):
            answer = stranger.get(self.url(job, path))
            assert (answer.status_code, answer.json()) == (404, missing.json())

    def test_is_open_to_staff_who_may_see_jobs(self, job: Job) -> None:
        staff, client = make_user(is_staff=True), APIClient()
        client.force_authenticate(staff)
        assert client.get(self.url(job, "embedding.bin")).status_code == 404

        staff.user_permissions.add(Permission.objects.get(codename="view_job"))
        client.force_authenticate(type(staff).objects.get(pk=staff.pk))

        answer: Any = client.get(self.url(job, "embedding.bin"))
        assert b"".join(answer.streaming_content) == b"embedding.bin"

    def test_wants_to_know_who_asks(self, job: Job) -> None:
        assert APIClient().get(self.url(job)).status_code == 401
