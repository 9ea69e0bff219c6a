"""The page on which staff say who is one person: the forms, what they do, and who may."""

import time
from typing import Any

import pytest
from django.test import Client
from django_q.models import OrmQ

from faces.models import Cluster, Edit, Membership, Pair, Sitting
from faces.review import ahead
from jobs import tasks
from photos.models import Owner, Space
from tests.faces.house import UNSURE, at, cluster_of, join
from tests.faces.staff import staff
from tests.factories import make_cluster, make_face, make_owner, make_person, make_space
from tests.jobs.review_desk import URL, answer, keys, to, told

pytestmark = pytest.mark.django_db
NEEDED = ("change_cluster", "change_person", "change_edit")
HOSTILE = [
    "<script>alert(1)</script>",
    "{{7*7}}",
    "=cmd()",
    "\u202e\u05d0\u05d1\u05d2",
    "x" * 200,
]  # fmt: skip


@pytest.fixture
def space() -> Space:
    return make_space(same_person_cosine=0.5)


@pytest.fixture
def whose() -> Owner:
    return make_owner()


@pytest.fixture
def matched(whose: Owner, space: Space) -> Cluster:
    """A cluster with three faces that were matched with it."""
    cluster = cluster_of(whose, space, at(0), person=make_person(owner=whose, name="Anna"))
    for number in range(3):
        join(cluster, at(1), 0.5 + number / 100)
    return cluster


