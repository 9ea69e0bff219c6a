"""Face detectors of the CenterFace architecture: uint8 pictures in, decoded faces out.

Source: CenterFace: Joint Face Detection and Alignment Using Face as Point, Xu et al. 2019
(arXiv:1911.03599). A face is a peak of the heat map; at its cell the other maps have its size,
the offset of its centre and its five landmarks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from export import graphs, samples
from export.kinds import Answers, Array, Converted, Photos, Tensor
from export.sessions import Session

SIDE = 640  # of the square input, in pixels
STRIDE = 4  # pixels a cell
CELLS = SIDE // STRIDE  # a side
TOP_K = 400  # faces a picture at most
SCORE, OVERLAP = 0.4, 0.3  # of the faces that are compared; a client chooses its own

BEFORE = f"""
before (uint8[B,{SIDE},{SIDE},3] image) => (float[B,3,{SIDE},{SIDE}] pixels) {{
    planes = Transpose <perm = [0, 3, 1, 2]> (image)
    pixels = Cast <to = 1> (planes)
}}
"""

# Everything is in pairs y, x, as the net has it, until the last two lines.
AFTER = f"""
after (
    float[B,1,{CELLS},{CELLS}] heat,
    float[B,2,{CELLS},{CELLS}] log_sizes,
    float[B,2,{CELLS},{CELLS}] offsets,
    float[B,10,{CELLS},{CELLS}] points
) => (float[B,{TOP_K},4] boxes, float[B,{TOP_K}] scores, float[B,{TOP_K},5,2] landmarks)
<
    float nothing = {{0}}, float half = {{0.5}}, float stride = {{{STRIDE}}},
    int64 row = {{{CELLS}}}, int64[1] k = {{{TOP_K}}},
    int64[1] axis_1 = {{1}}, int64[1] axis_2 = {{2}},
    int64[3] as_list = {{0, 14, -1}}, int64[3] for_each_map = {{1, 14, 1}},
    int64[3] parts = {{2, 2, 10}}, int64[4] as_points = {{0, 0, 5, 2}}, int64[2] x_y = {{1, 0}}
>
{{
    highest = MaxPool <kernel_shape = [3, 3], pads = [1, 1, 1, 1], strides = [1, 1]> (heat)
    is_peak = Equal (heat, highest)
    peaks = Where (is_peak, heat, nothing)
    peak_list = Flatten <axis = 1> (peaks)
    scores, cells = TopK (peak_list, k)

    maps = Concat <axis = 1> (log_sizes, offsets, points)
    map_lists = Reshape (maps, as_list)
    cells_of_map = Unsqueeze (cells, axis_1)
    cells_of_maps = Tile (cells_of_map, for_each_map)
    chosen = GatherElements <axis = 2> (map_lists, cells_of_maps)
    faces = Transpose <perm = [0, 2, 1]> (chosen)
    log_size, offset, point_list = Split <axis = 2> (faces, parts)

    cell_y = Div (cells, row)
    cell_x = Mod (cells, row)
    cell_ys = Unsqueeze (cell_y, axis_2)
    cell_xs = Unsqueeze (cell_x, axis_2)
    cell_yx = Concat <axis = 2> (cell_ys, cell_xs)
    cell = Cast <to = 1> (cell_yx)

    size_in_cells = Exp (log_size)
    size = Mul (size_in_cells, stride)
    half_size = Mul (size, half)
    centre_of_cell = Add (cell, half)
    centre_in_cells = Add (centre_of_cell, offset)
    centre = Mul (centre_in_cells, stride)
    corner = Sub (centre, half_size)

    point = Reshape (point_list, as_points)
    size_for_points = Unsqueeze (size, axis_2)
    corner_for_points = Unsqueeze (corner, axis_2)
    point_from_corner = Mul (point, size_for_points)
    points_yx = Add (point_from_corner, corner_for_points)

    corner_xy = Gather <axis = 2> (corner, x_y)
    size_xy = Gather <axis = 2> (size, x_y)
    boxes = Concat <axis = 2> (corner_xy, size_xy)
    landmarks = Gather <axis = 3> (points_yx, x_y)
}}
"""


INPUTS = (Tensor("image", np.uint8, (SIDE, SIDE, 3)),)
OUTPUTS = (
    Tensor("boxes", np.float32, (TOP_K, 4)),
    Tensor("scores", np.float32, (TOP_K,)),
    Tensor("landmarks", np.float32, (TOP_K, 5, 2)),
)


@dataclass(frozen=True)
class CenterFace:
    """Boxes are x, y, width, height, and landmarks x, y, in pixels of the input."""

    def convert(self, files: Mapping[str, Path], photos: Photos) -> Converted:
        net = graphs.load_net(graphs.only(files).read_bytes())
        published = Session(net.SerializeToString())
        return Converted(
            model=graphs.join(BEFORE, net, AFTER, name="face_detector"),
            inputs=INPUTS,
            outputs=OUTPUTS,
            original=lambda item: _original(published, item["image"]),
            samples={"image": samples.pictures(photos, SIDE)},
            served=_served,
        )


def _original(published: Session, image: Array) -> Answers:
    """The plain way: every cell above the score is a face, of which overlaps are dropped."""
    (given,) = published.inputs
    maps = published({given.name: image.transpose(2, 0, 1)[None].astype(np.float32)})
    return _without_overlaps(_decode(*(batch[0] for batch in maps.values())))


def _served(answers: Answers) -> list[Answers]:
    images = zip(*answers.values(), strict=True)
    return [_without_overlaps(dict(zip(answers, image, strict=True))) for image in images]


def _decode(heat: Array, log_sizes: Array, offsets: Array, points: Array) -> Answers:
    """Every cell's face, as the package's own code does it.

    Except that it moves corners outside of the picture inside, and with them the landmarks. Faces
    at an edge keep theirs here; to clip boxes is the client's.
    """
    cell = np.indices(heat.shape[1:])
    size = np.exp(log_sizes) * STRIDE
    corner = (cell + offsets + 0.5) * STRIDE - size / 2
    landmarks = points.reshape(5, 2, *heat.shape[1:]) * size + corner
    return {
        "boxes": np.concatenate([corner[::-1], size[::-1]]).reshape(4, -1).T,
        "scores": heat.reshape(-1),
        "landmarks": landmarks[:, ::-1].reshape(5, 2, -1).transpose(2, 0, 1),
    }


def _without_overlaps(faces: Answers) -> Answers:
    """The faces above SCORE, best first, each overlapping no better one by OVERLAP or more."""
    left = [i for i in np.argsort(-faces["scores"], kind="stable") if faces["scores"][i] > SCORE]
    kept: list[int] = []
    for face in left:
        if all(_overlap(faces["boxes"][face], faces["boxes"][other]) < OVERLAP for other in kept):
            kept.append(face)
    return {name: values[kept] for name, values in faces.items()}


def _overlap(one: Array, other: Array) -> float:
    """Intersection over union, 0 to 1."""
    corner = np.maximum(one[:2], other[:2])
    far_corner = np.minimum(one[:2] + one[2:], other[:2] + other[2:])
    common = float(np.prod(np.clip(far_corner - corner, 0, None)))
    return common / (float(np.prod(one[2:]) + np.prod(other[2:])) - common)
