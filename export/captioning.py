"""What captioners have in common: the tensors of their two models, and what these are judged by."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn

from export import ExportError, samples, steps, traced
from export.kinds import VARIES, Answers, Array, Converted, Photos, Tensor

from transformers import DynamicCache  # isort: skip  # after `traced`, which imports torchvision

CANDIDATES = 16  # tokens that the decoder names: what seven beams and a few bans need
PHOTOS = ("t1.jpg", "astronaut.png", "chelsea.png")
SAID = ("a group of people in a room", "two men and a woman who look at the sea")  # two beams
LENGTHS = (2, 3, 6)  # of what was said of each photo
ROOM = 8  # tokens, of a sample's cache


@dataclass(frozen=True)
class Sizes:
    """`states`: how many, and how wide. The rest is of the decoder."""

    states: tuple[int, int]
    layers: int
    width: int
    vocabulary: int
    longest: int  # sentence, in tokens

    @property
    def looked(self) -> Tensor:
        """What the encoder gives."""
        return Tensor("states", np.float32, self.states)

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """Of the decoder: the beams of one photo are one item, so that they share its states."""
        return (
            self.looked,
            Tensor("tokens", np.int64, (VARIES,)),
            Tensor("length", np.int64, (1,)),
            Tensor("cache", np.float32, (VARIES, self.layers, 2, VARIES, self.width)),
        )

    @property
    def outputs(self) -> tuple[Tensor, ...]:
        return (
            Tensor("entry", np.float32, (VARIES, self.layers, 2, self.width)),
            Tensor("scores", np.float32, (VARIES, self.candidates)),
            Tensor("candidates", np.int64, (VARIES, self.candidates)),
        )

    @property
    def candidates(self) -> int:
        return min(CANDIDATES, self.vocabulary)


@dataclass(frozen=True)
class Decoding:
    """How a client makes sentences: `Rules` of inference/decoding.py, which reads them."""

    start: tuple[int, ...]
    eos: int
    max_length: int
    min_length: int
    beams: int
    length_penalty: float
    early_stopping: bool | str
    no_repeat: int = 0
    forced_first: int | None = None
    forced_last: int | None = None

    def parameters(self, sizes: Sizes) -> dict[str, str]:
        """
        Raises:
            ExportError: the decoder cannot keep to this.
        """
        if self.max_length > sizes.longest:
            raise ExportError(f"It can say {sizes.longest} tokens at most, not {self.max_length}.")
        if 2 * self.beams + 1 > sizes.candidates:
            raise ExportError(
                f"{self.beams} beams need more candidates than the {sizes.candidates} it names."
            )
        return {"decoding": json.dumps(asdict(self))}


class Library(Protocol):
    """A captioner as its library has it."""

    tokenizer: Tokenizer

    @property
    def sizes(self) -> Sizes: ...

    @property
    def start(self) -> int:
        """The token that begins a sentence."""

    def states(self, images: Array) -> torch.Tensor:
        """What it sees in (n, height, width, 3) uint8, by its own preprocessing."""

    def text(self) -> steps.Text: ...

    def told(
        self, states: torch.Tensor, tokens: torch.Tensor, past: DynamicCache | None = None
    ) -> tuple[torch.Tensor, DynamicCache]:
        """By the library itself: what it says of states (beams, s, v) after the tokens (beams, t)
        that follow `past`: logits (beams, vocabulary) of the next, and what it remembers."""


def encoder(library: Library, look: nn.Module, images: Array) -> Converted:
    """`look`: images (n, side, side, 3) uint8 -> states, as the library's."""
    inputs, outputs = (Tensor("image", np.uint8, images.shape[1:]),), (library.sizes.looked,)
    example = torch.from_numpy(images[:2])
    return Converted(
        model=traced.trace(look, [example], inputs, outputs, name="caption_encoder"),
        inputs=inputs,
        outputs=outputs,
        original=lambda item: {"states": library.states(item["image"][None]).numpy()},
        samples={"image": images},
        parameters={"fit": "stretch"},
    )


def decoder(library: Library, images: Array, decoding: Decoding) -> Converted:
    """
    Raises:
        ExportError: it cannot keep to `decoding`, or be written as ONNX.
    """
    sizes, examples = library.sizes, _samples(library, images)
    step = steps.Step(library.text(), sizes.candidates)
    batch = [torch.from_numpy(examples[each.name][:2]) for each in sizes.inputs]
    return Converted(
        model=traced.trace(step, batch, sizes.inputs, sizes.outputs, name="caption_decoder"),
        inputs=sizes.inputs,
        outputs=sizes.outputs,
        original=lambda item: _original(library, item),
        samples=examples,
        served=_comparable,
        parameters=decoding.parameters(sizes),
        beside={"tokenizer.json": library.tokenizer.to_str().encode()},
    )


