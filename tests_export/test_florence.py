"""Florence-2 by its exported pair of models, against transformers' own."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from export import ExportError, captioning, parity
from export.florence import CAPTION, Florence, FlorenceDecoder, FlorenceEncoder, load
from export.kinds import Array
from export.samples import PackagedPhotos
from inference.decoding import Rules
from tests_export.making_captioners import SIDE, make_florence
from tests_export.served import Captioner, florence_processor, noise, one_thread

STATES = 1e-4  # of numbers around 1; measured: 1.3e-5
STEP = 2e-5  # measured: 4e-6
LONGEST = 25
SEARCHES = [
    pytest.param({}, id="as its files say: 3 beams, no three twice, stopped early"),
    pytest.param({"beams": 1}, id="greedy, no three twice"),
    pytest.param({"beams": 4, "early_stopping": False, "length_penalty": 2.0}, id="4 beams"),
    pytest.param({"beams": 2, "no_repeat": 0, "min_length": 9}, id="2 beams, 9 tokens at least"),
]
NAMES = {"beams": "num_beams", "no_repeat": "no_repeat_ngram_size"}


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return make_florence(tmp_path_factory.mktemp("florence"))


@pytest.fixture(scope="module")
def original(files: dict[str, Path]) -> Florence:
    return load(files, CAPTION)


@pytest.fixture(scope="module")
def captioner(files: dict[str, Path], photos: PackagedPhotos) -> Captioner:
    return Captioner.of(FlorenceEncoder(), FlorenceDecoder(LONGEST), files, photos)


@pytest.fixture(scope="module")
def images(photos: PackagedPhotos) -> Array:
    return np.concatenate([captioning.pictures(photos, SIDE), noise(5, SIDE)])


class TestEncoder:
    def test_sees_what_the_original_sees_alone_and_in_batches(self, captioner: Captioner) -> None:
        worst = parity.measure(captioner.encoder, captioner.sessions[0])

        assert worst["states"] <= STATES

    def test_is_asked_as_the_library_asks_for_a_caption(
        self, original: Florence, files: dict[str, Path], images: Array
    ) -> None:
        processor = florence_processor(files)

        right = processor(text="<CAPTION>", images=Image.fromarray(images[0]))

        assert [original.prompt] == right["input_ids"]


class TestDecoder:
    def test_says_of_a_step_what_the_original_says_alone_and_in_batches(
        self, captioner: Captioner
    ) -> None:
        worst = parity.measure(captioner.decoder, captioner.sessions[1])

        assert worst.pop("best") == 0
        assert max(worst.values()) <= STEP

    def test_searches_as_its_files_say(self, captioner: Captioner) -> None:
        assert captioner.rules() == Rules(
            start=(2,),
            eos=2,
            max_length=LONGEST,
            beams=3,
            early_stopping=True,
            no_repeat=3,
            forced_first=0,
            forced_last=2,
        )


class TestSentences:
    @pytest.mark.parametrize("search", SEARCHES)
    def test_are_those_of_generate_token_for_token(
        self,
        search: dict[str, float],
        captioner: Captioner,
        original: Florence,
        files: dict[str, Path],
        images: Array,
    ) -> None:
        rules, processor = replace(captioner.rules(), **search), florence_processor(files)
        options = {NAMES.get(name, name): value for name, value in search.items()}

        said = [captioner.say(image, rules) for image in images]

        for image, tokens in zip(images, said, strict=True):
            given = processor(text="<CAPTION>", images=Image.fromarray(image), return_tensors="pt")
            right = original.model.generate(**given, max_length=LONGEST, **options)
            assert tokens == right[0].tolist()
        assert len({tuple(tokens) for tokens in said}) >= len(images) // 2


class TestFiles:
    def test_are_missed_by_name(self, files: dict[str, Path]) -> None:
        some = {name: path for name, path in files.items() if name != "generation_config.json"}

        with pytest.raises(ExportError, match=r"generation_config\.json lacks"):
            load(some, CAPTION)

    @pytest.mark.parametrize(
        ("changed", "words"),
        [
            ({"size": {"height": 64, "width": 96}}, "only squares are served"),
            ({"do_center_crop": True}, "only whole ones are served"),
        ],
    )
    def test_are_refused_when_clients_cannot_make_such_pictures(
        self, changed: dict, words: str, files: dict[str, Path], tmp_path: Path
    ) -> None:
        broken = copied(files, tmp_path)
        look = json.loads(broken["preprocessor_config.json"].read_text())
        broken["preprocessor_config.json"].write_text(json.dumps({**look, **changed}))

        with pytest.raises(ExportError, match=words):
            load(broken, CAPTION)


def copied(files: dict[str, Path], folder: Path) -> dict[str, Path]:
    return {name: Path(shutil.copy(path, folder)) for name, path in files.items()}
