"""Whatever is done to people in whatever order: what must hold holds, and undo restores it all."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from faces.errors import FaceError
from faces.models import Cluster, Edit, Face, Membership, Pair, Person, Rejection
from faces.people import merging, naming, placing
from faces.people.changes import row_of
from faces.people.editing import undo
from photos.models import Owner
from tests.factories import make_cluster, make_face, make_owner, make_person, make_photo, make_space

PHOTOS, FACES_OF_EACH = 5, 3
Draw = st.DataObject


class Library:
    """A small one, and what staff might do to it next."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.owner, other = make_owner(), make_owner()
        space = make_space()
        self.stranger = make_cluster(owner=other, faces=2, person=make_person(owner=other))
        for _ in range(PHOTOS):
            photo = make_photo(owner=self.owner)
            for _ in range(FACES_OF_EACH):
                make_face(photo=photo)
        clusters = [make_cluster(owner=self.owner, space=space) for _ in range(FACES_OF_EACH)]
        for photo in self.owner.photos.all():
            for face, cluster in zip(photo.faces.order_by("pk"), clusters, strict=True):
                how = draw.draw(st.sampled_from(["clustered", "matched", None]))
                if how:
                    Membership.objects.create(
                        face=face, part_id=cluster.pk, how=how, similarity=0.7
                    )

    def do(self) -> None:
        """Something, that may be refused."""
        action = self.draw.draw(st.sampled_from(ACTIONS))
        try:
            with transaction.atomic():
                action(self)
        except FaceError:
            pass

    def some_faces(self) -> list[int]:
        faces = Face.objects.filter(photo__owner=self.owner).order_by("pk")
        return self.draw.draw(
            st.lists(st.sampled_from([face.pk for face in faces]), max_size=4, unique=True)
        )

    def one_of(self, rows: Any) -> Any:
        found = list(rows.filter(owner=self.owner).order_by("pk"))
        if not found:
            raise FaceError("There is none.")
        return found[self.draw.draw(st.integers(0, len(found) - 1))]

    def cluster(self) -> Cluster:
        found: Cluster = self.one_of(Cluster.objects.all())
        return found

    def person(self) -> Person:
        found: Person = self.one_of(Person.objects.all())
        return found

    def flag(self) -> bool:
        return self.draw.draw(st.booleans())

    def name(self) -> str:
        return self.draw.draw(st.sampled_from(["Anna", "Ben", "Cleo"]))

    def answer(self) -> None:
        [first, second, *_] = [*self.some_faces(), 0, 0]
        placing.answer(self.owner, first, second, same=self.flag())

    def match(self) -> None:
        """What comes by itself: a face that nobody has placed joins a cluster where it may."""
        free = Face.objects.alone().filter(photo__owner=self.owner, ignored=False).order_by("pk")
        cluster = self.cluster()
        for face in free[:1]:
            member = Membership(face=face, part_id=cluster.pk, how="matched", similarity=0.6)
            with transaction.atomic():
                member.save()
                if broken(self.owner):
                    transaction.set_rollback(True)


ACTIONS: list[Callable[[Library], Any]] = [
    lambda own: naming.name_cluster(own.cluster(), own.name()),
    lambda own: naming.create(own.owner, own.name(), faces=own.some_faces()),
    lambda own: naming.change(own.person(), name=own.name(), hidden=own.flag()),
    lambda own: naming.change(own.person(), aliases=[own.name()]),
    lambda own: naming.delete(own.person()),
    lambda own: placing.assign(own.owner, own.some_faces(), own.person()),
    lambda own: placing.move(own.owner, own.some_faces(), own.cluster()),
    lambda own: placing.remove(own.owner, own.some_faces()),
    lambda own: placing.confirm(own.owner, own.some_faces()),
    lambda own: placing.reject(own.owner, own.some_faces(), own.person()),
    lambda own: placing.split(own.cluster(), own.some_faces()),
    lambda own: placing.ignore(own.owner, own.some_faces(), ignored=own.flag()),
    lambda own: placing.mark(own.cluster(), hidden=own.flag()),
    lambda own: merging.merge(own.owner, own.cluster().public_id, [own.cluster().public_id]),
    lambda own: merging.merge_people(own.owner, own.person(), [own.person()]),
    lambda own: undo(own.owner, own.one_of(Edit.objects.all()).pk, None),
    Library.answer,
    Library.match,
]


def state() -> dict[str, Any]:
    """All rows that edits may change, of everybody."""
    members = Membership.objects.order_by("face").values_list(
        "face", "part", "part__cluster", "how", "similarity", "created_at"
    )
    tables = (Person, Cluster, Face, Rejection, Pair)
    rows = {
        table.__name__: [row_of(row) for row in table.objects.order_by("pk")] for table in tables
    }
    return {**rows, "members": list(members)}


def broken(owner: Owner) -> list[str]:
    """What does not hold that must."""
    groups: Counter[tuple[Any, int]] = Counter()
    group_of: dict[int, Any] = {}
    found = []
    for member in Membership.objects.select_related("part__cluster", "face"):
        group = member.cluster.person_id or f"cluster {member.part.cluster_id}"
        groups[group, member.face.photo_id] += 1
        group_of[member.face_id] = group
        if member.face.ignored:
            found.append(f"{member} is ignored")
    found += [f"{group} is twice in photo {photo}" for (group, photo), n in groups.items() if n > 1]
    for rejection in Rejection.objects.all():
        if group_of.get(rejection.face_id) == rejection.person_id:
            found.append(f"rejected: {rejection}")
    for pair in Pair.objects.of(owner).filter(same=False):
        if group_of.get(pair.first_id, 0) == group_of.get(pair.second_id, 1):
            found.append(f"together: {pair}")
    return found


@pytest.mark.django_db
class TestAnySequence:
    @settings(
        max_examples=40,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
        phases=[Phase.explicit, Phase.generate],
    )
    @given(st.data())
    def test_keeps_what_must_hold_and_is_undone_exactly(self, data: Draw) -> None:
        with transaction.atomic():
            library = Library(data)
            theirs = state_of(library.stranger)
            for _ in range(data.draw(st.integers(1, 12))):
                before, last = state(), Edit.objects.order_by("pk").last()
                named = set(Person.objects.values_list("pk", flat=True))
                library.do()
                edit = Edit.objects.order_by("pk").last()

                assert broken(library.owner) == []
                assert (
                    not Cluster.objects.filter(person=None)
                    .empty()
                    .exclude(pk__in=[row["id"] for row in before["Cluster"]])
                )
                gone = named - set(Person.objects.values_list("pk", flat=True))
                assert not gone or (edit and edit.kind in {"delete", "merge_people", "undo"})
                if edit is None or edit == last:
                    continue
                with transaction.atomic():
                    undo(library.owner, edit.pk, None)
                    assert state() == before
                    transaction.set_rollback(True)
            assert state_of(library.stranger) == theirs
            transaction.set_rollback(True)


def state_of(cluster: Cluster) -> list[Any]:
    members = cluster.memberships.order_by("face").values_list("face", "how", "similarity")
    assert cluster.person
    return [row_of(Cluster.objects.get(pk=cluster.pk)), row_of(cluster.person), *members]
