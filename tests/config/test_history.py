"""Django's history of all that staff have done, as one list."""

from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from faces.models import Person
from tests.factories import make_job, make_person, make_user

pytestmark = pytest.mark.django_db
HISTORY, JOBS = "/admin/admin/logentry/", "/admin/jobs/job/"


def make_entry(**values: Any) -> LogEntry:
    defaults = {"action_flag": CHANGE, "object_repr": "Anna", "change_message": "Hid."}
    return LogEntry.objects.create(**{"user": make_user(is_staff=True), **defaults} | values)


class TestHistory:
    @pytest.mark.parametrize("rows", [1, 3])
    def test_costs_the_same_however_long(
        self, admin_client: Client, django_assert_num_queries: Any, rows: int
    ) -> None:
        for _ in range(rows):
            make_entry(content_type=ContentType.objects.get_for_model(Person))

        with django_assert_num_queries(5):
            response = admin_client.get(HISTORY)

        assert len(response.context["cl"].result_list) == rows

    def test_leads_to_what_it_is_about(self, admin_client: Client) -> None:
        anna = make_person(name="<b>Anna</b>")
        kind = ContentType.objects.get_for_model(Person)
        make_entry(content_type=kind, object_id=anna.pk, object_repr=anna.name)
        make_entry(object_repr="Queue")

        page = admin_client.get(HISTORY).content.decode()

        link = f'<a href="/admin/faces/person/{anna.pk}/change/">&lt;b&gt;Anna&lt;/b&gt;</a>'
        assert link in page
        assert "Queue</td>" in page

    def test_narrows_down_to_who_did_it(self, admin_client: Client) -> None:
        hers, _ = make_entry(), make_entry()

        lists = [
            list(admin_client.get(f"{HISTORY}?user={who}").context["cl"].result_list)
            for who in (hers.user_id, "nobody", 10**30)
        ]

        assert [len(each) for each in lists] == [1, 2, 0]
        assert lists[0] == [hers]

    def test_has_the_reason_of_an_action(self, admin_client: Client, admin_user: Any) -> None:
        job = make_job(items=1)
        data = {"action": "cancel", "_selected_action": [job.pk], "reason": "Wrong album."}

        admin_client.post(JOBS, data)

        entry = LogEntry.objects.get()
        assert (entry.user, entry.object_id) == (admin_user, str(job.pk))
        assert entry.change_message == "Cancelled. Reason: Wrong album."

    def test_is_changed_by_nobody(self, admin_client: Client) -> None:
        url = f"{HISTORY}{make_entry().pk}/"

        codes = [admin_client.post(f"{url}{way}/").status_code for way in ("change", "delete")]

        assert codes == [403, 403]
