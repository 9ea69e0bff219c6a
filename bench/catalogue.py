"""All benchmarks, in the order of the issues whose figures they measure."""

from collections.abc import Mapping

from bench import (
    clustering,
    demo,
    desk,
    doors,
    flatness,
    load,
    peers,
    people,
    pipeline,
    queue,
    review,
    roles,
    search,
    soak,
    vectors,
)
from bench.chaos import day
from bench.figures import Bench

ALL = (
    demo.BENCH,
    pipeline.BENCH,
    peers.BENCH,
    roles.BENCH,
    pipeline.BENCH_ALL,
    queue.BENCH,
    soak.BENCH,
    clustering.BENCH_100K,
    clustering.BENCH_1M,
    people.BENCH_EDITS,
    people.BENCH_ASSIGN,
    search.BENCH,
    vectors.BENCH,
    desk.BENCH,
    review.BENCH,
    doors.BENCH,
    load.BENCH,
    flatness.BENCH,
    day.BENCH,
)
BENCHES: Mapping[str, Bench] = {bench.name: bench for bench in ALL}
LIGHT = tuple(bench.name for bench in ALL if not bench.alone)
ISSUES = {
    "A": "The main job: photos in, people out",
    "B": "Every model, served",
    "C": "The queue that loses nothing",
    "D": "People, at one photo and at a million faces",
    "E": "Search as people ask",
    "F": "The review desk",
    "G": "Every door, locked",
    "H": "Run it for years",
}
