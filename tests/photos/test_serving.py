"""Models are loaded when they are needed, and gone when idle. With the real server."""

import os
import signal
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from inference import folders
from inference.client import TritonClient
from inference.control import TritonControl
from inference.errors import (
    InferenceNotReady,
    InferenceTimeout,
    InferenceUnavailable,
    ModelRefused,
)
from inference.spec import ModelSpec
from local.processes import wait_until
from photos import roles, serving
from photos.locks import one_at_a_time
from photos.policy import NOTE_S
from photos.serving import PostgresKeeper
from tests.photos.kept_models import (
    ONE,
    POLICY,
    TWO,
    age,
    control,
    keeper,
    loaded,
    model,
)
from tests.tiny import BROKEN, GATE, GIVEN, ONNX, Tiny, doubler

__all__ = ["control", "keeper"]  # fixtures
pytestmark = pytest.mark.django_db

_VERSIONS = count(2)  # a name that died once is not taken again
LOCKS = (  # of the test's own database
    "SELECT 1 FROM pg_locks JOIN pg_database ON database = pg_database.oid"
    " WHERE locktype = 'advisory' AND datname = current_database()"
)


def at_once(pool: ThreadPoolExecutor, keeper: PostgresKeeper, name: str) -> "Future[None]":
    """As another worker would."""
    return pool.submit(keeper.have, name)


class TestUsing:
    def test_is_noted_once_in_a_while(
        self, keeper: PostgresKeeper, django_assert_num_queries: Any
    ) -> None:
        with django_assert_num_queries(1):
            for _ in range(100):
                keeper.using(ONE)

        assert model(ONE).is_in_use(within_s=5)
        assert model(TWO).last_used_at is None

    def test_is_noted_of_each_model(
        self, keeper: PostgresKeeper, django_assert_num_queries: Any
    ) -> None:
        with django_assert_num_queries(2):
            for name in (ONE, TWO):
                keeper.using(name)

    def test_is_noted_again_when_time_has_passed(self, keeper: PostgresKeeper) -> None:
        keeper.using(ONE)
        age(ONE, 60)
        keeper.noted[ONE] -= NOTE_S

        keeper.using(ONE)

        assert model(ONE).is_in_use(within_s=5)

    def test_leaves_no_connection_in_a_thread_that_had_none(self, keeper: PostgresKeeper) -> None:
        def use() -> bool:
            keeper.using("face_detector.unknown.1")
            return connection.connection is None

        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(use).result() is True


class TestHave:
    def test_loads_a_model_for_the_call_that_needs_it(self, keeper: PostgresKeeper) -> None:
        with serving.client() as client:
            answer = client.infer(doubler(ONE), given=GIVEN)

        row = model(ONE)
        assert answer["doubled"].tolist() == [[2, 4]]
        assert loaded(keeper) == [ONE]
        assert (row.device, row.is_in_use(within_s=5)) == ("cpu", True)
        assert row.loaded_at is not None

    def test_loads_it_again_after_the_server_has_lost_it(
        self, keeper: PostgresKeeper, control: TritonControl
    ) -> None:
        keeper.have(ONE)
        control.unload(ONE)

        keeper.have(ONE)

        assert loaded(keeper) == [ONE]

    def test_leaves_a_loaded_model(self, keeper: PostgresKeeper, tiny: Tiny) -> None:
        tiny.write_program(ONE)
        keeper.have(ONE)
        keeper.have(ONE)

        assert tiny.loads(ONE) == 1

    @pytest.mark.django_db(transaction=True)
    def test_is_done_by_one_while_others_wait(self, keeper: PostgresKeeper, tiny: Tiny) -> None:
        tiny.write_program(ONE)
        gate = tiny.mark(ONE, GATE)

        with ThreadPoolExecutor(4) as pool:
            workers = [at_once(pool, keeper, ONE) for _ in range(4)]
            wait_until(lambda: tiny.loads(ONE) > 0, timeout_s=30)
            done_early = [worker.done() for worker in workers]
            gate.unlink()
            for worker in workers:
                worker.result()

        assert done_early == [False] * 4
        assert (tiny.loads(ONE), loaded(keeper)) == (1, [ONE])

    @pytest.mark.django_db(transaction=True)
    def test_waits_no_longer_than_it_should(self, keeper: PostgresKeeper, tiny: Tiny) -> None:
        tiny.write_program(ONE)
        hasty = replace(keeper, policy=replace(POLICY, load_s=0.3))
        gate = tiny.mark(ONE, GATE)

        with pytest.raises(InferenceTimeout):
            hasty.have(ONE)
        with (
            ThreadPoolExecutor(1) as pool,
            one_at_a_time(serving.LOCK, timeout_s=5),
            pytest.raises(InferenceTimeout, match="Other models are being loaded"),
        ):
            at_once(pool, hasty, TWO).result()
        gate.unlink()

        keeper.have(ONE)  # what was begun is waited for
        assert tiny.loads(ONE) == 1

    def test_says_that_a_model_is_broken_and_loads_it_once_mended(
        self, keeper: PostgresKeeper, tiny: Tiny
    ) -> None:
        tiny.write_program(ONE)
        broken = tiny.mark(ONE, BROKEN)

        with pytest.raises(InferenceNotReady, match="cannot load it"):
            keeper.have(ONE)
        broken.unlink()
        keeper.have(ONE)

        assert loaded(keeper) == [ONE]

    def test_never_asks_the_server_for_a_name_that_is_not_in_our_rows(
        self, keeper: PostgresKeeper
    ) -> None:
        with pytest.raises(InferenceNotReady, match="no such model"):
            replace(keeper, url="127.0.0.1:9").have("../face_detector.tiny.1")

    def test_needs_a_server(self, keeper: PostgresKeeper) -> None:
        with pytest.raises(InferenceUnavailable):
            replace(keeper, url="127.0.0.1:9").have(ONE)

    def test_leaves_nothing_locked_behind(self, keeper: PostgresKeeper) -> None:
        with pytest.raises(InferenceUnavailable):
            replace(keeper, url="127.0.0.1:9").have(ONE)

        with connection.cursor() as cursor:
            cursor.execute(f"{LOCKS} AND objid = %s", [serving.LOCK])
            assert cursor.fetchall() == []


