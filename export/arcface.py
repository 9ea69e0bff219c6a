"""Face embedders of the ArcFace family: aligned uint8 crops in, vectors of length 1 out."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from export import graphs, samples
from export.kinds import Answers, Array, Converted, Photos, Tensor
from export.sessions import Session

CROP = 112  # a side, in pixels
SMALLEST_LENGTH = 1e-12  # what a vector is divided by at least: zeros stay zeros


class ChannelOrder(StrEnum):
    """In which order a net was trained to get the colours. What comes in is always red first."""

    RGB = "rgb"
    BGR = "bgr"

    @property
    def planes(self) -> list[int]:
        return [0, 1, 2] if self is ChannelOrder.RGB else [2, 1, 0]


@dataclass(frozen=True)
class ArcFace:
    """A net of `dimension` numbers a face, trained on (pixel - mean) / deviation.

    Two faces at least as alike as `same_person_cosine` are taken for one person.
    """

    dimension: int
    order: ChannelOrder
    same_person_cosine: float
    mean: float = 127.5
    deviation: float = 128.0

    def convert(self, files: Mapping[str, Path], photos: Photos) -> Converted:
        net = graphs.load_net(graphs.only(files).read_bytes())
        published = Session(net.SerializeToString())
        return Converted(
            model=graphs.join(self._before(), net, self._after(), name="face_embedder"),
            inputs=(Tensor("image", np.uint8, (CROP, CROP, 3)),),
            outputs=(Tensor("embedding", np.float32, (self.dimension,)),),
            original=lambda item: self._original(published, item["image"]),
            samples={"image": samples.faces(photos, CROP)},
            parameters={
                "dimension": str(self.dimension),
                "same_person_cosine": str(self.same_person_cosine),
            },
        )

    def _original(self, published: Session, image: Array) -> Answers:
        pixels = image[..., self.order.planes].transpose(2, 0, 1).astype(np.float32)
        values = (pixels[None] - self.mean) / np.float32(self.deviation)
        (vectors,) = published({published.inputs[0].name: values}).values()
        return {"embedding": vectors / np.linalg.norm(vectors)}

    def _before(self) -> str:
        planes = ", ".join(map(str, self.order.planes))
        return f"""
            before (uint8[B,{CROP},{CROP},3] image) => (float[B,3,{CROP},{CROP}] values)
            <
                int64[3] order = {{{planes}}},
                float mean = {{{self.mean}}}, float deviation = {{{self.deviation}}}
            >
            {{
                colours = Gather <axis = 3> (image, order)
                planes = Transpose <perm = [0, 3, 1, 2]> (colours)
                pixels = Cast <to = 1> (planes)
                centred = Sub (pixels, mean)
                values = Div (centred, deviation)
            }}
        """

    def _after(self) -> str:
        return f"""
            after (float[B,{self.dimension}] vector) => (float[B,{self.dimension}] embedding)
            <float smallest = {{{SMALLEST_LENGTH}}}>
            {{
                length = ReduceL2 <axes = [1], keepdims = 1> (vector)
                divisor = Max (length, smallest)
                embedding = Div (vector, divisor)
            }}
        """
