"""What the queue's statements cost when much waits, beside what they cost when little does."""

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.figures import Bar, Better, Figure
from bench.stage import python, staged
from local.stack import Surroundings

DATABASE = "kindred_bench_depth"
SHALLOW, DEEP = 1_000, 1_000_000  # items that wait
ROUNDS = 4
CLAIMS = 80  # of a round

DEPTH = Bar(
    "queue_depth", "C", f"a claim while {DEEP:,} photos wait", "ms a claim", f"{SHALLOW:,} wait",
    Better.LOWER, ratio=1.2,
)  # fmt: skip


def run(surroundings: Surroundings, console: Console) -> list[Figure]:
    with ExitStack() as stack, console.status("queue: depth") as status:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="kindred-bench-")))
        sides = {
            depth: stack.enter_context(staged(surroundings, f"{DATABASE}_{depth}", folder))
            for depth in (SHALLOW, DEEP)
        }
        for depth, settings in sides.items():
            status.update(f"queue: {depth} items are put in")
            python("bench.queue_statements", ["fill", depth], settings)
        rounds: dict[int, list[dict[str, Any]]] = {SHALLOW: [], DEEP: []}
        for number in range(ROUNDS):
            status.update(f"queue: depth, round {number + 1} of {ROUNDS}")
            for depth, settings in sides.items():  # in turn: both meet the same machine
                rounds[depth].append(
                    python("bench.queue_statements", ["measure", CLAIMS], settings)
                )
    return [_explained(rounds[SHALLOW], rounds[DEEP], console)]


def _explained(
    shallow: list[dict[str, Any]], deep: list[dict[str, Any]], console: Console
) -> Figure:
    """The figure; and the plan and the times behind it, printed. The quietest round counts."""
    table = Table("milliseconds", f"{SHALLOW} wait", f"{DEEP} wait", title="The queue's statements")
    best = {
        name: [min(each["ms"][name] for each in side) for side in (shallow, deep)]
        for name in deep[0]["ms"]
    }
    for name, (little, much) in best.items():
        table.add_row(name, f"{little:.3f}", f"{much:.3f}")
    console.print(table)
    console.print("\n".join(deep[-1]["plan"]), highlight=False)
    scans = sum(each["table_scans"] for each in deep)
    console.print(f"Scans of the whole table of items, with {DEEP} of them: {scans}")
    little, much = best["claim"]
    return DEPTH.of(much, CLAIMS * ROUNDS, beside=little)
