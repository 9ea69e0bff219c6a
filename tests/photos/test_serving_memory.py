"""Models go when they are idle, when another one needs their place, and when somebody says so."""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection

from inference.control import TritonControl
from photos import serving
from photos.errors import ModelInUse, ModelPinned
from photos.locks import one_at_a_time
from photos.policy import shares_memory
from photos.serving import PostgresKeeper, UnloadedAll
from tests.photos.kept_models import (
    MB,
    ONE,
    POLICY,
    THREE,
    TWO,
    age,
    control,
    keeper,
    loaded,
    model,
)
from tests.tiny import Tiny

__all__ = ["control", "keeper"]  # fixtures
pytestmark = pytest.mark.django_db


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
