"""Taking edits back: exactly, later too, and refused where somebody has built on them."""

from itertools import chain

import pytest

from faces.errors import (
    AlreadyUndone,
    EditErased,
    EditMissing,
    Overtaken,
)
from faces.models import Cluster, Edit, Face, Membership, Person, Rejection
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
    make_user,
)

__all__ = ["owner"]  # fixtures
pytestmark = pytest.mark.django_db


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
