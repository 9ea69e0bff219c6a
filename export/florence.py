"""Florence-2: a DaViT that looks, and a BART that is asked a question and answers it.

Source: Xiao et al. 2023 (arXiv:2311.06242). The files are those of a repository on the hub in the
format of transformers' own Florence2 (as of florence-community), all in one folder.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from PIL import Image
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional

from export import ExportError, captioning
from export.captioning import Decoding, Sizes
from export.kinds import Array, Converted, Photos
from export.steps import Looks, scored

from transformers import (  # isort: skip  # after `captioning`, which has torchvision imported
    CLIPImageProcessorPil,
    DynamicCache,
    EncoderDecoderCache,
    Florence2ForConditionalGeneration,
)

FILES = (
    "config.json",
    "generation_config.json",
    "model.safetensors",
    "preprocessor_config.json",
    "tokenizer.json",
)
CAPTION = "What does the image describe?"  # as the library words the task <CAPTION>


@dataclass(frozen=True)
class Florence:
    """A captioner's files, read, and what it is asked: a `Library`."""

    model: Florence2ForConditionalGeneration
    processor: CLIPImageProcessorPil
    tokenizer: Tokenizer
    question: str

    @property
    def side(self) -> int:
        return int(self.processor.size["height"])

    @property
    def sizes(self) -> Sizes:
        text = self.model.config.text_config
        return Sizes(
            states=(len(self.prompt), text.d_model),
            layers=text.decoder_layers,
            width=text.d_model,
            vocabulary=text.vocab_size,
            longest=text.max_position_embeddings,
        )

    @property
    def start(self) -> int:
        return int(self.model.generation_config.decoder_start_token_id)

    @cached_property
    def asked(self) -> list[int]:
        """The tokens of the question."""
        begin, end = (
            self.model.config.text_config.bos_token_id,
            self.model.config.text_config.eos_token_id,
        )
        return [begin, *captioning.ids(self, self.question), end]

    @cached_property
    def prompt(self) -> list[int]:
        """What the library is given: a token for each part of the picture, then the question."""
        with torch.no_grad():
            picture = torch.zeros(1, 3, self.side, self.side)
            parts = self.model.model.get_image_features(picture).pooler_output.shape[1]
        return [self.model.config.image_token_id] * parts + self.asked

    def states(self, images: Array) -> torch.Tensor:
        pixels = self.processor([Image.fromarray(image) for image in images], return_tensors="pt")
        with torch.no_grad():
            answer = self.model.model(
                input_ids=torch.tensor([self.prompt] * len(images)),
                pixel_values=pixels["pixel_values"],
                decoder_input_ids=torch.tensor([[self.start]] * len(images)),
            )
        return answer.encoder_last_hidden_state

    def text(self) -> "_Text":
        return _Text(self.model)

    def told(
        self, states: torch.Tensor, tokens: torch.Tensor, past: DynamicCache | None = None
    ) -> tuple[torch.Tensor, DynamicCache]:
        kept = EncoderDecoderCache(past or DynamicCache(), DynamicCache())
        with torch.no_grad():
            answer = self.model.model.language_model.decoder(
                input_ids=tokens,
                encoder_hidden_states=states,
                past_key_values=kept,
                use_cache=True,
            )
            logits = self.model.lm_head(answer.last_hidden_state[:, -1])
        return logits, answer.past_key_values.self_attention_cache


@dataclass(frozen=True)
class FlorenceEncoder:
    """Photos -> what the decoder looks at: the picture and the question."""

    question: str = CAPTION

    def convert(self, files: Mapping[str, Path], photos: Photos) -> Converted:
        read = load(files, self.question)
        return captioning.encoder(read, _Look(read), captioning.pictures(photos, read.side))


