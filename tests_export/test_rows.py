"""The rows of the hub packs, built whole from tiny files that lie as the hubs lay them."""

import json
from pathlib import Path

import pytest
import torch

from export import samples
from export.build import build
from export.models import Model
from export.publish import is_current, publish
from export.rows_hub import BUFFALO_S, INSIGHTFACE, OPEN, OPENCLIP_FILES, SFACE
from export.samples import PackagedPhotos
from export.sources import SAFE
from local.packages import CACHE
from tests_export.making import make_clip, make_siglip
from tests_export.making_faces import make_arcface, make_scrfd
from tests_export.making_objects import SIDE, make_detector

ALL = (*INSIGHTFACE, *BUFFALO_S, *OPEN)
HUB = [model for model in ALL if not model.weights[0].sha256]  # the others are of packages
BUILT = {"config.pbtxt", "configs/gpu.pbtxt", "manifest.json", "1/model.onnx", "1/reference.npz",
         "1/built.json"}  # fmt: skip


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, photos: PackagedPhotos) -> Path:
    """Folders of every repository that HUB names."""
    root = tmp_path_factory.mktemp("hub")
    square = torch.from_numpy(samples.pictures(photos, 640)[0].copy())
    for pack, detector, embedder in (
        ("buffalo_l", "det_10g.onnx", "w600k_r50.onnx"),
        ("buffalo_s", "det_500m.onnx", "w600k_mbf.onnx"),
    ):
        (root / pack).mkdir()
        make_scrfd(root / pack / detector, square)
        make_arcface(root / pack / embedder)
    sface = root / "opencv" / "face_recognition_sface"
    sface.mkdir(parents=True)
    make_arcface(sface / "face_recognition_sface_2021dec.onnx", SFACE.dimension)
    make_clip(root / "laion" / "CLIP-ViT-B-32-laion2B-s34B-b79K")
    make_siglip(root / "timm" / "ViT-B-16-SigLIP2-256")
    pictures = torch.from_numpy(samples.pictures(photos, SIDE))
    for name in ("rtdetr_v2_r18vd", "rtdetr_v2_r50vd"):
        make_detector("rt_detr_v2", root / "PekingU" / name, pictures)
    return root


@pytest.mark.parametrize("model", HUB, ids=[model.name for model in HUB])
class TestRow:
    def test_builds_a_model_that_can_be_served(
        self, model: Model, hub: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HUB_FOLDER", str(hub))
        for package in CACHE.iterdir():
            if package.is_dir():  # not the pins, which are this test's own
                (tmp_path / package.name).symlink_to(package)
        repository = tmp_path / "repository"
        repository.mkdir()

        publish(model, build(model, cache=tmp_path), repository)

        folder = repository / model.name
        built = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
        tokenizer = {"1/tokenizer.json"} if model.role == "text_encoder" else set()
        assert built == BUILT | tokenizer
        assert is_current(model, repository)
        pins = json.loads((tmp_path / "pins.json").read_text())
        assert len(pins) == len(model.weights)

    def test_says_under_which_licence_and_whose_its_files_are(self, model: Model) -> None:
        assert all(each.licence and each.origin for each in model.weights)

    def test_asks_for_no_file_that_may_hold_code(self, model: Model) -> None:
        assert all(Path(each.member).suffix in SAFE for each in model.weights)


class TestPacks:
    def test_have_no_name_twice(self) -> None:
        names = [model.name for model in ALL]

        assert len(set(names)) == len(names)

    def test_open_is_of_permissive_licences_alone(self) -> None:
        licences = {each.licence.split(" ")[0] for model in OPEN for each in model.weights}

        assert licences <= {"Apache-2.0", "MIT"}

    def test_encoders_of_one_pack_are_made_from_the_same_files(self) -> None:
        for pack in (INSIGHTFACE, OPEN):
            (image,) = [model for model in pack if model.role == "image_encoder"]
            (text,) = [model for model in pack if model.role == "text_encoder"]
            assert image.weights == text.weights
            assert {each.member for each in image.weights} >= set(OPENCLIP_FILES)
