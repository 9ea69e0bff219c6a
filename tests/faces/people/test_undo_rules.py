"""What an undone edit says of later ones, and when it is refused."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from faces.errors import (
    Contradicted,
    FaceError,
    FaceMissing,
    NameTaken,
    NothingChosen,
    PersonMissing,
    TwiceInPhoto,
)
from faces.models import Cluster, Edit, Membership, Person, Rejection
from faces.people import merging, naming, placing
from faces.people.editing import undo
from photos.models import Owner
from tests.faces.people.undoing import (
    faces_of,
    last,
    owner,
)
from tests.factories import (
    make_cluster,
    make_face,
    make_person,
    make_photo,
)

__all__ = ["owner"]  # fixtures
pytestmark = pytest.mark.django_db


class TestRules:
    def test_nobody_is_in_a_photo_twice(self, owner: Owner) -> None:
        one, two = make_cluster(owner=owner), make_cluster(owner=owner)
        photo = make_photo(owner=owner)
        make_face(photo=photo, cluster=one)
        make_face(photo=photo, cluster=two)
        naming.name_cluster(one, "Anna")

        with pytest.raises(TwiceInPhoto, match=f"photo {photo.pk}"):
            naming.name_cluster(two, "Anna")
        with pytest.raises(TwiceInPhoto):
            merging.merge(owner, one.public_id, [two.public_id])
        two.refresh_from_db()
        assert two.person is None

    def test_who_was_rejected_is_not_merged_in(self, owner: Owner) -> None:
        one, two = make_cluster(owner=owner, faces=1), make_cluster(owner=owner, faces=1)
        anna = naming.name_cluster(one, "Anna")
        placing.reject(owner, faces_of(two), anna)

        with pytest.raises(Contradicted):
            naming.name_cluster(two, "Anna")

    def test_the_newest_word_on_a_face_counts(self, owner: Owner) -> None:
        anna = make_person(owner=owner)
        face = make_face(photo=make_photo(owner=owner))
        placing.reject(owner, [face.pk], anna)

        placing.assign(owner, [face.pk], anna)

        assert not Rejection.objects.exists()
        assert Membership.objects.get().cluster.person == anna

    def test_two_people_are_not_merged_after_somebody_told_them_apart(self, owner: Owner) -> None:
        one, two = make_cluster(owner=owner, faces=1), make_cluster(owner=owner, faces=1)
        anna, ben = naming.name_cluster(one, "Anna"), naming.name_cluster(two, "Ben")
        placing.answer(owner, faces_of(one)[0], faces_of(two)[0], same=False)

        with pytest.raises(Contradicted):
            merging.merge_people(owner, anna, [ben])

    def test_two_faces_of_one_photo_are_never_said_to_be_the_same(self, owner: Owner) -> None:
        photo = make_photo(owner=owner)
        one, two = make_face(photo=photo), make_face(photo=photo)

        with pytest.raises(TwiceInPhoto):
            placing.answer(owner, one.pk, two.pk, same=True)
        placing.answer(owner, one.pk, two.pk, same=False)

    def test_people_who_are_merged_keep_all_that_is_known(self, owner: Owner) -> None:
        anna = make_person(owner=owner, name="Anna", aliases=["Annie"])
        other = make_person(owner=owner, name="Anna B.", contact_id="c-7", aliases=["Ann"])
        cluster = make_cluster(owner=owner, person=other, faces=1)
        stranger = make_face(photo=make_photo(owner=owner))
        placing.reject(owner, [stranger.pk], other)

        merging.merge_people(owner, anna, [other])

        anna.refresh_from_db()
        cluster.refresh_from_db()
        assert (cluster.person, anna.contact_id) == (anna, "c-7")
        assert anna.aliases == ["Annie", "Anna B.", "Ann"]
        assert Rejection.objects.get().person == anna
        undo(owner, last(owner).pk, None)
        assert Person.objects.get(name="Anna B.").clusters.get() == cluster


class TestRefusals:
    @pytest.mark.parametrize(
        "act",
        [
            lambda owner, face, person: placing.assign(owner, [face.pk], person),
            lambda owner, face, _: placing.move(owner, [face.pk], make_cluster(owner=owner)),
            lambda owner, face, _: placing.remove(owner, [face.pk]),
            lambda owner, face, _: placing.confirm(owner, [face.pk]),
            lambda owner, face, _: placing.ignore(owner, [face.pk]),
            lambda owner, face, person: placing.reject(owner, [face.pk], person),
        ],
    )
    def test_of_a_face_of_somebody_else(self, owner: Owner, act: Any) -> None:
        theirs, person = make_face(), make_person(owner=owner)

        with pytest.raises(FaceMissing):
            act(owner, theirs, person)
        assert not Edit.objects.exists()

    def test_of_no_faces(self, owner: Owner) -> None:
        with pytest.raises(NothingChosen):
            placing.assign(owner, [], make_person(owner=owner))

    def test_of_names_that_are_taken(self, owner: Owner) -> None:
        make_person(owner=owner, name="Anna", aliases=["Annie"], contact_id="c-7")
        make_person(name="Ben")

        with pytest.raises(NameTaken):
            naming.create(owner, "Annie")
        with pytest.raises(NameTaken):
            naming.create(owner, "Cleo", contact_id="c-7")
        assert naming.create(owner, "Ben").owner == owner


@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    def test_merging_two_people_into_each_other_has_one_winner(self, owner: Owner) -> None:
        anna, ben = make_person(owner=owner, name="Anna"), make_person(owner=owner, name="Ben")
        clusters = [make_cluster(owner=owner, person=each, faces=2) for each in (anna, ben)]

        with ThreadPoolExecutor(2) as threads:
            calls = [threads.submit(_try, owner, *pair) for pair in ((anna, ben), (ben, anna))]
            ended = [call.result() for call in calls]

        assert ended.count(None) == 1
        assert {type(each) for each in ended if each} == {PersonMissing}
        [stays] = Person.objects.all()
        assert {each.person for each in Cluster.objects.all()} == {stays}
        assert Cluster.objects.count() == len(clusters)


def _try(owner: Owner, into: Person, other: Person) -> FaceError | None:
    try:
        merging.merge_people(owner, into, [other])
    except FaceError as exc:
        return exc
    finally:
        connection.close()
    return None
