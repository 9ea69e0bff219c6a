"""BLIP by its exported pair of models, against transformers' own."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from export import ExportError, captioning, parity
from export.blip import Blip, BlipDecoder, BlipEncoder, load
from export.kinds import Array
from export.samples import PackagedPhotos, opened
from inference.decoding import Rules
from inference.geometry import Fit, fitted
from tests_export.making_captioners import SIDE, make_blip
from tests_export.served import Captioner, blip_processor, noise, one_thread

STATES = 2e-5  # measured: 5e-6
STEP = 2e-5  # logarithms; measured: 4e-6
PROMPTS = ("", "a picture of", "two men standing near the sea and")
NOISE = 5
SEARCHES = [
    pytest.param({}, id="greedy"),
    pytest.param({"min_length": 12}, id="greedy, 12 tokens at least"),
    pytest.param({"no_repeat": 2}, id="greedy, no pair twice"),
    pytest.param({"beams": 3}, id="3 beams"),
    pytest.param({"beams": 2, "early_stopping": True}, id="2 beams, stopped early"),
    pytest.param({"beams": 4, "early_stopping": "never"}, id="4 beams, never stopped early"),
    pytest.param({"beams": 3, "length_penalty": 2.0}, id="3 beams, longer ones"),
    pytest.param({"beams": 3, "length_penalty": -1.0}, id="3 beams, shorter ones"),
    pytest.param(
        {"beams": 3, "length_penalty": 0.0, "early_stopping": "never"}, id="3 beams, canonical"
    ),
    pytest.param({"beams": 5, "min_length": 9, "no_repeat": 3}, id="5 beams, all rules"),
]
NAMES = {"beams": "num_beams", "no_repeat": "no_repeat_ngram_size"}


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return make_blip(tmp_path_factory.mktemp("blip"))


@pytest.fixture(scope="module")
def original(files: dict[str, Path]) -> Blip:
    return load(files)


@pytest.fixture(scope="module")
def captioner(files: dict[str, Path], photos: PackagedPhotos) -> Captioner:
    return Captioner.of(BlipEncoder(), BlipDecoder(), files, photos)


@pytest.fixture(scope="module")
def images(photos: PackagedPhotos) -> Array:
    return np.concatenate([captioning.pictures(photos, SIDE), noise(NOISE, SIDE)])


class TestEncoder:
    def test_sees_what_the_original_sees_alone_and_in_batches(self, captioner: Captioner) -> None:
        worst = parity.measure(captioner.encoder, captioner.sessions[0])

        assert worst["states"] <= STATES

    def test_wants_the_photo_as_the_original_processor_makes_it(
        self, captioner: Captioner, original: Blip, photos: PackagedPhotos
    ) -> None:
        """The service resizes with OpenCV by area, the library with Pillow, bicubic."""
        photo = opened(photos, "t1.jpg")
        how = Fit(captioner.encoder.parameters["fit"])

        sent, _ = fitted(np.asarray(photo), SIDE, SIDE, how)

        right = original.processor([photo], return_tensors="np")["pixel_values"][0]
        mean, std = (np.array(getattr(original.processor, f"image_{k}")) for k in ("mean", "std"))
        differences = np.abs((sent / 255 - mean) / std - right.transpose(1, 2, 0))
        assert float(differences.mean()) < 0.05  # measured: .036, and .66 of the middle alone


class TestDecoder:
    def test_says_of_a_step_what_the_original_says_alone_and_in_batches(
        self, captioner: Captioner
    ) -> None:
        worst = parity.measure(captioner.decoder, captioner.sessions[1])

        assert worst.pop("best") == 0
        assert max(worst.values()) <= STEP

    def test_takes_no_notice_of_the_room_that_its_cache_has(self, captioner: Captioner) -> None:
        steps = captioner.decoder.samples
        room = np.pad(steps["cache"], [(0, 0)] * 4 + [(0, 16), (0, 0)], constant_values=9.0)

        answers = [captioner.sessions[1]({**steps, "cache": c}) for c in (steps["cache"], room)]

        for name, values in answers[0].items():
            np.testing.assert_allclose(values, answers[1][name], atol=STEP)

    def test_has_the_weights_of_its_words_once(self, captioner: Captioner, original: Blip) -> None:
        """They embed tokens, and score them."""
        words, width = original.sizes.vocabulary, original.sizes.width

        tables = [list(each.dims) for each in captioner.decoder.model.graph.initializer]

        assert (tables.count([words, width]), tables.count([width, words])) == (1, 0)

    def test_is_told_how_to_make_sentences(
        self, files: dict[str, Path], photos: PackagedPhotos
    ) -> None:
        kind = BlipDecoder("a picture of", max_length=30, min_length=5, beams=3)

        rules = Rules.read(kind.convert(files, photos).parameters["decoding"])

        ids = blip_processor(files)(text="a picture of")["input_ids"][1:-1]
        text = load(files).model.config.text_config
        assert rules == Rules((text.bos_token_id, *ids), text.sep_token_id, 30, 5, 3)

    @pytest.mark.parametrize(
        ("kind", "words"),
        [
            (BlipDecoder(max_length=41), "It can say 40 tokens at most, not 41"),
            (BlipDecoder(beams=8), "8 beams need more candidates than the 16 it names"),
        ],
    )
    def test_refuses_what_it_cannot_keep(
        self, kind: BlipDecoder, words: str, files: dict[str, Path], photos: PackagedPhotos
    ) -> None:
        with pytest.raises(ExportError, match=words):
            kind.convert(files, photos)

    def test_has_the_tokenizer_of_the_original_beside_it(
        self, captioner: Captioner, files: dict[str, Path], tmp_path: Path
    ) -> None:
        (tmp_path / "tokenizer.json").write_bytes(captioner.decoder.beside["tokenizer.json"])
        tokens = [59, 5, 12, 10, 17, 56, 41, 45, 3, 0]

        text = load({**files, "tokenizer.json": tmp_path / "tokenizer.json"}).tokenizer.decode(
            tokens, skip_special_tokens=True
        )

        assert text == blip_processor(files).decode(tokens, skip_special_tokens=True)


class TestSentences:
    @pytest.mark.parametrize("search", SEARCHES)
    def test_are_those_of_generate_token_for_token(
        self, search: dict[str, float], captioner: Captioner, original: Blip, images: Array
    ) -> None:
        rules = replace(captioner.rules(), **search)
        starts = [(*rules.start, *captioning.ids(original, prompt)) for prompt in PROMPTS]

        said = [
            captioner.say(image, replace(rules, start=start))
            for start in starts
            for image in images
        ]

        right = [generated(original, image, start, search) for start in starts for image in images]
        assert said == right

    def test_differ_from_photo_to_photo_and_end_by_themselves_and_at_the_limit(
        self, captioner: Captioner, images: Array
    ) -> None:
        """What the comparison with generate() is worth: it is not of one sentence."""
        rules = replace(captioner.rules(), beams=3)

        said = [captioner.say(image, rules) for image in images]

        assert len({tuple(tokens) for tokens in said}) == len(images)
        ended = {tokens[-1] == rules.eos for tokens in said}
        assert ended == {True, False}


def generated(
    original: Blip, image: Array, start: tuple[int, ...], search: dict[str, float]
) -> list[int]:
    """What transformers makes of it; like the processor, with a last token that it drops."""
    pixels = original.processor([Image.fromarray(image)], return_tensors="pt")["pixel_values"]
    prompt = torch.tensor([[*start, original.model.config.text_config.sep_token_id]])
    options = {NAMES.get(name, name): value for name, value in search.items()}
    answer = original.model.generate(
        pixel_values=pixels,
        input_ids=prompt,
        attention_mask=torch.ones_like(prompt),
        max_length=BlipDecoder.max_length,
        **options,
    )
    return answer[0].tolist()


class TestFiles:
    def test_are_missed_by_name(self, files: dict[str, Path]) -> None:
        some = {name: path for name, path in files.items() if name != "tokenizer.json"}

        with pytest.raises(ExportError, match=r"tokenizer\.json lacks"):
            load(some)

    def test_are_refused_when_they_are_no_captioner(
        self, files: dict[str, Path], tmp_path: Path
    ) -> None:
        broken = copied(files, tmp_path)
        broken["model.safetensors"].write_bytes(b"no weights")

        with pytest.raises(ExportError, match="transformers cannot read the captioner"):
            load(broken)

    def test_are_refused_when_weights_are_missing_in_them(
        self, files: dict[str, Path], tmp_path: Path
    ) -> None:
        """Else transformers would fill in random ones, and only warn."""
        broken = copied(files, tmp_path)
        config = json.loads(broken["config.json"].read_text())
        config["text_config"]["num_hidden_layers"] += 1
        broken["config.json"].write_text(json.dumps(config))

        with pytest.raises(ExportError, match="weights are missing"):
            load(broken)

    def test_are_refused_when_pictures_have_another_size_than_the_model_takes(
        self, files: dict[str, Path], tmp_path: Path
    ) -> None:
        broken = copied(files, tmp_path)
        look = json.loads(broken["preprocessor_config.json"].read_text())
        look["size"] = {"height": 96, "width": 96}
        broken["preprocessor_config.json"].write_text(json.dumps(look))

        with pytest.raises(ExportError, match="not of one captioner"):
            load(broken)


def copied(files: dict[str, Path], folder: Path) -> dict[str, Path]:
    return {name: Path(shutil.copy(path, folder)) for name, path in files.items()}
