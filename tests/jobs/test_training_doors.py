"""Training over HTTP and as a job; and with the real trainer, and a worker that is killed."""

import json
import os
import signal
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from faces import matchers
from faces.trainer import Trainer
from jobs import maintenance, queue, services, training
from jobs.errors import Cancelled
from jobs.models import Item, Job, State
from jobs.training import Parts
from photos.models import Owner, Space
from tests.factories import make_cluster, make_person
from tests.jobs.test_worker import database_variables
from tests.jobs.trained import (
    API,
    HEAD,
    PROGRAM,
    add,
    doing,
    finish,
    parts,
    space,
    staff,
    work,
)
from tests.trainer import PYTHON, ROOT

__all__ = ["parts", "space", "staff"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)  # an index is made

HUB = ROOT / ".venvs" / "hub" / "bin" / "python"


def program(folder: Path, how: str) -> Path:
    """An environment that trains, as the settings name it."""
    file = folder / "python"
    file.write_text(f'#!/bin/sh\nexec "{PYTHON}" "{PROGRAM}" {how} "$@"\n')
    file.chmod(0o700)
    return file


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
