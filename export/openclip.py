"""Encoders of one space for pictures and words: any model that open_clip reads, SigLIP 2 too.

The files are those of its repository on the hub: open_clip_config.json, the weights as
safetensors and, where it is not CLIP's own, the tokenizer's.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn

from export import ExportError, samples, tokenizing, traced
from export.kinds import Answers, Array, Converted, Photos, Tensor
from local.packages import digest

import open_clip  # isort: skip  # after `traced`, which has torchvision imported

FITS = {"shortest": "crop", "squash": "stretch"}  # open_clip's words, and ours
CONFIG = "open_clip_config.json"
PHOTOS = ("t1.jpg", "astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg")
STRANGERS = (  # words that none of PHOTOS shows, in templates as tags are in
    "a photo of a horse", "a photo of a bicycle", "a photo of the sea", "a photo of snow",
    "a photo of a wedding", "a photo of a bridge", "a photo of a handshake", "a photo of a dog",
    "a photo of a football match", "a photo of a forest", "a photo of a market", "a photo of a bus",
)  # fmt: skip
VOCABULARY = 1000  # tags that one is told from, of a model that was trained to choose


@dataclass(frozen=True)
class OpenClip:
    """A model's files, read. `clip`: open_clip's model. `weights`: its sha256."""

    clip: nn.Module
    tokenizer: Any  # open_clip's
    preprocess: Callable[[Any], torch.Tensor]
    config: Mapping[str, Any]
    weights: str

    @property
    def side(self) -> int:
        size = self.clip.visual.preprocess_cfg["size"]
        height, width = size if isinstance(size, (list, tuple)) else (size, size)
        if height != width:
            raise ExportError(f"Its pictures are {width} x {height}: only squares are served.")
        return int(height)

    @property
    def fit(self) -> str:
        how = self.clip.visual.preprocess_cfg["resize_mode"]
        if how not in FITS:
            raise ExportError(f"It wants pictures resized by {how!r}, which clients cannot do.")
        return FITS[how]

    @property
    def joint_space(self) -> str:
        """The same for both encoders of a model, and for no others."""
        return f"openclip:{self.weights[:16]}"


@dataclass(frozen=True)
class OpenClipImage:
    """Photos -> unit vectors. `tag_cosine`: where a tag is as likely as not; None: measured."""

    languages: str  # of the words in its space, as "en,id"
    tag_cosine: float | None = None

    def convert(self, files: Mapping[str, Path], photos: Photos) -> Converted:
        read = load(files)
        inputs = (Tensor("image", np.uint8, (read.side, read.side, 3)),)
        outputs = (_embedding(read),)
        pictures = _pictures(photos, read.side)
        return Converted(
            model=traced.trace(
                _Image(read.clip),
                [torch.from_numpy(pictures[:2])],
                inputs,
                outputs,
                name="image_encoder",
            ),
            inputs=inputs,
            outputs=outputs,
            original=lambda item: _original_image(read, item["image"]),
            samples={"image": pictures},
            parameters=_parameters(read, self.languages)
            | {"fit": read.fit}
            | tagging(read, pictures, self.tag_cosine),
        )


@dataclass(frozen=True)
class OpenClipText:
    """Tokens of the file beside it -> unit vectors."""

    languages: str

    def convert(self, files: Mapping[str, Path], photos: Photos) -> Converted:
        read = load(files)
        tokenizer = tokenizer_of(read)
        context = read.tokenizer.context_length
        names = ("input_ids", "attention_mask")
        inputs = tuple(Tensor(name, np.int64, (context,)) for name in names)
        outputs = (_embedding(read),)
        tokens = tokenizing.encode(tokenizer, tokenizing.TEXTS)
        return Converted(
            model=traced.trace(
                _Text(read.clip, tokenizer.padding["pad_id"]),
                [torch.from_numpy(tokens[name][:2]) for name in names],
                inputs,
                outputs,
                name="text_encoder",
            ),
            inputs=inputs,
            outputs=outputs,
            original=lambda item: _original_text(read, item["input_ids"]),
            samples=tokens,
            parameters=_parameters(read, self.languages) | {"max_tokens": str(context)},
            beside={"tokenizer.json": tokenizer.to_str().encode()},
        )


def load(files: Mapping[str, Path]) -> OpenClip:
    """The model that `files`, which lie in one folder, are.

    Raises:
        ExportError: one is missing, or they do not fit together.
    """
    weights = [path for name, path in files.items() if name.endswith(".safetensors")]
    if len(weights) != 1 or CONFIG not in files:
        raise ExportError(f"{CONFIG} and one file of safetensors are needed, not {sorted(files)}.")
    name = f"local-dir:{weights[0].parent}"
    try:
        clip, preprocess = open_clip.create_model_from_pretrained(name)
        tokenizer = open_clip.get_tokenizer(name)
        config = json.loads(files[CONFIG].read_text())["model_cfg"]
    except (OSError, RuntimeError, ValueError, TypeError, KeyError) as exc:
        raise ExportError(f"open_clip cannot read the model: {exc}") from exc
    return OpenClip(clip.eval().float(), tokenizer, preprocess, config, digest(weights[0]))


def tokenizer_of(read: OpenClip) -> Tokenizer:
    """open_clip's tokenizer as one that stands alone, and gives the same ids.

    Raises:
        ExportError: it does something that cannot be said in such a file.
    """
    original = read.tokenizer
    if isinstance(original, open_clip.SimpleTokenizer):
        pairs = sorted(original.bpe_ranks, key=original.bpe_ranks.__getitem__)
        tokenizer = tokenizing.clip(original.encoder, pairs, original.context_length)
    else:
        tokenizer = _of_hub(read)
    tokenizing.check_same(tokenizer, original)
    return tokenizer


def tagging(read: OpenClip, pictures: Array, cosine: float | None) -> dict[str, str]:
    """`tag_scale` and `tag_cosine`: a tag's score is 1 / (1 + exp(scale * (tag_cosine - cosine))).

    A model trained on yes or no (SigLIP) has learned both: its scale, and its bias. One that was
    trained to choose (CLIP) has a scale alone: there a tag is as likely as not when it would be
    chosen with probability 1/2 among VOCABULARY ones as strange to the photo as STRANGERS are.
    """
    scale = float(read.clip.logit_scale.detach().exp())
    if cosine is None and read.clip.logit_bias is not None:
        cosine = -float(read.clip.logit_bias.detach()) / scale
    if cosine is None:
        strange = scale * _cosines(read, pictures, STRANGERS)
        of_all = float(np.log(np.exp(strange - strange.max()).mean()) + strange.max())
        cosine = (of_all + np.log(VOCABULARY)) / scale
    return {"tag_cosine": f"{cosine:.4f}", "tag_scale": f"{scale:.4f}"}


class _Image(nn.Module):
    """Preprocessing but for the resize, the encoder, and length 1."""

    def __init__(self, clip: nn.Module) -> None:
        super().__init__()
        self.clip = clip
        how = clip.visual.preprocess_cfg
        for name in ("mean", "std"):
            self.register_buffer(name, torch.tensor(how[name]).view(1, 3, 1, 1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        pixels = image.permute(0, 3, 1, 2).float() / 255
        return self.clip.encode_image((pixels - self.mean) / self.std, normalize=True)


class _Text(nn.Module):
    """What is no token is padding, whatever id it came with."""

    def __init__(self, clip: nn.Module, pad_id: int) -> None:
        super().__init__()
        self.clip, self.pad_id = clip, pad_id

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        tokens = input_ids * attention_mask + self.pad_id * (1 - attention_mask)
        return self.clip.encode_text(tokens, normalize=True)


def _of_hub(read: OpenClip) -> Tokenizer:
    original, how = read.tokenizer, read.config["text_cfg"].get("tokenizer_kwargs", {})
    if original.tokenizer_mode or original.strip_sep_token:
        raise ExportError("Its tokenizer edits its tokens afterwards, which no file can say.")
    tokenizer = Tokenizer.from_str(original.tokenizer.backend_tokenizer.to_str())
    first = tokenizing.cleaning(how.get("clean", "whitespace"))
    own = [tokenizer.normalizer] if tokenizer.normalizer else []
    tokenizer.normalizer = tokenizing.normalizers.Sequence([first, *own])
    pad = original.tokenizer.pad_token_id
    return tokenizing.with_length(tokenizer, original.context_length, pad_id=pad)


def _embedding(read: OpenClip) -> Tensor:
    return Tensor("embedding", np.float32, (int(read.config["embed_dim"]),))


def _parameters(read: OpenClip, languages: str) -> dict[str, str]:
    return {
        "dimension": str(read.config["embed_dim"]),
        "joint_space": read.joint_space,
        "languages": languages,
    }


def _pictures(photos: Photos, side: int) -> Array:
    """(n, side, side, 3) uint8."""
    opened = [samples.opened(photos, name) for name in PHOTOS]
    return np.stack([np.asarray(photo.resize((side, side))) for photo in opened])


def _original_image(read: OpenClip, image: Array) -> Answers:
    pixels = read.preprocess(samples.Image.fromarray(image))[None]
    with torch.no_grad():
        return {"embedding": read.clip.encode_image(pixels, normalize=True).numpy()}


def _original_text(read: OpenClip, ids: Array) -> Answers:
    with torch.no_grad():
        vectors = read.clip.encode_text(torch.from_numpy(ids)[None], normalize=True)
    return {"embedding": vectors.numpy()}


def _cosines(read: OpenClip, pictures: Array, texts: tuple[str, ...]) -> Array:
    """(pictures, texts)"""
    seen = np.concatenate([_original_image(read, each)["embedding"] for each in pictures])
    with torch.no_grad():
        said = read.clip.encode_text(read.tokenizer(list(texts)), normalize=True).numpy()
    return seen @ said.T
