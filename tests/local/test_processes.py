import os
import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest

from local import LocalError
from local.processes import Child, Command, Supervisor, interruptible, last_lines, wait_until

ROOT = Path(__file__).resolve().parents[2]
WAITS = "import signal; print('up', flush=True); signal.pause()"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {WAITS}"
POLITE = f"""
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
{WAITS}
"""
ORPHANS = """
import subprocess, sys
waits = [sys.executable, "-c", sys.argv[1].replace("print('up', flush=True); ", "")]
print(subprocess.Popen(waits, start_new_session=True).pid, flush=True)
"""
PARENT = """
import os, subprocess, sys
subprocess.Popen([sys.executable, "-c", sys.argv[1], sys.argv[2]])
os.execv(sys.executable, [sys.executable, "-c", sys.argv[1], sys.argv[2]])
"""
FOREGROUND = """
import sys
from local.processes import Command, Supervisor, interruptible
waits = ["-c", sys.argv[1], sys.argv[2]]
with interruptible(), Supervisor([Command("one", [sys.executable, *waits])]) as supervisor:
    supervisor.watch()
print("closed", flush=True)
"""


def python(name: str, code: str, *arguments: str | Path, grace_s: float = 10) -> Command:
    return Command(name, [sys.executable, "-c", code, *arguments], grace_s=grace_s)


def running_with(word: str | Path) -> list[str]:
    """The names of the processes that were given `word`."""
    lines = (path / "cmdline" for path in Path("/proc").iterdir() if path.name.isdigit())
    return [line.parent.name for line in lines if os.fsencode(word) in _content(line)]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it ended meanwhile
        return b""


