"""Faces come together, and stay where they are."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from faces import centroids, grouping, matching
from faces.errors import GroupingBusy, NameMissing, NameTooLong
from faces.grouping import Grouped
from faces.models import Cluster, Face, GroupingDue, Membership, Person
from faces.people import placing
from faces.people.naming import name_cluster
from inference.arrays import Array
from photos.models import Owner, Space
from tests.factories import make_cluster, make_face, make_owner, make_photo, make_space, unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(db: None) -> Owner:
    return make_owner()


@pytest.fixture
def space(db: None) -> Space:
    return make_space(same_person_cosine=0.5)


def face(owner: Owner, space: Space, vector: Array) -> Face:
    return make_face(photo=make_photo(owner=owner), space=space, vector=vector)


def cluster_of(face: Face) -> Cluster | None:
    return Face.objects.with_people().get(pk=face.pk).cluster


class TestGroup:
    def test_forms_a_cluster_of_alike_faces(self, owner: Owner, space: Space) -> None:
        one, other = face(owner, space, unit(1, 0)), face(owner, space, unit(1, 0.1))
        stranger = face(owner, space, unit(0, 1))

        grouped = grouping.group(owner, space)

        assert grouped == Grouped(joined=0, clusters=1, faces=2)
        assert cluster_of(one) == cluster_of(other) == Cluster.objects.get(owner=owner)
        assert cluster_of(stranger) is None

    def test_says_how_and_how_sure(self, owner: Owner, space: Space) -> None:
        one = face(owner, space, unit(1, 0))
        face(owner, space, unit(0.8, 0.6))

        grouping.group(owner, space)

        assert one.membership.how == Membership.How.CLUSTERED
        assert one.membership.similarity == pytest.approx(0.8, abs=0.01)

    def test_lets_a_face_join_a_known_cluster(self, owner: Owner, space: Space) -> None:
        first = face(owner, space, unit(1, 0))
        face(owner, space, unit(1, 0.1))
        grouping.group(owner, space)
        late = face(owner, space, unit(1, 0.2))

        grouped = grouping.group(owner, space)

        assert grouped == Grouped(joined=1, clusters=0, faces=0)
        assert cluster_of(late) == cluster_of(first)
        assert late.membership.how == Membership.How.MATCHED

    def test_twice_changes_nothing(self, owner: Owner, space: Space) -> None:
        face(owner, space, unit(1, 0))
        face(owner, space, unit(1, 0.1))
        grouping.group(owner, space)

        assert grouping.group(owner, space) == Grouped(0, 0, 0)

    def test_leaves_what_people_said(self, owner: Owner, space: Space) -> None:
        cluster = make_cluster(owner=owner, space=space)
        odd = face(owner, space, unit(0, 1))
        Membership.objects.create(face=odd, part_id=cluster.pk, how=Membership.How.MANUAL)
        face(owner, space, unit(0, 1))

        grouping.group(owner, space)

        assert cluster_of(odd) == cluster

    def test_keeps_owners_apart(self, owner: Owner, space: Space) -> None:
        mine = face(owner, space, unit(1, 0))
        face(make_owner(), space, unit(1, 0))

        assert grouping.group(owner, space) == Grouped(0, 0, 0)
        assert cluster_of(mine) is None

    def test_gives_a_cluster_one_face_of_a_photo(self, owner: Owner, space: Space) -> None:
        photo = make_photo(owner=owner)
        cluster = make_cluster(owner=owner, space=space)
        make_face(photo=photo, cluster=cluster, space=space, vector=unit(1, 0))
        twin = make_face(photo=photo, space=space, vector=unit(1, 0))

        grouping.group(owner, space)

        assert cluster_of(twin) is None

    def test_of_an_owner_without_faces_is_nothing(self, owner: Owner, space: Space) -> None:
        assert grouping.group(owner, space) == Grouped(0, 0, 0)


class TestWhatWasSaid:
    def test_keeps_two_apart_who_both_look_like_somebody(self, owner: Owner, space: Space) -> None:
        cluster = make_cluster(owner=owner, space=space)
        make_face(photo=make_photo(owner=owner), cluster=cluster, space=space, vector=unit(1, 0))
        one, two = face(owner, space, unit(1, 0.1)), face(owner, space, unit(1, 0.1))
        placing.answer(owner, one.pk, two.pk, same=False)

        grouping.group(owner, space)

        assert [cluster_of(each) for each in (one, two)].count(cluster) == 1

    def test_lets_those_who_were_rejected_be_somebody_else(
        self, owner: Owner, space: Space
    ) -> None:
        cluster = make_cluster(owner=owner, space=space)
        make_face(photo=make_photo(owner=owner), cluster=cluster, space=space, vector=unit(1, 0))
        anna = name_cluster(cluster, "Anna")
        sisters = [face(owner, space, unit(1, 0.1)) for _ in range(3)]
        placing.reject(owner, [each.pk for each in sisters], anna)

        assert grouping.group(owner, space) == Grouped(0, 1, 3)
        assert grouping.group(owner, space) == Grouped(0, 0, 0)

        [beth] = {cluster_of(each) for each in sisters}
        assert beth != cluster


class TestGroupingDue:
    def test_goes_when_the_faces_are_grouped(self, owner: Owner, space: Space) -> None:
        grouping.ask(owner.pk, space)

        grouping.group(owner, space)

        assert not GroupingDue.objects.exists()

    def test_stays_when_somebody_asks_again_meanwhile(
        self, owner: Owner, space: Space, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        grouping.ask(owner.pk, space)
        means = centroids.of

        def ask_meanwhile(*args: Any) -> centroids.Means:
            grouping.ask(owner.pk, space)
            return means(*args)

        monkeypatch.setattr(centroids, "of", ask_meanwhile)
        grouping.group(owner, space)

        assert GroupingDue.objects.get().owner == owner

    @pytest.mark.django_db(transaction=True)
    def test_is_left_to_who_is_at_it(self, owner: Owner, space: Space) -> None:
        grouping.ask(owner.pk, space)

        def try_as_well() -> None:
            try:
                grouping.group(owner, space)
            finally:
                connection.close()

        with (
            grouping.one_at_a_time(owner),
            ThreadPoolExecutor(1) as pool,
            pytest.raises(GroupingBusy),
        ):
            pool.submit(try_as_well).result()

        assert GroupingDue.objects.exists()


class TestAdmit:
    def test_forgets_a_join_whose_cluster_has_gone(self, owner: Owner, space: Space) -> None:
        cluster = make_cluster(owner=owner, space=space)
        join = matching.Join(cluster.pk, 0.9)
        lone = face(owner, space, unit(1, 0))
        cluster.delete()

        matching.admit(owner.pk, {lone.pk: join})

        assert cluster_of(lone) is None


class TestNameCluster:
    def test_makes_a_person(self, owner: Owner) -> None:
        cluster = make_cluster(owner=owner)

        person = name_cluster(cluster, "  Anna   Berg ")

        assert (person.owner, person.name) == (owner, "Anna Berg")
        assert Cluster.objects.get(pk=cluster.pk).label == f"person_{person.pk}"

    def test_knows_a_name_that_is_there(self, owner: Owner) -> None:
        anna = name_cluster(make_cluster(owner=owner), "Anna")

        assert name_cluster(make_cluster(owner=owner), "Anna") == anna

    def test_takes_accents_written_in_two_ways_for_one_name(self, owner: Owner) -> None:
        zoe = name_cluster(make_cluster(owner=owner), "Zo\u00eb")

        assert name_cluster(make_cluster(owner=owner), "Zoe\u0308") == zoe

    def test_makes_another_person_for_another_owner(self, owner: Owner) -> None:
        anna = name_cluster(make_cluster(owner=owner), "Anna")

        assert name_cluster(make_cluster(), "Anna") != anna

    @pytest.mark.parametrize("name", ["", "  \t"])
    def test_refuses_no_name(self, owner: Owner, name: str) -> None:
        with pytest.raises(NameMissing):
            name_cluster(make_cluster(owner=owner), name)

        assert Person.objects.count() == 0

    def test_refuses_a_name_that_can_not_be_kept(self, owner: Owner) -> None:
        with pytest.raises(NameTooLong):
            name_cluster(make_cluster(owner=owner), "a" * 201)
