"""Faces without a vector: where they come from, and that a worker gives them one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.test import Client
from rest_framework.test import APIClient

import photos.services
from faces.models import Edit, Face, FaceVector, GroupingDue, Membership
from faces.people import boxes, merging, naming, placing
from faces.people.changes import row_of
from faces.people.editing import undo
from faces.services import FindFaces
from inference.arrays import RGB, Array
from inference.faces import FaceEmbedder
from inference.geometry import Box
from inference.identity import ModelIdentity
from jobs import aftermath, looking
from jobs.models import Item, Job
from jobs.steps import Outcome
from jobs.tasks import look_at_faces
from photos.models import Owner, Photo, Space
from photos.operations import CAPTION, FACES, TAGS
from tests.factories import make_cluster, make_face, make_owner, make_person, make_photo, unit
from tests.fakes import IDENTITY, FakeDetector, FakeEmbedder
from tests.pictures import noise

pytestmark = pytest.mark.django_db
RECIPE = "new"


@pytest.fixture(autouse=True)
def space(db: None) -> Space:
    """Of the models' vectors: an index is not made in a transaction that has written vectors."""
    return photos.services.space_of(IDENTITY, FaceVector)


def photo_of(owner: Owner) -> Photo:
    """One on which the active models have looked for faces, and which was tagged."""
    photo = make_photo(owner=owner, width=64, height=48)
    photo.analyses.create(operation=FACES, recipe=RECIPE)
    photo.analyses.create(operation=TAGS, recipe="a+b+c")
    return photo


@pytest.fixture
def photo(owner: Owner) -> Photo:
    return photo_of(owner)


@pytest.fixture
def known(photo: Photo, space: Space) -> Face:
    """A face with a vector."""
    return face(photo, vector=unit(1), space=space)


def face(photo: Photo, x: float = 4, **values: Any) -> Face:
    return make_face(photo=photo, **{"x": x, "y": 4, "width": 16, "height": 16} | values)


def models(embedder: FaceEmbedder | None = None) -> FindFaces:
    return FindFaces(FakeDetector([]), embedder or FakeEmbedder([unit(1, 2)] * 9), RECIPE)


def look(owner: Owner, embedder: FaceEmbedder | None = None) -> Outcome:
    """What a worker says that looks at the owner's faces."""
    steps = looking.steps(owner, {}, models(embedder))
    while True:
        try:
            next(steps)
        except StopIteration as end:
            outcome: Outcome = end.value()
            return outcome


def tags_of(photo: Photo) -> list[str]:
    return list(photo.tags.filter(key__startswith="people").values_list("key", flat=True))


def asked() -> int:
    return Job.objects.filter(kind=Job.Kind.LOOK).count()


class TestUndoingADeletion:
    def test_brings_back_all_that_was_known_of_the_face(
        self, api: APIClient, owner: Owner, photo: Photo, known: Face, space: Space
    ) -> None:
        anna = naming.create(owner, "Anna", faces=[known.pk])
        edit = api.delete(f"/api/v1/faces/{known.pk}").json()["edit"]["id"]
        default_storage.delete(str(known.crop))  # as a clean-up does

        answer = api.post(f"/api/v1/edits/{edit}/undo")
        [job] = Job.objects.all()
        outcome = look(owner)

        assert (answer.status_code, job.kind) == (200, "look")
        assert (outcome["photos"], outcome["faces"]) == (1, 1)
        back = Face.objects.with_people().get(pk=known.pk)
        assert back.person == anna
        assert back.vectors.get().space == space
        assert default_storage.exists(str(back.crop))
        assert tags_of(photo) == ["people:1"]

    def test_lets_the_face_be_grouped_and_its_cluster_have_another_mean(
        self, api: APIClient, owner: Owner, known: Face
    ) -> None:
        edit = api.delete(f"/api/v1/faces/{known.pk}").json()["edit"]["id"]
        api.post(f"/api/v1/edits/{edit}/undo")

        look(owner)

        assert GroupingDue.objects.get().owner == owner

    def test_asks_for_one_look_however_many_are_undone(
        self, api: APIClient, owner: Owner, photo: Photo
    ) -> None:
        edits = [
            api.delete(f"/api/v1/faces/{face(photo, x).pk}").json()["edit"]["id"]
            for x in (4, 24, 44)
        ]

        for edit in reversed(edits):
            api.post(f"/api/v1/edits/{edit}/undo")

        assert asked() == 1
        Item.objects.claim(worker="anna", limit=1, lease_s=60)
        api.delete(f"/api/v1/faces/{Face.objects.latest('pk').pk}")
        api.post(f"/api/v1/edits/{Edit.objects.latest('pk').pk}/undo")
        assert asked() == 2  # the first may be past it by now

    def test_by_staff_is_the_same(
        self, admin_client: Client, owner: Owner, photo: Photo, known: Face
    ) -> None:
        boxes.delete(known)

        admin_client.post(f"/admin/faces/edit/{Edit.objects.get().pk}/undo/")

        assert (asked(), tags_of(photo)) == (1, ["people:1"])


