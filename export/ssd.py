"""SSD detectors of TensorFlow's Object Detection API: uint8 pictures in, decoded boxes out.

Source: SSD: Single Shot MultiBox Detector, Liu et al. 2015 (arXiv:1512.02325). The frozen graph
resizes photos one by one in a loop, and drops overlaps one by one in another: between the two,
where it takes a batch, it is cut out.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from onnx import ModelProto
from PIL import Image

from export import coco, graphs, samples, tensorflow_nets
from export.kinds import Answers, Array, Converted, Photos, Tensor

SIDE = 300  # of the square input, in pixels
ANCHORS, CLASSES = 1917, 90
TOP_K = 200  # pairs of a box and a class; 64 above SCORE were the most in 80 photos
SCORE, OVERLAP = 0.3, 0.6  # below, and above which, the original drops a box
MOST = 100  # boxes that the original gives
PHOTOS = ("t1.jpg", "astronaut.png", "chelsea.png", "coffee.png", "motorcycle_left.png")

PIXELS = "Preprocessor/map/TensorArrayStack/TensorArrayGatherV3:0"  # resized, 0 to 255
BOXES = "Postprocessor/Reshape_2:0"  # y and x of two corners, 0 to 1
SCORES = "Postprocessor/Slice:0"  # 0 to 1, of every class but "nothing"

PHOTO = "image_tensor:0"
FOUND_BOXES, FOUND_SCORES, FOUND_CLASSES = (
    f"detection_{name}:0" for name in ("boxes", "scores", "classes")
)

COLUMNS = ", ".join(str(number - 1) for number in coco.NAMES)  # of the scores, that have a name

BEFORE = f"""
before (uint8[B,{SIDE},{SIDE},3] image) => (float[B,{SIDE},{SIDE},3] pixels) {{
    pixels = Cast <to = 1> (image)
}}
"""
AFTER = f"""
after (float[B,{ANCHORS},4] corners, float[B,{ANCHORS},{CLASSES}] every_score)
    => (float[B,{TOP_K},4] boxes, float[B,{TOP_K}] scores, int64[B,{TOP_K}] classes)
<
    int64[{len(coco.NAMES)}] named = {{{COLUMNS}}}, int64 labels = {{{len(coco.NAMES)}}},
    int64[1] k = {{{TOP_K}}}, int64[1] axis_2 = {{2}}, int64[3] for_each_edge = {{1, 1, 4}},
    int64[2] pairs_of_edges = {{2, 2}}, int64[4] x_y = {{1, 0, 3, 2}},
    float nothing = {{0}}, float all = {{1}}, float side = {{{SIDE}}}
>
{{
    of_named = Gather <axis = 2> (every_score, named)
    pairs = Flatten <axis = 1> (of_named)
    scores, best = TopK (pairs, k)
    classes = Mod (best, labels)
    anchors = Div (best, labels)

    anchor_list = Unsqueeze (anchors, axis_2)
    anchor_of_edges = Tile (anchor_list, for_each_edge)
    inside = Clip (corners, nothing, all)
    chosen = GatherElements <axis = 1> (inside, anchor_of_edges)
    corner, far_corner = Split <axis = 2> (chosen, pairs_of_edges)
    size = Sub (far_corner, corner)
    boxes_yx = Concat <axis = 2> (corner, size)
    boxes_xy = Gather <axis = 2> (boxes_yx, x_y)
    boxes = Mul (boxes_xy, side)
}}
"""


@dataclass(frozen=True)
class SSD:
    """Boxes are x, y, width, height in pixels of the input, and inside it."""

    inputs = (Tensor("image", np.uint8, (SIDE, SIDE, 3)),)
    outputs = (
        Tensor("boxes", np.float32, (TOP_K, 4)),
        Tensor("scores", np.float32, (TOP_K,)),
        Tensor("classes", np.int64, (TOP_K,)),
    )

    def convert(self, files: Mapping[str, Path], photos: Photos) -> Converted:
        file = graphs.only(files)
        run = tensorflow_nets.Running(file, (FOUND_BOXES, FOUND_SCORES, FOUND_CLASSES))
        return Converted(
            model=graphs.join(BEFORE, net(file), AFTER, name="object_detector"),
            inputs=self.inputs,
            outputs=self.outputs,
            original=lambda item: _found(run({PHOTO: item["image"][None]})),
            samples={"image": stretched(photos, PHOTOS, SIDE)},
            served=_served,
            parameters={"fit": "stretch", "labels": json.dumps(coco.LABELS)},
        )


def net(file: Path) -> ModelProto:
    """Pixels (B, 300, 300, 3) of 0 to 255 -> corners (B, 1917, 4), scores (B, 1917, 90)."""
    shape = f"[-1,{SIDE},{SIDE},3]"
    return tensorflow_nets.from_frozen_graph(file, inputs=[PIXELS + shape], outputs=[BOXES, SCORES])


def stretched(photos: Photos, names: Sequence[str], side: int) -> Array:
    """Photos squashed into squares: (n, side, side, 3) uint8."""
    resized = (
        samples.opened(photos, name).resize((side, side), Image.Resampling.BOX) for name in names
    )
    return np.stack([np.asarray(photo) for photo in resized])


def _found(answers: Answers) -> Answers:
    """What the original found of the named classes, in our terms."""
    numbers = answers[FOUND_CLASSES][0].astype(np.int64)
    rows = (answers[FOUND_SCORES][0] > SCORE) & np.isin(numbers, list(coco.NAMES))
    top, left, bottom, right = answers[FOUND_BOXES][0][rows].T * SIDE
    return {
        "boxes": np.stack([left, top, right - left, bottom - top], axis=1),
        "scores": answers[FOUND_SCORES][0][rows],
        "classes": np.searchsorted(list(coco.NAMES), numbers[rows]),
    }


def _served(answers: Answers) -> list[Answers]:
    images = zip(*answers.values(), strict=True)
    return [_without_overlaps(dict(zip(answers, image, strict=True))) for image in images]


def _without_overlaps(found: Answers) -> Answers:
    """Boxes above SCORE, best first, each overlapping no better one of its class by OVERLAP."""
    kept = cv2.dnn.NMSBoxesBatched(*found.values(), SCORE, OVERLAP)
    return {name: values[np.asarray(kept, np.int64)[:MOST]] for name, values in found.items()}
