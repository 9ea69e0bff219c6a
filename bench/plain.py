"""The plain loop: one process that decodes photos and runs the models, one after the other.

`python -m bench.plain REPOSITORY THREADS OPERATIONS FILE...` prints what it took, as JSON. The
peer of the queue: the same decoder and the same ONNX models, but no server, no database, no files.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from django.conf import settings

import config.wsgi  # noqa: F401  # sets Django up, before its models are imported
from bench.in_process import InProcess
from faces.services import FoundFaces
from jobs.active import Making
from jobs.operations import recipes
from photos.images import decode
from photos.operations import ALL, Findings, Operation
from search.vocabulary import load

MAX_PIXELS = 100_000_000
PACK = "packaged.1"


def operations(client: InProcess, repository: Path, names: str) -> list[Operation]:
    """Those called `names` (comma-separated, or all), of the pack `packaged`."""
    active = {folder.name.partition(".")[0]: folder.name for folder in repository.glob(f"*.{PACK}")}
    vocabulary = load(settings.VOCABULARY_DIR)
    done_with = recipes(active, vocabulary, "")
    making = Making(client, repository, active, vocabulary, done_with)
    return [
        making.operation(name) for name in done_with if names == ALL or name in names.split(",")
    ]


def look(data: bytes, asked: list[Operation]) -> list[Findings]:
    pixels = decode(data, max_pixels=MAX_PIXELS).pixels
    return [operation.look(pixels) for operation in asked]


def main(repository: str, threads: str, names: str, *files: str) -> None:
    client = InProcess(Path(repository), int(threads))
    asked = operations(client, Path(repository), names)
    for operation in asked:
        operation.look(np.zeros((640, 640, 3), np.uint8))
    client.seconds.clear()
    start = time.perf_counter()
    found = [seen for file in files for seen in look(Path(file).read_bytes(), asked)]
    result = {
        "seconds": time.perf_counter() - start,
        "model_s": dict(client.seconds),
        "photos": len(files),
        "faces": sum(len(seen.found) for seen in found if isinstance(seen, FoundFaces)),
    }
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