@dataclass(frozen=True)
class FlorenceDecoder:
    """One token further. How it searches is what its generation_config.json says."""

    max_length: int = 100

    def convert(self, files: Mapping[str, Path], photos: Photos) -> Converted:
        read = load(files, CAPTION)
        pictures = captioning.pictures(photos, read.side)
        return captioning.decoder(read, pictures, self._decoding(read))

    def _decoding(self, read: Florence) -> Decoding:
        how = read.model.generation_config
        return Decoding(
            start=(read.start,),
            eos=read.model.config.text_config.eos_token_id,
            max_length=self.max_length,
            min_length=how.min_length or 0,
            beams=how.num_beams or 1,
            length_penalty=1.0 if how.length_penalty is None else how.length_penalty,
            early_stopping=how.early_stopping or False,
            no_repeat=how.no_repeat_ngram_size or 0,
            forced_first=how.forced_bos_token_id,
            forced_last=how.forced_eos_token_id,
        )


def load(files: Mapping[str, Path], question: str) -> Florence:
    """The captioner that `files`, which lie in one folder, are.

    Raises:
        ExportError: one is missing, or they do not fit together.
    """
    model, processor, tokenizer = captioning.loaded(
        Florence2ForConditionalGeneration, CLIPImageProcessorPil, files, FILES, "Florence-2"
    )
    read = Florence(model.eval(), processor, tokenizer, question)
    _check(read)
    return read


def _check(read: Florence) -> None:
    size = dict(read.processor.size)
    if size.get("height") is None or size.get("height") != size.get("width"):
        raise ExportError(f"Its pictures are {size}: only squares are served.")
    if read.processor.do_center_crop:
        raise ExportError("It wants the middle of a picture: only whole ones are served.")
    captioning.check_words(read.tokenizer, read.sizes)


class _Look(nn.Module):
    """Preprocessing but for the resize, the DaViT, and what BART makes of it and the question."""

    def __init__(self, read: Florence) -> None:
        super().__init__()
        self.whole = read.model.model
        self.scale = read.processor.rescale_factor
        self.register_buffer("mean", torch.tensor(read.processor.image_mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(read.processor.image_std).view(1, 3, 1, 1))
        self.register_buffer("asked", torch.tensor([read.asked]))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        pixels = image.permute(0, 3, 1, 2).float() * self.scale
        parts = self.whole.vision_tower((pixels - self.mean) / self.std).last_hidden_state
        seen = self.whole.multi_modal_projector(parts)
        asked = self.whole.get_input_embeddings()(self.asked).expand(seen.shape[0], -1, -1)
        both = torch.cat([seen, asked], dim=1)
        return self.whole.language_model.encoder(inputs_embeds=both).last_hidden_state


class _Text(nn.Module):
    """Its BART's decoder: a `Text`."""

    def __init__(self, model: Florence2ForConditionalGeneration) -> None:
        super().__init__()
        self.decoder, self.words = model.model.language_model.decoder, model.lm_head
        self.heads = int(model.config.text_config.decoder_attention_heads)

    @property
    def layers(self) -> nn.ModuleList:
        return self.decoder.layers

    def embedded(self, tokens: torch.Tensor, length: torch.Tensor) -> torch.Tensor:
        places = self.decoder.embed_positions
        place = functional.embedding(length + places.offset, places.weight)
        return self.decoder.layernorm_embedding(self.decoder.embed_tokens(tokens) + place)

    def remembered(self, layer: nn.Module, hidden: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return layer.self_attn.k_proj(hidden), layer.self_attn.v_proj(hidden)

    def passed(
        self, layer: nn.Module, hidden: torch.Tensor, looks: Looks, states: torch.Tensor
    ) -> torch.Tensor:
        own, other = layer.self_attn, layer.encoder_attn
        back = own.out_proj(looks.back(own.q_proj(hidden) * own.scaling))
        hidden = layer.self_attn_layer_norm(hidden + back)
        query = other.q_proj(hidden) * other.scaling
        up = other.out_proj(looks.up(query, other.k_proj, other.v_proj, states))
        hidden = layer.encoder_attn_layer_norm(hidden + up)
        wide = layer.activation_fn(layer.fc1(hidden))
        return layer.final_layer_norm(hidden + layer.fc2(wide))

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        return scored(self.words, hidden)
