"""Whatever is done to people in whatever order: what must hold holds, and undo restores it all."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from django.db import transaction
from django.db.models import F
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import photos.services
from faces.models import (
    Centroid,
    Cluster,
    Edit,
    Face,
    FaceVector,
    Membership,
    Pair,
    Person,
    Rejection,
    Tally,
)
from faces.people.changes import row_of
from faces.people.editing import undo
from faces.statistics import statistics
from photos.models import Owner, Space
from tests.faces.people.library import Draw, Library
from tests.fakes import IDENTITY


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
    """What does not hold that must, of what people have said."""
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
    found += [f"{tally} is wrong" for tally in Tally.objects.wrong()]
    for rejection in Rejection.objects.all():
        if group_of.get(rejection.face_id) == rejection.person_id:
            found.append(f"rejected: {rejection}")
    for pair in Pair.objects.of(owner).filter(same=False):
        if group_of.get(pair.first_id, 0) == group_of.get(pair.second_id, 1):
            found.append(f"together: {pair}")
    return found


def stale() -> list[str]:
    """What is stored that does not follow from the rows any more."""
    unwanted = FaceVector.objects.filter(face__membership__part__cluster__person__unrecognised=True)
    found = [f"of somebody not to be recognised: {each}" for each in unwanted]
    foreign = FaceVector.objects.exclude(owner=F("face__photo__owner"))
    found += [f"somebody else's: {each}" for each in foreign]
    for mean in Centroid.objects.all():
        members = mean.cluster.memberships.exclude(how="matched")
        rows = FaceVector.objects.filter(space=mean.space, face__in=members.values("face"))
        vectors = np.array(rows.values_list("vector", flat=True))
        if mean.size != len(vectors) or not np.allclose(mean.vector, vectors.mean(0), atol=2e-3):
            found.append(f"mean of {mean.cluster}")
    return found


def counts(library: Library) -> list[tuple[str, int, int]]:
    """What is counted for lists and statistics, beside how many rows there are."""
    owner = library.owner
    faces = list(Face.objects.with_people().filter(photo__owner=owner))
    told = statistics(owner, library.space)
    found = [
        ("faces", told["faces"]["total"], len(faces)),
        ("named", told["faces"]["named"], sum(face.person is not None for face in faces)),
        ("clusters", told["clusters"]["total"], Cluster.objects.filter(owner=owner).count()),
        ("people", told["people"]["total"], Person.objects.filter(owner=owner).count()),
    ]
    for cluster in Cluster.objects.filter(owner=owner).with_faces():
        rows = sum(face.cluster == cluster for face in faces)
        found.append((str(cluster), cluster.face_count, rows))
    for person in Person.objects.filter(owner=owner).with_counts():
        rows = sum(face.person == person for face in faces)
        found.append((person.name, person.face_count, rows))
    return found


@pytest.fixture
def space(db: None) -> Space:
    """Of the models' vectors: an index is not made in a transaction that has written vectors."""
    return photos.services.space_of(IDENTITY, FaceVector)


class TestAnySequence:
    @settings(
        max_examples=25,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        phases=[Phase.explicit, Phase.generate],
    )
    @given(st.data())
    def test_keeps_what_must_hold_and_is_undone_exactly(self, space: Space, data: Draw) -> None:
        with transaction.atomic():
            library = Library(data, space)
            theirs = state_of(library.stranger)
            for _ in range(data.draw(st.integers(1, 12))):
                before, last = state(), Edit.objects.order_by("pk").last()
                named = set(Person.objects.values_list("pk", flat=True))
                library.do()
                edit = Edit.objects.order_by("pk").last()

                assert (broken(library.owner), stale()) == ([], [])
                assert [each for each in counts(library) if each[1] != each[2]] == []
                assert not Cluster.objects.all().empty()
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
