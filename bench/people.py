"""People in a real database: edits of large clusters, and a new face in a large library."""

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from bench.figures import Asked, Bar, Bench, Better, Figure
from bench.stage import python, staged
from local.stack import Surroundings

DATABASE = "kindred_bench_people"
SMALL, LARGE = 10_000, 1_000_000  # faces of a library
EDITED = 10_000  # faces of a cluster that is edited
ROUNDS = 3

EDIT = Bar(
    "edit_{}", "D", f"the edit {{}}, of clusters of {EDITED:,} faces", "ms", "limit",
    Better.LOWER, 50.0, 1.0,
)  # fmt: skip
ASSIGN = Bar(
    "assign_1m", "D", "one new face in a library of a million", "ms a face", f"{SMALL:,} faces",
    Better.LOWER, ratio=1.5,
)  # fmt: skip


def run_edits(_asked: Asked, console: Console) -> list[Figure]:
    """Label, merge and undo, for clusters of ten thousand faces."""
    surroundings = Surroundings.read()
    with ExitStack() as stack, console.status("edits"):
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="kindred-bench-")))
        settings = stack.enter_context(staged(surroundings, DATABASE, folder))
        python("bench.people_statements", ["fill", EDITED * 2], settings)
        told = python("bench.people_statements", ["edits", EDITED, 2 * ROUNDS + 1], settings)
    return [EDIT.of(took, told["n"], name) for name, took in told["ms"].items()]


def run_assign_1m(_asked: Asked, console: Console) -> list[Figure]:
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
    return [ASSIGN.of(large, n, beside=small)]


BENCH_EDITS = Bench("edits", "Edits of large clusters", run_edits, (EDIT,))
BENCH_ASSIGN = Bench(
    "assign_1m", "A new face in a library of a million", run_assign_1m, (ASSIGN,), alone=True
)
