"""Photos in the space of a sentence encoder, by the names of what is in them.

A classifier and a detector say how surely they see each of 1,080 things; the photo's vector is the
mean of the things' names, as the sentence encoder reads them. It knows no deeds, attributes or
relations, and is no CLIP: for a machine that has none.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from onnx import ModelProto

from export import ExportError, canonical, coco, graphs, minilm, parallel, ssd, tensorflow_nets
from export.kinds import Answers, Array, Converted, Photos, Tensor

CLASSIFIER, DETECTOR, LABELS = (  # the files that are needed, beside those of the encoder
    "efficientnet_lite3.tflite",
    "frozen_inference_graph.pb",
    "efficientnet_labels.txt",
)
PROMPT = "{}"  # nothing more: what all prompts share would make every photo fit it
IMAGE_CLASSES = 1000
CLASSIFIER_SIDE = 280  # of its square input, in pixels
IN, OUT = "images", "Softmax"  # its tensors

# text -> image, 80 photos of COCO with 5 captions each: recall at 1, 5 and 10 is .60, .90 and .95
# (.58, .88 and .93 with names as "a photo of a NAME", where twice as many tags are wrong). Shares
# of .2 to .8 and least scores of 0 to .3 change it by .02 at most.
CLASSIFIER_SHARE = 0.4  # of 1 for the detector
LEAST_SCORE = 0.1  # what the detector is less sure of is not there


@dataclass(frozen=True)
class Concepts:
    """Vectors of `dimension` numbers in the space that `joint_space` names.

    A tag at `tag_cosine` from a photo is as likely as not to be true of it; `tag_scale` says how
    fast that changes: 1 / (1 + exp(scale * (tag_cosine - x))). The space knows things alone, so
    what is going on in a photo can't be told from it.
    """

    dimension: int
    languages: str  # as "en,id"
    joint_space: str
    tag_cosine: float
    tag_scale: float

    inputs = (Tensor("image", np.uint8, (ssd.SIDE, ssd.SIDE, 3)),)

    def convert(self, files: Mapping[str, Path], photos: Photos) -> Converted:
        words = _words(files)
        nets = parallel.side_by_side(
            _classifier(files[CLASSIFIER]),
            canonical.ordered(ssd.net(files[DETECTOR]), [ssd.SCORES]),
            parallel.constants(words),
        )
        return Converted(
            model=graphs.join(BEFORE, nets, self._after(), name="image_encoder"),
            inputs=self.inputs,
            outputs=(Tensor("embedding", np.float32, (self.dimension,)),),
            original=_original(files, **words),
            samples={"image": ssd.stretched(photos, ssd.PHOTOS, ssd.SIDE)},
            parameters={
                "dimension": str(self.dimension),
                "fit": "stretch",
                "joint_space": self.joint_space,
                "languages": self.languages,
                "tag_contexts": "no",
                "tag_cosine": str(self.tag_cosine),
                "tag_scale": str(self.tag_scale),
            },
        )

    def _after(self) -> str:
        return AFTER.format(dimension=self.dimension)


BEFORE = f"""
before (uint8[B,{ssd.SIDE},{ssd.SIDE},3] image) => (
    uint8[B,{CLASSIFIER_SIDE},{CLASSIFIER_SIDE},3] smaller,
    float[B,{ssd.SIDE},{ssd.SIDE},3] pixels
)
<int64[3] rest = {{3, {CLASSIFIER_SIDE}, {CLASSIFIER_SIDE}}}>
{{
    pixels = Cast <to = 1> (image)
    planes = Transpose <perm = [0, 3, 1, 2]> (pixels)
    batch = Shape <start = 0, end = 1> (image)
    sizes = Concat <axis = 0> (batch, rest)
    resized = Resize <mode = "linear"> (planes, , , sizes)
    rounded = Round (resized)
    bytes = Cast <to = 2> (rounded)
    smaller = Transpose <perm = [0, 2, 3, 1]> (bytes)
}}
"""
AFTER = f"""
after (
    float[B,{IMAGE_CLASSES}] probabilities,
    float[B,{ssd.ANCHORS},{ssd.CLASSES}] every_score,
    float[{IMAGE_CLASSES},{{dimension}}] classes,
    float[{len(coco.NAMES)},{{dimension}}] objects
) => (float[B,{{dimension}}] embedding)
<
    int64[{len(coco.NAMES)}] named = {{{{{ssd.COLUMNS}}}}},
    float least = {{{{{LEAST_SCORE}}}}}, float nothing = {{{{0}}}},
    float share = {{{{{CLASSIFIER_SHARE}}}}}, float smallest = {{{{{minilm.SMALLEST_LENGTH}}}}}
