"""What staff see on a person's page, and what they do there."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from faces import profile
from faces.admin import person_page
from faces.models import Cluster, Edit, Face, Membership, Person, Rejection
from faces.people import placing
from photos.models import Owner, Space
from tests.faces.house import UNSURE, at, cluster_of, join
from tests.faces.person_page import PEOPLE, do, look
from tests.faces.staff import staff
from tests.factories import (
    make_cluster,
    make_face,
    make_person,
    make_photo,
)

pytestmark = pytest.mark.django_db
QUERIES = 37
HOSTILE = [
    "<script>alert(1)</script>",
    "{{7*7}}",
    "=cmd()",
    "\u202e\u05d0\u05d1\u05d2",
    "x" * 200,
]  # fmt: skip


class TestFaces:
    def test_are_in_rows_by_how_sure_it_is(
        self, admin_client: Client, anna: Person, hers: Cluster
    ) -> None:
        sure, unsure = join(hers, at(0.2), 0.95), join(hers, at(1.1), 0.45)

        rows = look(admin_client, anna).context["rows"]

        found = {words: [face.pk for face in row.faces] for words, _, row in rows}
        confirmed = Membership.objects.filter(how="clustered").order_by("face")
        assert found == {
            "Confirmed": list(confirmed.values_list("face", flat=True)),
            "Matched": [sure.pk],
            "Uncertain": [unsure.pk],
        }

    def test_that_no_model_knows_are_not_uncertain(
        self, admin_client: Client, owner: Owner, anna: Person
    ) -> None:
        cluster = Cluster.objects.create(owner=owner, person=anna)
        make_face(cluster=cluster)
        Membership.objects.update(how="matched", similarity=0.4)

        rows = look(admin_client, anna).context["rows"]

        assert [row.count for _, _, row in rows] == [0, 1, 0]

    def test_are_confirmed(self, admin_client: Client, anna: Person, hers: Cluster) -> None:
        face = join(hers, at(1.1), 0.45)

        told = do(admin_client, anna, "faces", do="confirm", face=face.pk)

        assert told == ["Confirmed 1 face."]
        assert Membership.objects.get(face=face).how == "manual"

    def test_are_rejected(self, admin_client: Client, anna: Person, hers: Cluster) -> None:
        faces = [join(hers, at(1.1), 0.45), join(hers, at(1.1), 0.46)]

        told = do(admin_client, anna, "faces", do="reject", face=[each.pk for each in faces])

        assert told == ["Rejected 2 faces."]
        assert Rejection.objects.filter(person=anna, face__in=faces).count() == 2
        assert anna.clusters.get().memberships.count() == 2

    def test_one_becomes_the_cover(self, admin_client: Client, anna: Person, hers: Cluster) -> None:
        face = make_face(cluster=hers, quality=0.2)

        told = do(admin_client, anna, "faces", do="cover", face=face.pk)

        anna.refresh_from_db()
        assert (told, anna.cover) == (["The cover is another one now."], face)
        assert look(admin_client, anna).context["cover"] == face.crop.url

    def test_two_can_not_be_the_cover(
        self, admin_client: Client, anna: Person, hers: Cluster
    ) -> None:
        faces = list(Face.objects.values_list("pk", flat=True))

        told = do(admin_client, anna, "faces", do="cover", face=faces)

        assert told == ["Choose one face: that one stands for the person."]
        assert not Edit.objects.exists()

    @pytest.mark.parametrize("data", [{"do": "reject"}, {"do": "erase", "face": "1"}, {}])
    def test_that_are_not_chosen_stay(
        self, admin_client: Client, anna: Person, hers: Cluster, data: dict[str, str]
    ) -> None:
        told = do(admin_client, anna, "faces", **data)

        assert told
        assert not Edit.objects.exists()

    def test_of_somebody_else_are_not_touched(
        self, admin_client: Client, anna: Person, hers: Cluster
    ) -> None:
        stranger = make_face(cluster=make_cluster())

        told = do(admin_client, anna, "faces", do="reject", face=stranger.pk)

        assert told == [f"Face {stranger.pk} is not theirs any more: choose again."]
        assert not Edit.objects.exists()


class TestTimeline:
    def test_counts_photos_by_month(self, admin_client: Client, owner: Owner, anna: Person) -> None:
        cluster = make_cluster(owner=owner, person=anna)
        for year, month in ((2024, 12), (2019, 3), (2024, 12), (2024, 1)):
            photo = make_photo(owner=owner, dated_at=datetime(year, month, 31 - 3, tzinfo=UTC))
            make_face(photo=photo, cluster=cluster)

        timeline = look(admin_client, anna).context["timeline"]

        assert [(year.year, year.photos) for year, _, _ in timeline] == [(2024, 3), (2019, 1)]
        months = timeline[0][2]
        assert [each.photos for each in months] == [1, *[0] * 10, 2]
        assert [months[0].level, months[1].level, months[11].level] == [2, 0, 4]
        assert months[11].address.endswith("since=2024-12-01&until=2024-12-31")

    def test_leads_to_the_photos(self, admin_client: Client, anna: Person, hers: Cluster) -> None:
        timeline = look(admin_client, anna).context["timeline"]

        found = admin_client.get(timeline[0][1])

        assert found.context["answer"].found.total == 2

    def test_is_counted_when_asked_of_somebody_with_very_many_faces(
        self,
        admin_client: Client,
        anna: Person,
        hers: Cluster,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(person_page, "COUNTED", 1)

        first, asked = look(admin_client, anna), look(admin_client, anna, "?counted=1")

        assert "timeline" not in first.context
        assert "company" not in first.context
        page = first.content.decode()
        assert "?counted=1#timeline" in page
        assert "?counted=1#company" in page
        assert sum(year.photos for year, _, _ in asked.context["timeline"]) == 2


class TestManyFaces:
    def test_are_not_all_looked_at_for_the_clearest(
        self, admin_client: Client, anna: Person, hers: Cluster, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(profile, "LOOKED_AT_ALONE", 1)

        (_, _, confirmed), *_ = look(admin_client, anna).context["rows"]

        assert len(confirmed.faces) == 1


class TestCompany:
    def test_is_who_is_in_most_photos_with_them(
        self, admin_client: Client, owner: Owner, anna: Person
    ) -> None:
        ben, cleo, hidden = (
            make_person(owner=owner, name=name, hidden=name == "Dan")
            for name in ("Ben", "Cleo", "Dan")
        )
        for others in ([ben, cleo], [cleo], [hidden]):
            photo = make_photo(owner=owner)
            for person in (anna, *others):
                make_face(photo=photo, cluster=make_cluster(owner=owner, person=person))

        company = look(admin_client, anna).context["company"]

        assert [(each.person, each.photos) for each, _, _ in company] == [(cleo, 2), (ben, 1)]
        address = company[0][2]
        assert admin_client.get(address).context["answer"].found.total == 2


class TestPage:
    @pytest.mark.parametrize("name", HOSTILE)
    def test_shows_hostile_names_as_they_are(
        self, admin_client: Client, owner: Owner, space: Space, hers: Cluster, name: str
    ) -> None:
        mallory = make_person(owner=owner, name=name, aliases=[f"{name[:199]}2"])
        photo = make_photo(owner=owner)
        make_face(photo=photo, cluster=make_cluster(owner=owner, person=mallory, space=space))
        make_face(photo=photo, cluster=hers)
        placing.reject(owner, [make_face(photo=make_photo(owner=owner)).pk], mallory)

        pages = [look(admin_client, who).content.decode() for who in Person.objects.all()]

        escaped = name.replace("<", "&lt;").replace(">", "&gt;")
        assert [f"<bdi>{escaped[:199]}" in page for page in pages] == [True, True]
        assert all("<script>alert" not in page for page in pages)

    @pytest.mark.parametrize("count", [1, 3, 10])
    def test_costs_a_fixed_number_of_queries(
        self,
        admin_client: Client,
        owner: Owner,
        space: Space,
        anna: Person,
        count: int,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        self._much(owner, space, anna, count)
        look(admin_client, anna)

        with django_assert_num_queries(QUERIES):
            look(admin_client, anna)

    @staticmethod
    def _much(owner: Owner, space: Space, anna: Person, count: int) -> None:
        hers = cluster_of(owner, space, at(0), person=anna)
        first = hers.memberships.get().face_id
        for number in range(count):
            join(hers, at(0.2), 0.95), join(hers, at(1.1), 0.45)
            photo = make_photo(owner=owner)
            make_face(photo=photo, cluster=hers)
            friend = make_person(owner=owner)
            make_face(photo=photo, cluster=make_cluster(owner=owner, person=friend, space=space))
            cluster_of(owner, space, at(UNSURE + number / 1000))
            other, third = (make_face(photo=make_photo(owner=owner)).pk for _ in range(2))
            placing.reject(owner, [other], anna)
            placing.answer(owner, first, third, same=number % 2 == 0)

    def test_without_a_face_says_so(self, admin_client: Client, anna: Person) -> None:
        page = look(admin_client, anna).content.decode()

        assert "No photos." in page

    def test_changes_nothing_for_who_only_reads(
        self, client: Client, anna: Person, hers: Cluster
    ) -> None:
        face = join(hers, at(1.1), 0.45)
        reader = staff(client, "view_person")
        doors = {
            "faces": {"do": "reject", "face": face.pk},
            "said": {"face": face.pk},
            "alike": {"first": face.pk, "second": face.pk, "answer": "no"},
        }

        answers = [
            reader.post(f"{PEOPLE}{anna.pk}/{door}/", data).status_code
            for door, data in doors.items()
        ]

        page = look(reader, anna).content.decode()
        assert answers == [403, 403, 403]
        assert "Take back" not in page
        assert 'name="do"' not in page

    def test_of_nobody_is_not_found(self, admin_client: Client) -> None:
        for door in ("faces", "said", "alike"):
            assert admin_client.post(f"{PEOPLE}999999/{door}/").status_code == 404
            assert admin_client.get(f"{PEOPLE}999999/{door}/").status_code == 405