class TestFilesThatAreNotWhatWasBuilt:
    def test_are_not_loaded_until_they_are_mended(self, keeper: PostgresKeeper, tiny: Tiny) -> None:
        (tiny.folder / ONE / "1" / "model.onnx").write_bytes(ONNX + ONNX)

        with pytest.raises(ModelRefused, match=rf"^{ONE}: it is not loaded: model\.onnx is not"):
            keeper.have(ONE)
        keeper.have(TWO)
        assert loaded(keeper) == [TWO]

        tiny.write(ONE)
        keeper.have(ONE)
        assert loaded(keeper) == [ONE, TWO]

    def test_are_not_given_to_a_role(self, keeper: PostgresKeeper, tiny: Tiny) -> None:
        other = "face_detector.tiny.2"
        tiny.write(other)
        roles.sync(tiny.folder)
        (tiny.folder / other / "1" / "model.onnx").write_bytes(b"PK")

        with pytest.raises(ModelRefused):
            keeper.switch(model(other))

        assert roles.active_models()["face_detector"] == ONE

    @pytest.mark.parametrize("explicit", [True, False])
    def test_are_not_given_to_a_role_though_the_server_has_them(
        self, keeper: PostgresKeeper, tiny: Tiny, *, explicit: bool
    ) -> None:
        keeper.have(ONE)
        (tiny.folder / ONE / "1" / "model.onnx").write_bytes(b"PK")
        keeper = replace(keeper, policy=replace(POLICY, explicit=explicit))

        with pytest.raises(ModelRefused):
            keeper.switch(model(ONE))

    def test_run_no_program(
        self, keeper: PostgresKeeper, tiny: Tiny, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tiny.write_program(ONE)
        monkeypatch.setattr(folders, "BACKENDS", {"onnxruntime"})

        with pytest.raises(ModelRefused, match="has it run by python"):
            keeper.have(ONE)

        assert (tiny.loads(ONE), loaded(keeper)) == (0, [])


class TestModelThatDied:
    """The process of a model is killed: the server goes on saying that it is ready."""

    @pytest.fixture
    def program(self, tiny: Tiny, keeper: PostgresKeeper) -> ModelSpec:
        spec = tiny.write_program(f"tagger.tiny.{next(_VERSIONS)}")
        roles.sync(tiny.folder)
        keeper.have(spec.name)
        return spec

    def kill(self, tiny: Tiny, model: ModelSpec) -> None:
        place = str(tiny.folder / model.name).encode()
        for process in Path("/proc").glob("[0-9]*"):
            try:
                words = (process / "cmdline").read_bytes()
            except OSError:  # it has ended
                continue
            if b"triton_python_backend_stub" in words and place in words:
                os.kill(int(process.name), signal.SIGKILL)

    def test_is_loaded_anew_and_the_call_goes_on(
        self, tiny: Tiny, keeper: PostgresKeeper, program: ModelSpec
    ) -> None:
        self.kill(tiny, program)

        with TritonClient(keeper.url, timeout_s=20, keeper=keeper) as client:
            answer = client.infer(program, given=GIVEN)

        assert answer["doubled"].tolist() == [[2, 4]]
        assert tiny.loads(program.name) == 2

    @pytest.mark.django_db(transaction=True)
    def test_is_renewed_once_for_all_who_saw_it_dead(
        self, tiny: Tiny, keeper: PostgresKeeper, program: ModelSpec
    ) -> None:
        gate = tiny.mark(program.name, GATE)

        with ThreadPoolExecutor(2) as pool:
            both = [pool.submit(keeper.renew, program.name) for _ in range(2)]
            wait_until(is_lock_waited_for, timeout_s=20, what="The other one")
            gate.unlink()
            for each in both:
                each.result()

        assert tiny.loads(program.name) == 2


def is_lock_waited_for() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"{LOCKS} AND NOT granted")
        return cursor.fetchone() is not None