>
{{{{
    of_named = Gather <axis = 2> (every_score, named)
    best = ReduceMax <axes = [1], keepdims = 0> (of_named)
    is_there = GreaterOrEqual (best, least)
    sureness = Where (is_there, best, nothing)
    object_sum = MatMul (sureness, objects)
    object_length = ReduceL2 <axes = [1], keepdims = 1> (object_sum)
    object_divisor = Max (object_length, smallest)
    seen = Div (object_sum, object_divisor)

    class_sum = MatMul (probabilities, classes)
    class_length = ReduceL2 <axes = [1], keepdims = 1> (class_sum)
    likely = Div (class_sum, class_length)
    share_of_it = Mul (likely, share)

    sum = Add (seen, share_of_it)
    length = ReduceL2 <axes = [1], keepdims = 1> (sum)
    embedding = Div (sum, length)
}}}}
"""


def _words(files: Mapping[str, Path]) -> dict[str, Array]:
    """The vectors of the names of the classifier's and of the detector's classes.

    Raises:
        ExportError: the classifier's names are not as many as its classes.
    """
    names = [line.partition(",")[0] for line in files[LABELS].read_text().splitlines()]
    if len(names) != IMAGE_CLASSES:
        raise ExportError(f"{LABELS} has {len(names)} names, and should have {IMAGE_CLASSES}.")
    return {
        "classes": minilm.vectors(files, [PROMPT.format(name) for name in names]),
        "objects": minilm.vectors(files, [PROMPT.format(name) for name in coco.LABELS]),
    }


def _classifier(file: Path) -> ModelProto:
    """Pixels (B, 280, 280, 3) uint8 -> probabilities (B, 1000) before they become bytes."""
    net = tensorflow_nets.from_lite(file)
    last = net.graph.node[-1]
    if (last.op_type, list(last.output)) != ("QuantizeLinear", [OUT]):
        raise ExportError(f"{file.name} does not end in bytes, as its probabilities should.")
    return canonical.ordered(net, [last.input[0]])


def _original(
    files: Mapping[str, Path], classes: Array, objects: Array
) -> Callable[[Answers], Answers]:
    """The plain way: both nets as TensorFlow runs them, the rest in numpy."""
    classify = tensorflow_nets.Running(files[CLASSIFIER])
    detect = tensorflow_nets.Running(files[DETECTOR], (ssd.SCORES,))
    columns = [number - 1 for number in coco.NAMES]

    def embed(item: Answers) -> Answers:
        image = item["image"]
        smaller = cv2.resize(image, (CLASSIFIER_SIDE, CLASSIFIER_SIDE))
        (probabilities,) = classify({IN: smaller[None]})[OUT].astype(np.float32)
        best = detect({ssd.PHOTO: image[None]})[ssd.SCORES][0].max(axis=0)[columns]
        seen = np.where(best >= LEAST_SCORE, best, 0) @ objects
        sum_ = CLASSIFIER_SHARE * _unit(probabilities @ classes) + _unit(seen)
        return {"embedding": _unit(sum_)[None]}

    return embed


def _unit(vector: Array) -> Array:
    return vector / max(np.linalg.norm(vector), minilm.SMALLEST_LENGTH)
