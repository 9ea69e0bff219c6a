"""Clustering anew: ids and names stay, what people have said holds, and it can be undone."""

from typing import Any

import pytest

from faces import clustering, reclustering
from faces.errors import Overtaken
from faces.models import Cluster, Edit, Face, Membership, Person
from faces.people import naming, placing
from faces.people.clearing import Cleared, clear
from faces.people.editing import undo
from faces.statistics import statistics
from inference.arrays import Array
from photos.models import Owner, Space
from tests.factories import make_cluster, make_face, make_owner, make_photo, make_space, unit

pytestmark = pytest.mark.django_db

ANNA, BEN = unit(1, 0), unit(0, 1)
LIKE_ANNA, LIKE_BEN = unit(1, 0.2), unit(0.2, 1)


@pytest.fixture
def owner() -> Owner:
    return make_owner()


@pytest.fixture
def space() -> Space:
    return make_space()


def face(owner: Owner, space: Space, vector: Array, **values: Any) -> Face:
    return make_face(photo=make_photo(owner=owner), space=space, vector=vector, **values)


def where(*faces: Face) -> list[int | None]:
    members = dict(Membership.objects.values_list("face_id", "part__cluster"))
    return [members.get(each.pk) for each in faces]


def state() -> Any:
    members = Membership.objects.order_by("face").values_list(
        "face", "part__cluster", "how", "similarity"
    )
    return list(members), list(Cluster.objects.order_by("pk").values_list("pk", "person"))


