"""A remote worker as it runs: a real server over HTTP, a real model server, real photos."""

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from faces.models import Face
from inference.client import TritonClient
from jobs import queue, steering, tasks
from jobs.models import Item, Job, RemoteWorker, State
from jobs.remote import puller
from jobs.remote.models import LocalModels
from photos import roles
from photos.models import Analysis, Photo
from search.spaces import SEARCHED
from tests.factories import make_owner
from tests.jobs.pulled import (
    LIMIT_S,
    BrokenLine,
    LateServer,
    LosingServer,
    Workers,
    files_of,
    models,
    pull,
    rows_of,
    unfinished,
)
from tests.jobs.remote import PHOTO, submit

__all__ = ["models"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)


class TestPullWorker:
    def test_leaves_the_rows_and_files_that_our_own_worker_leaves(
        self, live_server: LiveServer, models: None, group_photo: bytes, settings: Any
    ) -> None:
        here, there = make_owner(), make_owner()
        submit(here, group_photo)
        tasks.drain()

        job = submit(there, group_photo)
        pull(live_server, settings)

        assert job.items.get().state == State.SUCCEEDED
        assert rows_of(there) == rows_of(here)
        assert files_of(there) == files_of(here)
        assert [len(rows_of(there)[kind]) for kind in ("faces", "vectors")] == [6, 1]

    def test_shares_the_photos_with_other_workers(
        self, live_server: LiveServer, models: None, group_photo: bytes, settings: Any
    ) -> None:
        owner = make_owner()
        copies = [group_photo + bytes([number]) for number in range(8)]
        job = submit(owner, *copies, operations=["faces"])

        with Workers(live_server, settings, count=2) as workers:
            told = workers.run()

        assert sum(told) == 8
        assert set(job.items.values_list("state", "attempts")) == {(State.SUCCEEDED, 1)}
        assert Face.objects.filter(photo__owner=owner).count() == 8 * 6

    def test_leaves_others_photos_to_others(
        self, live_server: LiveServer, models: None, settings: Any
    ) -> None:
        mine, theirs = make_owner(), make_owner()
        jobs = [submit(owner, operations=["objects"]) for owner in (mine, theirs)]

        pull(live_server, settings, owner=mine)

        states = [job.items.get().state for job in jobs]
        assert states == [State.SUCCEEDED, State.QUEUED]

    def test_says_what_is_wrong_with_a_photo_and_goes_on(
        self, live_server: LiveServer, models: None, settings: Any
    ) -> None:
        job = submit(make_owner(), PHOTO[:600], b"no photo", PHOTO, operations=["objects"])

        pull(live_server, settings)

        ends = list(job.items.order_by("pk").values_list("state", "error_code"))
        assert ends == [
            (State.FAILED, "image_truncated"),
            (State.FAILED, "unsupported_format"),
            (State.SUCCEEDED, ""),
        ]

    def test_does_not_look_again_at_what_is_known(
        self, live_server: LiveServer, models: None, settings: Any
    ) -> None:
        owner = make_owner()
        submit(owner, operations=["objects"])
        pull(live_server, settings)
        again = submit(owner, operations=["objects"])

        pull(live_server, settings, name="b")

        item = again.items.get()
        assert (item.state, sorted(item.stage_ms)) == (State.SUCCEEDED, ["fetch"])

    def test_does_what_its_models_allow(
        self, live_server: LiveServer, models: None, settings: Any, tmp_path: Path
    ) -> None:
        some, everything = (submit(make_owner(), operations=[name]) for name in ("faces", "all"))
        whole = Path(settings.MODEL_REPOSITORY)
        for folder in whole.glob("face_*"):
            (tmp_path / folder.name).symlink_to(folder)

        with Workers(live_server, settings, repository=tmp_path) as workers:
            workers.run()

        assert RemoteWorker.objects.get().operations == ["faces"]
        states = [job.items.get().state for job in (some, everything)]
        assert states == [State.SUCCEEDED, State.QUEUED]

    def test_takes_other_weights_of_the_same_name_for_other_models(
        self, triton: TritonClient, models: None, settings: Any
    ) -> None:
        name = "object_detector.packaged.1"
        ours = LocalModels(triton, settings.MODEL_REPOSITORY)

        ours.follow({"object_detector": name}, {name: "object_detector:0123456789abcdef:1"})

        assert ours.recipes() == {}

    def test_embeds_no_photos_that_would_not_be_found(
        self, triton: TritonClient, settings: Any
    ) -> None:
        ours = LocalModels(triton, settings.MODEL_REPOSITORY)
        known = roles.spaces(settings.MODEL_REPOSITORY)
        active = {role: f"{role}.packaged.1" for role in ("image_encoder", "text_encoder")}
        ours.follow(active, known)
        assert {"embedding", "tags"} <= ours.recipes().keys()

        ours.follow({**active, SEARCHED: "image_encoder.old.1"}, known)

        assert not {"embedding", "tags"} & ours.recipes().keys()

    def test_stores_nothing_of_a_photo_that_is_cancelled_meanwhile(
        self, live_server: LiveServer, models: None, settings: Any
    ) -> None:
        job = submit(make_owner(), operations=["objects"])

        with Workers(live_server, settings, meanwhile=lambda: steering.cancel(job)) as workers:
            workers.run()

        assert (job.items.get().state, Photo.objects.count()) == (State.CANCELLED, 0)

    def test_that_comes_late_changes_nothing(
        self, live_server: LiveServer, models: None, settings: Any
    ) -> None:
        job = submit(make_owner(), operations=["objects"])

        def give_it_to_another() -> None:
            job.items.update(lease_until=timezone.now())
            queue.sweep()
            Item.objects.claim(worker="other", limit=1, lease_s=60, suspects=True)

        with Workers(live_server, settings, meanwhile=give_it_to_another) as workers:
            workers.run()

        item = job.items.get()
        assert (item.state, item.worker) == (State.PROCESSING, "other")
        assert Photo.objects.count() == 0

    def test_tells_the_end_again_when_the_answer_gets_lost(
        self, live_server: LiveServer, models: None, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(puller, "pause_s", lambda tries: 0.0)
        job = submit(make_owner(), operations=["objects"])

        with Workers(live_server, settings, kind=LosingServer) as workers:
            workers.run()

        assert job.items.get().state == State.SUCCEEDED
        assert [server.losses for server in workers.servers] == [1]
        assert Analysis.objects.count() == 1

    def test_uses_up_the_attempts_of_a_photo_that_never_comes(
        self, live_server: LiveServer, models: None, settings: Any
    ) -> None:
        job = submit(make_owner(), operations=["objects"])

        def is_over() -> bool:
            job.items.update(run_after=timezone.now())
            return not unfinished(job)

        with Workers(live_server, settings, kind=BrokenLine, poll_s=0.1) as workers:
            workers.run_until(is_over)

        item = job.items.get()
        assert (item.state, item.attempts) == (State.FAILED, item.max_attempts)
        assert item.error_code == "fetch_unreachable"

    def test_waits_for_a_server_that_is_away(
        self, live_server: LiveServer, models: None, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(puller, "pause_s", lambda tries: 0.0)
        job = submit(make_owner(), operations=["objects"])

        with Workers(live_server, settings, kind=LateServer) as workers:
            workers.run_until(lambda: not unfinished(job))

        assert job.items.get().state == State.SUCCEEDED
        assert workers.servers[0].losses == 3

    def test_is_told_of_new_work(
        self, live_server: LiveServer, models: None, settings: Any
    ) -> None:
        job: list[Job] = []

        def submitted_and_done() -> bool:
            if not job and RemoteWorker.objects.exclude(operations=[]).exists():
                job.append(submit(make_owner(), operations=["objects"]))
            return bool(job) and not unfinished(job[0])

        with Workers(live_server, settings, poll_s=LIMIT_S * 2) as workers:
            workers.run_until(submitted_and_done)

        assert job[0].items.get().state == State.SUCCEEDED

    def test_claims_nothing_while_its_model_server_is_down(
        self, live_server: LiveServer, models: None, settings: Any
    ) -> None:
        job = submit(make_owner(), operations=["objects"])
        settings.TRITON_URL = "127.0.0.1:9"

        pull(live_server, settings)

        item = job.items.get()
        assert (item.state, item.attempts) == (State.QUEUED, 0)
