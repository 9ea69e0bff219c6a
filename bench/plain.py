"""The plain loop: one process that decodes photos and runs the models, one after the other.

`python -m bench.plain REPOSITORY THREADS FILE...` prints seconds and faces as JSON. The peer of
the queue: the same decoder and the same two ONNX models, but no server, no database, no files.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime as ort
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from inference.arrays import Array
from inference.client import ModelIdentity
from inference.faces import TritonFaceDetector, TritonFaceEmbedder
from inference.geometry import align
from inference.spec import ModelSpec
from photos.images import decode

MAX_PIXELS = 100_000_000


class InProcess:
    """Answers like the client of the server does, with onnxruntime in this process."""

    def __init__(self, repository: Path, threads: int) -> None:
        self._repository = repository
        self._threads = threads
        self._sessions: dict[str, ort.InferenceSession] = {}

    def infer(self, model: ModelSpec, **arrays: Array) -> dict[str, Array]:
        names = [output.name for output in model.outputs]
        return dict(zip(names, self._session(model).run(names, arrays), strict=True))

    def identity(self, model: ModelSpec) -> ModelIdentity:
        """As the server reads it: from the configuration that `export` wrote."""
        config = model_config_pb2.ModelConfig()
        text = (self._repository / model.name / "config.pbtxt").read_text()
        text_format.Parse(text, config)
        said = {key: value.string_value for key, value in config.parameters.items()}
        return ModelIdentity.from_parameters(model.name, said)

    def _session(self, model: ModelSpec) -> ort.InferenceSession:
        if model.name not in self._sessions:
            options = ort.SessionOptions()
            options.intra_op_num_threads = self._threads
            path = self._repository / model.name / "1" / "model.onnx"
            self._sessions[model.name] = ort.InferenceSession(str(path), options)
        return self._sessions[model.name]


def look(data: bytes, detector: TritonFaceDetector, embedder: TritonFaceEmbedder) -> int:
    """Faces of one photo, found and embedded."""
    pixels = decode(data, max_pixels=MAX_PIXELS).pixels
    crops = [align(pixels, face.landmarks) for face in detector.detect(pixels)]
    return len(embedder.embed(crops)) if crops else 0


def main(repository: str, threads: str, *files: str) -> None:
    client = InProcess(Path(repository), int(threads))
    detector, embedder = TritonFaceDetector(client), TritonFaceEmbedder(client)
    detector.detect(np.zeros((640, 640, 3), np.uint8))
    embedder.embed([np.zeros((112, 112, 3), np.uint8)])
    start = time.perf_counter()
    faces = sum(look(Path(file).read_bytes(), detector, embedder) for file in files)
    seconds = time.perf_counter() - start
    sys.stdout.write(json.dumps({"seconds": seconds, "photos": len(files), "faces": faces}))


if __name__ == "__main__":
    main(*sys.argv[1:])