class TestUndoing:
    def test_a_moved_box_has_the_face_looked_at_where_it_was(
        self, api: APIClient, owner: Owner, photo: Photo, known: Face
    ) -> None:
        drawn = boxes.look(photo, noise(width=64, height=48), Box(30, 20, 20, 20), models())
        boxes.move(known, drawn)

        api.post(f"/api/v1/edits/{Edit.objects.get().pk}/undo")
        left = FaceVector.objects.count()
        look(owner)

        assert (left, FaceVector.objects.get().face, asked()) == (0, known, 1)

    def test_an_added_face_counts_people_anew(self, api: APIClient, photo: Photo) -> None:
        box = {"x": 20, "y": 10, "width": 30, "height": 24}
        added = api.post(f"/api/v1/photos/{photo.pk}/faces", {"box": box}).json()
        before = tags_of(photo)

        api.post(f"/api/v1/edits/{added['edit']['id']}/undo")

        assert (before, tags_of(photo)) == (["people:1"], [])

    def test_what_touches_no_face_asks_for_nothing(self, api: APIClient, owner: Owner) -> None:
        naming.name_cluster(make_cluster(owner=owner, faces=2), "Anna")

        answer = api.post(f"/api/v1/edits/{Edit.objects.get().pk}/undo")

        assert (answer.status_code, Job.objects.count()) == (200, 0)


class TestADrawnFace:
    def test_that_no_model_has_seen_is_looked_at_when_one_answers(
        self, api: APIClient, owner: Owner, photo: Photo
    ) -> None:
        box = {"x": 20, "y": 10, "width": 30, "height": 24}

        api.post(f"/api/v1/photos/{photo.pk}/faces", {"box": box})
        before = (asked(), FaceVector.objects.count())
        look(owner)

        assert before == (1, 0)
        assert FaceVector.objects.get().face == Face.objects.get()


