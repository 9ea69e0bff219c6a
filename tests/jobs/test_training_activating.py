"""Heads that were trained become active, and are taken back."""

import json
import shutil
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

import photos.services
import photos.serving
from faces import moving
from faces.errors import (
    MatcherOutdated,
)
from faces.models import Face, FaceVector, GroupingDue
from jobs import training
from jobs.models import Item, Job
from jobs.operations import current_recipes
from jobs.training import Parts
from photos.models import Analysis, Owner, ServedModel, Space
from photos.operations import FACES
from tests.factories import make_space, unit
from tests.jobs.trained import (
    API,
    EMBEDDER,
    HEAD,
    NEXT,
    add,
    finish,
    parts,
    space,
    staff,
    vectors,
)

__all__ = ["parts", "space", "staff"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)  # an index is made


def came_behind(owner: Owner, space: Space) -> Face:
    """A face of a new photo, as it is kept while a head is active: in its space and in `space`."""
    of_head = photos.services.current_space("face_embedder")
    assert of_head is not None
    face = add(owner, of_head, 0, 0, 1)
    FaceVector.objects.create(face=face, owner=owner, space=space, vector=unit(0, 0, 1).tolist())
    return face


class TestActivating:
    @pytest.fixture
    def matcher(self, owner: Owner, space: Space, parts: Parts) -> str:
        """One that is published, and not active."""
        add(owner, space)
        _, outcome = finish(training.steps({"epochs": 1, "activate": False}, {}, parts))
        return str(outcome["matcher"])

    def test_goes_on_where_it_was(
        self,
        matcher: str,
        owner: Owner,
        space: Space,
        parts: Parts,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(moving, "BATCH", 1)
        add(owner, space)
        begun = training.steps({"matcher": matcher}, {}, parts)
        first = next(begun)
        begun.close()

        _, outcome = finish(training.steps({"matcher": matcher}, first.outcome or {}, parts))

        assert (first.outcome or {})["faces"] == 1
        assert (outcome["faces"], outcome["active"]) == (2, True)

    def test_twice_changes_nothing(self, matcher: str, parts: Parts) -> None:
        finish(training.steps({"matcher": matcher}, {}, parts))
        rows = list(FaceVector.objects.order_by("pk").values_list("pk", flat=True))

        _, again = finish(training.steps({"matcher": matcher}, {}, parts))

        assert (again["active"], again["faces"], again["photos"]) == (True, 0, 0)
        assert list(FaceVector.objects.order_by("pk").values_list("pk", flat=True)) == rows

    def test_needs_the_embedder_that_it_was_trained_for(self, matcher: str, parts: Parts) -> None:
        ServedModel.objects.filter(name=EMBEDDER).update(space="face_embedder:other:1")
        make_space(name="face_embedder:other:1")

        with pytest.raises(MatcherOutdated, match="face_embedder:other:1 is active"):
            finish(training.steps({"matcher": matcher}, {}, parts))

    def test_is_taken_back_at_once(
        self, matcher: str, owner: Owner, space: Space, parts: Parts, staff: APIClient
    ) -> None:
        finish(training.steps({"matcher": matcher}, {}, parts))
        new = photos.services.current_space("face_embedder")
        assert new
        late = add(owner, new)  # by a version that kept no vector of the embedder's

        answer = staff.post(f"{API}/matchers/rollback")

        assert (answer.status_code, answer.json()) == (200, {"active": None, "photos": 1})
        assert photos.services.current_space("face_embedder") == space
        assert FaceVector.objects.filter(space=new).count() == 2
        job = Job.objects.get()
        assert (job.owner, job.operations) == (owner, ["faces"])
        assert [item.location for item in job.items.all()] == [late.photo.original.name]

    def test_is_taken_back_without_a_look_at_what_came_meanwhile(
        self, matcher: str, owner: Owner, space: Space, parts: Parts
    ) -> None:
        finish(training.steps({"matcher": matcher}, {}, parts))
        late = came_behind(owner, space)

        done = training.roll_back()

        assert (done.photos, Job.objects.count()) == (0, 0)
        assert Analysis.objects.filter(photo=late.photo, recipe=current_recipes()[FACES]).exists()
        assert GroupingDue.objects.get(space=space).owner == owner

    def test_is_followed_by_the_next_one_without_a_look_at_what_came_meanwhile(
        self, matcher: str, owner: Owner, space: Space, parts: Parts
    ) -> None:
        finish(training.steps({"matcher": matcher}, {}, parts))
        late = came_behind(owner, space)

        _, outcome = finish(training.steps({"epochs": 1, "margin": 0.3}, {}, parts))

        new = photos.services.current_space("face_embedder")
        assert (outcome["model"], outcome["photos"], outcome["faces"]) == (NEXT, 0, 2)
        assert new is not None
        assert vectors(new).keys() == vectors(space).keys() >= {late.pk}
        assert Analysis.objects.filter(photo=late.photo, recipe=current_recipes()[FACES]).exists()

    def test_is_taken_back_to_the_one_before(
        self, matcher: str, owner: Owner, space: Space, parts: Parts
    ) -> None:
        finish(training.steps({"matcher": matcher}, {}, parts))
        before = photos.services.current_space("face_embedder")
        finish(training.steps({"epochs": 1, "margin": 0.3}, {}, parts))
        late = came_behind(owner, space)

        done = training.roll_back()

        assert (done.active, done.photos) == (HEAD, 1)  # the new photo lacks that head's vectors
        assert photos.services.current_space("face_embedder") == before
        assert [item.location for item in Item.objects.all()] == [late.photo.original.name]

    def test_of_a_head_that_was_trained_elsewhere_goes_by_its_name(
        self, matcher: str, parts: Parts
    ) -> None:
        shutil.rmtree(parts.folder / matcher)

        _, outcome = finish(training.steps({"matcher": HEAD}, {}, parts))

        assert (outcome["model"], outcome["active"], outcome["faces"]) == (HEAD, True, 1)

    def test_is_not_taken_back_where_no_head_is_active(
        self, matcher: str, staff: APIClient
    ) -> None:
        answer = staff.post(f"{API}/matchers/rollback")

        assert (answer.status_code, answer.json()["code"]) == (409, "nothing_before")

    def test_is_taken_back_by_a_command(self, matcher: str, parts: Parts) -> None:
        finish(training.steps({"matcher": matcher}, {}, parts))
        told, words = StringIO(), StringIO()

        call_command("rollback_matcher", json=True, stdout=told)
        finish(training.steps({"matcher": matcher}, {}, parts))
        call_command("rollback_matcher", stdout=words)

        assert json.loads(told.getvalue()) == {"active": None, "photos": 0}
        assert "by the embedder alone; 0 photo(s)" in words.getvalue()
        with pytest.raises(CommandError, match="No head is active"):
            call_command("rollback_matcher")
