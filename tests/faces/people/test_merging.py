"""Making one cluster of several."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from itertools import chain
from typing import Any

import pytest
from django.db import connection, transaction

from faces.errors import ClusterMissing, FaceError, PeopleDiffer
from faces.grouping import one_at_a_time
from faces.models import Cluster, Membership
from faces.people.merging import Merged, Moved
from faces.people.merging import merge as merge_within
from faces.people.naming import name_cluster
from photos.models import Owner
from tests.factories import make_cluster, make_owner, make_space

pytestmark = pytest.mark.django_db


def merge(owner: Owner, into: Cluster, *clusters: Cluster) -> Merged:
    with transaction.atomic():
        return merge_within(owner, into.public_id, [each.public_id for each in clusters])


def faces_of(cluster: Cluster) -> list[int]:
    members = Membership.objects.filter(part__cluster=cluster)
    return list(members.order_by("face_id").values_list("face_id", flat=True))


def rows() -> list[Any]:
    return [*Cluster.objects.order_by("pk").values(), *Membership.objects.order_by("pk").values()]


@pytest.fixture
def owner() -> Owner:
    return make_owner()


class TestMerge:
    def test_moves_all_faces_and_keeps_how_they_came(self, owner: Owner) -> None:
        into, one, two = (make_cluster(owner=owner, faces=2) for _ in range(3))
        Membership.objects.filter(part__cluster=one).update(
            how=Membership.How.MANUAL, similarity=None
        )
        faces = {each: faces_of(each) for each in (into, one, two)}

        merged = merge(owner, into, one, two)

        assert faces_of(into) == sorted(chain(*faces.values()))
        assert Membership.objects.filter(how=Membership.How.MANUAL).count() == 2
        assert list(Cluster.objects.all()) == [into]
        moved = [Moved(each.public_id, None, faces[each]) for each in (one, two)]
        assert merged == Merged(into.public_id, None, None, moved, [])

    def test_gives_the_name_of_one_to_all(self, owner: Owner) -> None:
        into, named = make_cluster(owner=owner, faces=1), make_cluster(owner=owner, faces=1)
        anna = name_cluster(named, "Anna")

        merged = merge(owner, into, named)

        into.refresh_from_db()
        assert into.person == anna
        assert (merged.person, merged.person_before) == (anna.pk, None)
        assert [part.person for part in merged.moved] == [anna.pk]

    def test_of_clusters_of_one_person_keeps_the_person(self, owner: Owner) -> None:
        into, other = make_cluster(owner=owner, faces=1), make_cluster(owner=owner, faces=1)
        anna = name_cluster(into, "Anna")
        name_cluster(other, "Anna")

        assert merge(owner, into, other).person == anna.pk

    def test_twice_changes_nothing(self, owner: Owner) -> None:
        into, other = make_cluster(owner=owner, faces=1), make_cluster(owner=owner, faces=1)
        merge(owner, into, other)
        before = rows()

        again = merge(owner, into, other)

        assert rows() == before
        assert (again.moved, again.gone) == ([], [other.public_id])

    def test_of_one_named_twice_moves_it_once(self, owner: Owner) -> None:
        into, other = make_cluster(owner=owner), make_cluster(owner=owner, faces=1)

        assert len(merge(owner, into, other, other).moved) == 1

    def test_into_itself_changes_nothing(self, owner: Owner) -> None:
        only = make_cluster(owner=owner, faces=1)
        before = rows()

        assert merge(owner, only, only).moved == []
        assert rows() == before

    def test_tells_what_it_did_as_json(self, owner: Owner) -> None:
        into, other = make_cluster(owner=owner), make_cluster(owner=owner, faces=1)
        [face] = faces_of(other)

        assert asdict(merge(owner, into, other))["moved"] == [
            {"cluster": other.public_id, "person": None, "faces": [face]}
        ]


class TestWhatIsNotMerged:
    def test_are_clusters_of_different_people(self, owner: Owner) -> None:
        into, other = make_cluster(owner=owner, faces=1), make_cluster(owner=owner, faces=1)
        name_cluster(into, "Anna")
        name_cluster(other, "Ben")
        before = rows()

        with pytest.raises(PeopleDiffer):
            merge(owner, into, other)
        assert rows() == before

    def test_are_unnamed_ones_with_two_that_have_different_names(self, owner: Owner) -> None:
        into, *others = (make_cluster(owner=owner, faces=1) for _ in range(3))
        for cluster, name in zip(others, ("Anna", "Ben"), strict=True):
            name_cluster(cluster, name)
        before = rows()

        with pytest.raises(PeopleDiffer):
            merge(owner, into, *others)
        assert rows() == before

    def test_are_clusters_of_others(self, owner: Owner) -> None:
        mine, theirs = make_cluster(owner=owner, faces=1), make_cluster(faces=1)
        before = rows()

        assert merge(owner, mine, theirs).gone == [theirs.public_id]
        with pytest.raises(ClusterMissing):
            merge(owner, theirs, mine)
        assert rows() == before


class TestClustersOfTwoModels:
    def test_are_merged_as_their_faces_are_the_same_people(self, owner: Owner) -> None:
        into = make_cluster(owner=owner, faces=1)
        other = make_cluster(owner=owner, faces=1, space=make_space())

        merge(owner, into, other)

        assert len(faces_of(into)) == 2


@pytest.mark.django_db(transaction=True)
class TestMergesAtOnce:
    def test_of_two_into_each_other_have_one_winner(self, owner: Owner) -> None:
        one, two = make_cluster(owner=owner, faces=2), make_cluster(owner=owner, faces=2)
        faces = sorted([*faces_of(one), *faces_of(two)])

        with ThreadPoolExecutor(2) as threads:
            calls = [threads.submit(_try, owner, *pair) for pair in ((one, two), (two, one))]
            ended = [call.result() for call in calls]

        assert ended.count(None) == 1
        [stays] = Cluster.objects.all()
        assert faces_of(stays) == faces
        assert {type(each) for each in ended if each} == {ClusterMissing}

    def test_do_not_wait_for_a_grouping(self, owner: Owner) -> None:
        into, other = make_cluster(owner=owner), make_cluster(owner=owner)

        with one_at_a_time(owner), ThreadPoolExecutor(1) as threads:
            assert threads.submit(_try, owner, into, other).result() is None


def _try(owner: Owner, into: Cluster, other: Cluster) -> FaceError | None:
    try:
        merge(owner, into, other)
    except FaceError as exc:
        return exc
    finally:
        connection.close()
    return None
