"""The button of a message that takes back what it tells of."""

import re

import pytest
from django.test import Client

from faces.models import Cluster, Edit
from faces.people import placing
from photos.models import Owner
from tests.faces.staff import staff, without_links
from tests.factories import make_cluster, make_owner

pytestmark = pytest.mark.django_db
CLUSTERS = "/admin/faces/cluster/"
UNDO = "/admin/faces/edit/undo/"


@pytest.fixture
def owner() -> Owner:
    return make_owner()


class TestUndoButton:
    def test_is_for_those_who_may(self, client: Client) -> None:
        cluster = make_cluster(faces=1)
        writer = staff(client, "view_cluster", "change_cluster")
        data = {"action": "hide", "_selected_action": cluster.pk, "answered": "yes"}

        response = writer.post(CLUSTERS, data, follow=True)

        assert [str(told).strip() for told in response.context["messages"]] == ["Hid 1 cluster."]
        assert 'id="undoing"' not in response.content.decode()

    def test_takes_several_edits_back_together(self, admin_client: Client, owner: Owner) -> None:
        clusters = [make_cluster(owner=owner, faces=1) for _ in range(2)]
        data = {"action": "hide", "_selected_action": [each.pk for each in clusters]}
        page = admin_client.post(CLUSTERS, data | {"answered": "yes"}, follow=True)
        [edits] = re.findall(r'name="edits" value="([\d ]+)"', page.content.decode())

        back = {"edits": edits, "next": f"{CLUSTERS}?named=no"}
        response = admin_client.post(UNDO, back, follow=True)

        assert response.redirect_chain[0] == (f"{CLUSTERS}?named=no", 302)
        assert without_links(response) == ["Undid 2 edits."]
        assert not Cluster.objects.filter(hidden=True).exists()

    def test_takes_back_all_or_none(self, admin_client: Client, owner: Owner) -> None:
        clusters = [make_cluster(owner=owner, faces=1) for _ in range(2)]
        edits = []
        for cluster in clusters:
            placing.mark(cluster, hidden=True)
            edits.append(Edit.objects.latest("pk").pk)
        placing.mark(clusters[0], hidden=False)

        response = admin_client.post(UNDO, {"edits": " ".join(map(str, edits))}, follow=True)

        assert "can't be undone" in without_links(response)[0]
        assert [each.hidden for each in Cluster.objects.order_by("pk")] == [False, True]

    def test_leads_nowhere_else(self, admin_client: Client) -> None:
        placing.mark(make_cluster(faces=1), hidden=True)
        data = {"edits": Edit.objects.get().pk, "next": "https://elsewhere.example/"}

        response = admin_client.post(UNDO, data)

        assert response.headers["Location"] == "/admin/faces/edit/"

    @pytest.mark.parametrize("edits", ["", "x", "0", "9" * 30, "<script>"])
    def test_of_no_edit_is_not_found(self, admin_client: Client, edits: str) -> None:
        assert admin_client.post(UNDO, {"edits": edits}).status_code == 404

    def test_is_pressed_by_those_who_may_alone(self, client: Client) -> None:
        placing.mark(make_cluster(faces=1), hidden=True)
        writer = staff(client, "view_cluster", "change_cluster", "view_edit")
        data = {"edits": Edit.objects.get().pk}

        assert writer.post(UNDO, data).status_code == 403
        assert writer.get(UNDO).status_code == 405
        assert Cluster.objects.get().hidden

    def test_shows_a_hostile_name_as_text(self, admin_client: Client) -> None:
        cluster = make_cluster(faces=1)
        data = {"action": "name_as", "_selected_action": cluster.pk, "answered": "yes"}

        response = admin_client.post(CLUSTERS, data | {"name": "<b>x"}, follow=True)

        assert "Named 1 cluster &lt;b&gt;x." in response.content.decode()
