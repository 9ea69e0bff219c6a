"""Showing what is being done: moving on a terminal, elsewhere a line for each step when done."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn


class Steps:
    """One step after the other; `seconds` says what each one took."""

    def __init__(self, console: Console) -> None:
        self.seconds: dict[str, float] = {}
        self._console = console

    @contextmanager
    def step(self, name: str, title: str) -> Iterator[None]:
        """Show a step that is not known to be how far."""
        with self._timed(name, title), self._console.status(title):
            yield

    @contextmanager
    def counted(self, name: str, title: str, total: int) -> Iterator[Callable[[], None]]:
        """Show a step of `total` parts; call what is given when one of them is done."""
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn())
        disabled = not self._console.is_terminal
        progress = Progress(
            *columns, MofNCompleteColumn(), console=self._console, transient=True, disable=disabled
        )
        with self._timed(name, title), progress:
            task = progress.add_task(title, total=total)
            yield lambda: progress.advance(task)

    @contextmanager
    def _timed(self, name: str, title: str) -> Iterator[None]:
        start = perf_counter()
        yield
        self.seconds[name] = perf_counter() - start
        self._console.print(f"{self.seconds[name]:6.1f} s  {title}", highlight=False)
