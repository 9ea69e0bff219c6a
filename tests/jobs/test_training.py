"""Training a head: as a job, from confirmed faces to faces that are compared by it, and back."""

import json
import os
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

import photos.services
import photos.serving
from faces import matchers, moving
from faces.errors import (
    MatcherNotKept,
    MatcherOutdated,
    NothingFound,
    TrainerMissing,
    TrainingBusy,
    TrainingRefused,
)
from faces.models import Cluster, Face, FaceVector, GroupingDue, Membership
from faces.trainer import Trainer
from inference.arrays import Array
from jobs import cleanup, erasure, maintenance, queue, services, steering, training
from jobs.cleanup import Order
from jobs.errors import Cancelled
from jobs.models import Item, Job, State
from jobs.operations import current_recipes
from jobs.steps import Outcome, Progress
from jobs.training import Parts
from photos.models import Analysis, Owner, Role, ServedModel, Space
from photos.operations import FACES
from tests.factories import make_cluster, make_face, make_person, make_photo, make_space, unit
from tests.fakes import IDENTITY, FakeEmbedder
from tests.jobs.test_worker import database_variables
from tests.tiny import Tiny
from tests.trainer import PYTHON, ROOT

pytestmark = pytest.mark.django_db(transaction=True)  # an index is made
API = "/api/v1/faces"
PROGRAM = ROOT / "tests" / "trainer.py"
HUB = ROOT / ".venvs" / "hub" / "bin" / "python"
HEAD, NEXT = "face_matcher.trained.1", "face_matcher.trained.2"
DETECTOR, EMBEDDER = "face_detector.fake.1", "face_embedder.fake.1"
ALONE = f"{DETECTOR}+{EMBEDDER}"


@pytest.fixture
def space() -> Space:
    """Of the active embedder; a detector is active as well."""
    for name, of in ((DETECTOR, "face_detector:fake:1"), (EMBEDDER, IDENTITY.space)):
        role, pack, _ = name.split(".")
        model = ServedModel.objects.create(
            name=name, role=role, pack=pack, version=1, space=of, memory_bytes=1
        )
        Role.objects.create(name=role, active=model)
    return make_space(name=IDENTITY.space)


@pytest.fixture
def parts(tiny: Tiny, tmp_path: Path, settings: Any) -> Parts:
    """The real ones, but for the trainer, which is quick, and the embedder, which is not asked."""
    if not PYTHON.exists():
        pytest.skip("What publishes models is not installed: run `make models`.")
    settings.TRAININGS_ROOT = tmp_path / "trainings"
    return Parts(
        Trainer((PYTHON, PROGRAM, "better"), ROOT),
        settings.TRAININGS_ROOT,
        tiny.folder,
        photos.serving.client,
        lambda _client: FakeEmbedder(),
    )


