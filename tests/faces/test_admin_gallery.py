"""The gallery of clusters: how it is sorted, what it asks before it changes anything, and names."""

import html
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from faces.admin.clusters import ClusterAdmin
from faces.models import Cluster, Edit, Face, Membership, Person, Rejection
from faces.people import placing
from photos.models import Owner
from tests.faces.staff import act, offered, staff
from tests.factories import make_cluster, make_owner, make_person

pytestmark = pytest.mark.django_db
CLUSTERS = "/admin/faces/cluster/"
NAMES = f"{CLUSTERS}names/"
HOSTILE = ("<script>x</script>", "{{7*7}}", '" autofocus onfocus="x', "\u202egnp", "x" * 200)


@pytest.fixture
def owner() -> Owner:
    return make_owner()


def page(client: Client, action: str, *clusters: Cluster) -> Any:
    data = {"action": action, "_selected_action": [each.pk for each in clusters]}
    return client.post(CLUSTERS, data)


def unsure(cluster: Cluster, *similarities: float) -> Cluster:
    """`cluster` with the similarities of its faces to each other."""
    for member, similarity in zip(cluster.memberships.order_by("pk"), similarities, strict=True):
        Membership.objects.filter(pk=member.pk).update(similarity=similarity, how="matched")
    return cluster


class TestOrder:
    def test_can_be_the_most_uncertain_first(self, admin_client: Client) -> None:
        sure = unsure(make_cluster(faces=3), 0.9, 0.9, 0.9)
        torn = unsure(make_cluster(faces=2), 0.9, 0.3)
        poor = unsure(make_cluster(faces=1), 0.4)

        shown = admin_client.get(f"{CLUSTERS}?first=doubt")

        assert list(shown.context["cl"].result_list) == [poor, torn, sure]
        told = re.findall(r"(\d+)% alike", shown.content.decode())
        assert told == ["40", "60", "90"]

    def test_follows_what_somebody_says(self, admin_client: Client) -> None:
        torn = unsure(make_cluster(faces=2), 0.5, 0.5)
        other = unsure(make_cluster(faces=2), 0.7, 0.7)
        faces = list(torn.memberships.values_list("face_id", flat=True))

        placing.confirm(torn.owner, faces)

        shown = admin_client.get(f"{CLUSTERS}?first=doubt")
        assert list(shown.context["cl"].result_list) == [other, torn]

    def test_of_something_else_is_the_biggest_first(self, admin_client: Client) -> None:
        small, big = make_cluster(faces=1), make_cluster(faces=2)

        shown = admin_client.get(f"{CLUSTERS}?first=<script>")

        assert list(shown.context["cl"].result_list) == [big, small]
        assert "<script>" not in shown.content.decode().partition("<body")[2].partition("</h1>")[2]

    @pytest.mark.parametrize("column", ["1", "2", "-3", "x", "9.9"])
    def test_is_of_no_column(
        self, admin_client: Client, monkeypatch: pytest.MonkeyPatch, column: str
    ) -> None:
        monkeypatch.setattr(ClusterAdmin, "list_per_page", 1)
        for _ in range(2):
            make_cluster(faces=1)

        first = admin_client.get(f"{CLUSTERS}?o={column}").context["cl"]
        second = admin_client.get(f"{CLUSTERS}{first.next_query}").context["cl"]

        assert len({row.pk for shown in (first, second) for row in shown.result_list}) == 2

    def test_says_which_one_it_is(self, admin_client: Client) -> None:
        make_cluster(faces=1)

        shown = admin_client.get(f"{CLUSTERS}?first=doubt&named=no").content.decode()

        ways = re.findall(r'<a href="([^"]+)"( aria-current="true")?>(Biggest|Most)', shown)
        assert [(html.unescape(url), bool(current)) for url, current, _ in ways] == [
            ("?named=no", False),
            ("?first=doubt&named=no", True),
        ]


class TestQuestions:
    @pytest.mark.parametrize(
        "action", ["merge", "move", "name_as", "hide", "show", "ignore", "unignore", "take_apart"]
    )
    def test_show_what_will_change_and_change_nothing(
        self, admin_client: Client, owner: Owner, action: str
    ) -> None:
        anna = make_person(owner=owner, name="Anna")
        clusters = [
            make_cluster(owner=owner, faces=2, person=anna),
            make_cluster(owner=owner, faces=1),
        ]

        shown = page(admin_client, action, *clusters).content.decode()

        for face in Face.objects.all():
            assert face.crop.url in shown
        assert ["Anna: 2 faces" in shown, f"{clusters[1].label}: 1 face" in shown] == [True, True]
        assert not Edit.objects.exists()

    @pytest.mark.parametrize("name", HOSTILE)
    def test_show_hostile_names_as_text(
        self, admin_client: Client, owner: Owner, name: str
    ) -> None:
        cluster = make_cluster(owner=owner, faces=1, person=make_person(owner=owner, name=name))

        shown = page(admin_client, "reject", cluster).content.decode()

        assert f"{html.escape(name)}: 1 face" in shown
        assert "<script>x" not in shown

    def test_are_not_asked_of_those_who_may_only_look(self, client: Client) -> None:
        cluster = make_cluster(faces=1)
        reader = staff(client, "view_cluster")

        shown = page(reader, "hide", cluster)

        assert "Hide 1 cluster" not in shown.content.decode()
        assert 'name="action"' not in reader.get(CLUSTERS).content.decode()


