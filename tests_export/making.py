"""Tiny models of the real architectures, with random weights, in files as their hubs have them."""

import json
from pathlib import Path

import open_clip
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
from torch import nn
from transformers import PreTrainedTokenizerFast

from export.tokenizing import TEXTS

SEED = 7
UNKNOWN = {"unk_token": "<unk>"}
ENDS = {"pad_token": "<pad>", "eos_token": "<eos>"}
SIDE = 64
CLIP = {
    "embed_dim": 32,
    "vision_cfg": {
        "image_size": SIDE, "layers": 2, "width": 64, "head_width": 32, "patch_size": 16,
    },
    "text_cfg": {
        "context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2,
    },
}  # fmt: skip
SIGLIP = {
    "embed_dim": 48,
    "init_logit_bias": -10,
    "custom_text": True,
    "vision_cfg": {
        "image_size": SIDE, "layers": 2, "width": 48, "head_width": 24, "patch_size": 16,
        "attentional_pool": True, "attn_pooler_queries": 1, "attn_pooler_heads": 2,
    },
    "text_cfg": {
        "context_length": 64, "vocab_size": 500, "width": 48, "heads": 2, "layers": 2,
        "hf_tokenizer_name": "tiny", "tokenizer_kwargs": {"clean": "canonicalize"},
        "no_causal_mask": True, "proj_bias": True, "pool_type": "last",
        "norm_kwargs": {"eps": 1e-6}, "act_kwargs": {"approximate": "tanh"},
    },
}  # fmt: skip
CLIP_LOOK = {
    "mean": [0.48145466, 0.4578275, 0.40821073],
    "std": [0.26862954, 0.26130258, 0.27577711],
    "interpolation": "bicubic",
    "resize_mode": "shortest",
}
SIGLIP_LOOK = {
    "mean": [0.5, 0.5, 0.5],
    "std": [0.5, 0.5, 0.5],
    "interpolation": "bicubic",
    "resize_mode": "squash",
}


def make_clip(folder: Path) -> dict[str, Path]:
    """A CLIP as laion's repositories have one: its tokenizer is the library's own."""
    return _openclip(folder, CLIP, CLIP_LOOK)


def make_siglip(folder: Path) -> dict[str, Path]:
    """A SigLIP as timm's repositories have one, with a tokenizer of byte pairs like Gemma's."""
    folder.mkdir(parents=True, exist_ok=True)
    make_tokenizer(folder)
    return _openclip(folder, SIGLIP, SIGLIP_LOOK)


def make_tokenizer(folder: Path) -> None:
    tokenizer = Tokenizer(models.BPE(**UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    specials = ["<pad>", "<eos>", "<bos>", "<unk>"]
    trainer = trainers.BpeTrainer(vocab_size=500, special_tokens=specials, show_progress=False)
    tokenizer.train_from_iterator([text.lower() for text in TEXTS], trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A <eos>", special_tokens=[("<eos>", 1)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, padding_side="right", **UNKNOWN, **ENDS
    ).save_pretrained(folder)


def _openclip(folder: Path, config: dict, look: dict) -> dict[str, Path]:
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"model_cfg": config, "preprocess_cfg": look})
    (folder / "open_clip_config.json").write_text(text)
    torch.manual_seed(SEED)
    model = open_clip.create_model(f"local-dir:{folder}", load_weights=False)
    save_file(spread(model).state_dict(), folder / "open_clip_model.safetensors")
    return files_of(folder)


def spread(model: nn.Module) -> nn.Module:
    """With weights large enough that what goes in makes a difference to what comes out."""
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.mul_(2)
    return model


def files_of(folder: Path) -> dict[str, Path]:
    return {path.name: path for path in folder.iterdir()}
