"""BLIP: a vision transformer that looks, and a BERT that says what it sees.

Source: Li et al. 2022 (arXiv:2201.12086). The files are those of a captioner's repository on the
hub in transformers' format, all in one folder.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from tokenizers import Tokenizer
from torch import nn

from export import ExportError, captioning
from export.captioning import Decoding, Sizes
from export.kinds import Array, Converted, Photos
from export.steps import Looks, scored

from transformers import (  # isort: skip  # after `captioning`, which has torchvision imported
    BlipForConditionalGeneration,
    BlipImageProcessorPil,
    DynamicCache,
)

FILES = ("config.json", "model.safetensors", "preprocessor_config.json", "tokenizer.json")


@dataclass(frozen=True)
class Blip:
    """A captioner's files, read: a `Library`."""

    model: BlipForConditionalGeneration
    processor: BlipImageProcessorPil
    tokenizer: Tokenizer

    @property
    def side(self) -> int:
        return int(self.model.config.vision_config.image_size)

    @property
    def sizes(self) -> Sizes:
        vision, text = self.model.config.vision_config, self.model.config.text_config
        patches = (vision.image_size // vision.patch_size) ** 2
        return Sizes(
            states=(patches + 1, vision.hidden_size),
            layers=text.num_hidden_layers,
            width=text.hidden_size,
            vocabulary=text.vocab_size,
            longest=text.max_position_embeddings,
        )

    @property
    def start(self) -> int:
        return int(self.model.config.text_config.bos_token_id)

    def states(self, images: Array) -> torch.Tensor:
        pixels = self.processor([Image.fromarray(image) for image in images], return_tensors="pt")
        with torch.no_grad():
            return self.model.vision_model(pixels["pixel_values"]).last_hidden_state

    def text(self) -> "_Text":
        return _Text(self.model)

    def told(
        self, states: torch.Tensor, tokens: torch.Tensor, past: DynamicCache | None = None
    ) -> tuple[torch.Tensor, DynamicCache]:
        with torch.no_grad():
            answer = self.model.text_decoder(
                input_ids=tokens,
                encoder_hidden_states=states,
                past_key_values=past,
                use_cache=True,
            )
        return answer.logits[:, -1], answer.past_key_values.self_attention_cache


@dataclass(frozen=True)
class BlipEncoder:
    """Photos -> what the decoder looks at."""

    def convert(self, files: Mapping[str, Path], photos: Photos) -> Converted:
        read = load(files)
        return captioning.encoder(read, _Look(read), captioning.pictures(photos, read.side))


@dataclass(frozen=True)
class BlipDecoder:
    """One token further. Lengths are in tokens, with those of `prompt`, which a caption goes on
    from and does not repeat. One beam is greedy search."""

    prompt: str = ""
    max_length: int = 20
    min_length: int = 0
    beams: int = 1
    length_penalty: float = 1.0
    early_stopping: bool = False

    def convert(self, files: Mapping[str, Path], photos: Photos) -> Converted:
        read = load(files)
        decoding = Decoding(
            start=(read.start, *captioning.ids(read, self.prompt)),
            eos=read.model.config.text_config.sep_token_id,
            max_length=self.max_length,
            min_length=self.min_length,
            beams=self.beams,
            length_penalty=self.length_penalty,
            early_stopping=self.early_stopping,
        )
        return captioning.decoder(read, captioning.pictures(photos, read.side), decoding)


def load(files: Mapping[str, Path]) -> Blip:
    """The captioner that `files`, which lie in one folder, are.

    Raises:
        ExportError: one is missing, or they do not fit together.
    """
    model, processor, tokenizer = captioning.loaded(
        BlipForConditionalGeneration, BlipImageProcessorPil, files, FILES, "A BLIP captioner"
    )
    read = Blip(model.eval(), processor, tokenizer)
    _check(read)
    return read


def _check(read: Blip) -> None:
    side, given = dict.fromkeys(("height", "width"), read.side), dict(read.processor.size)
    if given != side:
        raise ExportError(
            f"Its preprocessor makes pictures of {given}, and its model takes {side}: the files "
            "are not of one captioner."
        )
    captioning.check_words(read.tokenizer, read.sizes)


class _Look(nn.Module):
    """Preprocessing but for the resize, and the vision transformer."""

    def __init__(self, read: Blip) -> None:
        super().__init__()
        self.vision = read.model.vision_model
        self.scale = read.processor.rescale_factor
        self.register_buffer("mean", torch.tensor(read.processor.image_mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(read.processor.image_std).view(1, 3, 1, 1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        pixels = image.permute(0, 3, 1, 2).float() * self.scale
        return self.vision((pixels - self.mean) / self.std).last_hidden_state


class _Text(nn.Module):
    """Its BERT: a `Text`."""

    def __init__(self, model: BlipForConditionalGeneration) -> None:
        super().__init__()
        self.bert, self.words = model.text_decoder.bert, model.text_decoder.cls.predictions
        self.heads = int(model.config.text_config.num_attention_heads)

    @property
    def layers(self) -> nn.ModuleList:
        return self.bert.encoder.layer

    def embedded(self, tokens: torch.Tensor, length: torch.Tensor) -> torch.Tensor:
        known = self.bert.embeddings
        return known.LayerNorm(known.word_embeddings(tokens) + known.position_embeddings(length))

    def remembered(self, layer: nn.Module, hidden: torch.Tensor) -> tuple[torch.Tensor, ...]:
        own = layer.attention.self
        return own.key(hidden), own.value(hidden)

    def passed(
        self, layer: nn.Module, hidden: torch.Tensor, looks: Looks, states: torch.Tensor
    ) -> torch.Tensor:
        own, other = layer.attention, layer.crossattention
        hidden = own.output(looks.back(self._query(own.self, hidden)), hidden)
        query, maps = self._query(other.self, hidden), (other.self.key, other.self.value)
        hidden = other.output(looks.up(query, *maps, states), hidden)
        return layer.feed_forward_chunk(hidden)

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        return scored(self.words.decoder, self.words.transform(hidden))

    def _query(self, attention: nn.Module, hidden: torch.Tensor) -> torch.Tensor:
        return attention.query(hidden) / attention.attention_head_size**0.5
