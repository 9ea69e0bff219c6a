"""`python -m bench [NAME] [--data FOLDER]`: run the benchmarks, or the one named."""

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from rich.console import Console

from bench import clustering, desk, doors, people, pipeline, queue, review, roles, search, soak
from bench.figures import Figure, show, write

RESULTS = Path("var/bench/results.json")
BENCHES: dict[str, Callable[[Path | None, Console], list[Figure]]] = {
    "pipeline": pipeline.run,
    "queue": queue.run,
    "photo_all": pipeline.run_all,
    "roles": roles.run,
    "cluster_100k": clustering.run_100k,
    "edits": people.run_edits,
    "doors": doors.run,
}
# These take minutes and gigabytes of their own: only when they are asked for.
CLUSTER_1M, ASSIGN_1M, SEARCH_1M = "cluster_1m", "assign_1m", "search_1m"
DESK_1M = "desk_1m"
SOAK = "soak"  # so does this one, and kills
REVIEW = "review"  # this one needs a browser


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "name",
        nargs="?",
        choices=sorted([*BENCHES, CLUSTER_1M, ASSIGN_1M, SEARCH_1M, DESK_1M, SOAK, REVIEW]),
        help="only this one",
    )
    parser.add_argument("--data", type=Path, help="a folder of photos (default: packaged ones)")
    parser.add_argument("--minutes", type=float, default=10, help="of the soak (default: 10)")
    asked = parser.parse_args()
    if asked.data and not asked.data.is_dir():
        parser.error(f"{asked.data} is not a folder")

    console = Console()
    benches = BENCHES | {
        CLUSTER_1M: clustering.run_1m,
        ASSIGN_1M: people.run_assign_1m,
        SEARCH_1M: search.run_1m,
        DESK_1M: desk.run_1m,
        REVIEW: review.run,
        SOAK: partial(soak.run, minutes=asked.minutes),
    }
    names = [asked.name] if asked.name else list(BENCHES)
    figures = [figure for name in names for figure in benches[name](asked.data, console)]
    write(figures, RESULTS)
    show(figures, console)
    missed = [figure.name for figure in figures if figure.missed]
    if missed:
        console.print(f"[red]Below the bar: {', '.join(missed)}[/]")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
