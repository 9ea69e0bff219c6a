"""What must hold whatever is edited, where random sequences seldom come."""

import pytest

from faces.errors import Contradicted
from faces.models import Cluster, Edit, Face, Membership, Pair
from faces.people import merging, naming, placing
from faces.people.editing import undo
from photos.models import Owner
from tests.factories import make_cluster, make_face, make_owner, make_person, make_photo

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Owner:
    return make_owner()


@pytest.fixture
def left_out(owner: Owner) -> Face:
    """A face that somebody has ignored."""
    face = make_face(photo=make_photo(owner=owner))
    placing.ignore(owner, [face.pk])
    return face


def last_edit() -> int:
    return Edit.objects.latest("pk").pk


class TestAnIgnoredFace:
    def test_is_none_any_more_when_somebody_says_whose_it_is(
        self, owner: Owner, left_out: Face
    ) -> None:
        anna = make_person(owner=owner)

        placing.assign(owner, [left_out.pk], anna)

        face = Face.objects.with_people().get()
        assert (face.person, face.ignored) == (anna, False)
        undo(owner, last_edit(), None)
        assert (Face.objects.get().ignored, Membership.objects.count()) == (True, 0)

    def test_is_none_any_more_when_somebody_says_where_it_belongs(
        self, owner: Owner, left_out: Face
    ) -> None:
        cluster = make_cluster(owner=owner, faces=1)

        placing.move(owner, [left_out.pk], cluster)

        left_out.refresh_from_db()
        assert (left_out.membership.cluster, left_out.ignored) == (cluster, False)

    def test_is_put_nowhere_by_undoing_that_it_was_taken_out(self, owner: Owner) -> None:
        face = make_face(photo=make_photo(owner=owner))
        naming.create(owner, "Anna", faces=[face.pk])
        placing.remove(owner, [face.pk])
        removed = last_edit()
        placing.ignore(owner, [face.pk])

        with pytest.raises(Contradicted, match=f"Face {face.pk} is left out of clusters"):
            undo(owner, removed, None)
        assert Membership.objects.count() == 0

    def test_is_not_where_it_was_by_itself_and_no_empty_cluster_comes_back(
        self, owner: Owner
    ) -> None:
        cluster, face = make_cluster(owner=owner), make_face(photo=make_photo(owner=owner))
        Membership.objects.create(face=face, part_id=cluster.pk, how="matched", similarity=0.6)
        placing.remove(owner, [face.pk])
        removed = last_edit()
        placing.ignore(owner, [face.pk])

        undo(owner, removed, None)

        assert (Membership.objects.count(), Cluster.objects.count()) == (0, 0)
        undo(owner, last_edit(), None)
        assert (Membership.objects.count(), Cluster.objects.count()) == (0, 0)

    def test_can_not_be_one_that_somebody_has_put_somewhere_since(self, owner: Owner) -> None:
        face = make_face(photo=make_photo(owner=owner), ignored=True)
        placing.ignore(owner, [face.pk], ignored=False)
        unignored = last_edit()
        naming.create(owner, "Anna", faces=[face.pk])

        with pytest.raises(Contradicted, match=f"Face {face.pk} is left out of clusters"):
            undo(owner, unignored, None)

    def test_leaves_where_it_was_only_matched(self, owner: Owner) -> None:
        face = make_face(photo=make_photo(owner=owner), ignored=True)
        placing.ignore(owner, [face.pk], ignored=False)
        cluster = make_cluster(owner=owner, faces=1)
        Membership.objects.create(face=face, part_id=cluster.pk, how="matched", similarity=0.6)

        undo(owner, last_edit(), None)

        assert Face.objects.get(pk=face.pk).cluster is None
        assert Face.objects.get(pk=face.pk).ignored


class TestTwoWhoAreNotOne:
    """What was said of two faces is taken back, and that is undone when they have come together."""

    def test_are_not_said_to_be_two_again_where_somebody_has_put_them_together(
        self, owner: Owner
    ) -> None:
        clusters = [make_cluster(owner=owner, faces=1) for _ in range(2)]
        first, second = self._faces(clusters)
        taken_back = self._said_and_taken_back(owner, first, second)
        merging.merge(owner, clusters[0].public_id, [clusters[1].public_id])

        with pytest.raises(Contradicted, match="are two people"):
            undo(owner, taken_back, None)
        assert Pair.objects.count() == 0

    def test_are_apart_again_where_one_was_only_matched(self, owner: Owner) -> None:
        cluster, face = make_cluster(owner=owner, faces=1), make_face(photo=make_photo(owner=owner))
        [other] = self._faces([cluster])
        taken_back = self._said_and_taken_back(owner, other, face.pk)
        Membership.objects.create(face=face, part_id=cluster.pk, how="matched", similarity=0.6)

        undo(owner, taken_back, None)

        assert Face.objects.get(pk=face.pk).cluster is None
        assert Pair.objects.get().same is False

    def test_are_kept_apart_whatever_else_somebody_has_said(self, owner: Owner) -> None:
        clusters = [make_cluster(owner=owner, faces=1) for _ in range(4)]
        first, second, third, fourth = self._faces(clusters)
        placing.answer(owner, first, second, same=False)
        placing.answer(owner, third, fourth, same=False)
        naming.name_cluster(clusters[2], "Anna")

        with pytest.raises(Contradicted, match=f"faces {third} and {fourth} are two people"):
            naming.name_cluster(clusters[3], "Anna")
        with pytest.raises(Contradicted, match=f"faces {first} and {second} are two people"):
            merging.merge(owner, clusters[1].public_id, [clusters[0].public_id])

    def _faces(self, clusters: list[Cluster]) -> list[int]:
        return [cluster.memberships.get().face_id for cluster in clusters]

    def _said_and_taken_back(self, owner: Owner, first: int, second: int) -> int:
        placing.answer(owner, first, second, same=False)
        placing.unanswer(owner, first, second)
        return last_edit()
