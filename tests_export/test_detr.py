"""RT-DETRv2 and D-FINE against transformers' own way from a picture to detections."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from export import ExportError, parity, samples
from export.detr import Detr
from export.kinds import Converted
from export.samples import PackagedPhotos
from export.sessions import Session
from tests_export.making_objects import FAMILIES, LABELS, QUERIES, SIDE, make_detector

# Measured, in pixels of 320: .16 and .0008. D-FINE adds up its edges from distributions, which with
# random weights makes rounding large: PyTorch's own float32 lies .05 and .0002 from its float64.
PIXELS = {"d_fine": 0.3, "rt_detr_v2": 0.01}
PROBABILITY = {"d_fine": 2e-3, "rt_detr_v2": 1e-5}


@pytest.fixture(scope="module")
def pictures(photos: PackagedPhotos) -> torch.Tensor:
    return torch.from_numpy(samples.pictures(photos, SIDE))


@pytest.fixture(scope="module", params=sorted(FAMILIES))
def family(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def files(
    family: str, pictures: torch.Tensor, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    return make_detector(family, tmp_path_factory.mktemp(family), pictures)


@pytest.fixture(scope="module")
def converted(files: dict[str, Path], photos: PackagedPhotos) -> Converted:
    return Detr().convert(files, photos)


class TestDetector:
    def test_finds_what_transformers_finds_alone_and_in_batches(
        self, converted: Converted, family: str
    ) -> None:
        worst = parity.measure(converted, Session(converted.model.SerializeToString()))

        found = [converted.original(each) for each in parity.items(converted.samples)]
        assert min(len(each["scores"]) for each in found) >= 3, "there is something to compare"
        assert worst["boxes"] <= PIXELS[family]
        assert worst["scores"] <= PROBABILITY[family]
        assert worst["classes"] == 0

    def test_gives_a_row_a_query_with_boxes_in_the_picture(self, converted: Converted) -> None:
        answers = Session(converted.model.SerializeToString())(converted.samples)

        assert answers["boxes"].shape == (3, QUERIES, 4)
        assert (np.diff(answers["scores"], axis=1) <= 0).all()
        assert answers["boxes"].max() <= 2 * SIDE

    def test_names_its_classes_and_how_photos_are_fitted(self, converted: Converted) -> None:
        assert json.loads(converted.parameters["labels"]) == list(LABELS)
        assert converted.parameters["fit"] == "stretch"


class TestRefusal:
    def test_of_files_that_are_not_all_there(
        self, files: dict[str, Path], photos: PackagedPhotos
    ) -> None:
        without = {name: path for name, path in files.items() if name != "model.safetensors"}

        with pytest.raises(ExportError, match=r"^model.safetensors is missing"):
            Detr().convert(without, photos)

    def test_of_another_family(self, tmp_path: Path, photos: PackagedPhotos) -> None:
        names = ("config.json", "model.safetensors", "preprocessor_config.json")
        files = {name: tmp_path / name for name in names}
        files["config.json"].write_text('{"model_type": "yolos"}')

        with pytest.raises(ExportError, match="model_type 'yolos'"):
            Detr().convert(files, photos)

    def test_of_weights_that_lack_some(
        self, files: dict[str, Path], tmp_path: Path, photos: PackagedPhotos
    ) -> None:
        """transformers itself would make them up."""
        for name in ("config.json", "preprocessor_config.json"):
            (tmp_path / name).write_bytes(files[name].read_bytes())
        state = load_file(files["model.safetensors"])
        lost = next(name for name in state if "enc_score_head.weight" in name)
        del state[lost]
        save_file(state, tmp_path / "model.safetensors", metadata={"format": "pt"})

        with pytest.raises(ExportError, match=r"model.safetensors lacks 1 weights, as "):
            Detr().convert({path.name: path for path in tmp_path.iterdir()}, photos)
