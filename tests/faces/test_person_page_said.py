"""Who may be the same, what was said and what was done, on a person's page."""

from typing import Any

import pytest
from django.test import Client

from faces.admin import person_page
from faces.models import Cluster, Edit, Pair, Person, Rejection
from faces.people import naming, placing
from photos.models import Owner, Space
from tests.faces.house import UNSURE, at, cluster_of
from tests.faces.person_page import do, look
from tests.faces.staff import staff
from tests.factories import (
    make_cluster,
    make_face,
    make_owner,
    make_person,
    make_photo,
)

pytestmark = pytest.mark.django_db


class TestWhoMayBeTheSame:
    def test_is_shown_beside_them(
        self, admin_client: Client, owner: Owner, space: Space, anna: Person, hers: Cluster
    ) -> None:
        unsure = cluster_of(owner, space, at(1.1))
        alike = cluster_of(owner, space, at(0.1), person=make_person(owner=owner, name="Anni"))
        cluster_of(owner, space, at(3))

        [(first, percent), (second, _)] = look(admin_client, anna).context["alike"]

        assert first.second.seen.cluster == alike
        assert second.second.seen.cluster == unsure
        assert percent > 99
        assert {first.first.seen.person, second.first.seen.person} == {anna}

    def test_becomes_them(
        self, admin_client: Client, owner: Owner, space: Space, anna: Person, hers: Cluster
    ) -> None:
        cluster_of(owner, space, at(0.1), person=make_person(owner=owner, name="Anni"))

        told = self._answer(admin_client, anna, "yes")

        anna.refresh_from_db()
        assert told == ["They are one person now."]
        assert (Person.objects.get(), anna.aliases, anna.clusters.count()) == (anna, ["Anni"], 2)

    def test_gives_them_a_cluster(
        self, admin_client: Client, owner: Owner, space: Space, anna: Person, hers: Cluster
    ) -> None:
        other = cluster_of(owner, space, at(0.1))

        self._answer(admin_client, anna, "yes")

        other.refresh_from_db()
        assert other.person == anna

    def test_stays_somebody_else_and_is_not_shown_again(
        self, admin_client: Client, owner: Owner, space: Space, anna: Person, hers: Cluster
    ) -> None:
        cluster_of(owner, space, at(0.1))

        told = self._answer(admin_client, anna, "no")

        assert told == ["They stay two, for good."]
        assert Pair.objects.get().same is False
        assert look(admin_client, anna).context["alike"] == []

    def test_is_settled_once(
        self, admin_client: Client, owner: Owner, space: Space, anna: Person, hers: Cluster
    ) -> None:
        cluster_of(owner, space, at(0.1))
        [(question, _)] = look(admin_client, anna).context["alike"]
        faces = {"first": question.first.seen.pk, "second": question.second.seen.pk}
        do(admin_client, anna, "alike", answer="no", **faces)

        told = do(admin_client, anna, "alike", answer="yes", **faces)

        assert told == ["Somebody has settled that meanwhile: look again."]
        assert Cluster.objects.count() == 2

    @pytest.mark.parametrize(
        "data", [{}, {"first": "x"}, {"first": 1, "second": 2, "answer": "maybe"}]
    )
    def test_is_not_guessed(
        self, admin_client: Client, anna: Person, hers: Cluster, data: dict[str, Any]
    ) -> None:
        assert do(admin_client, anna, "alike", **data)
        assert not Edit.objects.exists()

    def test_is_nobody_of_another_owner(
        self, admin_client: Client, space: Space, anna: Person, hers: Cluster
    ) -> None:
        stranger = cluster_of(make_owner(), space, at(0.1)).memberships.get().face
        mine = hers.memberships.first()
        assert mine

        told = do(admin_client, anna, "alike", answer="yes", first=mine.face_id, second=stranger.pk)

        assert told == ["These faces are somewhere else by now: look again."]
        assert not Edit.objects.exists()

    def test_is_looked_for_when_asked_in_a_large_library(
        self,
        admin_client: Client,
        owner: Owner,
        space: Space,
        anna: Person,
        hers: Cluster,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(person_page, "COMPARED", 1)
        cluster_of(owner, space, at(UNSURE))

        first, asked = look(admin_client, anna), look(admin_client, anna, "?alike=1")

        assert "alike" not in first.context
        assert "Look for who is alike" in first.content.decode()
        assert len(asked.context["alike"]) == 1

    @staticmethod
    def _answer(client: Client, person: Person, answer: str) -> list[str]:
        [(question, _)] = look(client, person).context["alike"]
        first, second = question.first.seen.pk, question.second.seen.pk
        return do(client, person, "alike", first=first, second=second, answer=answer)


class TestWhatWasSaid:
    def test_is_listed(
        self, admin_client: Client, owner: Owner, anna: Person, hers: Cluster
    ) -> None:
        theirs = list(hers.memberships.order_by("face").values_list("face", flat=True))
        rejected, other = (
            make_face(photo=make_photo(owner=owner)),
            make_cluster(owner=owner, faces=1),
        )
        apart = other.memberships.get().face_id
        placing.reject(owner, [rejected.pk], anna)
        placing.answer(owner, theirs[0], apart, same=False)
        placing.answer(owner, *theirs, same=True)

        said = look(admin_client, anna).context["said"]

        faces = [[tuple(face.pk for face in each) for each in things] for _, _, things in said]
        assert faces == [[(rejected.pk,)], [(theirs[0], apart)], [tuple(theirs)]]

    def test_of_a_face_is_taken_back(
        self, admin_client: Client, owner: Owner, anna: Person
    ) -> None:
        face = make_face(photo=make_photo(owner=owner))
        placing.reject(owner, [face.pk], anna)

        told = do(admin_client, anna, "said", face=face.pk)

        assert told == ["Taken back: it may be found out anew."]
        assert not Rejection.objects.exists()

    def test_of_two_faces_is_taken_back(
        self, admin_client: Client, owner: Owner, anna: Person
    ) -> None:
        one, other = (make_face(photo=make_photo(owner=owner)) for _ in range(2))
        placing.answer(owner, one.pk, other.pk, same=False)

        do(admin_client, anna, "said", face=other.pk, other=one.pk)

        assert not Pair.objects.exists()

    def test_is_taken_back_once(self, admin_client: Client, owner: Owner, anna: Person) -> None:
        face = make_face(photo=make_photo(owner=owner))

        told = do(admin_client, anna, "said", face=face.pk)

        assert told == ["That was so already: nothing has changed."]
        assert not Edit.objects.exists()

    def test_of_faces_that_are_not_there_is_refused(
        self, admin_client: Client, anna: Person
    ) -> None:
        stranger = make_face()

        assert do(admin_client, anna, "said", face=stranger.pk) == [
            f"There is no face {stranger.pk}."
        ]


class TestHistory:
    def test_tells_what_was_done_and_leads_to_its_undoing(
        self, admin_client: Client, admin_user: Any, anna: Person
    ) -> None:
        naming.change(anna, by=admin_user, favourite=True)

        response = look(admin_client, anna)

        [done] = response.context["history"]
        assert done.words == "Changed a person: person Anna, favourite"
        assert f"/admin/faces/edit/{done.edit.pk}/undo/" in response.content.decode()

    def test_offers_no_undo_to_who_may_not(self, client: Client, anna: Person) -> None:
        naming.change(anna, by=None, favourite=True)

        page = look(staff(client, "view_person", "change_person"), anna).content.decode()

        assert "/undo/" not in page
