"""Tokenizers as one file, tokenizer.json, which the service reads without the library it is from.

https://huggingface.co/docs/tokenizers
"""

import re
import string
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from export import ExportError
from export.kinds import Array

# In the languages that people search in, and what is awkward: case, marks, length, nothing.
TEXTS = (
    "a photo of a cat",
    "Three people, smiling; two of them aren't looking!",
    "  Foto   tiga orang sedang bersalaman di depan rumah  ",
    "Upacara 17 Agustus: anak-anak berlari di lapangan desa_baru.",
    "Café con leche \u2013 \u201cseñor\u201d l\u2019été 北京 😀",
    "kata " * 200,
    "",
)
QUOTES = {"[\u2018\u2019\u201b]": "'", "[\u201c\u201d\u201f]": '"'}  # as ftfy has them
SPACES = normalizers.Replace(Regex(r"\s+"), " ")
PUNCTUATION = normalizers.Replace(Regex(f"[{re.escape(string.punctuation)}]"), "")
CLEANING = {  # as open_clip names what it does to a text first
    "whitespace": [SPACES, normalizers.Strip()],
    "lower": [SPACES, normalizers.Strip(), normalizers.Lowercase()],
    "canonicalize": [
        normalizers.Replace("_", " "),
        PUNCTUATION,
        normalizers.Lowercase(),
        SPACES,
        normalizers.Strip(),
    ],
}
CLIP_WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


class Original(Protocol):
    """A tokenizer as open_clip has it: texts -> ids (n, context)."""

    context_length: int

    def __call__(self, texts: Sequence[str]) -> Array: ...


def cleaning(name: str) -> normalizers.Normalizer:
    """What open_clip's cleaning does, but for mending broken encodings and HTML entities."""
    quotes = [normalizers.Replace(Regex(found), plain) for found, plain in QUOTES.items()]
    return normalizers.Sequence([normalizers.NFC(), *quotes, *CLEANING[name]])


def clip(encoder: dict[str, int], merges: list[tuple[str, str]], context: int) -> Tokenizer:
    """CLIP's byte pairs, from its vocabulary and the order in which pairs are joined.

    Source: Learning Transferable Visual Models From Natural Language Supervision, Radford et al.
    2021 (arXiv:2103.00020), 2.4.
    """
    start, end = "<start_of_text>", "<end_of_text>"
    tokenizer = Tokenizer(
        models.BPE(encoder, merges, end_of_word_suffix="</w>", unk_token=end, fuse_unk=False)
    )
    tokenizer.normalizer = cleaning("lower")
    words = pre_tokenizers.Split(Regex(CLIP_WORDS), behavior="removed", invert=True)
    as_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([words, as_bytes])
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{start} $A {end}",
        special_tokens=[(start, encoder[start]), (end, encoder[end])],
    )
    return with_length(tokenizer, context, pad_id=0)


def with_length(tokenizer: Tokenizer, context: int, *, pad_id: int) -> Tokenizer:
    """It gives `context` ids whatever the text: what is more is cut off, what lacks is filled."""
    tokenizer.enable_truncation(context)
    pad = tokenizer.id_to_token(pad_id)
    tokenizer.enable_padding(length=context, pad_id=pad_id, pad_token=pad)
    return tokenizer


def encode(tokenizer: Tokenizer, texts: Sequence[str]) -> dict[str, Array]:
    """`input_ids` and `attention_mask` of texts, (n, context) int64 each."""
    encoded = tokenizer.encode_batch(list(texts))
    return {
        "input_ids": np.array([each.ids for each in encoded], np.int64),
        "attention_mask": np.array([each.attention_mask for each in encoded], np.int64),
    }


def check_same(tokenizer: Tokenizer, original: Original) -> None:
    """
    Raises:
        ExportError: the two give other ids for one of TEXTS.
    """
    ours = encode(tokenizer, TEXTS)["input_ids"]
    theirs = np.asarray(original(list(TEXTS)))
    for text, our, their in zip(TEXTS, ours, theirs, strict=True):
        if not np.array_equal(our, their):
            raise ExportError(
                f"tokenizer.json gives other tokens for {text[:40]!r} than the library does: "
                f"{our[:12].tolist()}... and {their[:12].tolist()}..."
            )
