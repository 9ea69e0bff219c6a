"""Face detectors of the SCRFD family, as in insightface's packs: uint8 pictures in, faces out.

Source: Sample and Computation Redistribution for Efficient Face Detection, Guo et al. 2021
(arXiv:2105.04714). At each cell of three grids two anchors say how likely a face is, how far its
edges are from the cell's corner, and where its five landmarks are from there, in strides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from onnx import ModelProto

from export import ExportError, graphs, samples
from export.kinds import Answers, Array, Converted, Photos, Tensor
from export.sessions import Session

SIDE = 640  # of the square input, in pixels
STRIDES = (8, 16, 32)  # pixels a cell
ANCHORS = 2  # a cell
TOP_K = 400  # faces a picture at most
PARTS = {"scores": 1, "distances": 4, "points": 10}  # numbers an anchor, in the net's order
MEAN, DEVIATION = 127.5, 128.0  # of what the net was trained on, by insightface's SCRFD class
SCORE, OVERLAP = 0.5, 0.4  # of the faces that are compared: that class's own

INPUTS = (Tensor("image", np.uint8, (SIDE, SIDE, 3)),)
OUTPUTS = (
    Tensor("boxes", np.float32, (TOP_K, 4)),
    Tensor("scores", np.float32, (TOP_K,)),
    Tensor("landmarks", np.float32, (TOP_K, 5, 2)),
)

BEFORE = f"""
before (uint8[B,{SIDE},{SIDE},3] image) => (float[B,3,{SIDE},{SIDE}] values)
<float mean = {{{MEAN}}}, float deviation = {{{DEVIATION}}}>
{{
    planes = Transpose <perm = [0, 3, 1, 2]> (image)
    pixels = Cast <to = 1> (planes)
    centred = Sub (pixels, mean)
    values = Div (centred, deviation)
}}
"""


BATCHED = 3  # axes of an output that has a batch: (B, anchors, numbers)
SIZES = f"""
    int64[1] k = {{{TOP_K}}}, int64[1] axis_2 = {{2}},
    int64[3] of_box = {{1, 1, 4}}, int64[3] of_points = {{1, 1, 10}},
    int64[2] edges = {{2, 2}}, int64[2] centre_and_stride = {{2, 1}},
    int64[4] as_points = {{0, 0, 5, 2}}
"""
BEST_IN_PIXELS = """
    score_list = Squeeze (all_scores, axis_2)
    scores, best = TopK (score_list, k)
    column = Unsqueeze (best, axis_2)
    for_box = Tile (column, of_box)
    for_points = Tile (column, of_points)
    distances = GatherElements <axis = 1> (all_distances, for_box)
    points = GatherElements <axis = 1> (all_points, for_points)

    places = Gather (grid, best)
    centre, stride = Split <axis = 2> (places, centre_and_stride)
    distances_px = Mul (distances, stride)
    before_it, after_it = Split <axis = 2> (distances_px, edges)
    corner = Sub (centre, before_it)
    size = Add (before_it, after_it)
    boxes = Concat <axis = 2> (corner, size)

    points_px = Mul (points, stride)
    offsets = Reshape (points_px, as_points)
    centre_of_points = Unsqueeze (centre, axis_2)
    landmarks = Add (offsets, centre_of_points)
"""


@dataclass(frozen=True)
class Scrfd:
    """Boxes are x, y, width, height, and landmarks x, y, in pixels of the input."""

    def convert(self, files: Mapping[str, Path], photos: Photos) -> Converted:
        path = graphs.only(files)
        net = graphs.load_net(path.read_bytes())
        Session(net.SerializeToString())  # says whether it can be run at all
        published = _published(path)
        return Converted(
            model=graphs.join(BEFORE, net, _after(_rank(net)), name="face_detector"),
            inputs=INPUTS,
            outputs=OUTPUTS,
            original=lambda item: _original(published, item["image"]),
            samples={"image": samples.pictures(photos, SIDE)},
            served=lambda answers: _served(published, answers),
        )


class Detector(Protocol):
    """What is used of insightface's SCRFD class."""

    def detect(self, img: Array, input_size: tuple[int, int]) -> tuple[Array, Array]: ...

    def nms(self, dets: Array) -> list[int]: ...


