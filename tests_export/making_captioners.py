"""Tiny captioners of the real architectures, with random weights, in files as hubs have them."""

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import (
    BartConfig,
    BlipConfig,
    BlipForConditionalGeneration,
    BlipImageProcessorPil,
    CLIPImageProcessorPil,
    Florence2Config,
    Florence2ForConditionalGeneration,
    PreTrainedTokenizerFast,
)

from tests_export.making import SEED, files_of

SIDE = 64
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = (
    "a an the group of people in room two men and woman who look at sea picture with on is are "
    "cat dog house car tree red blue green small large one three near under standing sitting "
    "looking ##s ##ing ##ed man boy girl child water sky grass street table food - , ."
).split()
QUESTION = ["What", "does", "image", "describe", "?"]
DECODER = "[DEC]"
ENDING = 1.2  # how much likelier than other tokens the one is that ends a sentence


def make_blip(folder: Path, **text: float) -> dict[str, Path]:
    """A BLIP as Salesforce's repositories have one; `text`: more of its text_config."""
    folder.mkdir(parents=True, exist_ok=True)
    make_bert_tokenizer(folder)
    vocabulary = [*SPECIAL, *WORDS, DECODER]
    config = BlipConfig(
        text_config={
            "vocab_size": len(vocabulary), "hidden_size": 32, "encoder_hidden_size": 48,
            "intermediate_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4,
            "max_position_embeddings": 40, "bos_token_id": vocabulary.index(DECODER),
            "eos_token_id": 2, "pad_token_id": 0, "sep_token_id": vocabulary.index("[SEP]"), **text,
        },
        vision_config={
            "image_size": SIDE, "patch_size": 16, "hidden_size": 48, "intermediate_size": 96,
            "num_hidden_layers": 2, "num_attention_heads": 4,
        },
    )  # fmt: skip
    torch.manual_seed(SEED)
    model = varied(BlipForConditionalGeneration(config))
    with torch.no_grad():
        model.text_decoder.cls.predictions.bias[vocabulary.index("[SEP]")] += ENDING
    model.save_pretrained(folder)
    BlipImageProcessorPil(size={"height": SIDE, "width": SIDE}).save_pretrained(folder)
    return files_of(folder)


def make_bert_tokenizer(folder: Path) -> None:
    vocabulary = {word: number for number, word in enumerate([*SPECIAL, *WORDS, DECODER])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        additional_special_tokens=[DECODER],
    ).save_pretrained(folder)


def make_florence(folder: Path) -> dict[str, Path]:
    """A Florence-2 as florence-community's repositories have one."""
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = make_bart_tokenizer(folder)
    config = Florence2Config(
        text_config=BartConfig(
            vocab_size=len(vocabulary), d_model=48, encoder_layers=2, decoder_layers=3,
            encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=64,
            decoder_ffn_dim=64, max_position_embeddings=120, bos_token_id=0, pad_token_id=1,
            eos_token_id=2, decoder_start_token_id=2,
        ).to_dict(),
        vision_config={
            "depths": (1, 1), "patch_size": (7, 3), "patch_stride": (4, 2), "patch_padding": (3, 1),
            "patch_prenorm": (False, True), "embed_dim": (16, 32), "num_heads": (2, 4),
            "num_groups": (2, 4), "window_size": 5, "projection_dim": 48, "drop_path_rate": 0.0,
        },
        image_token_id=vocabulary["<image>"],
    )  # fmt: skip
    torch.manual_seed(SEED)
    model = varied(Florence2ForConditionalGeneration(config))
    how = {"num_beams": 3, "no_repeat_ngram_size": 3, "early_stopping": True}
    forced = {"forced_bos_token_id": 0, "forced_eos_token_id": 2, "decoder_start_token_id": 2}
    model.generation_config.update(**how, **forced)
    model.save_pretrained(folder)
    CLIPImageProcessorPil(
        size={"height": SIDE, "width": SIDE}, do_center_crop=False, image_seq_length=65
    ).save_pretrained(folder)
    return files_of(folder)


def make_bart_tokenizer(folder: Path) -> dict[str, int]:
    specials = ["<s>", "<pad>", "</s>", "<unk>"]
    vocabulary = {
        word: number for number, word in enumerate([*specials, *WORDS, *QUESTION, "<image>"])
    }
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        extra_special_tokens={"image_token": "<image>"},
    ).save_pretrained(folder)
    return vocabulary


def varied(model: torch.nn.Module) -> torch.nn.Module:
    """With weights at which sentences differ from photo to photo, and end."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim > 1:
                parameter.copy_(torch.randn_like(parameter) * 0.25)
            elif name.endswith("bias"):
                parameter.copy_(torch.randn_like(parameter) * 0.1)
    return model
