"""Finding faces again with another detector: what is kept, what is lost, and what is told first."""

from typing import Any

import pytest
from django.core.files.storage import default_storage

from faces.models import Cluster, Edit, Face, FaceVector, Membership, Person
from faces.people import boxes, naming, placing, redetecting
from faces.people.changes import row_of
from faces.people.editing import undo
from faces.services import FindFaces, spaces_of
from inference.faces import DetectedFace
from jobs import redetection
from jobs.steps import Outcome
from photos.models import Owner, Photo, Space
from photos.operations import FACES, TAGS
from tests.factories import (
    make_cluster,
    make_face,
    make_person,
    make_photo,
    make_user,
    unit,
)
from tests.fakes import IDENTITY, MOVES, FakeDetector, FakeEmbedder, FakeHead, face_at
from tests.pictures import noise

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def space(db: None) -> Space:
    """Of the models' vectors: an index is not made in a transaction that has written vectors."""
    return spaces_of([IDENTITY, MOVES])[0]


@pytest.fixture
def photo(owner: Owner) -> Photo:
    return make_photo(owner=owner, width=64, height=48)


def face(photo: Photo, x: float = 4, **values: Any) -> Face:
    return make_face(photo=photo, **{"x": x, "y": 4, "width": 16, "height": 16} | values)


def redetect(
    owner: Owner,
    *seen: DetectedFace,
    dry_run: bool = False,
    head: FakeHead | None = None,
    **arguments: Any,
) -> Outcome:
    """What came of it, where the detector sees `seen` in each photo."""
    embedder = FakeEmbedder([unit(1)] * 9)
    find = FindFaces(FakeDetector(list(seen)), embedder, "new", head)
    steps = redetection.steps(owner, {"dry_run": dry_run} | arguments, {}, find)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            outcome: Outcome = end.value()
            return outcome


def counts(outcome: Outcome) -> dict[str, int]:
    return {name: outcome[name] for name in ("kept", "lost", "added")}


def rows() -> list[Any]:
    tables = (Face, Person, Cluster)
    told = [row_of(row) for table in tables for row in table.objects.order_by("pk")]
    return [*told, *Membership.objects.order_by("face").values("face", "part__cluster", "how")]


class TestADryRun:
    def test_tells_and_changes_nothing(self, owner: Owner, photo: Photo) -> None:
        kept, lost = face(photo), face(photo, 40)
        cluster = make_cluster(owner=owner)
        Membership.objects.create(face=lost, part_id=cluster.pk, how="matched", similarity=0.9)
        anna = naming.name_cluster(cluster, "Anna")
        before = (rows(), Edit.objects.count(), FaceVector.objects.count())

        outcome = redetect(owner, face_at(5, 4, 16), face_at(22, 20, 16), dry_run=True)

        assert counts(outcome) == {"kept": 1, "lost": 1, "added": 1}
        assert outcome["changes"] == [
            {
                "photo": photo.pk,
                "kept": 1,
                "lost": [{"face": lost.pk, "person": anna.pk}],
                "added": [[22, 20, 16, 16]],
                "edit": None,
            }
        ]
        assert (rows(), Edit.objects.count(), FaceVector.objects.count()) == before
        assert kept.vectors.count() == 0


