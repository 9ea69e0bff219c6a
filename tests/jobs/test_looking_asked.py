"""Who is asked to look at faces without a vector, and when."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from django.core.files.storage import default_storage
from rest_framework.test import APIClient

from faces.models import Edit, Face, FaceVector, Membership
from faces.people import boxes, placing
from faces.people.changes import row_of
from faces.people.editing import undo
from inference.arrays import RGB, Array
from inference.identity import ModelIdentity
from jobs import aftermath, looking
from jobs.models import Job
from photos.models import Owner, Photo, Space
from photos.operations import CAPTION, FACES
from tests.factories import make_cluster, make_owner, make_person, unit
from tests.fakes import IDENTITY
from tests.jobs.unseen import (
    asked,
    face,
    known,
    look,
    models,
    photo,
    photo_of,
    space,
    tags_of,
)

__all__ = ["known", "photo", "space"]  # fixtures
pytestmark = pytest.mark.django_db


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
