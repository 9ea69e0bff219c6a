"""Models are loaded when they are needed, and gone when idle. With the real server."""

import logging
import os
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from inference import folders
from inference.client import TritonClient
from inference.control import Overview, State, TritonControl
from inference.errors import (
    InferenceNotReady,
    InferenceTimeout,
    InferenceUnavailable,
    ModelRefused,
)
from inference.spec import ModelSpec
from local.processes import wait_until
from photos import roles, serving
from photos.errors import FacesMustFollow, ModelControlOff, ModelInUse, ModelPinned, ModelUnknown
from photos.locks import one_at_a_time
from photos.models import ServedModel
from photos.policy import NOTE_S, Policy, shares_memory
from photos.serving import PostgresKeeper, UnloadedAll
from tests.tiny import BASE, BROKEN, GATE, GIVEN, ONNX, Tiny, doubler

pytestmark = pytest.mark.django_db
ONE, TWO, THREE = (f"{role}.tiny.1" for role in ("face_detector", "face_embedder", "tagger"))
HEAD = "face_matcher.trained.1"
MB = 2**20
_VERSIONS = count(2)  # a name that died once is not taken again
LOCKS = (  # of the test's own database
    "SELECT 1 FROM pg_locks JOIN pg_database ON database = pg_database.oid"
    " WHERE locktype = 'advisory' AND datname = current_database()"
)
POLICY = Policy(explicit=True, load_s=30, call_s=20, idle_s=600, memory_bytes=0)


@pytest.fixture
def keeper(tiny: Tiny, settings: Any) -> PostgresKeeper:
    """Of a server that has three models, none of them loaded."""
    for name in (ONE, TWO, THREE):
        tiny.write(name, memory_bytes=10 * MB)
    roles.sync(tiny.folder)
    return PostgresKeeper(settings.TRITON_URL, POLICY, tiny.folder)


@pytest.fixture
def control(settings: Any, tiny: Tiny) -> Iterator[TritonControl]:
    with TritonControl(settings.TRITON_URL, timeout_s=10) as control:
        yield control


def model(name: str) -> ServedModel:
    return ServedModel.objects.get(name=name)


def loaded(keeper: PostgresKeeper) -> list[str]:
    """What the server has."""
    index = Overview.of(keeper.url, timeout_s=10).index
    names = (name for name, listed in index.items() if listed.state is State.LOADED)
    return sorted(name for name in names if name != BASE)


def age(name: str, seconds: float) -> None:
    """Make it so long ago that anybody cared for the model."""
    then = timezone.now() - timedelta(seconds=seconds)
    row = ServedModel.objects.filter(name=name)
    row.update(last_used_at=then, loaded_at=then, created_at=then)


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


class TestMemoryBudget:
    @pytest.fixture
    def tight(self, keeper: PostgresKeeper) -> PostgresKeeper:
        """With room for two of the three models, of which two are loaded."""
        for name in (ONE, TWO):
            keeper.have(name)
        return replace(keeper, policy=replace(POLICY, memory_bytes=25 * MB))

    def test_lets_the_least_recently_used_go(self, tight: PostgresKeeper) -> None:
        age(ONE, 100)
        age(TWO, 200)

        tight.have(THREE)

        assert loaded(tight) == [ONE, THREE]

    def test_never_lets_go_what_is_pinned(self, tight: PostgresKeeper) -> None:
        age(ONE, 100)
        age(TWO, 200)
        model(TWO).pin(pinned=True)

        tight.have(THREE)

        assert loaded(tight) == [TWO, THREE]

    def test_is_exceeded_rather_than_work_stands_still(
        self, tight: PostgresKeeper, caplog: pytest.LogCaptureFixture
    ) -> None:
        tight.have(THREE)

        assert loaded(tight) == [ONE, TWO, THREE]
        [record] = [each for each in caplog.records if each.levelno == logging.WARNING]
        assert "5 MB more than MODEL_MEMORY_MB" in record.getMessage()

    def test_is_kept_again_once_models_are_not_in_use(self, tight: PostgresKeeper) -> None:
        tight.have(THREE)
        age(TWO, 100)

        tight.tend()

        assert loaded(tight) == [ONE, THREE]


