"""What the processes of a run of the tests share; a lock of a file knows no process."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.shared import shared

Make = Callable[[], AbstractContextManager[str]]


@pytest.fixture
def events() -> list[str]:
    return []


@pytest.fixture
def make(events: list[str]) -> Make:
    @contextmanager
    def made() -> Iterator[str]:
        events.append("made")
        yield f"address {events.count('made')}"
        events.append("ended")

    return made


class TestShared:
    def test_is_made_once_for_all_who_are_there(
        self, make: Make, events: list[str], tmp_path: Path
    ) -> None:
        with shared(tmp_path / "it", make) as ours, shared(tmp_path / "it", make) as theirs:
            assert (ours, theirs, events) == ("address 1", "address 1", ["made"])

        assert events == ["made", "ended"]

    def test_lives_on_though_who_made_it_wants_to_leave(
        self, make: Make, events: list[str], tmp_path: Path
    ) -> None:
        maker, other = shared(tmp_path / "it", make), shared(tmp_path / "it", make)
        maker.__enter__()
        other.__enter__()

        with ThreadPoolExecutor(1) as pool:
            leaving = pool.submit(maker.__exit__, None, None, None)
            before = list(events)
            other.__exit__(None, None, None)
            leaving.result()

        assert (before, events) == (["made"], ["made", "ended"])

    def test_is_made_anew_once_all_have_left(
        self, make: Make, events: list[str], tmp_path: Path
    ) -> None:
        with shared(tmp_path / "it", make):
            pass

        with shared(tmp_path / "it", make) as again:
            assert again == "address 2"

        assert events == ["made", "ended"] * 2

    def test_that_cannot_be_made_may_be_made_by_the_next(self, make: Make, tmp_path: Path) -> None:
        def broken() -> AbstractContextManager[str]:
            raise OSError("no room")

        with pytest.raises(OSError, match="no room"), shared(tmp_path / "it", broken):
            pass

        with shared(tmp_path / "it", make) as made:
            assert made == "address 1"
