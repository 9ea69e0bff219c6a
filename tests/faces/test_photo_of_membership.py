"""Of which photo the face of a membership is: kept by the database."""

import pytest

from faces.models import Membership
from tests.factories import make_cluster, make_face, make_photo

pytestmark = pytest.mark.django_db


def test_it_is_that_of_the_face() -> None:
    photo, cluster = make_photo(), make_cluster(faces=0)
    face = make_face(photo=photo)

    Membership.objects.add([Membership(face=face, part_id=cluster.pk, how="manual")])

    assert Membership.objects.get().photo == photo


def test_it_follows_the_face_and_nothing_else() -> None:
    member = make_face(cluster=make_cluster()).membership
    other = make_face()

    Membership.objects.filter(pk=member.pk).update(photo=make_photo())
    member.refresh_from_db()
    assert member.photo_id == member.face.photo_id

    Membership.objects.filter(pk=member.pk).update(face=other)
    member.refresh_from_db()
    assert member.photo_id == other.photo_id


def test_one_that_was_made_may_be_saved_again() -> None:
    cluster, face = make_cluster(), make_face()
    member = Membership.objects.create(face=face, part_id=cluster.pk, how="manual")

    member.save()

    assert Membership.objects.get(pk=member.pk).photo_id == face.photo_id
