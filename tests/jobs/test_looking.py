"""Faces without a vector: where they come from, and that a worker gives them one."""

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from rest_framework.test import APIClient

from faces.models import Edit, Face, FaceVector, GroupingDue
from faces.people import boxes, merging, naming, placing
from inference.geometry import Box
from jobs import looking
from jobs.models import Item, Job
from jobs.tasks import look_at_faces
from photos.models import Owner, Photo, Space
from photos.operations import FACES
from tests.factories import make_cluster, make_person
from tests.jobs.unseen import (
    RECIPE,
    asked,
    face,
    known,
    look,
    models,
    photo,
    space,
    tags_of,
)
from tests.pictures import noise

__all__ = ["known", "photo", "space"]  # fixtures
pytestmark = pytest.mark.django_db


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
