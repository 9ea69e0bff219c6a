"""Object detectors of the YOLO family, from ONNX files that users bring.

What a file must be: one input, (1 or any, 3, side, side), and one output in a `Layout`. Nothing
else is in it: no non-maximum suppression, which would fix the batch.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from export import ExportError, graphs, samples
from export.kinds import Answers, Array, Converted, Photos, Tensor
from export.sessions import Session

TOP_K = 300  # objects a picture at most, before overlaps are dropped
STRIDES = (8, 16, 32)  # pixels a cell, of Layout.YOLOX
SCORE = 0.3  # of the objects that are compared


class Layout(StrEnum):
    """What the output's numbers are, and what the input's must be.

    V8: (B, 4 + classes, N): centre and size in pixels, a probability each class. RGB, 0 to 1.
    V5: (B, N, 5 + classes): centre and size in pixels, of an object at all, each class. RGB, 0 to
        1.
    YOLOX: (B, N, 5 + classes): centre in cells from the cell's corner, logarithm of the size in
        cells, of an object at all, each class. BGR, 0 to 255.
    """

    V8 = "v8"
    V5 = "v5"
    YOLOX = "yolox"

    @property
    def has_objectness(self) -> bool:
        return self is not Layout.V8

    @property
    def scale(self) -> float:
        return 1.0 if self is Layout.YOLOX else 255.0

    @property
    def planes(self) -> list[int]:
        return [2, 1, 0] if self is Layout.YOLOX else [0, 1, 2]


@dataclass(frozen=True)
class Yolo:
    """`side` of the square input, in pixels; `labels` in the order of the file's classes."""

    layout: Layout
    side: int
    labels: tuple[str, ...]

    def convert(self, files: Mapping[str, Path], photos: Photos) -> Converted:
        net = graphs.load_net(graphs.only(files).read_bytes())
        published = Session(net.SerializeToString())
        pictures = samples.pictures(photos, self.side)
        self._check(published, pictures[0])
        return Converted(
            model=graphs.join(self._before(), net, self._after(), name="object_detector"),
            inputs=(Tensor("image", np.uint8, (self.side, self.side, 3)),),
            outputs=(
                Tensor("boxes", np.float32, (TOP_K, 4)),
                Tensor("scores", np.float32, (TOP_K,)),
                Tensor("classes", np.int64, (TOP_K,)),
            ),
            original=lambda item: self._original(published, item["image"]),
            samples={"image": pictures},
            served=_served,
            parameters={"fit": "letterbox", "labels": json.dumps(self.labels)},
        )

    @property
    def _numbers(self) -> int:
        return (5 if self.layout.has_objectness else 4) + len(self.labels)

    def _check(self, published: Session, image: Array) -> None:
        """
        Raises:
            ExportError: the file is not of this layout, side and number of classes.
        """
        if len(published.inputs) != 1 or len(published.outputs) != 1:
            raise ExportError(
                f"The file has {len(published.inputs)} inputs and {len(published.outputs)} "
                "outputs: one of each is taken, without non-maximum suppression."
            )
        rows = self._answer(published, image)
        if rows.ndim != 2 or rows.shape[1] != self._numbers:  # noqa: PLR2004  # rows, numbers
            raise ExportError(
                f"The output's rows have {rows.shape[1:]} numbers: layout {self.layout} with "
                f"{len(self.labels)} labels has {self._numbers}."
            )
        if self.layout is Layout.YOLOX and len(rows) != len(self._grid()):
            raise ExportError(
                f"The output has {len(rows)} rows: at side {self.side} there are "
                f"{len(self._grid())} cells."
            )

    def _answer(self, published: Session, image: Array) -> Array:
        """The output for one picture: (N, numbers)."""
        planes = image[..., self.layout.planes].transpose(2, 0, 1).astype(np.float32)
        values = planes[None] / np.float32(self.layout.scale)
        (answer,) = published({published.inputs[0].name: values}).values()
        return answer[0].T if self.layout is Layout.V8 else answer[0]

    def _original(self, published: Session, image: Array) -> Answers:
        """The plain way, over all rows."""
        rows = self._answer(published, image)
        centre, size = rows[:, :2], rows[:, 2:4]
        if self.layout is Layout.YOLOX:
            place, stride = np.split(self._grid(), [2], axis=1)
            centre, size = (centre + place) * stride, np.exp(size) * stride
        likely = rows[:, -len(self.labels) :]
        scores = likely.max(axis=1) * (rows[:, 4] if self.layout.has_objectness else 1)
        best = [row for row in np.argsort(-scores, kind="stable")[:TOP_K] if scores[row] > SCORE]
        boxes = np.concatenate([centre - size / 2, size], axis=1)
        return {
            "boxes": boxes[best],
            "scores": scores[best],
            "classes": likely[best].argmax(axis=1),
        }

    def _grid(self) -> Array:
        """x, y of each cell in cells, and its stride: (N, 3), as outputs list them."""
        of_strides = []
        for stride in STRIDES:
            y, x = np.mgrid[: self.side // stride, : self.side // stride].reshape(2, -1)
            of_strides.append(np.stack([x, y, np.full_like(x, stride)], axis=1))
        return np.concatenate(of_strides).astype(np.float32)

    def _before(self) -> str:
        side, planes = self.side, ", ".join(map(str, self.layout.planes))
        return f"""
            before (uint8[B,{side},{side},3] image) => (float[B,3,{side},{side}] values)
            <int64[3] order = {{{planes}}}, float scale = {{{self.layout.scale}}}>
            {{
                colours = Gather <axis = 3> (image, order)
                planes = Transpose <perm = [0, 3, 1, 2]> (colours)
                pixels = Cast <to = 1> (planes)
                values = Div (pixels, scale)
            }}
        """

    def _after(self) -> str:
        numbers, classes = self._numbers, len(self.labels)
        v8, yolox = self.layout is Layout.V8, self.layout is Layout.YOLOX
        shape = f"B,{numbers},N" if v8 else f"B,N,{numbers}"
        parts = [2, 2, classes] if v8 else [2, 2, 1, classes]
        return f"""
            after (float[{shape}] answer) => (
                float[B,{TOP_K},4] boxes, float[B,{TOP_K}] scores, int64[B,{TOP_K}] classes
            )
            <
                {self._grid_text() if yolox else ""}
                int64[{len(parts)}] parts = {{{", ".join(map(str, parts))}}},
                int64[1] k = {{{TOP_K}}}, int64[1] axis_2 = {{2}}, int64[3] of_two = {{1, 1, 2}},
                float half = {{0.5}}
            >
            {{
                rows = {"Transpose <perm = [0, 2, 1]>" if v8 else "Identity"} (answer)
                {"c, s, likely" if v8 else "c, s, any, likely"} = Split <axis = 2> (rows, parts)
                likeliest = ReduceMax <axes = [2], keepdims = 1> (likely)
                all_classes = ArgMax <axis = 2, keepdims = 0> (likely)
                score_rows = {"Identity (likeliest)" if v8 else "Mul (likeliest, any)"}
                all_scores = Squeeze (score_rows, axis_2)
                scores, best = TopK (all_scores, k)
                classes = GatherElements <axis = 1> (all_classes, best)
                column = Unsqueeze (best, axis_2)
                pairs = Tile (column, of_two)
                c_best = GatherElements <axis = 1> (c, pairs)
                s_best = GatherElements <axis = 1> (s, pairs)
                {YOLOX_PIXELS if yolox else PIXELS}
                half_size = Mul (size, half)
                corner = Sub (centre, half_size)
                boxes = Concat <axis = 2> (corner, size)
            }}
        """

    def _grid_text(self) -> str:
        grid = self._grid()
        numbers = ", ".join(f"{number:g}" for number in grid.ravel())
        return f"""
            float[{len(grid)},3] grid = {{{numbers}}},
            int64[2] place_and_stride = {{2, 1}},
        """


PIXELS = """
                centre = Identity (c_best)
                size = Identity (s_best)
"""
YOLOX_PIXELS = """
                cells = Gather (grid, best)
                place, stride = Split <axis = 2> (cells, place_and_stride)
                c_cells = Add (c_best, place)
                centre = Mul (c_cells, stride)
                s_cells = Exp (s_best)
                size = Mul (s_cells, stride)
"""


def _served(answers: Answers) -> list[Answers]:
    images = (
        dict(zip(answers, values, strict=True)) for values in zip(*answers.values(), strict=True)
    )
    return [
        {name: rows[image["scores"] > SCORE] for name, rows in image.items()} for image in images
    ]
