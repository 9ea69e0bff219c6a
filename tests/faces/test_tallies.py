"""How many faces clusters have, and how much in doubt they are: kept by the database."""

from threading import Thread

import pytest
from django.db import connection

from faces.models import Cluster, Face, Membership, Tally
from photos.models import Owner
from tests.factories import make_cluster, make_face, make_owner, make_photo

ROUNDS = 20


@pytest.fixture
def owner(db: None) -> Owner:
    return make_owner()


def join(faces: list[Face], clusters: list[Cluster]) -> None:
    """Each of `faces` joins one of `clusters`, a few at a time. On a connection of its own."""
    count = len(clusters)
    for start in range(0, len(faces), count):
        some = zip(faces[start : start + count], clusters, strict=True)
        Membership.objects.add(
            Membership(face=face, part_id=cluster.pk, how="matched", similarity=0.75)
            for face, cluster in some
        )
    connection.close()


@pytest.mark.django_db
class TestTallies:
    def test_are_right_whatever_happens_to_memberships(self, owner: Owner) -> None:
        one, other = (make_cluster(owner=owner, faces=2) for _ in range(2))
        first = one.memberships.order_by("pk")[0]
        one.memberships.update(similarity=0.2)
        Membership.objects.filter(pk=first.pk).update(part=other.pk)
        make_face(cluster=other)
        Membership.objects.filter(pk=first.pk).update(how="manual")
        Face.objects.get(membership__part=one.pk).delete()

        counts = [each.tally.face_count for each in (one, other)]

        assert (counts, list(Tally.objects.wrong())) == ([0, 4], [])

    def test_go_with_their_parts(self, owner: Owner) -> None:
        one, other = (make_cluster(owner=owner, faces=2) for _ in range(2))

        other.parts.update(cluster=one)

        counts = dict(Tally.objects.values_list("cluster", "face_count"))
        assert (counts, list(Tally.objects.wrong())) == ({one.pk: 4, other.pk: 0}, [])

    def test_that_are_wrong_are_found(self) -> None:
        right, wrong = make_cluster(faces=1), make_cluster(faces=1)
        Tally.objects.filter(pk=wrong.pk).update(doubts=7000)

        assert [each.pk for each in Tally.objects.wrong()] == [wrong.pk]
        assert right.tally.alike == 80


@pytest.mark.django_db(transaction=True)
def test_tallies_are_right_when_two_workers_add_to_the_same_clusters() -> None:
    owner = make_owner()
    clusters = [make_cluster(owner=owner) for _ in range(3)]
    photo = make_photo(owner=owner)
    faces = [make_face(photo=photo) for _ in range(2 * ROUNDS * len(clusters))]
    ways = [clusters, clusters[::-1]]

    workers = [Thread(target=join, args=(faces[number::2], way)) for number, way in enumerate(ways)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    tallies = Tally.objects.order_by("pk").values_list("face_count", "doubts")
    assert list(tallies) == [(2 * ROUNDS, 2 * ROUNDS * 250)] * 3