class TestActions:
    def test_merge_into_the_one_that_is_chosen(self, admin_client: Client, owner: Owner) -> None:
        big, small = make_cluster(owner=owner, faces=2), make_cluster(owner=owner, faces=1)
        form = page(admin_client, "merge", small, big).context["form"]

        told = act(admin_client, CLUSTERS, "merge", [big, small], into=small.public_id)

        assert form.initial["into"] == big.public_id
        assert told == ["Merged 2 clusters."]
        assert Cluster.objects.get() == small

    def test_merge_into_none_that_was_not_chosen(self, admin_client: Client, owner: Owner) -> None:
        clusters = [make_cluster(owner=owner, faces=1) for _ in range(3)]

        act(admin_client, CLUSTERS, "merge", clusters[:2], into=clusters[2].public_id)

        assert Cluster.objects.count() == 3

    def test_move_into_another_cluster(self, admin_client: Client, owner: Owner) -> None:
        one, other, target = (make_cluster(owner=owner, faces=1) for _ in range(3))

        told = act(admin_client, CLUSTERS, "move", [one, other], to=f" {target.label} ")

        assert told == [f"Moved 2 clusters into {target.label}."]
        assert target.memberships.count() == 3

    @pytest.mark.parametrize("to", ["clu_0", "<b>", "\0"])
    def test_move_to_no_other_owner_and_nowhere(self, admin_client: Client, to: str) -> None:
        cluster, foreign = make_cluster(faces=1), make_cluster(faces=1)

        for label in (to, foreign.public_id):
            act(admin_client, CLUSTERS, "move", [cluster], to=label)

        assert not Edit.objects.exists()

    def test_reject_who_it_was_said_to_be(self, admin_client: Client, owner: Owner) -> None:
        anna = make_person(owner=owner, name="Anna")
        wrong, right = (make_cluster(owner=owner, faces=2, person=anna) for _ in range(2))
        faces = set(wrong.memberships.values_list("face_id", flat=True))

        told = act(admin_client, CLUSTERS, "reject", [wrong], go="on")

        assert told == ["Rejected 1 cluster."]
        assert set(Rejection.objects.values_list("face_id", flat=True)) == faces
        assert Cluster.objects.get() == right

    def test_reject_nobody(self, admin_client: Client) -> None:
        cluster = make_cluster(faces=1)

        told = act(admin_client, CLUSTERS, "reject", [cluster], go="on")

        assert told == [f"{cluster.label} has no name: there is nobody to say no to."]

    def test_erase_on_the_page_that_asks_for_the_name(
        self, admin_client: Client, owner: Owner
    ) -> None:
        anna, ben = (make_person(owner=owner) for _ in range(2))
        annas = [make_cluster(owner=owner, faces=1, person=anna) for _ in range(2)]
        bens = make_cluster(owner=owner, faces=1, person=ben)

        answer = page(admin_client, "erase", *annas)
        two = act(admin_client, CLUSTERS, "erase", [annas[0], bens])

        assert answer.headers["Location"] == f"/admin/faces/person/{anna.pk}/erase/"
        assert two == ["Choose clusters of one person, or of nobody: each is erased by themselves."]
        assert Person.objects.count() == 2

    def test_erase_for_those_who_may(self, client: Client) -> None:
        make_cluster(faces=1)

        assert "erase" not in offered(staff(client, "view_cluster", "change_cluster"), CLUSTERS)


class TestNames:
    def names(self, client: Client, owner: Owner, typed: str) -> list[str]:
        asked = urlencode({"owner": owner.pk, "q": typed})
        names: list[str] = client.get(f"{NAMES}?{asked}").json()["names"]
        return names

    def test_are_those_that_begin_so_and_then_others(
        self, admin_client: Client, owner: Owner
    ) -> None:
        for name in ("Joanna", "Anna", "Ben"):
            make_person(owner=owner, name=name)
        make_person(owner=owner, name="Zoe", aliases=["Nan", "Hannah"])
        make_person(name="Anna of somebody else")

        assert self.names(admin_client, owner, " ann ") == ["Anna", "Joanna", "Zoe"]

    @pytest.mark.parametrize("typed", ["", " ", "\0", "%", "_", "Ben\\"])
    def test_are_none_of_what_nobody_is_called(
        self, admin_client: Client, owner: Owner, typed: str
    ) -> None:
        make_person(owner=owner, name="Anna")

        assert self.names(admin_client, owner, typed) == []

    def test_are_a_few_at_the_cost_of_one_query(
        self, admin_client: Client, owner: Owner, django_assert_num_queries: Any
    ) -> None:
        for number in range(20):
            make_person(owner=owner, name=f"Anna {number:02}")

        with django_assert_num_queries(3):  # two of them find out who asks
            found = self.names(admin_client, owner, "anna")

        assert found == [f"Anna {number:02}" for number in range(12)]

    @pytest.mark.parametrize("key", ["", "x", "9" * 40])
    def test_of_no_owner_are_none(self, admin_client: Client, key: str) -> None:
        make_person(name="Anna")

        assert admin_client.get(NAMES, {"owner": key, "q": "a"}).json() == {"names": []}

    def test_are_not_for_those_who_may_only_look(self, client: Client, owner: Owner) -> None:
        reader = staff(client, "view_cluster")

        assert reader.get(f"{NAMES}?owner={owner.pk}&q=a").status_code == 403

    def test_of_a_naming_lead_on_to_the_next(self, admin_client: Client) -> None:
        cluster, after = make_cluster(faces=2), make_cluster(faces=1)
        naming = f"{CLUSTERS}{cluster.pk}/name/"

        shown = admin_client.get(CLUSTERS).content.decode()
        answers = [
            admin_client.post(naming, {"name": "Anna", "next": given}).headers["Location"]
            for given in (str(after.pk), "", "//elsewhere.example")
        ]

        assert re.findall(r'name="next" value="(\d*)"', shown) == [str(after.pk), ""]
        assert answers == [f"{CLUSTERS}#cluster-{key}" for key in (after.pk, *[cluster.pk] * 2)]