class TestTend:
    def test_unloads_what_is_idle(self, keeper: PostgresKeeper) -> None:
        for name in (ONE, TWO):
            keeper.have(name)
        age(ONE, 601)

        keeper.tend()

        assert loaded(keeper) == [TWO]

    def test_unloads_nothing_that_may_be_in_use(self, keeper: PostgresKeeper) -> None:
        hasty = replace(keeper, policy=replace(POLICY, idle_s=1))
        keeper.have(ONE)
        age(ONE, 25)  # noted 10 s before a call that takes 20

        hasty.tend()

        assert loaded(keeper) == [ONE]

    def test_unloads_nothing_where_idle_models_may_stay(self, keeper: PostgresKeeper) -> None:
        keeper.have(ONE)
        age(ONE, 10**6)

        replace(keeper, policy=replace(POLICY, idle_s=0)).tend()

        assert loaded(keeper) == [ONE]

    def test_keeps_what_is_pinned_and_loads_it_where_it_is_not(
        self, keeper: PostgresKeeper
    ) -> None:
        for name in (ONE, TWO):
            model(name).pin(pinned=True)
        keeper.have(ONE)
        age(ONE, 10**6)

        keeper.tend()

        assert loaded(keeper) == [ONE, TWO]

    def test_leaves_models_alone_that_are_none_of_ours(
        self, keeper: PostgresKeeper, tiny: Tiny, control: TritonControl
    ) -> None:
        tiny.write("theirs.tiny.1")
        control.load("theirs.tiny.1", timeout_s=30)

        keeper.tend()

        assert loaded(keeper) == ["theirs.tiny.1"]

    @pytest.mark.django_db(transaction=True)
    def test_is_left_for_later_while_somebody_else_is_at_it(self, keeper: PostgresKeeper) -> None:
        keeper.have(ONE)
        age(ONE, 601)

        def tend() -> None:
            keeper.tend()
            connection.close()

        with ThreadPoolExecutor(1) as pool, one_at_a_time(serving.LOCK, timeout_s=5):
            pool.submit(tend).result()

        assert loaded(keeper) == [ONE]

    def test_does_nothing_where_the_server_alone_decides(self, keeper: PostgresKeeper) -> None:
        replace(keeper, url="127.0.0.1:9", policy=replace(POLICY, explicit=False)).tend()

        assert loaded(keeper) == []


class TestUnload:
    def test_of_a_model_in_use_is_refused(self, keeper: PostgresKeeper) -> None:
        keeper.have(ONE)

        with pytest.raises(ModelInUse):
            keeper.unload(model(ONE))

        assert loaded(keeper) == [ONE]

    def test_of_a_pinned_model_is_refused(self, keeper: PostgresKeeper) -> None:
        keeper.load(model(ONE))
        model(ONE).pin(pinned=True)

        with pytest.raises(ModelPinned):
            keeper.unload(model(ONE))

    def test_twice_is_as_good_as_once(self, keeper: PostgresKeeper) -> None:
        keeper.load(model(ONE))

        keeper.unload(model(ONE))
        keeper.unload(model(ONE))

        assert loaded(keeper) == []

    def test_of_all_says_what_stays(self, keeper: PostgresKeeper) -> None:
        for name in (ONE, TWO, THREE):
            keeper.load(model(name))
        keeper.using(TWO)
        model(THREE).pin(pinned=True)

        done = keeper.unload_all()

        assert done == UnloadedAll([ONE], {TWO: "model_in_use", THREE: "model_pinned"})
        assert loaded(keeper) == [TWO, THREE]


