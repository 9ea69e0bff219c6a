"""Training a head: as a job, from confirmed faces to faces that are compared by it, and back."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from django.db import connection

import photos.services
import photos.serving
from faces import matchers
from faces.errors import (
    MatcherNotKept,
    NothingFound,
    TrainerMissing,
    TrainingBusy,
    TrainingRefused,
)
from faces.models import Cluster, GroupingDue, Membership
from faces.trainer import Trainer
from jobs import cleanup, erasure, maintenance, services, steering, training
from jobs.cleanup import Order
from jobs.models import Item, Job, State
from jobs.operations import current_recipes
from jobs.steps import Outcome
from jobs.training import Parts
from photos.models import Analysis, Owner, Role, ServedModel, Space
from photos.operations import FACES
from tests.factories import make_cluster, make_person, unit
from tests.jobs.trained import (
    ALONE,
    HEAD,
    PROGRAM,
    add,
    doing,
    finish,
    parts,
    space,
    vectors,
    work,
)
from tests.trainer import PYTHON, ROOT

__all__ = ["parts", "space"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)  # an index is made


class TestTraining:
    def test_has_faces_compared_by_the_head(self, owner: Owner, space: Space, parts: Parts) -> None:
        anna = make_cluster(owner=owner, person=make_person(owner=owner, name="Anna"))
        named, alone = add(owner, space, cluster=anna), add(owner, space, 0, 1, 0, 0, 1)

        told, outcome = finish(training.steps({"epochs": 2}, {}, parts))

        new = photos.services.current_space("face_embedder")
        assert new is not None
        assert (new.role, new.same_person_cosine) == ("face_matcher", 0.45)
        assert outcome["model"] == HEAD
        assert (outcome["kept"], outcome["active"], outcome["faces"]) == (True, True, 2)
        assert max(each.done for each in told) == max(each.total for each in told) == 4
        moved = vectors(new)
        for face, wanted in ((named, (1, 0, 0, 0, 0.5)), (alone, (0, 1, 0, 0, 0.5))):
            np.testing.assert_allclose(moved[face.pk], unit(*wanted), atol=1e-3)

    def test_keeps_names_and_knows_all_photos(
        self, owner: Owner, space: Space, parts: Parts
    ) -> None:
        anna = make_cluster(owner=owner, person=make_person(owner=owner, name="Anna"))
        face = add(owner, space, cluster=anna)
        before = Membership.objects.values().get()

        finish(training.steps({"epochs": 1}, {}, parts))

        recipe = current_recipes()[FACES]
        assert recipe.startswith(f"{ALONE}+{HEAD}")
        assert Analysis.objects.filter(photo=face.photo, recipe=recipe).exists()
        assert Membership.objects.values().get() == before
        assert GroupingDue.objects.get().space.role == "face_matcher"
        assert Job.objects.count() == 0

    def test_only_publishes_where_that_is_all_that_is_wanted(
        self, owner: Owner, space: Space, parts: Parts
    ) -> None:
        add(owner, space)

        _, outcome = finish(training.steps({"epochs": 1, "activate": False}, {}, parts))

        [matcher], _ = matchers.listed(parts.folder)
        assert (outcome["active"], matcher.active) == (False, False)
        assert matcher.model == ServedModel.objects.get(name=HEAD)
        assert photos.services.current_space("face_embedder") == space

    def test_leaves_no_faces_behind(self, owner: Owner, space: Space, parts: Parts) -> None:
        add(owner, space)
        left = parts.folder / ".unfinished-killed"
        left.mkdir(parents=True)
        (left / "faces.npz").touch()

        _, outcome = finish(training.steps({"epochs": 1, "activate": False}, {}, parts))

        assert [each.name for each in parts.folder.iterdir()] == [outcome["matcher"]]
        assert not list(parts.folder.rglob("*.npz"))

    def test_that_makes_nothing_better_changes_nothing(
        self, owner: Owner, space: Space, parts: Parts
    ) -> None:
        add(owner, space)

        _, outcome = finish(training.steps({"epochs": 1}, {}, doing(parts, "worse")))

        assert (outcome["kept"], outcome["reason"], outcome["model"]) == (False, "It is worse.", "")
        assert not Role.objects.filter(name="face_matcher").exists()
        with pytest.raises(MatcherNotKept, match="It is worse"):
            finish(training.steps({"matcher": outcome["matcher"]}, {}, parts))

    def test_is_refused_as_the_trainer_says(self, space: Space, parts: Parts) -> None:
        with pytest.raises(TrainingRefused, match="Only 1 has"):
            finish(training.steps({}, {}, doing(parts, "refuses")))

        assert list(parts.folder.iterdir()) == []

    def test_needs_faces(self, parts: Parts) -> None:
        with pytest.raises(NothingFound):
            finish(training.steps({}, {}, parts))

    def test_needs_its_environment(self, space: Space, parts: Parts, tmp_path: Path) -> None:
        missing = replace(parts, trainer=Trainer((tmp_path / "none",), ROOT))

        with pytest.raises(TrainerMissing):
            finish(training.steps({}, {}, missing))

    def test_is_one_at_a_time(self, space: Space, parts: Parts) -> None:
        with matchers.alone(parts.folder, "a", set), ThreadPoolExecutor(1) as threads:
            error = threads.submit(_try_alone, parts.folder).exception()

        assert isinstance(error, TrainingBusy)
        with matchers.alone(parts.folder, "a", set) as place:
            assert place.is_dir()
        assert not place.exists()


class TestInterruptedTraining:
    """Between two epochs it waits in the queue, with the faces that it has begun with."""

    @pytest.fixture
    def begun(
        self, owner: Owner, space: Space, parts: Parts, monkeypatch: pytest.MonkeyPatch
    ) -> Item:
        slow = replace(parts, trainer=Trainer((PYTHON, PROGRAM, "hangs"), ROOT))
        monkeypatch.setattr(training, "parts", lambda: slow)
        monkeypatch.setattr(maintenance, "_AT_ONCE_S", 0)
        add(owner, space, cluster=make_cluster(owner=owner, person=make_person(owner=owner)))
        services.submit_task(owner, Job.Kind.TRAIN, {"epochs": 2, "activate": False})
        return work()

    def test_makes_the_same_head_of_the_same_faces(
        self, begun: Item, owner: Owner, space: Space, parts: Parts
    ) -> None:
        [undisturbed] = [
            finish(training.steps({"epochs": 2, "activate": False}, {}, elsewhere))[1]
            for elsewhere in [replace(parts, folder=parts.folder.with_name("other"))]
        ]
        add(owner, space, cluster=Cluster.objects.get())  # too late

        done = [work(), work()][1]

        outcome = done.outcome or {}
        told = {**undisturbed, "matcher": outcome["matcher"], "training": outcome["training"]}
        assert without_pid(outcome) == without_pid(told)
        assert matchers.find(parts.folder, outcome["matcher"]).report["counts"]["faces_learnt"] == 1
        assert ServedModel.objects.filter(role="face_matcher").count() == 1

    def test_that_was_killed_once_its_head_was_there_trains_no_other(
        self, begun: Item, parts: Parts
    ) -> None:
        before = begun.outcome or {}
        finish(training.steps({"epochs": 2, "activate": False}, before, parts))
        broken = replace(parts, trainer=Trainer((PYTHON, PROGRAM, "dies"), ROOT))

        _, outcome = finish(training.steps({"epochs": 2, "activate": False}, before, broken))

        assert (outcome["matcher"], outcome["kept"]) == (before["training"], True)

    def test_keeps_others_waiting(self, begun: Item, parts: Parts) -> None:
        with pytest.raises(TrainingBusy):
            finish(training.steps({"epochs": 1}, {}, parts))

        assert unfinished(parts.folder) == [(begun.outcome or {})["training"]]
        assert TrainingBusy.retryable

    def test_of_which_nothing_is_left_begins_anew(self, begun: Item, parts: Parts) -> None:
        shutil.rmtree(parts.folder)

        ended = [work(), work(), work()][-1]

        assert ended.state == State.SUCCEEDED
        assert unfinished(parts.folder) == []

    def test_leaves_nothing_where_it_is_cancelled_and_cleaned_up(
        self, begun: Item, parts: Parts
    ) -> None:
        assert training.tidy() == 0
        steering.cancel(begun.job)

        counted = cleanup.run(Order(30, 7, dry_run=True), limit_s=60).removed["trainings"]
        removed = [cleanup.run(Order(30, 7), limit_s=60).removed["trainings"] for _ in range(2)]

        assert (counted, removed, unfinished(parts.folder)) == (1, [1, 0], [])

    def test_that_was_cancelled_gives_way_to_the_next_one(self, begun: Item, parts: Parts) -> None:
        steering.cancel(begun.job)

        finish(training.steps({"epochs": 1, "activate": False}, {}, parts))

        assert unfinished(parts.folder) == []

    def test_ends_when_anybodys_face_is_erased(self, begun: Item, parts: Parts) -> None:
        zoe = make_person(name="Zoe")  # of another owner
        make_cluster(owner=zoe.owner, person=zoe)

        erasure.erase(zoe.owner, zoe.pk, by=None)

        begun.refresh_from_db()
        assert (begun.state, unfinished(parts.folder)) == (State.CANCELLED, [])


def unfinished(folder: Path) -> list[str]:
    return [each.name.partition("-")[2] for each in folder.glob(".unfinished-*")]


def without_pid(outcome: Outcome) -> Outcome:
    return {**outcome, "epoch": {**outcome["epoch"], "pid": None}}


def _try_alone(folder: Path) -> None:
    try:
        with matchers.alone(folder, "b", set):
            pass
    finally:
        connection.close()
