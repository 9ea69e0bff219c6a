"""The lists of faces and of people, for staff."""

from typing import Any

import pytest
from django.test import Client

from photos.models import Reference
from tests.factories import make_cluster, make_face, make_owner, make_person, make_photo, unit

pytestmark = pytest.mark.django_db
FACES = "/admin/faces/face/"
PEOPLE = "/admin/faces/person/"


def listed(client: Client, url: str) -> list[int]:
    """Primary keys of the rows, in their order."""
    return [row.pk for row in client.get(url).context["cl"].result_list]


class TestFaceList:
    @pytest.mark.parametrize("rows", [1, 3])
    def test_costs_the_same_however_many_faces(
        self, admin_client: Client, django_assert_num_queries: Any, rows: int
    ) -> None:
        for _ in range(rows):
            owner = make_owner()
            make_cluster(owner=owner, person=make_person(owner=owner), faces=1)

        with django_assert_num_queries(5):
            response = admin_client.get(FACES)

        assert len(response.context["cl"].result_list) == rows

    def test_never_reads_vectors(
        self, admin_client: Client, django_assert_max_num_queries: Any
    ) -> None:
        make_face(vector=unit(1))

        with django_assert_max_num_queries(20) as queries:
            admin_client.get(FACES)

        assert not [q for q in queries.captured_queries if "facevector" in q["sql"]]

    def test_narrows_down_to_faces_with_and_without_a_cluster(self, admin_client: Client) -> None:
        member, alone = make_face(cluster=make_cluster()), make_face()

        assert listed(admin_client, f"{FACES}?grouped=yes") == [member.pk]
        assert listed(admin_client, f"{FACES}?grouped=no") == [alone.pk]

    def test_narrows_down_to_faces_of_known_people(self, admin_client: Client) -> None:
        owner = make_owner()
        person = make_person(owner=owner)
        known = make_face(cluster=make_cluster(owner=owner, person=person))
        stranger, alone = make_face(cluster=make_cluster()), make_face()

        assert listed(admin_client, f"{FACES}?known=yes") == [known.pk]
        assert listed(admin_client, f"{FACES}?known=no") == [alone.pk, stranger.pk]

    @pytest.mark.parametrize("words", ["anna", "IMG_1.jpg"])
    def test_finds_faces_by_person_and_by_external_id(
        self, admin_client: Client, words: str
    ) -> None:
        owner = make_owner()
        anna = make_cluster(owner=owner, person=make_person(owner=owner, name="Anna"))
        wanted, _ = make_face(cluster=anna), make_face()
        Reference.objects.create(owner=owner, photo=wanted.photo, external_id="IMG_1.jpg")

        assert listed(admin_client, f"{FACES}?q={words}") == [wanted.pk]

    def test_shows_why_a_face_is_poor(self, admin_client: Client) -> None:
        face = make_face(quality=0.2, quality_reasons=["small", "turned"])

        pages = [admin_client.get(url) for url in (FACES, f"{FACES}{face.pk}/change/")]

        assert ["small, turned" in page.content.decode() for page in pages] == [True, True]

    def test_leads_to_a_page_that_changes_nothing(self, admin_client: Client) -> None:
        face = make_face()

        page = admin_client.get(f"{FACES}{face.pk}/change/").content.decode()

        assert face.crop.url in page
        assert admin_client.post(f"{FACES}{face.pk}/change/").status_code == 403


class TestPeople:
    @pytest.mark.parametrize("rows", [1, 3])
    def test_costs_the_same_however_many_people(
        self, admin_client: Client, django_assert_num_queries: Any, rows: int
    ) -> None:
        for _ in range(rows):
            owner = make_owner()
            make_cluster(owner=owner, person=make_person(owner=owner), faces=2)

        with django_assert_num_queries(5):
            response = admin_client.get(PEOPLE)

        assert len(response.context["cl"].result_list) == rows

    def test_shows_how_many_faces_and_photos_each_has(self, admin_client: Client) -> None:
        owner = make_owner()
        anna = make_person(owner=owner)
        photo = make_photo(owner=owner)
        for _ in range(2):
            cluster = make_cluster(owner=owner, person=anna, faces=1)
            make_face(photo=photo, cluster=cluster)
        best = make_face(photo=photo, cluster=cluster, quality=1)

        response = admin_client.get(PEOPLE)

        (row,) = response.context["cl"].result_list
        assert (row.face_count, row.photo_count, row.best_crop) == (5, 3, best.crop.name)
        assert best.crop.url in response.content.decode()

    def test_leads_to_a_page_with_their_clusters(self, admin_client: Client) -> None:
        owner = make_owner()
        anna = make_person(owner=owner)
        hers = make_cluster(owner=owner, person=anna, faces=1)
        other = make_cluster(owner=owner)

        page = admin_client.get(f"{PEOPLE}{anna.pk}/change/").content.decode()

        assert hers.public_id in page
        assert other.public_id not in page

    def test_are_renamed(self, admin_client: Client) -> None:
        anna = make_person(name="Anna")

        admin_client.post(f"{PEOPLE}{anna.pk}/change/", {"name": "Anna  Ek"})

        anna.refresh_from_db()
        assert anna.name == "Anna Ek"

    def test_do_not_take_a_name_that_the_owner_has_already(self, admin_client: Client) -> None:
        owner = make_owner()
        anna = make_person(owner=owner, name="Anna")
        make_person(owner=owner, name="Ben")

        response = admin_client.post(f"{PEOPLE}{anna.pk}/change/", {"name": "Ben"}, follow=True)

        anna.refresh_from_db()
        assert anna.name == "Anna"
        assert [str(told) for told in response.context["messages"]] == [
            "Somebody goes by 'Ben' already: merge them if they are one person."
        ]

    def test_take_a_name_that_another_owner_has(self, admin_client: Client) -> None:
        make_person(name="Ben")
        anna = make_person(name="Anna")

        admin_client.post(f"{PEOPLE}{anna.pk}/change/", {"name": "Ben"})

        anna.refresh_from_db()
        assert anna.name == "Ben"

    def test_come_from_naming_alone(self, admin_client: Client) -> None:
        assert admin_client.get(f"{PEOPLE}add/").status_code == 403
