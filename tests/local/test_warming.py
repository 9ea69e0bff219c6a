"""Loading models while something else is done, on a real Triton."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from inference.control import State, TritonControl
from local.processes import wait_until
from local.triton import ENVIRONMENT, Triton
from local.warming import warming
from tests.tiny import BASE, BROKEN, GATE, Tiny

ONE, TWO, BAD = "one.tiny.1", "two.tiny.1", "bad.tiny.1"
LOAD_S = 60


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    tiny = Tiny(tmp_path / "repository")
    tiny.write_base()
    for name in (ONE, TWO, BAD):
        tiny.write_program(name)
    return tiny


@pytest.fixture
def triton(tiny: Tiny, tmp_path: Path) -> Iterator[Triton]:
    if not ENVIRONMENT.exists():
        pytest.skip("Triton is not installed: run `make setup`.")
    with Triton(tiny.folder, [BASE], tmp_path / "triton") as triton:
        yield triton


def loaded(triton: Triton, name: str) -> bool:
    with TritonControl(triton.url, timeout_s=5) as control:
        return control.state(name) is State.LOADED


def test_loads_what_can_be_loaded(tiny: Tiny, triton: Triton) -> None:
    tiny.mark(BAD, BROKEN)

    with warming(triton, [BAD, "none.tiny.1", ONE]):
        wait_until(lambda: loaded(triton, ONE), timeout_s=LOAD_S)

    assert not loaded(triton, BAD)
    assert not loaded(triton, TWO)


def test_begins_no_other_once_it_is_left(tiny: Tiny, triton: Triton) -> None:
    gate = tiny.mark(ONE, GATE)

    with warming(triton, [ONE, TWO]):
        wait_until(lambda: tiny.loads(ONE) == 1, timeout_s=LOAD_S)
        gate.unlink()

    assert loaded(triton, ONE)
    assert tiny.loads(TWO) == 0
