"""The exported pair of models, run as the service runs it, but in this process."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from transformers import AutoTokenizer, BlipProcessor, Florence2Processor

from export import blip, florence
from export.kinds import Array, Converted, Kind
from export.samples import PackagedPhotos
from export.sessions import Session
from inference.decoding import Cache, Rules, decode


@dataclass(frozen=True)
class Captioner:
    """What an encoder and a decoder say together."""

    encoder: Converted
    decoder: Converted
    sessions: tuple[Session, Session]

    @classmethod
    def of(
        cls, encoder: Kind, decoder: Kind, files: dict[str, Path], photos: PackagedPhotos
    ) -> "Captioner":
        pair = [kind.convert(files, photos) for kind in (encoder, decoder)]
        looking, saying = (Session(each.model.SerializeToString()) for each in pair)
        return cls(*pair, (looking, saying))

    def rules(self) -> Rules:
        return Rules.read(self.decoder.parameters["decoding"])

    def say(self, image: Array, rules: Rules) -> list[int]:
        looking, saying = self.sessions
        states = looking({"image": image[None]})["states"]
        _, layers, _, _, width = self.decoder.inputs[-1].shape

        def ask(states: Array, **arrays: Array) -> dict[str, Array]:
            return saying({"states": states, **arrays})

        return list(decode(rules, Cache(partial(ask, states), layers=layers, width=width)))


def blip_processor(files: dict[str, Path]) -> BlipProcessor:
    """The library's own, of a tiny model's files."""
    folder = files["config.json"].parent
    return BlipProcessor(blip.load(files).processor, AutoTokenizer.from_pretrained(folder))


def florence_processor(files: dict[str, Path]) -> Florence2Processor:
    folder = files["config.json"].parent
    read = florence.load(files, florence.CAPTION)
    return Florence2Processor(read.processor, AutoTokenizer.from_pretrained(folder))


def noise(count: int, side: int) -> Array:
    return np.random.default_rng(5).integers(0, 256, (count, side, side, 3), dtype=np.uint8)


@contextmanager
def one_thread() -> Iterator[None]:
    """Tiny models are run many times faster by one of PyTorch's threads than by several."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
