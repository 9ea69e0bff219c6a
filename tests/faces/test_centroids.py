"""The means of clusters."""

import pytest
from pytest_django import DjangoAssertNumQueries

from faces import centroids
from faces.models import Centroid, Membership
from faces.people import placing
from tests.factories import (
    make_cluster,
    make_face,
    make_owner,
    make_person,
    make_photo,
    make_space,
    unit,
)

pytestmark = pytest.mark.django_db


class TestCentroids:
    def test_are_those_of_the_clusters_of_the_owner(self) -> None:
        owner, space = make_owner(), make_space()
        cluster = make_cluster(owner=owner, space=space)
        for vector in (unit(1, 0), unit(0, 1)):
            photo = make_photo(owner=owner)
            make_face(photo=photo, cluster=cluster, space=space, vector=vector)
        make_face(cluster=make_cluster(space=space), space=space, vector=unit(1, 0))

        means = centroids.of(owner, space)

        assert (means.clusters, means.sizes.tolist()) == ([cluster.pk], [2])
        assert means.vectors[0, :2] == pytest.approx([0.5, 0.5], abs=1e-3)

    def test_of_chosen_clusters_only(self) -> None:
        owner, space = make_owner(), make_space()
        cluster = make_cluster(owner=owner, space=space)
        make_face(cluster=cluster, space=space, vector=unit(1, 0))

        assert centroids.of(owner, space, []).clusters == []

    def test_leave_out_faces_that_were_only_matched(self) -> None:
        owner, space = make_owner(), make_space()
        cluster = make_cluster(owner=owner, space=space)
        make_face(photo=make_photo(owner=owner), cluster=cluster, space=space, vector=unit(1, 0))
        far = make_face(
            photo=make_photo(owner=owner), cluster=cluster, space=space, vector=unit(0, 1)
        )
        Membership.objects.filter(face=far).update(how=Membership.How.MATCHED)

        means = centroids.of(owner, space)

        assert means.sizes.tolist() == [1]
        assert means.vectors[0, :2] == pytest.approx([1, 0], abs=1e-3)

    def test_of_one_person_are_one_group_in_which_faces_may_be_found(self) -> None:
        owner, space = make_owner(), make_space()
        anna, rude = make_person(owner=owner), make_person(owner=owner, ignored=True)
        clusters = [
            make_cluster(owner=owner, space=space, person=person)
            for person in (anna, anna, rude, None)
        ]
        for cluster in clusters:
            photo = make_photo(owner=owner)
            make_face(photo=photo, cluster=cluster, space=space, vector=unit(1, 0))

        means = centroids.of(owner, space)

        assert means.groups.tolist() == [anna.pk, anna.pk, rude.pk, -clusters[3].pk]
        assert means.matched.tolist() == [True, True, False, True]

    def test_are_made_anew_after_an_edit(self) -> None:
        owner, space = make_owner(), make_space()
        cluster = make_cluster(owner=owner, space=space)
        stays, goes = (
            make_face(photo=make_photo(owner=owner), cluster=cluster, space=space, vector=vector)
            for vector in (unit(1, 0), unit(0, 1))
        )
        assert centroids.of(owner, space).sizes.tolist() == [2]

        placing.remove(owner, [goes.pk])

        assert centroids.of(owner, space).sizes.tolist() == [1]
        assert Centroid.objects.count() == 1
        assert stays.membership.cluster == cluster


class TestCompleting:
    def test_has_them_stored_once_and_asks_for_no_more(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        owner, space = make_owner(), make_space()
        cluster = make_cluster(owner=owner, space=space)
        make_face(photo=make_photo(owner=owner), cluster=cluster, space=space, vector=unit(1, 0))

        centroids.complete(owner, space, [cluster.pk])
        with django_assert_num_queries(1):
            centroids.complete(owner, space, [cluster.pk])

        assert Centroid.objects.get().cluster == cluster

    def test_leaves_clusters_of_others(self) -> None:
        space, theirs = make_space(), make_cluster()
        make_face(cluster=theirs, space=space, vector=unit(1, 0))

        centroids.complete(make_owner(), space, [theirs.pk])

        assert not Centroid.objects.exists()