class TestSwitch:
    def test_loads_the_model_first(self, keeper: PostgresKeeper, tiny: Tiny) -> None:
        newer = "face_detector.tiny.2"
        tiny.write(newer)
        roles.sync(tiny.folder)

        keeper.switch(model(newer))

        assert roles.active_models()["face_detector"] == newer
        assert loaded(keeper) == [newer]

    def test_leaves_the_role_what_it_has_if_the_new_one_is_broken(
        self, keeper: PostgresKeeper, tiny: Tiny
    ) -> None:
        newer = "face_detector.bad.2"
        tiny.write_program(newer)
        tiny.mark(newer, BROKEN)
        roles.sync(tiny.folder)

        with pytest.raises(InferenceNotReady):
            keeper.switch(model(newer))

        assert roles.active_models()["face_detector"] == ONE

    def test_is_not_for_heads(self, keeper: PostgresKeeper, tiny: Tiny) -> None:
        tiny.write(HEAD)
        roles.sync(tiny.folder)

        with pytest.raises(FacesMustFollow, match="matchers/ID/activate"):
            keeper.switch(model(HEAD))

        assert "face_matcher" not in roles.active_models()
        assert loaded(keeper) == []


class TestSwitchPack:
    def test_switches_all_roles_that_the_pack_has(self, keeper: PostgresKeeper, tiny: Tiny) -> None:
        for name in ("face_detector.other.1", "face_detector.other.2", "tagger.other.1"):
            tiny.write(name)
        roles.sync(tiny.folder)

        keeper.switch_pack("other")

        assert roles.active_models() == {
            "face_detector": "face_detector.other.2",
            "face_embedder": TWO,
            "tagger": "tagger.other.1",
        }

    def test_leaves_heads_alone(self, keeper: PostgresKeeper, tiny: Tiny) -> None:
        for name in (HEAD, "tagger.trained.1"):
            tiny.write(name)
        roles.sync(tiny.folder)

        keeper.switch_pack("trained")

        assert roles.active_models()["tagger"] == "tagger.trained.1"
        assert "face_matcher" not in roles.active_models()

    def test_switches_nothing_if_one_is_broken(self, keeper: PostgresKeeper, tiny: Tiny) -> None:
        tiny.write("face_detector.odd.1")
        tiny.write_program("tagger.odd.1")
        tiny.mark("tagger.odd.1", BROKEN)
        roles.sync(tiny.folder)
        before = roles.active_models()

        with pytest.raises(InferenceNotReady):
            keeper.switch_pack("odd")

        assert roles.active_models() == before

    def test_knows_no_pack_that_is_not_there(self, keeper: PostgresKeeper) -> None:
        with pytest.raises(ModelUnknown, match="nothing"):
            keeper.switch_pack("nothing")


class TestServerThatAloneDecides:
    @pytest.fixture
    def idle(self, keeper: PostgresKeeper, settings: Any) -> PostgresKeeper:
        settings.MODEL_CONTROL = "none"
        return serving.keeper()

    def test_is_never_told_to_load_or_unload(self, idle: PostgresKeeper) -> None:
        for change in (idle.load, idle.unload):
            with pytest.raises(ModelControlOff):
                change(model(ONE))
        with pytest.raises(ModelControlOff):
            idle.unload_all()

    def test_lets_a_call_be_tried_again_later(self, idle: PostgresKeeper) -> None:
        with serving.client() as client, pytest.raises(InferenceNotReady) as refusal:
            client.infer(doubler(ONE), given=GIVEN)

        assert refusal.value.retryable is True
        assert loaded(idle) == []

    def test_gives_a_role_only_what_it_has_loaded(
        self, idle: PostgresKeeper, control: TritonControl
    ) -> None:
        with pytest.raises(InferenceNotReady):
            idle.switch(model(ONE))
        control.load(ONE, timeout_s=30)

        assert idle.switch(model(ONE)).active == model(ONE)


class TestSharesMemory:
    @pytest.mark.parametrize(
        ("mode", "url", "shared"),
        [
            ("auto", "127.0.0.1:8101", True),
            ("auto", "triton.example:8001", False),
            ("on", "triton.example:8001", True),
            ("off", "127.0.0.1:8101", False),
        ],
    )
    def test_follows_the_setting(self, settings: Any, mode: str, url: str, shared: bool) -> None:  # noqa: FBT001  # the expectation
        settings.TRITON_SHARED_MEMORY = mode

        assert shares_memory(url) is shared