def pictures(photos: Photos, side: int) -> Array:
    """(3, side, side, 3) uint8, stretched."""
    opened = [samples.opened(photos, name) for name in PHOTOS]
    return np.stack([np.asarray(photo.resize((side, side))) for photo in opened])


def ids(library: Library, text: str) -> tuple[int, ...]:
    """Its tokens of `text`, without those that begin and end it."""
    return tuple(library.tokenizer.encode(text, add_special_tokens=False).ids)


def _samples(library: Library, images: Array) -> Answers:
    """Steps from beginnings of real sentences about real photos."""
    states = library.states(images)
    rows = [(library.start, *ids(library, text)) for text in SAID]
    said = [torch.tensor([row[: length + 1] for row in rows]) for length in LENGTHS]
    caches = [
        _stacked(library.told(seen.expand(len(rows), -1, -1), tokens[:, :-1])[1])
        for seen, tokens in zip(states, said, strict=True)
    ]
    return {
        "states": states.numpy(),
        "tokens": np.stack([tokens[:, -1].numpy() for tokens in said]),
        "length": np.array(LENGTHS, np.int64)[:, None],
        "cache": np.stack([_with_room(cache) for cache in caches]),
    }


def _original(library: Library, item: Answers) -> Answers:
    past, cache = DynamicCache(), item["cache"][..., : int(item["length"][0]), :]
    for number in range(library.sizes.layers):
        past.update(*_by_head(cache[:, number], library.text().heads), number)
    tokens = torch.from_numpy(item["tokens"])[:, None]
    states = torch.from_numpy(item["states"]).expand(len(tokens), -1, -1)
    logits, kept = library.told(states, tokens, past)
    scores, best = steps.ranked(logits, library.sizes.candidates)
    answers = {"entry": _stacked(kept)[..., -1, :], "scores": scores, "best": best[:, :1]}
    return {name: np.asarray(values)[None] for name, values in answers.items()}


def _comparable(outputs: Answers) -> list[Answers]:
    """Item by item. Of the candidates only the first: two nearly equal ones may swap their places,
    and the scores are all there."""
    rows = {
        "entry": outputs["entry"],
        "scores": outputs["scores"],
        "best": outputs["candidates"][..., :1],
    }
    count = len(rows["best"])
    return [{name: each[item][None] for name, each in rows.items()} for item in range(count)]


def _by_head(pair: Array, heads: int) -> Sequence[torch.Tensor]:
    """Keys and values (n, 2, t, w) of a layer as libraries keep them: each (n, heads, t, ...)."""
    count, _, length, width = pair.shape
    parts = torch.from_numpy(pair).view(count, 2, length, heads, width // heads)
    return tuple(parts.permute(1, 0, 3, 2, 4))


def _stacked(kept: DynamicCache) -> Array:
    """What the library remembers, (n, layers, 2, t, w)."""
    pairs = [torch.stack([layer.keys, layer.values], dim=1) for layer in kept.layers]
    return torch.stack(pairs, dim=1).transpose(3, 4).flatten(4).numpy()


def _with_room(cache: Array) -> Array:
    room = ROOM - cache.shape[-2]
    return np.pad(cache, [(0, 0), (0, 0), (0, 0), (0, room), (0, 0)])


def loaded(
    model: Any, processor: Any, files: Mapping[str, Path], wanted: Sequence[str], what: str
) -> tuple[Any, Any, Tokenizer]:
    """A captioner of transformers' classes `model` and `processor`, and its tokenizer.

    Raises:
        ExportError: one of the files `wanted` is missing, or they cannot be read.
    """
    lacking = [name for name in wanted if name not in files]
    if lacking:
        raise ExportError(f"{what} has {', '.join(wanted)}: {', '.join(lacking)} lacks.")
    folder = files["config.json"].parent
    try:
        net, report = model.from_pretrained(
            folder,
            local_files_only=True,
            use_safetensors=True,
            dtype=torch.float32,
            output_loading_info=True,
        )
        pictures = processor.from_pretrained(folder, local_files_only=True)
        tokenizer = Tokenizer.from_file(str(files["tokenizer.json"]))
    except Exception as exc:  # its files can be wrong in many ways, each with its own class
        raise ExportError(f"transformers cannot read the captioner: {exc}") from exc
    if missing := report["missing_keys"]:  # transformers fills in random ones
        raise ExportError(f"{len(missing)} of its weights are missing, {min(missing)} is one.")
    return net, pictures, tokenizer


def check_words(tokenizer: Tokenizer, sizes: Sizes) -> None:
    """
    Raises:
        ExportError: the tokenizer has more tokens than the model.
    """
    words, known = tokenizer.get_vocab_size(), sizes.vocabulary
    if words > known:
        raise ExportError(f"Its tokenizer has {words} tokens, its model {known}.")