class TestFindingFacesAgain:
    def test_keeps_names_by_overlap(self, owner: Owner, photo: Photo) -> None:
        cluster = make_cluster(owner=owner)
        anna = naming.name_cluster(cluster, "Anna")
        known = face(photo, cluster=cluster)

        outcome = redetect(owner, face_at(6, 5, 16))

        assert counts(outcome) == {"kept": 1, "lost": 0, "added": 0}
        assert Face.objects.get() == known
        assert Face.objects.with_people().get().person == anna
        assert known.vectors.get().space.name == IDENTITY.space

    def test_takes_the_best_overlap_first(self, owner: Owner, photo: Photo) -> None:
        left, right = face(photo, 4), face(photo, 9)

        redetect(owner, face_at(8, 4, 16))

        assert list(Face.objects.all()) == [right]
        assert left.pk != right.pk

    def test_adds_and_loses_faces(self, owner: Owner, photo: Photo) -> None:
        photo.analyses.create(operation=TAGS, recipe="a+b+c")
        lost = face(photo, 40)

        outcome = redetect(owner, face_at(4, 4, 16), face_at(4, 28, 16))

        assert counts(outcome) == {"kept": 0, "lost": 1, "added": 2}
        assert not Face.objects.filter(pk=lost.pk).exists()
        new = Face.objects.all()
        assert [(each.drawn, each.vectors.count()) for each in new] == [(False, 1)] * 2
        assert all(default_storage.exists(str(each.crop)) for each in new)
        assert photo.analyses.get(operation=FACES).recipe == "new"
        assert list(photo.tags.values_list("key", flat=True)) == ["people:2"]

    def test_has_faces_seen_by_the_embedder_and_the_head(self, owner: Owner, photo: Photo) -> None:
        spaces = spaces_of([IDENTITY, MOVES])
        stays = face(photo, 40, drawn=True, space=spaces[1], vector=unit(1))
        head = FakeHead()

        for _ in range(2):
            redetect(owner, face_at(4, 4, 16), head=head)

        [new] = Face.objects.exclude(pk=stays.pk)
        for each in (stays, new):
            assert {vector.space for vector in each.vectors.all()} == {*spaces}
        assert head.calls == 3  # what stays has all its vectors the second time

    def test_is_an_edit_of_each_photo_that_can_be_undone(self, owner: Owner, photo: Photo) -> None:
        user = make_user()
        face(photo, 40, cluster=make_cluster(owner=owner))
        face(make_photo(owner=owner, width=64, height=48))
        before = rows()

        outcome = redetect(owner, face_at(4, 4, 16), by=user.pk)

        [change] = outcome["changes"]
        edit = Edit.objects.get()
        assert (change["photo"], change["edit"], edit.actor) == (photo.pk, edit.pk, user)
        undo(owner, edit.pk, user)
        assert rows() == before

    def test_twice_changes_nothing(self, owner: Owner, photo: Photo) -> None:
        face(photo, 40)
        redetect(owner, face_at(4, 4, 16))
        before = (rows(), FaceVector.objects.count(), Edit.objects.count())

        outcome = redetect(owner, face_at(4, 4, 16))

        assert counts(outcome) == {"kept": 1, "lost": 0, "added": 0}
        assert (rows(), FaceVector.objects.count(), Edit.objects.count()) == before

    def test_finds_no_deleted_face_again(self, owner: Owner, photo: Photo) -> None:
        boxes.delete(face(photo))

        assert counts(redetect(owner, face_at(4, 4, 16)))["added"] == 0

    def test_finds_what_an_earlier_one_has_lost(self, owner: Owner, photo: Photo) -> None:
        face(photo)
        redetect(owner)

        assert counts(redetect(owner, face_at(4, 4, 16)))["added"] == 1

    def test_goes_on_where_it_was(self, owner: Owner) -> None:
        for _ in range(3):
            make_photo(owner=owner, width=64, height=48)
        find = FindFaces(FakeDetector([face_at(4, 4, 16)]), FakeEmbedder([unit(1)]), "new")
        first = next(redetection.steps(owner, {"dry_run": False}, {}, find))
        assert first.outcome

        rest = list(redetection.steps(owner, {"dry_run": False}, first.outcome, find))

        assert [(each.done, each.total) for each in (first, *rest)] == [(1, 3), (2, 3), (3, 3)]
        assert Face.objects.count() == 3

    def test_looks_at_the_photos_that_were_named(self, owner: Owner, photo: Photo) -> None:
        make_photo(owner=owner)

        outcome = redetect(owner, face_at(4, 4, 16), photos=[photo.pk, make_photo().pk])

        assert (outcome["photos"], outcome["changes"][0]["photo"]) == (1, photo.pk)

    def test_tells_of_photos_that_can_not_be_read(self, owner: Owner, photo: Photo) -> None:
        default_storage.delete(str(photo.original))
        known = face(photo)

        outcome = redetect(owner)

        assert outcome["failures"] == [{"photo": photo.pk, "code": "original_missing"}]
        assert (outcome["photos"], outcome["failed"], outcome["lost"]) == (1, 1, 0)
        assert Face.objects.get() == known


class TestWhatSomebodyHasSomethingSaidOf:
    """Such a face stays, although the detector does not see it."""

    def stays(self, known: Face) -> bool:
        outcome = redetect(known.photo.owner)
        is_told = counts(outcome) == {"kept": 1, "lost": 0, "added": 0}
        return is_told and Face.objects.filter(pk=known.pk).exists()

    def test_a_drawn_face_gets_its_vector_too(self, photo: Photo) -> None:
        known = face(photo, drawn=True)

        assert self.stays(known)
        assert known.vectors.count() == 1

    def test_an_ignored_face(self, photo: Photo) -> None:
        assert self.stays(face(photo, ignored=True))

    def test_a_face_that_was_named(self, photo: Photo) -> None:
        known = face(photo)
        placing.assign(photo.owner, [known.pk], make_person(owner=photo.owner))

        assert self.stays(known)

    def test_a_face_of_a_cluster_that_was_named(self, photo: Photo) -> None:
        cluster = make_cluster(owner=photo.owner)
        known = face(photo, cluster=cluster)
        naming.name_cluster(cluster, "Anna")

        assert self.stays(known)

    def test_a_face_that_is_not_somebody(self, photo: Photo) -> None:
        known = face(photo)
        placing.reject(photo.owner, [known.pk], make_person(owner=photo.owner))

        assert self.stays(known)

    def test_a_face_that_is_like_another(self, photo: Photo) -> None:
        known, other = face(photo), face(make_photo(owner=photo.owner), drawn=True)
        placing.answer(photo.owner, other.pk, known.pk, same=True)

        redetect(photo.owner)

        assert Face.objects.count() == 2

    def test_a_face_of_who_is_not_to_be_recognised_gets_no_vector(self, photo: Photo) -> None:
        anna = make_person(owner=photo.owner, unrecognised=True)
        known = face(photo)
        placing.assign(photo.owner, [known.pk], anna)

        assert self.stays(known)
        redetect(photo.owner, face_at(4, 4, 16))
        assert FaceVector.objects.count() == 0


class TestWhatWasChangedMeanwhile:
    def test_is_seen(self, owner: Owner, photo: Photo) -> None:
        lost = face(photo, 40)
        find = FindFaces(FakeDetector([face_at(4, 4, 16)]), FakeEmbedder([unit(1)]), "new")
        pixels = noise(width=64, height=48)
        seen = redetecting.look(photo, pixels, find)
        assert seen.lost == [lost]
        placing.assign(owner, [lost.pk], make_person(owner=owner))

        redetecting.apply(seen, pixels, find)

        assert Face.objects.filter(pk=lost.pk).exists()