def foreground(tag: Path) -> subprocess.Popen[str]:
    """A program of ours that runs a supervisor whose only command is up."""
    program = subprocess.Popen(  # noqa: S603  # words of this module
        [sys.executable, "-c", FOREGROUND, WAITS, tag],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert program.stdout
    assert program.stdout.readline() == "one      | up\n"
    return program


class TestWaitUntil:
    def test_returns_when_the_check_holds(self) -> None:
        answers = iter([False, False, True])

        wait_until(lambda: next(answers), timeout_s=5)

        assert list(answers) == []

    def test_raises_when_it_takes_too_long(self) -> None:
        with pytest.raises(LocalError, match=r"^The shop was not ready after 0 s\.$"):
            wait_until(lambda: False, timeout_s=0, what="The shop")

    def test_raises_at_once_when_what_it_waits_for_has_ended(self) -> None:
        with pytest.raises(LocalError, match=r"^The shop ended before it was ready\.$"):
            wait_until(lambda: False, timeout_s=60, alive=lambda: False, what="The shop")


class TestLastLines:
    def test_gives_the_end_of_a_log(self, tmp_path: Path) -> None:
        (tmp_path / "log").write_text("1\n2\n3\n")

        assert last_lines(tmp_path / "log", 2) == "2\n3"

    def test_gives_nothing_where_there_is_no_log(self, tmp_path: Path) -> None:
        assert last_lines(tmp_path / "log") == ""


class TestChild:
    def test_gives_the_status_it_exits_with(self) -> None:
        child = Child(python("three", "raise SystemExit(3)"))

        wait_until(lambda: not child.alive, timeout_s=10)

        assert (child.status, child.stop()) == (3, 3)

    def test_is_asked_to_go_and_stopped_twice_is_stopped(self, tmp_path: Path) -> None:
        child = started(python("polite", POLITE), tmp_path)

        assert (child.stop(), child.stop()) == (7, 7)

    def test_is_killed_when_it_does_not_go(self, tmp_path: Path) -> None:
        child = started(python("deaf", DEAF, grace_s=0.1), tmp_path)

        assert child.stop() == 128 + signal.SIGKILL

    def test_takes_its_own_children_along(self, tmp_path: Path) -> None:
        child = started(python("parent", PARENT, DEAF, tmp_path, grace_s=0.1), tmp_path)
        wait_until(lambda: len(running_with(tmp_path)) == 3, timeout_s=10)  # and the guard

        child.stop()

        assert running_with(tmp_path) == []

    def test_has_its_shared_memory_removed(self) -> None:
        region = Path(f"/dev/shm/kindred-test-{os.getpid()}-region")  # noqa: S108  # is shared memory
        region.touch()
        prefix = region.name.removesuffix("region")

        Child(Command("short", ["true"], shared_memory=prefix)).stop()

        assert not region.exists()

    def test_says_what_cannot_be_run(self, tmp_path: Path) -> None:
        with (tmp_path / "log").open("wb") as log:
            child = Child(Command("none", [tmp_path / "none"]), log)

        wait_until(lambda: not child.alive, timeout_s=10)

        child.stop()
        sentence = f"{tmp_path}/none cannot be run: No such file or directory"
        assert (child.status, last_lines(tmp_path / "log")) == (127, sentence)


class TestSupervisor:
    def test_puts_the_name_before_each_line(self) -> None:
        output = StringIO()

        with Supervisor([python("two", "print('a'); print('b')")], output=output) as supervisor:
            wait_until(lambda: output.getvalue().count("\n") == 2, timeout_s=10)
            supervisor.stop()

        assert output.getvalue() == "two      | a\ntwo      | b\n"

    def test_stops_the_last_first(self) -> None:
        says = "import signal, sys; signal.signal(15, lambda *_: sys.exit(print('gone'))); "
        output = StringIO()
        commands = [python("first", says + WAITS), python("second", says + WAITS)]

        with Supervisor(commands, output=output):
            wait_until(lambda: output.getvalue().count("up") == 2, timeout_s=10)

        assert output.getvalue().splitlines()[2:] == ["second   | gone", "first    | gone"]

    def test_raises_with_the_end_of_its_log_when_one_has_ended(self, tmp_path: Path) -> None:
        command = python("short", "import sys; print('why'); sys.exit(3)")

        with (
            Supervisor([command], log_folder=tmp_path) as supervisor,
            pytest.raises(LocalError, match=r"^short ended with status 3\.\nwhy$"),
        ):
            supervisor.watch()

    def test_starts_one_again_that_may_restart(self) -> None:
        output = StringIO()
        command = Command("true", ["echo", "hello"], restart_after_s=0.01)

        with Supervisor([command], output=output) as supervisor:
            wait_until(lambda: _tend(supervisor, output).count("hello") == 3, timeout_s=10)

        pauses = [line for line in output.getvalue().splitlines() if "again" in line]
        assert pauses[:2] == [
            "It is started again in 0.01 s.",
            "It is started again in 0.02 s.",
        ]

    def test_stops_what_had_started_when_another_cannot(self, tmp_path: Path) -> None:
        commands = [python("one", WAITS, tmp_path), Command("two", ["true"], folder=tmp_path / "-")]

        with pytest.raises(FileNotFoundError), Supervisor(commands):
            pass

        assert running_with(tmp_path) == []

    def test_stops_although_an_orphan_still_holds_the_output(self) -> None:
        output = StringIO()
        with Supervisor([python("one", ORPHANS, WAITS)], output=output):
            wait_until(lambda: output.getvalue().endswith("\n"), timeout_s=10)

        orphan = int(output.getvalue().removeprefix("one      | "))
        os.kill(orphan, signal.SIGKILL)


class TestInterruptible:
    def test_leaves_the_block_at_a_signal_and_gives_the_handlers_back(self) -> None:
        before = signal.getsignal(signal.SIGTERM)
        steps = []

        with interruptible():
            signal.raise_signal(signal.SIGTERM)
            steps.append("not reached")

        assert steps == []
        assert signal.getsignal(signal.SIGTERM) == before

    def test_ignores_further_signals_while_things_are_closed(self) -> None:
        steps = []

        with interruptible():
            try:
                signal.raise_signal(signal.SIGINT)
            finally:
                signal.raise_signal(signal.SIGINT)
                steps.append("closed")

        assert steps == ["closed"]


class TestProgramInTheForeground:
    def test_ends_in_order_at_ctrl_c_and_leaves_no_process(self, tmp_path: Path) -> None:
        program = foreground(tmp_path)

        os.killpg(program.pid, signal.SIGINT)

        assert (program.communicate(timeout=10)[0], program.returncode) == ("closed\n", 0)
        assert running_with(tmp_path) == []

    def test_leaves_no_process_even_when_killed(self, tmp_path: Path) -> None:
        program = foreground(tmp_path)

        program.kill()

        program.communicate(timeout=10)
        wait_until(lambda: running_with(tmp_path) == [], timeout_s=10)
        assert program.returncode == -signal.SIGKILL


def started(command: Command, folder: Path) -> Child:
    """A child that has said it is up."""
    log = folder / "log"
    with log.open("wb") as output:
        child = Child(command, output)
    wait_until(lambda: "up" in last_lines(log), timeout_s=10)
    return child


def _tend(supervisor: Supervisor, output: StringIO) -> str:
    supervisor.tend()
    return output.getvalue()
