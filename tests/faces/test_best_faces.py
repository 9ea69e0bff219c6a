"""The clearest faces of a cluster or of somebody, of thousands as well."""

import pytest
from django.db import connection

from faces.models import Cluster, Face, Membership
from tests.factories import make_cluster, make_face, make_person

pytestmark = pytest.mark.django_db


def members_of(cluster: Cluster, *qualities: float) -> list[int]:
    return [make_face(cluster=cluster, quality=each).pk for each in qualities]


def test_come_first_and_the_older_one_of_two() -> None:
    cluster = make_cluster()
    dull, clear, same = members_of(cluster, 0.2, 0.8, 0.2)
    members_of(make_cluster(), 0.9)

    best = Face.objects.best_of(cluster.memberships)

    assert list(best.values_list("pk", flat=True)) == [clear, dull, same]
    assert [face.pk for face in best[:1]] == [clear]


def test_are_those_of_all_clusters_of_somebody_in_whatever_order_they_were_named() -> None:
    anna = make_person()
    first, second = (make_cluster(owner=anna.owner, person=anna) for _ in range(2))
    [middle], [dull, clear] = members_of(first, 0.5), members_of(second, 0.1, 0.9)

    hers = Membership.objects.filter(part__cluster__person=anna).order_by("-pk")

    best = Face.objects.best_of(hers).values_list("pk", flat=True)
    assert list(best) == [clear, middle, dull]


def test_are_none_of_an_empty_cluster() -> None:
    assert list(Face.objects.best_of(make_cluster().memberships)) == []


def test_are_read_in_the_order_of_an_index_and_not_joined_one_by_one() -> None:
    cluster = make_cluster()

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = Face.objects.best_of(cluster.memberships)[:10].explain()

    assert "faces_face_pkey" in plan
    assert "Index Cond: (id = ANY (" in plan
