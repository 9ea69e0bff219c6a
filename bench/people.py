"""People in a real database: edits of large clusters, and a new face in a large library."""

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from bench.figures import Figure
from bench.stage import python, staged
from local.stack import Surroundings

DATABASE = "kindred_bench_people"
SMALL, LARGE = 10_000, 1_000_000  # faces of a library
EDITED = 10_000  # faces of a cluster that is edited
EDIT_MS, ASSIGN_BAR = 50.0, 1.5
ROUNDS = 3


def run_edits(_data: Path | None, console: Console) -> list[Figure]:
    """Label, merge and undo, for clusters of ten thousand faces."""
    surroundings = Surroundings.read()
    with ExitStack() as stack, console.status("edits"):
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="kindred-bench-")))
        settings = stack.enter_context(staged(surroundings, DATABASE, folder))
        python("bench.people_statements", ["fill", EDITED * 2], settings)
        told = python("bench.people_statements", ["edits", EDITED, 2 * ROUNDS + 1], settings)
    return [
        Figure(
            f"edit_{name}",
            took,
            "ms",
            f"limit, {EDITED} faces",
            EDIT_MS,
            told["n"],
            bar=1.0,
            is_limit=True,
        )
        for name, took in told["ms"].items()
    ]


def run_assign_1m(_data: Path | None, console: Console) -> list[Figure]:
    """One new face, in a library of a million and of ten thousand."""
    surroundings = Surroundings.read()
    took: dict[int, list[dict[str, Any]]] = {SMALL: [], LARGE: []}
    with ExitStack() as stack, console.status("assign_1m") as status:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="kindred-bench-")))
        sides = {}
        for faces in (SMALL, LARGE):
            name = f"{DATABASE}_{faces}"
            sides[faces] = stack.enter_context(staged(surroundings, name, folder))
            status.update(f"assign_1m: {faces} faces are put in and indexed")
            python("bench.people_statements", ["fill", faces], sides[faces])
        for number in range(ROUNDS):
            for faces, settings in sides.items():  # in turn: both meet the same machine
                status.update(f"assign_1m: round {number + 1} of {ROUNDS}, {faces} faces")
                took[faces].append(python("bench.people_statements", ["assign"], settings))
    small, large = (min(each["ms"] for each in took[faces]) for faces in (SMALL, LARGE))
    right = min(each["right"] for each in took[LARGE])
    console.print(f"Of the faces that joined a person, {right:.1%} joined the right one.")
    n = sum(each["n"] for each in took[LARGE])
    return [
        Figure(
            "assign_1m",
            large,
            "ms a face",
            f"{SMALL} faces",
            small,
            n,
            bar=ASSIGN_BAR,
            is_limit=True,
        )
    ]
