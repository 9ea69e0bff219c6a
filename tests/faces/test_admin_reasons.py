"""Who has changed people on the pages of staff, and why: in the edit, and in Django's history."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.utils.html import escape

from faces.models import Cluster, Edit
from faces.people import naming
from jobs.erasure import erase
from photos.models import Owner
from photos.staff import MAX_REASON
from tests.factories import make_cluster, make_owner, make_person

pytestmark = pytest.mark.django_db
CLUSTERS, EDITS = "/admin/faces/cluster/", "/admin/faces/edit/"


@pytest.fixture
def owner() -> Owner:
    return make_owner()


def hide(client: Client, cluster: Cluster, reason: str) -> Any:
    data = {"action": "hide", "_selected_action": [cluster.pk], "reason": reason}
    return client.post(CLUSTERS, data | {"answered": "yes"})


class TestReason:
    def test_is_kept_with_who_and_what(self, admin_client: Client, admin_user: User) -> None:
        hide(admin_client, make_cluster(faces=1), "  They are on\n a poster. ")

        edit, entry = Edit.objects.get(), LogEntry.objects.get()
        assert (edit.actor, edit.reason) == (admin_user, "They are on a poster.")
        assert (entry.user, entry.object_id) == (admin_user, str(edit.pk))
        assert entry.change_message == "Hid 1 cluster. Reason: They are on a poster."

    def test_need_not_be_given(self, admin_client: Client) -> None:
        hide(admin_client, make_cluster(faces=1), "")

        assert Edit.objects.get().reason == ""
        assert LogEntry.objects.get().change_message == "Hid 1 cluster."

    def test_is_asked_for_with_the_question_and_by_the_list(self, admin_client: Client) -> None:
        cluster = make_cluster(faces=1, person=make_person())
        data = {"action": "name_as", "_selected_action": [cluster.pk], "reason": '"><b>'}

        question = admin_client.post(CLUSTERS, data).content.decode()
        page = admin_client.get("/admin/faces/person/").content.decode()

        assert 'name="reason" value="&quot;&gt;&lt;b&gt;"' in question
        assert 'name="reason"' in page

    @pytest.mark.parametrize(
        "reason", ["x" * MAX_REASON, "<script>", "{{7*7}}", "=cmd()", "\u202ex"]
    )
    def test_is_shown_as_it_was_typed(self, admin_client: Client, reason: str) -> None:
        hide(admin_client, make_cluster(faces=1), reason)

        pages = [admin_client.get(url) for url in (EDITS, "/admin/admin/logentry/")]

        assert Edit.objects.get().reason == reason
        assert [escape(reason) in page.content.decode() for page in pages] == [True, True]

    def test_that_can_not_be_stored_is_refused(self, admin_client: Client) -> None:
        response = hide(admin_client, make_cluster(faces=1), "a\0b")

        assert response.status_code == 302
        assert not Edit.objects.exists()

    def test_of_what_changed_nothing_is_written_nowhere(self, admin_client: Client) -> None:
        cluster = make_cluster(faces=1, hidden=True)
        data = {"action": "hide", "_selected_action": [cluster.pk], "reason": "again"}

        admin_client.post(f"{CLUSTERS}?shown=all", data | {"answered": "yes"})

        assert not Edit.objects.exists()
        assert not LogEntry.objects.exists()

    def test_is_given_for_taking_back(self, admin_client: Client) -> None:
        naming.name_cluster(make_cluster(faces=1), "Anna")
        edit = Edit.objects.get()

        page = admin_client.get(f"{EDITS}{edit.pk}/undo/").content.decode()
        admin_client.post(f"{EDITS}{edit.pk}/undo/", {"reason": "It is Ben."})

        assert 'name="reason"' in page
        assert Edit.objects.get(undoes=edit).reason == "It is Ben."


class TestErasing:
    def test_takes_the_reasons_of_what_touched_them(
        self, admin_client: Client, owner: Owner
    ) -> None:
        zoe = make_person(owner=owner, name="Zoe Quist")
        hide(admin_client, make_cluster(owner=owner, person=zoe, faces=1), "My aunt.")

        erase(owner, zoe.pk)

        assert Edit.objects.get(kind="mark").reason == ""

    def test_takes_their_name_from_all_others(self, admin_client: Client, owner: Owner) -> None:
        zoe = make_person(owner=owner, name="Zoe Quist")
        make_cluster(owner=owner, person=zoe, faces=1)
        hide(admin_client, make_cluster(owner=owner, faces=1), "Not Zoe Quist.")
        hide(admin_client, foreign := make_cluster(faces=1), "Not Zoe Quist.")

        erase(owner, zoe.pk)

        own = Edit.objects.get(owner=owner, kind="mark")
        other = Edit.objects.get(owner=foreign.owner)
        said = [LogEntry.objects.get(object_id=each.pk).change_message for each in (own, other)]
        assert (own.reason, other.reason) == ("Not erased.", "Not Zoe Quist.")
        assert said == [
            "Hid 1 cluster. Reason: Not erased.",
            "Hid 1 cluster. Reason: Not Zoe Quist.",
        ]
