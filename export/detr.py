"""Object detectors that choose among queries, of transformers: RT-DETR, RT-DETRv2, D-FINE.

Sources: RT-DETRv2: Improved Baseline with Bag-of-Freebies for Real-Time Detection Transformer, Lv
et al. 2024 (arXiv:2407.17140); D-FINE: Redefine Regression Task in DETRs as Fine-grained
Distribution Refinement, Peng et al. 2024 (arXiv:2410.13842).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from export import ExportError, samples, traced
from export.kinds import Answers, Array, Converted, Photos, Tensor

from transformers import AutoImageProcessor, AutoModelForObjectDetection  # isort: skip  # as above

FAMILIES = ("d_fine", "rt_detr", "rt_detr_v2")  # their answers are read alike
NEEDED = ("config.json", "model.safetensors", "preprocessor_config.json")
SCORE = 0.3  # of the detections that are compared


@dataclass(frozen=True)
class Detr:
    """Boxes are x, y, width, height in pixels of the input, which is the photo stretched."""

    def convert(self, files: Mapping[str, Path], photos: Photos) -> Converted:
        model, processor = load(files)
        side = _side(processor)
        inputs = (Tensor("image", np.uint8, (side, side, 3)),)
        outputs = _outputs(model.config.num_queries)
        pictures = samples.pictures(photos, side)
        graph = traced.trace(
            _Decoded(model, processor, side),
            [torch.from_numpy(pictures[:2])],
            inputs,
            outputs,
            name="object_detector",
        )
        labels = [model.config.id2label[index] for index in range(model.config.num_labels)]
        return Converted(
            model=graph,
            inputs=inputs,
            outputs=outputs,
            original=lambda item: _original(model, processor, item["image"]),
            samples={"image": pictures},
            served=_served,
            parameters={"fit": "stretch", "labels": json.dumps(labels)},
        )


def load(files: Mapping[str, Path]) -> tuple[nn.Module, Any]:
    """The model and the image processor that `files`, which lie in one folder, are.

    Raises:
        ExportError: one is missing, or they are of no family that is read here.
    """
    missing = [name for name in NEEDED if name not in files]
    if missing:
        raise ExportError(f"{', '.join(missing)} is missing: {', '.join(NEEDED)} are needed.")
    folder = files["config.json"].parent
    family = json.loads(files["config.json"].read_text()).get("model_type")
    if family not in FAMILIES:
        raise ExportError(f"config.json says model_type {family!r}: known are {FAMILIES}.")
    try:
        model, report = AutoModelForObjectDetection.from_pretrained(  # nosec B615  # our folder
            folder,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            output_loading_info=True,
        )
        processor = AutoImageProcessor.from_pretrained(  # nosec B615  # the same folder
            folder, local_files_only=True, trust_remote_code=False
        )
    except (OSError, RuntimeError, ValueError) as exc:
        raise ExportError(f"transformers cannot read the model: {exc}") from exc
    if report["missing_keys"]:  # it would make random ones up
        lacking = sorted(report["missing_keys"])
        raise ExportError(f"model.safetensors lacks {len(lacking)} weights, as {lacking[0]}.")
    return model.eval(), processor


class _Decoded(nn.Module):
    """Preprocessing but for the resize; of all pairs of query and class, the likeliest."""

    def __init__(self, model: nn.Module, processor: Any, side: int) -> None:
        super().__init__()
        self.model, self.side = model, side
        self.queries, self.classes = model.config.num_queries, model.config.num_labels
        self.factor = processor.rescale_factor if processor.do_rescale else 1.0
        looks = (processor.image_mean, processor.image_std) if processor.do_normalize else (0, 1)
        for name, value in zip(("mean", "deviation"), looks, strict=True):
            self.register_buffer(name, torch.tensor(value, dtype=torch.float32).view(1, -1, 1, 1))

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        pixels = image.permute(0, 3, 1, 2).float() * self.factor
        said = self.model(pixel_values=(pixels - self.mean) / self.deviation)
        pairs = said.logits.sigmoid().flatten(1)
        scores, best = torch.topk(pairs, self.queries, dim=1)
        query = (best // self.classes).unsqueeze(-1).expand(-1, -1, 4)
        centre, size = (said.pred_boxes.gather(1, query) * self.side).split(2, dim=-1)
        return torch.cat([centre - size / 2, size], dim=-1), scores, best % self.classes


def _side(processor: Any) -> int:
    size = processor.size
    height, width = size.get("height"), size.get("width")
    if not height or height != width:
        raise ExportError(f"preprocessor_config.json: size is {dict(size)}, and no square.")
    return int(height)


def _outputs(rows: int) -> tuple[Tensor, ...]:
    return (
        Tensor("boxes", np.float32, (rows, 4)),
        Tensor("scores", np.float32, (rows,)),
        Tensor("classes", np.int64, (rows,)),
    )


def _original(model: nn.Module, processor: Any, image: Array) -> Answers:
    """The library's own way from a picture to detections."""
    given = processor(images=samples.Image.fromarray(image), return_tensors="pt")
    with torch.no_grad():
        said = model(**given)
    (found,) = processor.post_process_object_detection(
        said, threshold=SCORE, target_sizes=[image.shape[:2]]
    )
    boxes = found["boxes"].numpy()
    return {
        "boxes": np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1),
        "scores": found["scores"].numpy(),
        "classes": found["labels"].numpy(),
    }


def _served(answers: Answers) -> list[Answers]:
    images = (
        dict(zip(answers, values, strict=True)) for values in zip(*answers.values(), strict=True)
    )
    return [
        {name: rows[image["scores"] > SCORE] for name, rows in image.items()} for image in images
    ]
