"""Faces that are like one, by vectors that a test knows."""

import pytest

from faces.likeness import Sought, of_cluster, of_person
from faces.models import Face, Membership, Rejection
from photos.models import Owner, Space
from tests.faces.recognising import (
    found,
    known,
    owner,
    put,
    space,
)
from tests.factories import (
    make_cluster,
    make_face,
    make_photo,
    unit,
)

__all__ = ["owner", "space"]  # fixtures
pytestmark = pytest.mark.django_db


class TestSearch:
    def test_gives_photos_with_a_face_like_it_best_first(self, owner: Owner, space: Space) -> None:
        vectors = [unit(1, 1), unit(1, 0), unit(0, 1), unit(1, 0.5)]
        faces = [
            make_face(photo=make_photo(owner=owner), vector=each, space=space) for each in vectors
        ]

        hits = found(owner, Sought(unit(1, 0)), space)

        assert [hit.face for hit in hits] == [faces[1].pk, faces[3].pk, faces[0].pk]
        assert [hit.photo for hit in hits] == [faces[n].photo_id for n in (1, 3, 0)]
        assert [round(hit.cosine or 0, 2) for hit in hits] == [1.0, 0.89, 0.71]
        assert {hit.how for hit in hits} == {None}

    def test_gives_a_photo_once_by_its_best_face(self, owner: Owner, space: Space) -> None:
        photo = make_photo(owner=owner)
        make_face(photo=photo, vector=unit(1, 0.5), space=space)
        best = make_face(photo=photo, vector=unit(1, 0), space=space)

        [hit] = found(owner, Sought(unit(1, 0)), space)

        assert (hit.photo, hit.face) == (photo.pk, best.pk)

    def test_gives_a_persons_photos_before_those_that_only_look_so(
        self, owner: Owner, space: Space
    ) -> None:
        anna = known(owner, space, "Anna", unit(1, 0))
        confirmed = Face.objects.get()
        matched = put(owner, space, anna.clusters.get(), unit(1, 2), Membership.How.MATCHED)
        alone = make_face(photo=make_photo(owner=owner), vector=unit(1, 0), space=space)
        unseen = make_face(photo=make_photo(owner=owner))
        Membership.objects.create(face=unseen, part_id=anna.clusters.get().pk, how="manual")
        known(owner, space, "Ben", unit(1, 0))

        hits = found(owner, of_person(owner, anna, space), space)

        assert [(hit.face, hit.how) for hit in hits] == [
            (confirmed.pk, "clustered"),
            (matched.face_id, "matched"),
            (unseen.pk, "manual"),
            (alone.pk, None),
        ]
        assert hits[2].cosine is None

    def test_leaves_out_whom_somebody_said_it_is_not(self, owner: Owner, space: Space) -> None:
        anna = known(owner, space, "Anna", unit(1, 0))
        alike = make_face(photo=make_photo(owner=owner), vector=unit(1, 0), space=space)
        Rejection.objects.create(face=alike, person=anna)

        hits = found(owner, of_person(owner, anna, space), space)

        assert alike.pk not in {hit.face for hit in hits}

    def test_leaves_out_what_is_left_out_of_matching(self, owner: Owner, space: Space) -> None:
        known(owner, space, "Anna", unit(1, 0), ignored=True)
        make_face(photo=make_photo(owner=owner), vector=unit(1, 0), space=space, ignored=True)
        crowd = make_cluster(owner=owner, space=space, ignored=True)
        make_face(cluster=crowd, vector=unit(1, 0), space=space)

        assert found(owner, Sought(unit(1, 0)), space) == []

    def test_of_somebody_ignored_gives_what_is_known_to_be_theirs(
        self, owner: Owner, space: Space
    ) -> None:
        anna = known(owner, space, "Anna", unit(1, 0), ignored=True)
        make_face(photo=make_photo(owner=owner), vector=unit(1, 0), space=space)

        [hit] = found(owner, of_person(owner, anna, space), space)

        assert (hit.how, hit.cosine) == ("clustered", None)

    def test_of_a_cluster_gives_its_photos_first(self, owner: Owner, space: Space) -> None:
        cluster = make_cluster(owner=owner, space=space)
        its = make_face(cluster=cluster, vector=unit(1, 0.5), space=space)
        alike = make_face(photo=make_photo(owner=owner), vector=unit(1, 0.5), space=space)

        hits = found(owner, of_cluster(owner, cluster, space), space)

        assert [(hit.face, hit.how) for hit in hits] == [(its.pk, "clustered"), (alike.pk, None)]

    def test_of_a_cluster_without_vectors_gives_its_photos(
        self, owner: Owner, space: Space
    ) -> None:
        cluster = make_cluster(owner=owner, space=space, faces=2)

        hits = found(owner, of_cluster(owner, cluster, space), space)

        assert [hit.cosine for hit in hits] == [None, None]

    def test_goes_on_where_a_page_has_ended(self, owner: Owner, space: Space) -> None:
        for _ in range(5):
            make_face(photo=make_photo(owner=owner), vector=unit(1, 0), space=space)
        sought = Sought(unit(1, 0))

        pages = [found(owner, sought, space, limit=2, offset=offset) for offset in (0, 2, 4, 6)]

        assert [len(page) for page in pages] == [2, 2, 1, 0]
        assert len({hit.photo for page in pages for hit in page}) == 5

    def test_knows_no_photo_of_another_owner(self, owner: Owner, space: Space) -> None:
        make_face(vector=unit(1, 0), space=space)

        assert found(owner, Sought(unit(1, 0)), space) == []
