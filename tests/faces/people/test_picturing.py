"""Edits in pictures: who was together before, and who is after."""

from typing import Any

import pytest

from faces.models import Cluster, Edit, Face
from faces.people import editing, merging, naming, placing
from faces.people.picturing import FACES, GROUPS, Group, pictured
from photos.models import Owner
from tests.factories import make_cluster, make_face, make_owner, make_person, make_photo

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Owner:
    return make_owner()


def faces_of(cluster: Cluster) -> list[int]:
    return sorted(cluster.memberships.values_list("face_id", flat=True))


def told(groups: list[Group]) -> list[tuple[str, list[int]]]:
    return [(each.caption, sorted(face.pk for face in each.faces)) for each in groups]


def sides(names: dict[int, str] | None = None) -> Any:
    """Of the newest edit."""
    edit = Edit.objects.latest("pk")
    shown = pictured([edit], names or {})[edit.pk]
    return told(shown.before), told(shown.after)


class TestPictured:
    def test_shows_what_a_merge_has_put_together(self, owner: Owner) -> None:
        one, other = (make_cluster(owner=owner, faces=2) for _ in range(2))
        theirs, ours = faces_of(other), faces_of(one)

        merging.merge(owner, one.public_id, [other.public_id])

        assert sides() == (
            [("not named", theirs), ("not named", ours)],
            [("not named", sorted(ours + theirs))],
        )

    def test_shows_who_a_merge_of_people_has_made_one(self, owner: Owner) -> None:
        anna, annie = (make_person(owner=owner, name=name) for name in ("Anna", "Annie"))
        cluster = make_cluster(owner=owner, person=annie, faces=1)

        merging.merge_people(owner, anna, [annie])

        faces = faces_of(cluster)
        assert sides({anna.pk: "Anna"}) == ([("Annie", faces)], [("Anna", faces)])

    def test_shows_what_a_split_has_parted(self, owner: Owner) -> None:
        cluster = make_cluster(owner=owner, faces=4)
        stay, go = faces_of(cluster)[:2], faces_of(cluster)[2:]

        placing.split(cluster, go, name="Ben")

        before, after = sides()
        assert before == [("not named", sorted(stay + go))]
        assert after == [("Ben", go), ("not named", stay)]

    def test_says_of_no_face_that_it_was_where_it_has_come_to(self, owner: Owner) -> None:
        cluster = make_cluster(owner=owner, faces=60)
        go = faces_of(cluster)[:50]

        placing.split(cluster, go, name="Ben")

        before, after = sides()
        assert [(caption, len(faces)) for caption, faces in before] == [("not named", FACES)]
        assert [caption for caption, _ in after] == ["Ben", "not named"]

    def test_shows_who_was_given_a_name(self) -> None:
        cluster = make_cluster(faces=1)

        naming.name_cluster(cluster, "Anna")

        faces = faces_of(cluster)
        assert sides() == ([("not named", faces)], [("Anna", faces)])

    def test_says_what_a_name_was_then(self) -> None:
        cluster = make_cluster(faces=1)
        naming.name_cluster(cluster, "Anna")
        first = Edit.objects.get()
        naming.name_cluster(cluster, "Ben")

        shown = pictured([first], {})[first.pk]

        assert told(shown.after) == [("Anna", faces_of(cluster))]

    def test_shows_what_was_taken_out(self, owner: Owner) -> None:
        cluster = make_cluster(owner=owner, faces=2)
        stays, goes = faces_of(cluster)

        placing.remove(owner, [goes])

        assert sides() == (
            [("not named", [stays, goes])],
            [("in no cluster", [goes]), ("not named", [stays])],
        )

    def test_shows_verdicts_once(self, owner: Owner) -> None:
        anna, face = make_person(owner=owner), make_face(photo=make_photo(owner=owner))

        placing.reject(owner, [face.pk], anna)

        assert sides() == ([], [("", [face.pk])])

    def test_shows_the_taking_back_the_other_way_round(self) -> None:
        cluster = make_cluster(faces=1)
        naming.name_cluster(cluster, "Anna")

        editing.undo(cluster.owner, Edit.objects.get().pk, None)

        faces = faces_of(cluster)
        assert sides() == ([("Anna", faces)], [("not named", faces)])

    def test_is_short_however_much_was_done(self, owner: Owner) -> None:
        into = make_cluster(owner=owner, faces=FACES + 2)
        others = [make_cluster(owner=owner, faces=1) for _ in range(GROUPS + 2)]

        merging.merge(owner, into.public_id, [each.public_id for each in others])

        before, after = sides()
        assert (len(before), len(after)) == (GROUPS, 1)
        assert len(after[0][1]) == FACES

    def test_has_no_faces_that_have_gone(self, owner: Owner) -> None:
        cluster = make_cluster(owner=owner, faces=1)
        naming.name_cluster(cluster, "Anna")
        Face.objects.all().delete()

        assert sides() == ([], [])

    @pytest.mark.parametrize("edits", [1, 3, 20])
    def test_costs_three_queries(
        self, owner: Owner, django_assert_num_queries: Any, edits: int
    ) -> None:
        for number in range(edits):
            naming.name_cluster(make_cluster(owner=owner, faces=2), f"Anna {number}")
        every = list(Edit.objects.all())

        with django_assert_num_queries(3):
            found = pictured(every, {})

        assert [len(each.after) for each in found.values()] == [1] * edits