class TestReviewPage:
    def test_shows_two_faces_with_their_photos(
        self, admin_client: Client, whose: Owner, matched: Cluster
    ) -> None:
        response = admin_client.get(to(whose))

        page = response.content.decode()
        [first, second] = response.context["questions"][0].sides
        for side in (first, second):
            assert side.face.crop.url in page
            assert side.photo.thumbnail.url in page
            assert f'<rect x="{side.face.x}" y="{side.face.y}"' in page
        assert "nobody has confirmed it" in page
        assert "Anna" in page

    def test_has_the_next_question_already(
        self, admin_client: Client, whose: Owner, matched: Cluster
    ) -> None:
        before = keys(admin_client.get(to(whose)))

        after = answer(admin_client, to(whose, door="decide/"), before[0], "yes")

        assert len(before) == 2
        assert keys(after)[0] == before[1]

    def test_does_what_is_answered_and_says_so(
        self, admin_client: Client, admin_user: Any, whose: Owner, matched: Cluster
    ) -> None:
        [key, _] = keys(admin_client.get(to(whose)))

        response = answer(admin_client, to(whose, door="decide/"), key, "yes")

        assert told(response) == ["The face is confirmed."]
        assert (Edit.objects.get().kind, Edit.objects.get().actor) == ("confirm", admin_user)
        assert Membership.objects.filter(how="manual").count() == 1
        assert (response.context["desk"].done, response.context["desk"].left) == (1, 2)

    def test_takes_the_last_answer_back(
        self, admin_client: Client, whose: Owner, matched: Cluster
    ) -> None:
        before = keys(admin_client.get(to(whose)))
        answer(admin_client, to(whose, door="decide/"), before[0], "no")
        gone = Membership.objects.count()

        response = admin_client.post(to(whose, door="undo/"), follow=True)

        assert (gone, Membership.objects.count()) == (3, 4)
        assert keys(response) == before
        assert told(response) == ["Taken back: you are asked again."]

    def test_answers_our_script_with_the_desk_alone(
        self, admin_client: Client, whose: Owner, matched: Cluster
    ) -> None:
        [key, _] = keys(admin_client.get(to(whose)))
        ours = {"headers": {"X-Requested-With": "review"}}

        response = answer(admin_client, to(whose, door="decide/"), key, "skip", **ours)

        assert response.redirect_chain == []
        assert "<html" not in response.content.decode()
        assert response.context["desk"].skipped == 1

    def test_says_that_somebody_else_was_faster(
        self, admin_client: Client, client: Client, whose: Owner, matched: Cluster
    ) -> None:
        Membership.objects.filter(similarity__gt=0.5, how="matched").delete()
        [key] = keys(admin_client.get(to(whose)))
        other = staff(client, *NEEDED)
        assert keys(other.get(to(whose))) == [key]
        answer(admin_client, to(whose, door="decide/"), key, "yes")

        response = answer(other, to(whose, door="decide/"), key, "no")

        assert told(response) == [
            "Somebody has settled that meanwhile, or changed what it was about."
        ]
        assert Edit.objects.get().kind == "confirm"

    def test_says_why_an_answer_can_not_be_and_goes_on(
        self, admin_client: Client, whose: Owner, space: Space
    ) -> None:
        one, other = (cluster_of(whose, space, at(angle)) for angle in (0, UNSURE))
        [key] = keys(admin_client.get(to(whose, "same")))
        make_face(photo=make_face(cluster=one).photo, cluster=other)

        response = answer(admin_client, to(whose, "same", "decide/"), key, "yes")

        assert "Nobody is in a photo twice" in told(response)[0]
        assert (keys(response), Pair.objects.count()) == ([], 0)

    @pytest.mark.parametrize("kind", ["same", "merges", "assignments", "mixed"])
    def test_says_when_nothing_is_left(self, admin_client: Client, whose: Owner, kind: str) -> None:
        page = admin_client.get(to(whose, kind)).content.decode()

        assert "Nothing is left to be asked here." in page

    def test_of_a_large_library_has_a_worker_look_for_questions(
        self,
        admin_client: Client,
        whose: Owner,
        matched: Cluster,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(ahead, "FEW_FACES", 0)
        first = admin_client.get(to(whose)).content.decode()
        asked = [task.func() for task in OrmQ.objects.all()]

        tasks.find_questions(time.monotonic() + 60)

        assert "Questions are being looked for" in first
        assert asked == ["jobs.tasks.drain"]
        assert len(keys(admin_client.get(to(whose)))) == 2

    def test_without_any_owner_says_that_there_is_no_photo(self, admin_client: Client) -> None:
        assert "There is no photo yet." in admin_client.get(URL).content.decode()

    @pytest.mark.parametrize("name", HOSTILE)
    def test_shows_hostile_names_as_they_are(
        self, admin_client: Client, whose: Owner, space: Space, name: str
    ) -> None:
        cluster_of(whose, space, at(0), person=make_person(owner=whose, name=name))
        cluster_of(whose, space, at(UNSURE), person=make_person(owner=whose, name="Ben"))

        page = admin_client.get(to(whose, "same")).content.decode()

        escaped = name.replace("<", "&lt;").replace(">", "&gt;")
        assert page.count(f"<bdi>{escaped}</bdi>") == 1
        assert "<script>alert" not in page


class TestWhoMay:
    def test_are_staff_who_may_change_people(
        self, client: Client, whose: Owner, matched: Cluster
    ) -> None:
        reviewer = staff(client, *NEEDED)
        [key, _] = keys(reviewer.get(to(whose)))

        response = answer(reviewer, to(whose, door="decide/"), key, "yes")

        assert response.status_code == 200
        assert Edit.objects.count() == 1

    @pytest.mark.parametrize("lacking", NEEDED)
    def test_are_no_others(
        self, client: Client, whose: Owner, matched: Cluster, lacking: str
    ) -> None:
        reader = staff(client, "view_cluster", *(set(NEEDED) - {lacking}))

        answers = [
            reader.get(to(whose)),
            reader.post(to(whose, door="decide/"), {"question": "x", "answer": "yes"}),
            reader.post(to(whose, door="undo/")),
        ]

        assert [each.status_code for each in answers] == [403, 403, 403]
        assert not Sitting.objects.exists()

    def test_have_to_log_in(self, client: Client, whose: Owner) -> None:
        answers = [client.get(to(whose)), client.post(to(whose, door="decide/"))]

        assert [each["Location"].partition("?")[0] for each in answers] == ["/admin/login/"] * 2


class TestWrongRequests:
    def test_of_an_owner_or_a_kind_that_is_not_there_find_nothing(
        self, admin_client: Client, whose: Owner
    ) -> None:
        for where in (f"{URL}?owner=999999", f"{URL}?owner=x", to(whose, "other")):
            assert admin_client.get(where).status_code == 404
            assert admin_client.post(where.replace(URL, f"{URL}undo/")).status_code == 404

    def test_with_another_answer_are_refused(self, admin_client: Client, whose: Owner) -> None:
        response = admin_client.post(to(whose, door="decide/"), {"answer": "maybe"})

        assert response.status_code == 400
        assert not Sitting.objects.exists()

    def test_of_a_question_that_is_not_asked_change_nothing(
        self, admin_client: Client, whose: Owner
    ) -> None:
        cluster = make_cluster(owner=whose, faces=2)

        response = answer(admin_client, to(whose, door="decide/"), f"-{cluster.pk}.1.1", "yes")

        assert told(response) == [
            "Somebody has settled that meanwhile, or changed what it was about."
        ]
        assert not Edit.objects.exists()

    def test_that_only_read_can_not_change(self, admin_client: Client, whose: Owner) -> None:
        assert admin_client.get(to(whose, door="decide/")).status_code == 405
        assert admin_client.get(to(whose, door="undo/")).status_code == 405
