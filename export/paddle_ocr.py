"""Text in photos, by the nets of PaddleOCR: uint8 pictures, red first, in; what a client reads out.

Three kinds, each a small part of the whole: where text is, which way up a line is, what it says.
The nets were trained on pictures with blue first, 0 to 1, less a mean, by a deviation.
Source: PP-OCR: A Practical Ultra Lightweight OCR System, Du et al. 2020 (arXiv:2009.09941), and
for the detector's map Real-time Scene Text Detection with Differentiable Binarization, Liao et
al. 2020 (arXiv:1911.08947).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np
from onnx import ModelProto

from export import ExportError, graphs, samples
from export.kinds import VARIES, Answers, Array, Converted, Photos, Tensor
from export.sessions import Session

PAGE = "page.png"  # a printed page, 384 x 191 pixels
LINES = ((12, 33), (47, 66), (64, 85))  # top and bottom of lines on it
WORDS_PX = 140  # of each line, from its left
CHARACTERS = "characters.txt"
METADATA = "character"  # where a recogniser's file has them, if it has
HIGHEST = 255  # of a probability, as a byte


@dataclass(frozen=True)
class Pixels:
    """What a net makes of pixels: (value / 255 - mean) / deviation, of blue, green and red."""

    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    deviation: tuple[float, float, float] = (0.5, 0.5, 0.5)

    def before(self, height: str, width: str) -> str:
        """What comes before the net, for inputs of these sizes, which may be names."""
        scale = _list(1 / (255 * each) for each in self.deviation)
        shift = _list(a / b for a, b in zip(self.mean, self.deviation, strict=True))
        return f"""
            before (uint8[B,{height},{width},3] image) => (float[B,3,{height},{width}] values)
            <
                int64[3] blue_first = {{2, 1, 0}},
                float[3,1,1] scale = {{{scale}}}, float[3,1,1] shift = {{{shift}}}
            >
            {{
                colours = Gather <axis = 3> (image, blue_first)
                planes = Transpose <perm = [0, 3, 1, 2]> (colours)
                pixels = Cast <to = 1> (planes)
                scaled = Mul (pixels, scale)
                values = Sub (scaled, shift)
            }}
        """

    def values(self, image: Array) -> Array:
        """The same of one image (h, w, 3), in plain numpy: (1, 3, h, w) float32."""
        blue_first = image[..., ::-1].astype(np.float32) / 255
        return (
            ((blue_first - self.mean) / self.deviation).astype(np.float32).transpose(2, 0, 1)[None]
        )


PROBABILITY = f"""
after (float[B,1,H,W] likelihood) => (uint8[B,H,W] probability)
<float highest = {{{HIGHEST}}}, int64[1] channel = {{1}}>
{{
    only_map = Squeeze (likelihood, channel)
    levels = Mul (only_map, highest)
    rounded = Round (levels)
    probability = Cast <to = 2> (rounded)
}}
"""

BEST = """
after (float[B,T,C] likelihoods) => (int32[B,T] indices, float[B,T] scores)
{
    best = ArgMax <axis = 2, keepdims = 0> (likelihoods)
    indices = Cast <to = 6> (best)
    scores = ReduceMax <axes = [2], keepdims = 0> (likelihoods)
}
"""

BOTH = """
after (float[B,2] likelihoods) => (float[B,2] scores)
{ scores = Identity (likelihoods) }
"""


@dataclass(frozen=True)
class PaddleTextDetector:
    """How likely each pixel is text, 0 to 255. Height and width are multiples of 32.

    Bytes are a quarter of what floats are to send, and find the same lines: rounded, all above
    76.5 / 255 = 0.3 are above 76.
    """

    pixels: Pixels = Pixels()

    def convert(self, files: Mapping[str, Path], photos: Photos) -> Converted:
        net = graphs.load_net(graphs.only(files).read_bytes())
        ask = _asking(net, self.pixels)
        return Converted(
            model=graphs.join(self.pixels.before("H", "W"), net, PROBABILITY, name="text_detector"),
            inputs=(Tensor("image", np.uint8, (VARIES, VARIES, 3)),),
            outputs=(Tensor("probability", np.uint8, (VARIES, VARIES)),),
            original=lambda item: {"probability": ask(item["image"])[0] * HIGHEST},
            samples={"image": _pages(photos)},
        )


@dataclass(frozen=True)
class PaddleTextRecognizer:
    """What each step of a line, 8 pixels wide, most likely says: an index of CHARACTERS.

    `height`: of a line, in pixels. `characters`: the file of the weights that has a character on
    each line; without one they are in the net's own metadata.
    """

    height: int = 48
    pixels: Pixels = Pixels()
    characters: str = ""

    def convert(self, files: Mapping[str, Path], photos: Photos) -> Converted:
        left = dict(files)
        listed = left.pop(self.characters, None)
        content = graphs.only(left).read_bytes()
        net = graphs.load_net(content)
        ask = _asking(net, self.pixels)
        lines = _lines(photos, self.height)
        texts = _texts(listed.read_text("utf-8") if listed else _metadata(net))
        _check_count(texts, ask(lines[0]).shape[-1])
        listing = "\n".join(texts).encode()
        before = self.pixels.before(str(self.height), "W")
        return Converted(
            model=graphs.join(before, net, BEST, name="text_recognizer"),
            inputs=(Tensor("image", np.uint8, (self.height, VARIES, 3)),),
            outputs=(
                Tensor("indices", np.int32, (VARIES,)),
                Tensor("scores", np.float32, (VARIES,)),
            ),
            original=lambda item: _best(ask(item["image"])),
            samples={"image": lines},
            parameters={"characters_sha256": sha256(listing).hexdigest()},
            beside={CHARACTERS: listing},
        )


@dataclass(frozen=True)
class PaddleTextOrienter:
    """How likely a line is upright, and how likely it is upside down; both together are 1."""

    height: int = 48
    width: int = 192
    pixels: Pixels = Pixels()

    def convert(self, files: Mapping[str, Path], photos: Photos) -> Converted:
        net = graphs.load_net(graphs.only(files).read_bytes())
        ask = _asking(net, self.pixels)
        before = self.pixels.before(str(self.height), str(self.width))
        lines = _lines(photos, self.height)[:, :, : self.width]
        return Converted(
            model=graphs.join(before, net, BOTH, name="text_orienter"),
            inputs=(Tensor("image", np.uint8, (self.height, self.width, 3)),),
            outputs=(Tensor("scores", np.float32, (2,)),),
            original=lambda item: {"scores": ask(item["image"])},
            samples={"image": np.concatenate([lines, lines[:, ::-1, ::-1]])},
        )


def _asking(net: ModelProto, pixels: Pixels) -> Callable[[Array], Array]:
    """The published net: an image (h, w, 3) in, its only output out, with a batch of 1.

    Raises:
        ExportError: it has more inputs or outputs, or takes no such image.
    """
    published = Session(net.SerializeToString())
    if len(published.inputs) != 1 or len(published.outputs) != 1:
        raise ExportError("A net of PaddleOCR has one input and one output; this one has others.")

    def ask(image: Array) -> Array:
        try:
            (answer,) = published({published.inputs[0].name: pixels.values(image)}).values()
        except Exception as exc:  # onnxruntime's errors have no common class
            raise ExportError(f"The net takes no picture of {image.shape}: {exc}") from exc
        return answer

    return ask


def _best(likelihoods: Array) -> Answers:
    indices = likelihoods.argmax(axis=-1).astype(np.int32)
    return {"indices": indices, "scores": likelihoods.max(axis=-1)}


def _metadata(net: ModelProto) -> str:
    for each in net.metadata_props:
        if each.key == METADATA:
            return str(each.value)
    raise ExportError(
        "The recogniser's file does not say which characters it knows: add their file to the "
        "row's weights, and its name to the kind as `characters`."
    )


def _texts(listed: str) -> list[str]:
    """What each index stands for: first nothing, then the characters, last the space."""
    return ["", *listed.removesuffix("\n").split("\n"), " "]


def _check_count(texts: list[str], classes: int) -> None:
    if len(texts) != classes:
        raise ExportError(
            f"The recogniser tells {classes} characters apart, but {len(texts)} are listed "
            "(with nothing and the space): this is another net's list."
        )


def _pages(photos: Photos) -> Array:
    """A page, upside down and mirrored too: (3, 384, 736, 3) uint8."""
    page = np.asarray(samples.opened(photos, PAGE).resize((736, 384)))
    return np.stack([page, page[::-1, ::-1], page[:, ::-1]])


def _lines(photos: Photos, height: int) -> Array:
    """The first words of lines of a page: (3, height, w, 3) uint8."""
    page = np.asarray(samples.opened(photos, PAGE))
    cuts = [page[top:bottom, :WORDS_PX] for top, bottom in LINES]
    return np.stack([cv2.resize(cut, (round(height * 20 / 3), height)) for cut in cuts])


def _list(numbers: Iterable[float]) -> str:
    return ", ".join(f"{each:.9g}" for each in numbers)
