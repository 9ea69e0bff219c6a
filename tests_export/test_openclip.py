"""OpenCLIP and SigLIP encoders against the library's own answers."""

import json
from pathlib import Path

import numpy as np
import onnxruntime as ort
import open_clip
import pytest
import torch
from PIL import Image
from tokenizers import Tokenizer

from export import ExportError, openclip, parity
from export.kinds import Converted
from export.openclip import OpenClipImage, OpenClipText, load
from export.samples import PackagedPhotos
from export.sessions import Session
from inference.geometry import Fit, fitted
from tests_export import making

TOLERANCE = 1e-5  # of each number of a unit vector; measured: 7e-7
RESIZED = 0.99  # cosine of a photo resized by the library and by the service; measured: .9926
SEARCHES = ("two cats on a sofa", "Dua ekor kucing di atas sofa!", "anak_anak", "x " * 300)

MAKERS = {"clip": making.make_clip, "siglip": making.make_siglip}


@pytest.fixture(scope="module", params=sorted(MAKERS))
def files(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    return MAKERS[request.param](tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="module")
def image(files: dict[str, Path], photos: PackagedPhotos) -> Converted:
    return OpenClipImage(languages="en").convert(files, photos)


@pytest.fixture(scope="module")
def text(files: dict[str, Path], photos: PackagedPhotos) -> Converted:
    return OpenClipText(languages="en").convert(files, photos)


def session(converted: Converted) -> Session:
    return Session(converted.model.SerializeToString())


class TestImageEncoder:
    def test_says_what_open_clip_says_of_photos_and_noise_alone_and_in_batches(
        self, image: Converted
    ) -> None:
        worst = parity.measure(image, session(image))

        assert worst["embedding"] <= TOLERANCE

    def test_tells_photos_apart(self, image: Converted) -> None:
        vectors = session(image)(image.samples)["embedding"]

        alike = vectors @ vectors.T
        assert np.allclose(np.diag(alike), 1, atol=1e-5)
        assert (alike - np.eye(len(alike))).max() < 0.99

    def test_sees_the_photo_as_the_library_does_though_the_service_resizes_it(
        self, image: Converted, files: dict[str, Path], photos: PackagedPhotos
    ) -> None:
        """The service resizes with OpenCV by area, the library with Pillow, bicubic."""
        model = load(files)
        cosines = []
        for name in openclip.PHOTOS:
            with Image.open(photos.file(name)) as opened:
                photo = opened.convert("RGB")
            with torch.no_grad():
                pixels = model.preprocess(photo)[None]
                right = model.clip.encode_image(pixels, normalize=True).numpy()[0]
            (side, _, _), how = image.inputs[0].shape, Fit(image.parameters["fit"])
            sent, _ = fitted(np.asarray(photo), side, side, how)
            cosines.append(float(right @ session(image)({"image": sent[None]})["embedding"][0]))

        assert min(cosines) >= RESIZED

    def test_names_what_a_client_must_know(self, image: Converted, text: Converted) -> None:
        names = {"dimension", "fit", "joint_space", "languages", "tag_cosine", "tag_scale"}
        assert set(image.parameters) == names
        assert image.parameters["joint_space"] == text.parameters["joint_space"]
        assert int(image.parameters["dimension"]) == image.outputs[0].shape[0]

    def test_gives_the_same_bytes_twice(
        self, image: Converted, files: dict[str, Path], photos: PackagedPhotos
    ) -> None:
        again = OpenClipImage(languages="en").convert(files, photos)

        assert again.model.SerializeToString() == image.model.SerializeToString()


class TestTextEncoder:
    def test_says_what_open_clip_says_alone_and_in_batches(self, text: Converted) -> None:
        worst = parity.measure(text, session(text))

        assert worst["embedding"] <= TOLERANCE

    def test_takes_whatever_stands_where_the_mask_is_zero_for_padding(
        self, text: Converted
    ) -> None:
        tokens = dict(text.samples)
        run = session(text)
        right = run(tokens)["embedding"]
        rubbish = np.where(tokens["attention_mask"] == 1, tokens["input_ids"], 42)

        assert np.array_equal(run(tokens | {"input_ids": rubbish})["embedding"], right)


class TestTokenizer:
    @pytest.mark.parametrize("search", SEARCHES)
    def test_gives_the_librarys_tokens_in_english_and_indonesian(
        self, text: Converted, files: dict[str, Path], search: str
    ) -> None:
        tokenizer = Tokenizer.from_str(text.beside["tokenizer.json"].decode())

        ours = tokenizer.encode(search).ids

        assert ours == load(files).tokenizer([search])[0].tolist()

    def test_is_refused_if_it_gives_others(self, files: dict[str, Path]) -> None:
        read = load(files)
        other = openclip.tokenizer_of(read)
        other.normalizer = openclip.tokenizing.normalizers.NFC()

        with pytest.raises(ExportError, match="gives other tokens for"):
            openclip.tokenizing.check_same(other, read.tokenizer)

    def test_is_refused_if_the_library_edits_its_tokens_afterwards(self, tmp_path: Path) -> None:
        read = load(making.make_siglip(tmp_path / "siglip"))
        read.tokenizer.strip_sep_token = True

        with pytest.raises(ExportError, match="edits its tokens afterwards"):
            openclip.tokenizer_of(read)


class TestTags:
    def test_of_a_model_that_learned_yes_or_no_are_as_likely_as_it_says(
        self, tmp_path: Path, photos: PackagedPhotos
    ) -> None:
        read = load(making.make_siglip(tmp_path / "siglip"))

        given = openclip.tagging(read, np.zeros((1, making.SIDE, making.SIDE, 3), np.uint8), None)

        scale, bias = read.clip.logit_scale.exp().item(), read.clip.logit_bias.item()
        cosine = 0.3
        theirs = torch.sigmoid(torch.tensor(scale * cosine + bias)).item()
        ours = 1 / (1 + np.exp(float(given["tag_scale"]) * (float(given["tag_cosine"]) - cosine)))
        assert ours == pytest.approx(theirs, rel=1e-2)

    def test_of_a_model_that_learned_to_choose_are_as_likely_as_not_when_chosen_half_the_time(
        self, tmp_path: Path, image: Converted
    ) -> None:
        read = load(making.make_clip(tmp_path / "clip"))
        picture = np.full((1, making.SIDE, making.SIDE, 3), 99, np.uint8)

        given = openclip.tagging(read, picture, None)

        scale, cosine = float(given["tag_scale"]), float(given["tag_cosine"])
        with torch.no_grad():
            seen = read.clip.encode_image(
                read.preprocess(Image.fromarray(picture[0]))[None], normalize=True
            )
            said = read.clip.encode_text(read.tokenizer(list(openclip.STRANGERS)), normalize=True)
        strangers = torch.exp(scale * (seen @ said.T)).mean().item() * openclip.VOCABULARY
        chosen = np.exp(scale * cosine) / (np.exp(scale * cosine) + strangers)
        assert chosen == pytest.approx(0.5, abs=1e-2)

    def test_may_be_told_by_the_row(self, tmp_path: Path) -> None:
        read = load(making.make_clip(tmp_path / "clip"))

        assert openclip.tagging(read, np.empty(0), 0.25)["tag_cosine"] == "0.2500"


class TestRefusal:
    def test_of_files_that_are_not_all_there(self, files: dict[str, Path]) -> None:
        without = {name: path for name, path in files.items() if not name.endswith(".safetensors")}

        with pytest.raises(ExportError, match=r"one file of safetensors are needed"):
            load(without)

    def test_of_weights_of_another_architecture(self, tmp_path: Path) -> None:
        files = making.make_clip(tmp_path / "clip")
        config = json.loads(files["open_clip_config.json"].read_text())
        config["model_cfg"]["text_cfg"]["layers"] = 3
        files["open_clip_config.json"].write_text(json.dumps(config))

        with pytest.raises(ExportError, match="open_clip cannot read the model"):
            load(files)

    def test_of_a_resize_that_clients_do_not_do(
        self, tmp_path: Path, photos: PackagedPhotos
    ) -> None:
        files = making.make_clip(tmp_path / "clip")
        config = json.loads(files["open_clip_config.json"].read_text())
        config["preprocess_cfg"]["resize_mode"] = "longest"
        files["open_clip_config.json"].write_text(json.dumps(config))

        with pytest.raises(ExportError, match="resized by 'longest'"):
            OpenClipImage(languages="en").convert(files, photos)


def test_the_served_models_need_only_operators_that_the_server_has(
    image: Converted, text: Converted
) -> None:
    for converted in (image, text):
        opsets = {(each.domain, each.version) for each in converted.model.opset_import}
        assert opsets == {("", 17)}
        assert converted.model.ir_version <= 8
        assert ort.InferenceSession(converted.model.SerializeToString())


def test_open_clip_names_are_read_from_its_own_table() -> None:
    assert open_clip.get_pretrained_cfg("ViT-B-32", "laion2b_s34b_b79k")["hf_hub"]