def _published(path: Path) -> Detector:
    """The library's own class on the published file.

    Raises:
        ExportError: it is no SCRFD with landmarks.
    """
    from insightface.model_zoo import SCRFD  # noqa: PLC0415  # of its environment alone

    detector = SCRFD(model_file=str(path))
    if len(detector.output_names) != len(PARTS) * len(STRIDES):
        raise ExportError(
            f"It has {len(detector.output_names)} outputs: an SCRFD with landmarks has 9, scores, "
            "boxes and landmarks of three strides."
        )
    detector.prepare(-1, det_thresh=SCORE, nms_thresh=OVERLAP)
    return detector


def _original(published: Detector, image: Array) -> Answers:
    found, landmarks = published.detect(image[..., ::-1], input_size=(SIDE, SIDE))
    boxes = np.concatenate([found[:, :2], found[:, 2:4] - found[:, :2]], axis=1)
    return {"boxes": boxes, "scores": found[:, 4], "landmarks": landmarks}


def _served(published: Detector, answers: Answers) -> list[Answers]:
    """The likely faces of each picture, without overlaps, by the library's own rule."""
    images = [
        dict(zip(answers, values, strict=True)) for values in zip(*answers.values(), strict=True)
    ]
    return [_without_overlaps(published, image) for image in images]


def _without_overlaps(published: Detector, faces: Answers) -> Answers:
    likely = {name: rows[faces["scores"] >= SCORE] for name, rows in faces.items()}
    corners, sizes = likely["boxes"][:, :2], likely["boxes"][:, 2:]
    edges = np.concatenate([corners, corners + sizes, likely["scores"][:, None]], axis=1)
    kept = published.nms(edges) if len(edges) else []
    return {name: rows[kept] for name, rows in likely.items()}


def _rank(net: ModelProto) -> int:
    """BATCHED, or 2 where the batch is in the rows."""
    shape = net.graph.output[0].type.tensor_type.shape
    return len(shape.dim)


def _after(rank: int) -> str:
    """Of the nine outputs of a net, all anchors; of these the best, in pixels."""
    outputs = [(part, stride) for part in PARTS for stride in STRIDES]
    axes = "B,N,C" if rank == BATCHED else "N,C"  # a batch, anchors, their numbers
    shapes, by_image = zip(*(_by_image(*output, rank) for output in outputs), strict=True)
    grid = _grid()
    return f"""
        after ({", ".join(f"float[{axes}] {part}_{stride}" for part, stride in outputs)}) => (
            float[B,{TOP_K},4] boxes, float[B,{TOP_K}] scores, float[B,{TOP_K},5,2] landmarks
        )
        <
            {" ".join(shapes)}
            float[{len(grid)},3] grid = {{{", ".join(f"{x:g}" for x in grid.ravel())}}},
            {SIZES}
        >
        {{
            {" ".join(by_image)}
            {" ".join(_joined(part) for part in PARTS)}
            {BEST_IN_PIXELS}
        }}
    """


def _by_image(part: str, stride: int, rank: int) -> tuple[str, str]:
    """Shapes and nodes that bring an output to (B, anchors, numbers).

    Without a batch axis the net lists, cell by cell, each image's anchors: the published files
    move the batch behind the cells before they flatten all.
    """
    name, numbers, cells = f"{part}_{stride}", PARTS[part], (SIDE // stride) ** 2
    if rank == BATCHED:
        return "", f"{name}_image = Identity ({name})"
    shapes = f"""
        int64[3] {name}_cells = {{{cells}, -1, {ANCHORS * numbers}}},
        int64[3] {name}_anchors = {{0, {cells * ANCHORS}, {numbers}}},
    """
    return (
        shapes,
        f"""
        {name}_by_cell = Reshape ({name}, {name}_cells)
        {name}_by_image = Transpose <perm = [1, 0, 2]> ({name}_by_cell)
        {name}_image = Reshape ({name}_by_image, {name}_anchors)
    """,
    )


def _joined(part: str) -> str:
    lists = ", ".join(f"{part}_{stride}_image" for stride in STRIDES)
    return f"all_{part} = Concat <axis = 1> ({lists})"


def _grid() -> Array:
    """x, y of each anchor's place in pixels, and its stride: (anchors, 3), as outputs list them."""
    of_strides = []
    for stride in STRIDES:
        y, x = np.mgrid[: SIDE // stride, : SIDE // stride].reshape(2, -1) * stride
        cells = np.stack([x, y, np.full_like(x, stride)], axis=1)
        of_strides.append(np.repeat(cells, ANCHORS, axis=0))
    return np.concatenate(of_strides)
