"""YOLO files of each layout, against plain numpy on the same files."""

import json
import warnings
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from export import ExportError, parity
from export.kinds import Converted
from export.samples import PackagedPhotos
from export.scrfd import Scrfd
from export.sessions import Session
from export.yolo import STRIDES, TOP_K, Layout, Yolo

SIDE = 160
LABELS = ("person", "cat", "cup")
PIXELS = 0.01  # measured: 8e-6
PROBABILITY = 1e-5  # measured: 0
SEED = 3


class Net(nn.Module):
    """Heads on three grids, listed as the layout has them."""

    def __init__(self, layout: Layout, classes: int, strides: tuple[int, ...]) -> None:
        super().__init__()
        self.layout, self.strides = layout, strides
        self.head = nn.Conv2d(3, (5 if layout.has_objectness else 4) + classes, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        values = (image / image.new_tensor(255)) if self.layout is Layout.YOLOX else image
        listed = [
            self.head(nn.functional.avg_pool2d(values, stride)).flatten(2)
            for stride in self.strides
        ]
        rows = torch.cat(listed, dim=2)
        centre, size, likely = rows[:, :2], rows[:, 2:4], torch.sigmoid(3 * rows[:, 4:] + 1)
        if self.layout is not Layout.YOLOX:
            centre, size = 80 + 40 * centre, 20 + 10 * size.abs()
        answer = torch.cat([centre, size, likely], dim=1)
        return answer if self.layout is Layout.V8 else answer.transpose(1, 2)


def make_yolo(
    path: Path, layout: Layout, *, classes: int = len(LABELS), strides: tuple[int, ...] = STRIDES
) -> dict[str, Path]:
    torch.manual_seed(SEED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of being the older exporter
        torch.onnx.export(
            Net(layout, classes, strides).eval(),
            (torch.zeros(1, 3, SIDE, SIDE),),
            str(path),
            dynamo=False,
            opset_version=12,
            input_names=["images"],
            output_names=["output"],
        )
    return {path.name: path}


@pytest.fixture(params=list(Layout))
def layout(request: pytest.FixtureRequest) -> Layout:
    return request.param


@pytest.fixture
def converted(layout: Layout, tmp_path: Path, photos: PackagedPhotos) -> Converted:
    return Yolo(layout, SIDE, LABELS).convert(make_yolo(tmp_path / "y.onnx", layout), photos)


class TestDetector:
    def test_reads_the_file_as_its_layout_says_alone_and_in_batches(
        self, converted: Converted
    ) -> None:
        worst = parity.measure(converted, Session(converted.model.SerializeToString()))

        found = [converted.original(each) for each in parity.items(converted.samples)]
        assert min(len(each["scores"]) for each in found) >= 3, "there is something to compare"
        assert worst["boxes"] <= PIXELS
        assert worst["scores"] <= PROBABILITY
        assert worst["classes"] == 0

    def test_gives_the_best_rows_first(self, converted: Converted) -> None:
        answers = Session(converted.model.SerializeToString())(converted.samples)

        assert answers["boxes"].shape == (3, TOP_K, 4)
        assert (np.diff(answers["scores"], axis=1) <= 0).all()

    def test_names_its_classes_and_how_photos_are_fitted(self, converted: Converted) -> None:
        assert json.loads(converted.parameters["labels"]) == list(LABELS)
        assert converted.parameters["fit"] == "letterbox"


class TestYolox:
    def test_boxes_are_where_the_cells_are(self, tmp_path: Path, photos: PackagedPhotos) -> None:
        """By hand: offsets of 0 and sizes of e^0 strides lie at the cells' corners."""
        files = make_yolo(tmp_path / "y.onnx", Layout.YOLOX)
        yolo = Yolo(Layout.YOLOX, SIDE, LABELS)
        converted = yolo.convert(files, photos)
        answers = Session(converted.model.SerializeToString())(converted.samples)

        (original,) = [converted.original({"image": converted.samples["image"][0]})]

        centres = original["boxes"][:, :2] + original["boxes"][:, 2:] / 2
        assert centres.min() >= -4 * STRIDES[-1]
        assert centres.max() <= SIDE + 4 * STRIDES[-1]
        assert np.allclose(answers["boxes"][0, : len(centres)], original["boxes"], atol=PIXELS)


class TestRefusal:
    def test_of_another_number_of_classes(self, tmp_path: Path, photos: PackagedPhotos) -> None:
        files = make_yolo(tmp_path / "y.onnx", Layout.V8, classes=5)

        with pytest.raises(
            ExportError, match=r"have \(9,\) numbers: layout v8 with 3 labels has 7"
        ):
            Yolo(Layout.V8, SIDE, LABELS).convert(files, photos)

    def test_of_other_cells(self, tmp_path: Path, photos: PackagedPhotos) -> None:
        files = make_yolo(tmp_path / "y.onnx", Layout.YOLOX, strides=(8, 16))

        with pytest.raises(ExportError, match="has 500 rows: at side 160 there are 525 cells"):
            Yolo(Layout.YOLOX, SIDE, LABELS).convert(files, photos)

    @pytest.mark.parametrize("kind", [Yolo(Layout.V8, SIDE, LABELS), Scrfd()])
    def test_of_operators_that_the_server_does_not_know(
        self, tmp_path: Path, photos: PackagedPhotos, kind: Yolo | Scrfd
    ) -> None:
        path = tmp_path / "y.onnx"
        model = onnx.parser.parse_model(
            '<ir_version: 8, opset_import: ["": 17, "own": 1]>'
            "y (float[1,3,S,S] images) => (float[1,7,N] a) { a = own.Magic (images) }"
        )
        onnx.save(model, path)

        with pytest.raises(ExportError, match="onnxruntime cannot load the model"):
            kind.convert({path.name: path}, photos)

    def test_of_weights_outside_the_file(self, tmp_path: Path, photos: PackagedPhotos) -> None:
        (path,) = make_yolo(tmp_path / "y.onnx", Layout.V8).values()
        model = onnx.load(path)
        onnx.save(model, path, save_as_external_data=True, location="w", size_threshold=0)

        with pytest.raises(ExportError, match="has weights outside its file"):
            Yolo(Layout.V8, SIDE, LABELS).convert({path.name: path}, photos)

    def test_of_a_file_that_drops_overlaps_itself(
        self, tmp_path: Path, photos: PackagedPhotos
    ) -> None:
        path = tmp_path / "y.onnx"
        model = onnx.parser.parse_model(
            '<ir_version: 8, opset_import: ["": 17]>'
            "y (float[1,3,S,S] images) => (float[1,3,S,S] a, float[1,3,S,S] b)"
            "{ a = Relu (images) b = Neg (images) }"
        )
        onnx.save(model, path)

        with pytest.raises(ExportError, match="has 1 inputs and 2 outputs: one of each is taken"):
            Yolo(Layout.V8, SIDE, LABELS).convert({path.name: path}, photos)