class TestRecluster:
    def test_keeps_the_ids_of_clusters_that_stay_mostly_the_same(
        self, owner: Owner, space: Space
    ) -> None:
        cluster = make_cluster(owner=owner, space=space)
        annas = [face(owner, space, ANNA, cluster=cluster) for _ in range(3)]
        wrong = face(owner, space, BEN, cluster=cluster)
        bens = [face(owner, space, LIKE_BEN) for _ in range(2)]

        done = reclustering.recluster(owner, space)

        assert where(*annas) == [cluster.pk] * 3
        [other] = Cluster.objects.exclude(pk=cluster.pk)
        assert where(wrong, *bens) == [other.pk] * 3
        assert (done.moved, done.joined, done.left) == (1, 2, 0)
        assert (done.new_clusters, done.gone_clusters) == (1, 0)

    def test_tells_first_and_changes_nothing(self, owner: Owner, space: Space) -> None:
        for _ in range(2):
            face(owner, space, ANNA)
        before = state()

        told = reclustering.recluster(owner, space, dry_run=True)

        assert (told.joined, told.new_clusters, told.edit) == (2, 1, None)
        assert state() == before
        done = reclustering.recluster(owner, space)
        assert (done.joined, done.clusters) == (told.joined, told.clusters)

    def test_twice_changes_nothing(self, owner: Owner, space: Space) -> None:
        for vector in (ANNA, LIKE_ANNA, BEN, LIKE_BEN):
            face(owner, space, vector)
        reclustering.recluster(owner, space)
        before = state()

        again = reclustering.recluster(owner, space)

        assert (again.moved, again.joined, again.left, again.edit) == (0, 0, 0, None)
        assert state() == before

    def test_never_moves_who_was_placed_or_named(self, owner: Owner, space: Space) -> None:
        named = make_cluster(owner=owner, space=space)
        one = face(owner, space, ANNA, cluster=named)
        odd = face(owner, space, BEN, cluster=named)
        anna = naming.name_cluster(named, "Anna")
        placed = face(owner, space, unit(0, 0, 1))
        placing.assign(owner, [placed.pk], anna)
        new = face(owner, space, LIKE_ANNA)

        reclustering.recluster(owner, space)

        assert where(one, odd, placed, new) == [named.pk] * 4
        assert Person.objects.get() == anna

    def test_obeys_what_was_rejected(self, owner: Owner, space: Space) -> None:
        named = make_cluster(owner=owner, space=space)
        for _ in range(2):
            face(owner, space, ANNA, cluster=named)
        anna = naming.name_cluster(named, "Anna")
        twin = face(owner, space, LIKE_ANNA)
        placing.reject(owner, [twin.pk], anna)

        reclustering.recluster(owner, space)

        assert where(twin) != [named.pk]

    def test_can_be_undone_exactly(self, owner: Owner, space: Space) -> None:
        cluster = make_cluster(owner=owner, space=space)
        for vector in (ANNA, LIKE_ANNA, BEN):
            face(owner, space, vector, cluster=cluster)
        face(owner, space, LIKE_BEN)
        before = state()
        done = reclustering.recluster(owner, space)
        assert state() != before

        assert done.edit
        undo(owner, done.edit, None)

        assert state() == before

    def test_leaves_the_faces_of_others_alone(self, owner: Owner, space: Space) -> None:
        theirs = make_owner()
        for _ in range(3):
            face(theirs, space, ANNA)

        assert reclustering.recluster(owner, space).faces == 0
        assert not Cluster.objects.exists()

    def test_is_refused_where_faces_were_edited_meanwhile(
        self, owner: Owner, space: Space, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cluster = make_cluster(owner=owner, space=space)
        busy = face(owner, space, BEN, cluster=cluster)
        for _ in range(3):
            face(owner, space, ANNA)
        cluster_anew = clustering.cluster

        def edit_meanwhile(*args: Any) -> Any:
            placing.remove(owner, [busy.pk])
            return cluster_anew(*args)

        monkeypatch.setattr(reclustering, "cluster", edit_meanwhile)

        with pytest.raises(Overtaken):
            reclustering.recluster(owner, space)
        assert Edit.objects.get().kind == Edit.Kind.REMOVE

    def test_is_refused_where_somebody_was_named_meanwhile(
        self, owner: Owner, space: Space, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mixed = make_cluster(owner=owner, space=space)
        for vector in (ANNA, ANNA, ANNA, BEN, BEN, BEN):
            face(owner, space, vector, cluster=mixed)
        cluster_anew = clustering.cluster

        def name_meanwhile(*args: Any) -> Any:
            naming.name_cluster(mixed, "Anna")
            return cluster_anew(*args)

        monkeypatch.setattr(reclustering, "cluster", name_meanwhile)

        with pytest.raises(Overtaken):
            reclustering.recluster(owner, space)
        assert mixed.memberships.count() == 6


class TestClear:
    def test_takes_back_what_came_by_itself(self, owner: Owner, space: Space) -> None:
        unnamed = make_cluster(owner=owner, space=space, faces=3)
        named = make_cluster(owner=owner, space=space, faces=2)
        naming.name_cluster(named, "Anna")
        matched = face(owner, space, ANNA, cluster=named)
        Membership.objects.filter(face=matched).update(how=Membership.How.MATCHED)
        before = state()

        assert clear(owner, dry_run=True) == Cleared(4, 1)
        assert state() == before
        assert clear(owner) == Cleared(4, 1)

        assert list(Cluster.objects.all()) == [named]
        assert named.memberships.count() == 2
        assert not Cluster.objects.filter(pk=unnamed.pk).exists()
        assert clear(owner) == Cleared(0, 0)
        undo(owner, Edit.objects.filter(kind=Edit.Kind.CLEAR).get().pk, None)
        assert state() == before

    def test_leaves_clusters_that_somebody_ignores(self, owner: Owner, space: Space) -> None:
        stranger = make_cluster(owner=owner, space=space, faces=2, ignored=True)

        assert clear(owner) == Cleared(0, 0)

        assert stranger.memberships.count() == 2


class TestStatistics:
    def test_count_what_is_the_owners(
        self, owner: Owner, space: Space, django_assert_num_queries: Any
    ) -> None:
        naming.name_cluster(make_cluster(owner=owner, space=space, faces=2), "Anna")
        face(owner, space, ANNA)
        make_cluster(faces=3)

        with django_assert_num_queries(5):
            told = statistics(owner, space)

        assert told["faces"] | {} == {
            "total": 3, "named": 2, "unnamed": 0, "alone": 1, "ignored": 0, "low_quality": 0,
            "manual": 0, "matched": 0, "clustered": 2,
        }  # fmt: skip
        assert (told["clusters"], told["people"]["total"]) == ({"total": 1, "named": 1}, 1)
        assert (told["edits"], told["in_space"]) == (1, 1)
