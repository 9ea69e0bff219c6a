"""Showing how far something is: on a terminal alone, and never where results are written."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn
from rich.progress import Progress as Bars

from jobs.following import IN_WORK
from jobs.steps import Progress

Tell = Callable[[Progress], None]


@contextmanager
def bar(title: str) -> Iterator[Tell]:
    """A bar on standard error, gone after the block; tell it how far the work is."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn())
    shown = Bars(
        *columns,
        MofNCompleteColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with shown:
        task = shown.add_task(title, total=None)
        yield lambda progress: shown.update(task, completed=progress.done, total=progress.total)


@dataclass
class Watch:
    """Passes on how far a job is; says so once if nobody works on it for `quiet_s`."""

    tell: Tell
    stuck: Callable[[], None]
    quiet_s: float
    _since: float = field(default_factory=time.monotonic)

    def __call__(self, progress: Progress) -> None:
        self.tell(progress)
        if (progress.outcome or {}).get(IN_WORK, 1):
            self._since = time.monotonic()
        elif time.monotonic() - self._since >= self.quiet_s:
            self._since = float("inf")
            self.stuck()
