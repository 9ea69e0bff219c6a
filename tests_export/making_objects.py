"""Tiny object detectors with random weights, in files as their hubs have them."""

from pathlib import Path

import torch
from torch import nn
from transformers import (
    DFineConfig,
    DFineForObjectDetection,
    HGNetV2Config,
    RTDetrImageProcessor,
    RTDetrResNetConfig,
    RTDetrV2Config,
    RTDetrV2ForObjectDetection,
)

from tests_export.making import files_of

SEED = 1
LABELS = ("person", "bicycle", "car", "cat", "dog")
QUERIES = 12
SIDE = 320  # smaller than the real 640, so that tests are quick
UNLIKELY = 10.0  # how far below the others places at the border are, of a score before sigmoid


def _rt_detr() -> nn.Module:
    backbone = RTDetrResNetConfig(
        embedding_size=16,
        hidden_sizes=[16, 24, 32, 48],
        depths=[1, 1, 1, 1],
        layer_type="basic",
        out_features=["stage2", "stage3", "stage4"],
    )
    size = _size([24, 32, 48])
    return RTDetrV2ForObjectDetection(RTDetrV2Config(backbone_config=backbone, **size))


def _d_fine() -> nn.Module:
    backbone = HGNetV2Config(
        stage_in_channels=[16, 32, 64, 128],
        stage_mid_channels=[8, 16, 16, 24],
        stage_out_channels=[32, 64, 128, 160],
        stage_num_blocks=[1, 1, 1, 1],
        stage_downsample=[False, True, True, True],
        stage_light_block=[False, False, True, True],
        stage_kernel_size=[3, 3, 5, 5],
        stage_numb_of_layers=[2, 2, 2, 2],
        stem_channels=[3, 8, 16],
        embedding_size=8,
        hidden_sizes=[32, 64, 128, 160],
        out_features=["stage2", "stage3", "stage4"],
    )
    return DFineForObjectDetection(DFineConfig(backbone_config=backbone, **_size([64, 128, 160])))


def _size(channels: list[int]) -> dict:
    return {
        "encoder_in_channels": channels,
        "encoder_hidden_dim": 32,
        "encoder_layers": 1,
        "encoder_ffn_dim": 64,
        "encoder_attention_heads": 2,
        "feat_strides": [8, 16, 32],
        "d_model": 32,
        "decoder_in_channels": [32, 32, 32],
        "decoder_ffn_dim": 64,
        "decoder_layers": 2,
        "decoder_attention_heads": 2,
        "num_queries": QUERIES,
        "num_denoising": 0,
        "freeze_backbone_batch_norms": False,  # they learn what is usual, too
        "id2label": dict(enumerate(LABELS)),
        "label2id": {label: index for index, label in enumerate(LABELS)},
    }


FAMILIES = {"d_fine": _d_fine, "rt_detr_v2": _rt_detr}


def make_detector(family: str, folder: Path, photos: torch.Tensor) -> dict[str, Path]:
    """A detector that says different things of different `photos`, (n, side, side, 3) uint8."""
    torch.manual_seed(SEED)
    model = FAMILIES[family]()
    _spread(model)
    model.train()
    with torch.no_grad():
        model(pixel_values=photos.permute(0, 3, 1, 2).float() / 255)
        _never_at_the_border(model.model)
    model.eval().save_pretrained(folder)
    processor = RTDetrImageProcessor(size={"height": SIDE, "width": SIDE})
    processor.save_pretrained(folder)
    return files_of(folder)


def _spread(model: nn.Module) -> None:
    """Weights as large as keeps what flows through them: the library's own nearly stop it."""
    with torch.no_grad():
        for layer in model.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.momentum = None  # one batch tells it what is usual
            if isinstance(layer, (nn.Conv2d, nn.Linear)):
                layer.weight.normal_(std=1.4 / layer.weight[0].numel() ** 0.5)
                if layer.bias is not None:
                    layer.bias.normal_(std=0.1)


def _never_at_the_border(model: nn.Module) -> None:
    """As of a trained one: places there all look alike, and of equals any may be chosen."""
    nothing = model.enc_output(torch.zeros(1, model.config.d_model))[0]
    model.enc_score_head.weight.sub_(UNLIKELY * nothing / nothing.dot(nothing))
