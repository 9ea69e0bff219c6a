"""The first page of each list and thing of the desk, in a library of a million faces.

Pages ask for no vectors of faces, so there are none; questions are found ahead, and have a
benchmark of their own: bench/review.py.
"""

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from rich.console import Console

from bench.figures import Asked, Bar, Bench, Better, Figure
from bench.stage import python, serving, staged
from local.stack import Service, Surroundings

DATABASE = "kindred_bench_desk"
FACES = 1_000_000

PAGE = Bar(
    "desk_1m_{}", "F", "the page {} of the desk over a million faces: 95 of 100", "ms", "limit",
    Better.LOWER, 200.0, 1.0,
)  # fmt: skip


def run_1m(_asked: Asked, console: Console) -> list[Figure]:
    """The server's time of each page, as a browser asks for it: 95 of 100."""
    surroundings = Surroundings.read()
    with ExitStack() as stack, console.status("desk_1m") as status:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="kindred-bench-")))
        settings = stack.enter_context(staged(surroundings, DATABASE, folder))
        Service(settings).prepare()
        status.update(f"desk_1m: {FACES} faces are put in")
        python("bench.people_statements", ["unseen", FACES], settings)
        url = stack.enter_context(serving(surroundings, settings, folder))
        status.update("desk_1m: pages are asked for")
        told = python("bench.desk_requests", [url], settings)
    console.print(f"The largest person has {told['faces']} faces.")
    return [
        PAGE.of(float(np.percentile(took, 95)), len(took), name)
        for name, took in told["ms"].items()
    ]


BENCH = Bench("desk_1m", "The desk over a million faces", run_1m, (PAGE,), alone=True)