class TestWhoIsNotRecognised:
    def test_has_no_vectors_until_that_is_taken_back(
        self, api: APIClient, owner: Owner, known: Face
    ) -> None:
        anna = naming.create(owner, "Anna", faces=[known.pk])
        naming.change(anna, unrecognised=True)
        without = look(owner)

        api.patch(f"/api/v1/people/{anna.pk}", {"unrecognised": False})
        then = look(owner)

        assert (without["faces"], then["faces"], asked()) == (0, 1, 1)

    def test_has_them_again_when_that_is_undone(
        self, api: APIClient, owner: Owner, known: Face
    ) -> None:
        anna = naming.create(owner, "Anna", faces=[known.pk])
        naming.change(anna, unrecognised=True)

        api.post(f"/api/v1/edits/{Edit.objects.latest('pk').pk}/undo")

        assert (asked(), look(owner)["faces"]) == (1, 1)

    def test_loses_a_face_whose_assignment_is_undone(
        self, api: APIClient, owner: Owner, known: Face
    ) -> None:
        anna = make_person(owner=owner, unrecognised=True)
        placing.assign(owner, [known.pk], anna)
        assert FaceVector.objects.count() == 0

        api.post(f"/api/v1/edits/{Edit.objects.latest('pk').pk}/undo")

        assert (asked(), look(owner)["faces"]) == (1, 1)

    def test_that_go_to_somebody_else_are_seen_by_the_daily_look(
        self, owner: Owner, known: Face, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(looking, "current_recipes", lambda: {FACES: RECIPE})
        hidden = naming.create(owner, "Zoe", faces=[known.pk])
        naming.change(hidden, unrecognised=True)
        merging.merge_people(owner, make_person(owner=owner), [hidden])

        look_at_faces()
        look_at_faces()

        assert (asked(), look(owner)["faces"]) == (1, 1)


@dataclass
class Meanwhile:
    """A model that looks for so long that somebody does something meanwhile."""

    act: Callable[[], object]
    identity: ModelIdentity = IDENTITY

    def embed(self, crops: Sequence[RGB]) -> Array:
        self.act()
        return np.stack([unit(1) for _ in crops])


class TestLooking:
    def test_twice_changes_nothing(self, owner: Owner, photo: Photo) -> None:
        face(photo)
        look(owner)
        before = list(FaceVector.objects.values())

        outcome = look(owner)

        assert (outcome["photos"], list(FaceVector.objects.values())) == (0, before)

    def test_changes_nothing_but_vectors(self, owner: Owner, photo: Photo) -> None:
        cluster = make_cluster(owner=owner)
        lone = face(photo, cluster=cluster)
        before = (row_of(lone), list(Membership.objects.values()))

        look(owner)

        assert (row_of(Face.objects.get()), list(Membership.objects.values())) == before
        assert Edit.objects.count() == 0

    def test_leaves_photos_that_the_active_models_have_still_to_look_at(
        self, owner: Owner, photo: Photo
    ) -> None:
        face(photo)
        photo.analyses.filter(operation=FACES).update(recipe="old")

        assert look(owner)["photos"] == 0

    def test_leaves_faces_of_others(self, owner: Owner) -> None:
        face(photo_of(make_owner()))

        assert look(owner)["faces"] == 0

    @pytest.mark.parametrize("act", [boxes.delete, lambda _: Face.objects.update(x=30)])
    def test_drops_what_was_seen_of_a_face_that_is_elsewhere_by_then(
        self, owner: Owner, photo: Photo, act: Callable[[Face], object]
    ) -> None:
        lone = face(photo)

        outcome = look(owner, Meanwhile(lambda: act(lone)))

        assert (outcome["faces"], FaceVector.objects.count()) == (0, 0)

    def test_keeps_nothing_of_who_is_not_recognised_meanwhile(
        self, owner: Owner, photo: Photo
    ) -> None:
        anna = make_person(owner=owner, unrecognised=True)
        lone = face(photo)

        look(owner, Meanwhile(lambda: placing.assign(owner, [lone.pk], anna)))

        assert FaceVector.objects.count() == 0

    def test_tells_of_photos_that_can_not_be_read_and_goes_on(
        self, owner: Owner, photo: Photo
    ) -> None:
        default_storage.delete(str(photo.original))
        face(photo)
        other = face(photo_of(owner))

        outcome = look(owner)

        assert outcome["failures"] == [{"photo": photo.pk, "code": "original_missing"}]
        assert (outcome["photos"], outcome["failed"], outcome["faces"]) == (2, 1, 1)
        assert FaceVector.objects.get().face == other

    def test_goes_on_where_it_was(self, owner: Owner) -> None:
        for _ in range(3):
            face(photo_of(owner))
        first = next(looking.steps(owner, {}, models()))
        assert first.outcome

        rest = list(looking.steps(owner, first.outcome, models()))

        assert [(each.done, each.total) for each in (first, *rest)] == [(1, 3), (2, 3), (3, 3)]
        assert FaceVector.objects.count() == 3


def test_an_undo_that_is_asked_for_twice_is_followed_once(
    api: APIClient, owner: Owner, photo: Photo, known: Face
) -> None:
    photo.analyses.create(operation=CAPTION, recipe="d")
    edit = api.delete(f"/api/v1/faces/{known.pk}").json()["edit"]["id"]
    headers = {"Idempotency-Key": "k"}

    first, second = (api.post(f"/api/v1/edits/{edit}/undo", headers=headers) for _ in range(2))

    assert first.json() == second.json()
    assert (asked(), tags_of(photo)) == (1, ["people:1"])


def test_without_a_model_nothing_is_asked_for(owner: Owner, photo: Photo, space: Space) -> None:
    space.delete()
    boxes.delete(face(photo))

    undone = undo(owner, Edit.objects.get().pk, None)
    aftermath.follow(owner, undone.pk)

    assert (looking.ask(owner), Job.objects.count()) == (None, 0)
