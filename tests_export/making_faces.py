"""Nets with the tensors of insightface's packs, and random weights."""

import warnings
from pathlib import Path

import torch
from torch import nn

SEED = 11
STRIDES = (8, 16, 32)
RARE = 0.993  # of the anchors of a photo are no face


class ScrfdNet(nn.Module):
    """A small body with heads as in det_10g.onnx and det_500m.onnx.

    `batched`: outputs have a batch axis, as in files that were made for batches; otherwise the
    batch goes behind the cells and all is flattened, as in the published ones.
    """

    def __init__(self, *, landmarks: bool = True, batched: bool = False) -> None:
        super().__init__()
        self.batched = batched
        calm = nn.AvgPool2d(8)  # or noise would have hundreds of faces
        self.stages = nn.ModuleList(
            [
                nn.Sequential(calm, nn.Conv2d(3, 16, 3, padding=1), nn.ReLU()),
                nn.Sequential(nn.Conv2d(16, 16, 3, 2, 1), nn.ReLU()),
                nn.Sequential(nn.Conv2d(16, 16, 3, 2, 1), nn.ReLU()),
            ]
        )
        sizes = (1, 4, 10) if landmarks else (1, 4)
        self.heads = nn.ModuleList([nn.Conv2d(16, 2 * size, 3, padding=1) for size in sizes])
        self.sizes = sizes

    def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
        maps, level = [], image
        for stage in self.stages:
            level = stage(level)
            maps.append(level)
        return [
            self._listed(head(level), size)
            for head, size in zip(self.heads, self.sizes, strict=True)
            for level in maps
        ]

    def _listed(self, values: torch.Tensor, size: int) -> torch.Tensor:
        if size == 1:
            values = torch.sigmoid(values)
        if self.batched:
            return values.permute(0, 2, 3, 1).reshape(values.shape[0], -1, size)
        return values.permute(2, 3, 0, 1).reshape(-1, size)


class ArcFaceNet(nn.Module):
    """Input and output as in w600k_r50.onnx and w600k_mbf.onnx."""

    def __init__(self, dimension: int = 512) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 8, 3, 4, 1), nn.PReLU(8), nn.Conv2d(8, 8, 3, 4, 1), nn.Flatten(),
            nn.Linear(8 * 7 * 7, dimension), nn.BatchNorm1d(dimension),
        )  # fmt: skip

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.body(image)


def make_scrfd(
    path: Path, photo: torch.Tensor, *, landmarks: bool = True, batched: bool = False
) -> Path:
    """It finds a few faces, somewhere, in `photo`: (640, 640, 3) uint8."""
    torch.manual_seed(SEED)
    net = ScrfdNet(landmarks=landmarks, batched=True)
    with torch.no_grad():
        scores, *places = net.heads
        scores.weight.mul_(2)
        for head in places:  # faces have a size, and landmarks lie in them
            head.bias.fill_(2)
            head.weight.mul_(4)
        pixels = (photo.permute(2, 0, 1)[None].float() - 127.5) / 128
        likely = torch.cat([torch.logit(each).flatten() for each in net(pixels)[:3]])
        scores.bias.sub_(likely.quantile(RARE))
    net.batched = batched
    names = [f"out_{index}" for index in range(3 * len(net.sizes))]
    return _written(net, path, side=640, names=names, any_batch=batched)


def make_arcface(path: Path, dimension: int = 512) -> Path:
    torch.manual_seed(SEED)
    return _written(ArcFaceNet(dimension), path, side=112, names=["embedding"])


def _written(
    net: nn.Module, path: Path, *, side: int, names: list[str], any_batch: bool = False
) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of being the older exporter, as theirs was
        torch.onnx.export(
            net.eval(),
            (torch.zeros(1, 3, side, side),),
            str(path),
            dynamo=False,
            opset_version=11,
            input_names=["input.1"],
            output_names=names,
            dynamic_axes={name: {0: "B"} for name in ("input.1", *names)} if any_batch else None,
        )
    return path
