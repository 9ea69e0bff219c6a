"""Taking edits back: exactly, later too, and refused where somebody has built on them."""

from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any

import pytest
from django.db import connection

from faces.errors import (
    AlreadyUndone,
    Contradicted,
    EditErased,
    EditMissing,
    FaceError,
    FaceMissing,
    NameTaken,
    NothingChosen,
    Overtaken,
    PersonMissing,
    TwiceInPhoto,
)
from faces.models import Cluster, Edit, Face, Membership, Person, Rejection
from faces.people import merging, naming, placing
from faces.people.editing import undo
from photos.models import Owner
from tests.factories import (
    make_cluster,
    make_face,
    make_owner,
    make_person,
    make_photo,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Owner:
    return make_owner()


def last(owner: Owner) -> Edit:
    return Edit.objects.of(owner).newest_first()[0]


def faces_of(cluster: Cluster) -> list[int]:
    return list(cluster.memberships.order_by("face").values_list("face", flat=True))


def match(face: Face, cluster: Cluster) -> None:
    how = Membership.How.MATCHED
    Membership.objects.create(face=face, part_id=cluster.pk, how=how, similarity=0.6)


class TestUndo:
    def test_brings_a_merged_cluster_back_after_later_edits_of_others(self, owner: Owner) -> None:
        into, other = make_cluster(owner=owner, faces=2), make_cluster(owner=owner, faces=3)
        before = faces_of(into), faces_of(other)
        merging.merge(owner, into.public_id, [other.public_id])
        merged = last(owner)
        naming.name_cluster(into, "Anna")
        match(make_face(photo=make_photo(owner=owner)), into)

        undo(owner, merged.pk, None)

        back = Cluster.objects.get(public_id=other.public_id)
        assert (back.pk, back.person, faces_of(back)) == (other.pk, None, before[1])
        assert set(before[0]) < set(faces_of(into))
        assert Person.objects.get().name == "Anna"

    def test_says_who_did_it_and_what_it_undoes(self, owner: Owner) -> None:
        anna, ben = make_user(), make_user()
        naming.name_cluster(make_cluster(owner=owner, faces=1), "Anna", by=anna)
        named = last(owner)

        undone = undo(owner, named.pk, ben)

        assert (named.actor, undone.actor, undone.undoes) == (anna, ben, named)
        assert not Person.objects.exists()

    def test_can_be_undone_itself(self, owner: Owner) -> None:
        cluster = make_cluster(owner=owner, faces=1)
        anna = naming.name_cluster(cluster, "Anna")
        undone = undo(owner, last(owner).pk, None)

        undo(owner, undone.pk, None)

        cluster.refresh_from_db()
        assert cluster.person == anna

    def test_twice_is_refused(self, owner: Owner) -> None:
        naming.name_cluster(make_cluster(owner=owner, faces=1), "Anna")
        edit = last(owner)
        undo(owner, edit.pk, None)

        with pytest.raises(AlreadyUndone):
            undo(owner, edit.pk, None)

    def test_of_a_merge_gives_back_what_is_left_after_a_photo_was_deleted(
        self, owner: Owner
    ) -> None:
        into, other = make_cluster(owner=owner, faces=2), make_cluster(owner=owner, faces=3)
        gone, *left = faces_of(other)
        merging.merge(owner, into.public_id, [other.public_id])
        Face.objects.get(pk=gone).photo.delete()

        undo(owner, last(owner).pk, None)

        assert faces_of(Cluster.objects.get(pk=other.pk)) == left

    def test_of_a_merge_waits_for_the_edit_that_took_a_face_away(self, owner: Owner) -> None:
        into, other = make_cluster(owner=owner, faces=2), make_cluster(owner=owner, faces=3)
        before = faces_of(other)
        merging.merge(owner, into.public_id, [other.public_id])
        merged = last(owner)
        placing.remove(owner, before[:1])
        removed = last(owner)

        with pytest.raises(Overtaken, match=f"Undo first: {removed.pk}"):
            undo(owner, merged.pk, None)
        undo(owner, removed.pk, None)
        undo(owner, merged.pk, None)

        assert faces_of(Cluster.objects.get(pk=other.pk)) == before

    def test_of_a_merge_waits_for_what_somebody_has_confirmed_since(self, owner: Owner) -> None:
        into, other = make_cluster(owner=owner, faces=2), make_cluster(owner=owner, faces=3)
        naming.name_cluster(into, "Anna")
        merging.merge(owner, into.public_id, [other.public_id])
        merged = last(owner)
        placing.confirm(owner, faces_of(into)[-1:])
        confirmed = last(owner)

        with pytest.raises(Overtaken, match=f"Undo first: {confirmed.pk}"):
            undo(owner, merged.pk, None)

    def test_of_a_merge_tells_the_undoing_that_is_in_the_way(self, owner: Owner) -> None:
        into, other = make_cluster(owner=owner, faces=2), make_cluster(owner=owner, faces=3)
        face = make_face(photo=make_photo(owner=owner))
        placing.move(owner, [face.pk], other)
        moved = last(owner)
        merging.merge(owner, into.public_id, [other.public_id])
        merged = last(owner)
        undone = undo(owner, moved.pk, None)

        with pytest.raises(Overtaken, match=f"Undo first: {undone.pk}"):
            undo(owner, merged.pk, None)

    def test_of_merges_goes_back_through_an_emptied_cluster(self, owner: Owner) -> None:
        one, two, three = (make_cluster(owner=owner, faces=2) for _ in range(3))
        before = [faces_of(each) for each in (one, two, three)]
        merging.merge(owner, two.public_id, [three.public_id])
        merging.merge(owner, one.public_id, [two.public_id])
        placing.remove(owner, [*chain.from_iterable(before)])
        assert not Cluster.objects.exists()

        for edit in Edit.objects.newest_first()[:3]:
            undo(owner, edit.pk, None)

        assert [faces_of(each) for each in Cluster.objects.order_by("pk")] == before

    def test_names_the_later_edit_that_is_in_the_way(self, owner: Owner) -> None:
        one, two = make_cluster(owner=owner, faces=1), make_cluster(owner=owner, faces=1)
        [face] = faces_of(one)
        placing.move(owner, [face], two)
        moved = last(owner)
        placing.remove(owner, [face])
        removed = last(owner)

        with pytest.raises(Overtaken, match=f"Undo first: {removed.pk}"):
            undo(owner, moved.pk, None)
        assert faces_of(two)
        assert not Cluster.objects.filter(pk=one.pk).exists()

        undo(owner, removed.pk, None)
        undo(owner, moved.pk, None)
        assert faces_of(one) == [face]

    def test_keeps_a_person_that_somebody_else_was_named_after(self, owner: Owner) -> None:
        one, two = make_cluster(owner=owner, faces=1), make_cluster(owner=owner, faces=1)
        anna = naming.name_cluster(one, "Anna")
        named = last(owner)
        naming.name_cluster(two, "Anna")

        undo(owner, named.pk, None)

        assert [each.person for each in Cluster.objects.order_by("pk")] == [None, anna]

    def test_keeps_a_person_of_whom_something_was_said_since(self, owner: Owner) -> None:
        anna = naming.create(owner, "Anna")
        created = last(owner)
        face = make_face(photo=make_photo(owner=owner))
        placing.reject(owner, [face.pk], anna)

        undo(owner, created.pk, None)

        assert Rejection.objects.get().person == anna

    def test_puts_what_somebody_said_before_what_was_only_matched(self, owner: Owner) -> None:
        cluster, photo = make_cluster(owner=owner, faces=1), make_photo(owner=owner)
        said = make_face(photo=photo, cluster=cluster)
        placing.remove(owner, [said.pk])
        removed = last(owner)
        found = make_face(photo=photo)
        match(found, cluster)

        undo(owner, removed.pk, None)

        assert said.pk in faces_of(cluster)
        assert found.pk not in faces_of(cluster)

    def test_names_the_later_edit_where_a_person_is_gone(self, owner: Owner) -> None:
        cluster = make_cluster(owner=owner, faces=1)
        anna = naming.name_cluster(cluster, "Anna")
        naming.name_cluster(cluster, "Ben")
        renamed = last(owner)
        naming.delete(anna)

        with pytest.raises(Overtaken, match=f"Undo first: {last(owner).pk}"):
            undo(owner, renamed.pk, None)

    def test_takes_a_face_back_that_was_put_somewhere_by_itself_since(self, owner: Owner) -> None:
        cluster = make_cluster(owner=owner, faces=2)
        anna = naming.name_cluster(cluster, "Anna")
        face = Face.objects.filter(membership__part__cluster=cluster)[0]
        placing.reject(owner, [face.pk], anna)
        rejected = last(owner)
        alone = make_cluster(owner=owner)
        match(face, alone)

        undo(owner, rejected.pk, None)

        assert face.pk in faces_of(cluster)
        assert not Cluster.objects.filter(pk=alone.pk).exists()

    def test_of_a_name_that_somebody_has_taken_is_refused(self, owner: Owner) -> None:
        anna = make_person(owner=owner, name="Anna")
        naming.change(anna, name="Anne")
        renamed = last(owner)
        naming.create(owner, "Anna")

        with pytest.raises(Overtaken):
            undo(owner, renamed.pk, None)
        assert Person.objects.get(pk=anna.pk).name == "Anne"

    def test_of_what_was_erased_is_refused(self, owner: Owner) -> None:
        naming.name_cluster(make_cluster(owner=owner, faces=1), "Anna")
        Edit.objects.update(erased=True, steps=[])

        with pytest.raises(EditErased):
            undo(owner, last(owner).pk, None)

    def test_of_another_owners_edit_looks_like_a_missing_one(self, owner: Owner) -> None:
        naming.name_cluster(make_cluster(faces=1), "Anna")
        theirs = Edit.objects.get()

        with pytest.raises(EditMissing) as foreign:
            undo(owner, theirs.pk, None)
        with pytest.raises(EditMissing) as missing:
            undo(owner, theirs.pk + 1, None)
        assert str(foreign.value) == str(missing.value).replace(str(theirs.pk + 1), str(theirs.pk))


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