@pytest.fixture
def staff(admin_user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(admin_user)
    return client


def doing(parts: Parts, how: str) -> Parts:
    return replace(parts, trainer=Trainer((sys.executable, PROGRAM, how), ROOT))


def program(folder: Path, how: str) -> Path:
    """An environment that trains, as the settings name it."""
    file = folder / "python"
    file.write_text(f'#!/bin/sh\nexec "{PYTHON}" "{PROGRAM}" {how} "$@"\n')
    file.chmod(0o700)
    return file


def add(owner: Owner, space: Space, *numbers: float, **values: Any) -> Face:
    """A face of a photo that was looked at as it is done now."""
    photo = make_photo(owner=owner)
    recipe = current_recipes().get(FACES, ALONE)
    Analysis.objects.create(photo=photo, operation=FACES, recipe=recipe)
    vector = unit(*(numbers or (1, 0, 0, 0, 1)))
    return make_face(photo=photo, space=space, vector=vector, **values)


def came_behind(owner: Owner, space: Space) -> Face:
    """A face of a new photo, as it is kept while a head is active: in its space and in `space`."""
    of_head = photos.services.current_space("face_embedder")
    assert of_head is not None
    face = add(owner, of_head, 0, 0, 1)
    FaceVector.objects.create(face=face, owner=owner, space=space, vector=unit(0, 0, 1).tolist())
    return face


def finish(steps: Any) -> tuple[list[Progress], Outcome]:
    told = []
    while True:
        try:
            told.append(next(steps))
        except StopIteration as end:
            return told, end.value()


def vectors(space: Space) -> dict[int, Array]:
    rows = FaceVector.objects.filter(space=space)
    return {row.face_id: np.array(row.vector, np.float32) for row in rows}


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


class TestDoors:
    @pytest.fixture(autouse=True)
    def _program(self, parts: Parts, tmp_path: Path, settings: Any) -> None:
        settings.TRAINER_PYTHON = program(tmp_path, "better")

    def test_train_as_a_job(self, staff: APIClient, owner: Owner, space: Space) -> None:
        add(owner, space)
        asked = {"epochs": 3, "margin": 0.3, "min_faces": 2, "activate": False, "queue": True}

        answer = staff.post(f"{API}/train", asked)
        item = work()

        assert (answer.status_code, answer.json()["kind"]) == (202, "train")
        assert (item.state, item.done) == (State.SUCCEEDED, item.total)
        outcome = item.outcome or {}
        assert (outcome["epoch"]["epochs"], outcome["model"]) == (3, HEAD)

    def test_give_others_their_turn_between_two_epochs(
        self, staff: APIClient, space: Space, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(maintenance, "_AT_ONCE_S", 0)
        program(tmp_path, "hangs")
        staff.post(f"{API}/train", {"epochs": 2, "activate": False})

        items = [work() for _ in range(3)]

        assert [(each.state, each.done) for each in items] == [
            (State.QUEUED, 1), (State.QUEUED, 2), (State.SUCCEEDED, 3),
        ]  # fmt: skip
        assert items[2].attempts == 1
        [folder] = (tmp_path / "trainings").iterdir()
        assert folder.name == (items[2].outcome or {})["matcher"]

    def test_go_on_where_the_worker_had_to_stop(
        self, staff: APIClient, space: Space, tmp_path: Path
    ) -> None:
        staff.post(f"{API}/train", {"epochs": 2, "activate": False})

        stopped = work(stopping=lambda: True)
        state, begun = stopped.state, (stopped.outcome or {})["training"]
        done = work()

        assert (state, done.state) == (State.QUEUED, State.SUCCEEDED)
        assert [each.name for each in (tmp_path / "trainings").iterdir()] == [begun]

    def test_train_at_once(self, staff: APIClient, owner: Owner, space: Space) -> None:
        add(owner, space)

        answer = staff.post(f"{API}/train", {"epochs": 1, "activate": False, "queue": False})

        assert (answer.status_code, answer.json()["kept"]) == (200, True)

    def test_fail_with_the_trainers_code(
        self, staff: APIClient, space: Space, tmp_path: Path
    ) -> None:
        program(tmp_path, "refuses")

        queued = staff.post(f"{API}/train", {"epochs": 1})
        item = work()
        at_once = staff.post(f"{API}/train", {"epochs": 1, "queue": False})

        assert queued.status_code == 202
        assert (item.state, item.error_code) == (State.FAILED, "too_few_people")
        assert (at_once.status_code, at_once.json()["code"]) == (422, "too_few_people")

    def test_end_the_trainer_when_the_job_is_cancelled(
        self, staff: APIClient, space: Space, tmp_path: Path
    ) -> None:
        program(tmp_path, "hangs")
        job = staff.post(f"{API}/train", {"epochs": 2}).json()
        [item] = Item.objects.claim(worker="anna", limit=1, lease_s=60)
        said: dict[str, Any] = {}

        def cancel_once_it_is_heard() -> bool:
            item.refresh_from_db()
            if (epoch := (item.outcome or {}).get("epoch")) and not said:
                said.update(epoch)
                staff.post(f"/api/v1/jobs/{job['job_id']}/cancel")
            return False

        with pytest.raises(Cancelled):
            maintenance.run(item, stopping=cancel_once_it_is_heard)

        with pytest.raises(ProcessLookupError):
            os.kill(said["pid"], 0)
        assert not list(tmp_path.rglob("*.npz"))

    def test_list_what_was_trained(
        self,
        staff: APIClient,
        owner: Owner,
        space: Space,
        parts: Parts,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        add(owner, space, cluster=make_cluster(owner=owner, person=make_person(owner=owner)))
        finish(training.steps({"epochs": 1}, {}, parts))
        finish(training.steps({"epochs": 1}, {}, doing(parts, "worse")))

        found = {each["kept"]: each for each in staff.get(f"{API}/matchers").json()}

        better, worse = found[True], found[False]
        assert (better["model"], better["active"]) == (HEAD, True)
        assert (worse["model"], worse["active"]) == (None, False)
        assert better["held_out"]["before"]["tar"] == {"0.01": 0.5}
        assert better["counts"] == {"faces_learnt": 1, "rejected_pairs": 0}
        plot = staff.get(better["plots"]["separation"])
        assert (plot["Content-Type"], b"".join(plot)) == ("image/png", b"\x89PNG")
        with django_assert_num_queries(1):
            matchers.listed(parts.folder)

    def test_activate_what_was_kept(self, staff: APIClient, space: Space, parts: Parts) -> None:
        _, outcome = finish(training.steps({"epochs": 1}, {}, doing(parts, "worse")))

        there = staff.post(f"{API}/matchers/{outcome['matcher']}/activate")
        missing = staff.post(f"{API}/matchers/20260101T000000-abcdef/activate")

        unknown = staff.post(f"{API}/matchers/face_matcher.trained.7/activate")

        assert (there.status_code, there.json()["code"]) == (409, "matcher_not_kept")
        assert (missing.status_code, missing.json()["code"]) == (404, "matcher_missing")
        assert (unknown.status_code, unknown.json()["code"]) == (404, "matcher_missing")

    def test_activate_a_head_by_the_name_of_its_model(
        self, staff: APIClient, owner: Owner, space: Space, parts: Parts
    ) -> None:
        add(owner, space)
        finish(training.steps({"epochs": 1, "activate": False}, {}, parts))

        answer = staff.post(f"{API}/matchers/{HEAD}/activate")
        listed = staff.get(f"{API}/matchers").json()

        assert (answer.status_code, answer.json()["kind"]) == (202, "train")
        assert Job.objects.get().arguments["matcher"] == HEAD
        assert [each["model"] for each in listed] == [HEAD]

    @pytest.mark.parametrize(
        ("name", "value"),
        [("epochs", 0), ("margin", 5), ("min_faces", 1), ("queue", "perhaps")],
    )
    def test_say_what_they_can_not_take(self, staff: APIClient, name: str, value: Any) -> None:
        answer = staff.post(f"{API}/train", {name: value})

        assert (answer.status_code, list(answer.json()["fields"])) == (400, [name])
        assert Job.objects.count() == 0

    def test_say_so_where_nothing_can_be_trained(
        self, staff: APIClient, settings: Any, tmp_path: Path
    ) -> None:
        settings.TRAINER_PYTHON = tmp_path / "none"

        answer = staff.post(f"{API}/train")

        assert (answer.status_code, answer.json()["code"]) == (503, "trainer_missing")
        assert Job.objects.count() == 0

    def test_are_for_staff_alone(self, api: APIClient) -> None:
        paths = ("train", "matchers/rollback", "matchers/20260101T000000-abcdef/activate")

        answers = [api.post(f"{API}/{path}").status_code for path in paths]

        assert [*answers, api.get(f"{API}/matchers").status_code] == [403] * 4


def test_a_killed_worker_costs_the_training_no_epoch(
    owner: Owner, space: Space, parts: Parts, settings: Any, tmp_path: Path
) -> None:
    add(owner, space)
    services.submit_task(owner, Job.Kind.TRAIN, {"epochs": 3, "activate": False})
    worker = {
        **os.environ,
        **database_variables(),
        "MODEL_REPOSITORY": str(parts.repository),
        "TRITON_URL": settings.TRITON_URL,
        "TRAININGS_ROOT": str(parts.folder),
        "TRAINER_PYTHON": str(program(tmp_path, "kills")),
    }

    statuses = []
    for _ in range(2):
        drained = subprocess.run(
            [sys.executable, "-m", "tests.jobs.killed"],
            cwd=ROOT, env=worker, input="nowhere\n", capture_output=True, text=True, check=True,
        )  # fmt: skip
        statuses.append(int(drained.stdout))
        Item.objects.filter(state=State.PROCESSING).update(lease_until=timezone.now())
        queue.sweep()

    item = Item.objects.get()
    assert statuses == [-signal.SIGKILL, 0]
    assert (item.state, item.deaths) == (State.SUCCEEDED, 1)
    [folder] = parts.folder.iterdir()
    assert folder.name == (item.outcome or {})["matcher"]
    assert json.loads((folder / "report.json").read_text())["losses"] == [1, 1 / 2, 1 / 3]


@pytest.mark.skipif(not HUB.exists(), reason="PyTorch is not installed: run `make hub`.")
def test_the_real_trainer_learns_what_says_nothing_of_who_it_is(
    owner: Owner, space: Space, parts: Parts
) -> None:
    random = np.random.default_rng(1)
    for _ in range(20):
        cluster = make_cluster(owner=owner, person=make_person(owner=owner))
        themselves = random.normal(size=4)
        for _ in range(6):
            seen = np.concatenate(
                [themselves + random.normal(size=4) * 0.1, random.normal(size=4) * 0.8]
            )
            add(owner, space, *seen, cluster=cluster)
    real = replace(parts, trainer=Trainer((HUB, "-m", "training"), ROOT))

    with closing(training.steps({"epochs": 5}, {}, real)) as steps:
        begun = next(each for each in steps if each.pausable)  # it is interrupted here
    _, outcome = finish(training.steps({"epochs": 5}, begun.outcome or {}, real))

    [matcher], _ = matchers.listed(parts.folder)
    before, after = matcher.report["held_out"]["before"], matcher.report["held_out"]["after"]
    assert after["auc"] > before["auc"]
    assert (outcome["kept"], outcome["active"], outcome["faces"]) == (True, True, 120)


def work(**values: Any) -> Item:
    """Do, as a drain does, what the queue gives."""
    [item] = Item.objects.claim(worker="anna", limit=1, lease_s=60)
    try:
        maintenance.run(item, **values)
    except queue.KNOWN_ERRORS as exc:
        queue.give_up(item, exc)
    item.refresh_from_db()
    return item


def _try_alone(folder: Path) -> None:
    try:
        with matchers.alone(folder, "b", set):
            pass
    finally:
        connection.close()
