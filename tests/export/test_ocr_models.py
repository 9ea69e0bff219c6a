"""The built models that read text, beside the library that their weights ride in.

The library's own code is the reference: what it does around its nets, and its nets themselves. It
rounds corners to whole pixels where we do not, and a recogniser sees a space or not by that much.
So the parts are compared strictly, each on the same input, and the whole without spaces.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest
from google.protobuf import text_format
from PIL import Image
from tritonclient.grpc import model_config_pb2

from inference.arrays import RGB, Array
from inference.identity import ModelIdentity
from inference.ocr import TextLine, TritonTextReader, characters_of, ctc_text
from inference.roles import TEXT_DETECTOR, TEXT_ORIENTER, TEXT_RECOGNIZER
from inference.spec import ModelSpec
from inference.text_lines import TEXT_LEVEL, crop, find_quads, fitted, strip, strip_width
from local.packages import fetch
from local.photos import SCIKIT_IMAGE
from tests.export import exporting
from tests.export.rapidocr import Library, unpacked

PAGE = "page.png"
PHOTOS = (PAGE, "text.png", "coins.png")
THE_PAGE = [
    "Region-basedsegmentation",
    "Letusfirstdeterminemarkersofthecoinsandthe",
    "background.Thesemarkersarepixelsthatwecanlabel",
    "unambiguouslyaseitherobjectorbackground.Here,",
    "histogramofgreyvalues:",
]
LONGER_PX = 1472  # of the page: as large as the library makes it
CORNERS_PX = 2.2  # the library takes corners for whole pixels, twice
GREY_SCORE = 0.01  # the library fills up with 127.5, we with 127


def folder(model: ModelSpec) -> Path:
    return exporting.REPOSITORY / f"{model.name}.packaged.1"


@pytest.fixture(autouse=True, scope="module")
def _built() -> None:
    models = (TEXT_DETECTOR, TEXT_ORIENTER, TEXT_RECOGNIZER)
    if not all((folder(model) / "1" / "model.onnx").exists() for model in models):
        pytest.skip("The models are not built: run `make models`.")


class Here:
    """Runs the built models in this process."""

    def __init__(self) -> None:
        self._sessions: dict[str, ort.InferenceSession] = {}

    def infer(self, model: ModelSpec, **arrays: Array) -> dict[str, Array]:
        if model.name not in self._sessions:
            self._sessions[model.name] = opened(folder(model) / "1" / "model.onnx")
        model.batch_of(arrays)
        names = [output.name for output in model.outputs]
        answers = self._sessions[model.name].run(names, arrays)
        return dict(zip(names, answers, strict=True))

    def identity(self, model: ModelSpec) -> ModelIdentity:
        text = (folder(model) / "config.pbtxt").read_text()
        config: Any = text_format.Parse(text, model_config_pb2.ModelConfig())
        parameters = {name: value.string_value for name, value in config.parameters.items()}
        return ModelIdentity.from_config(
            parameters, {each.name: tuple(each.dims) for each in config.input}
        )


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    for needed in ("pyclipper", "shapely"):
        pytest.importorskip(needed, reason="run `make check`: it installs what tests need")
    with unpacked(tmp_path_factory.mktemp("rapidocr")) as found:
        yield found


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, RGB]:
    members = [f"skimage/data/{name}" for name in PHOTOS]
    files = fetch(SCIKIT_IMAGE, members, tmp_path_factory.mktemp("photos"), cache=exporting.CACHE)
    return {file.name: np.asarray(Image.open(file).convert("RGB")) for file in files}


@pytest.fixture(scope="module")
def server() -> Here:
    return Here()


@pytest.fixture(scope="module")
def characters() -> tuple[str, ...]:
    return characters_of((folder(TEXT_RECOGNIZER) / "1" / "characters.txt").read_text("utf-8"))


@pytest.fixture(scope="module")
def page_lines(photos: dict[str, RGB], server: Here) -> list[RGB]:
    """The lines of the page, as the reader cuts them out."""
    page = photos[PAGE]
    probability = map_of(server, fitted(page, LONGER_PX))
    return [crop(page, quad) for quad in find_quads(probability, page.shape[1], page.shape[0])]


def opened(model: Path) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def map_of(server: Here, image: RGB) -> Array:
    found: Array = server.infer(TEXT_DETECTOR, image=image[None])["probability"][0]
    return found


def read_by(server: Here, characters: tuple[str, ...], strips: RGB) -> list[tuple[str, float]]:
    said = server.infer(TEXT_RECOGNIZER, image=strips)
    pairs = zip(said["indices"], said["scores"], strict=True)
    return [ctc_text(indices, scores, characters) for indices, scores in pairs]


def without_spaces(lines: list[TextLine]) -> list[str]:
    return [re.sub(r"\s", "", line.text) for line in lines]


def distance_px(quad: Array, other: Array) -> float:
    """The largest one of a corner of `quad` to the nearest of `other`, along an axis."""
    return float(np.abs(quad[:, None] - other[None]).max(axis=2).min(axis=1).max())


@pytest.mark.parametrize("name", PHOTOS)
class TestDetector:
    def test_finds_the_librarys_text_in_bytes(
        self, name: str, photos: dict[str, RGB], server: Here, library: Library
    ) -> None:
        image = fitted(photos[name], 960)
        library.engine.text_det.limit_side_len = 1

        likelihoods = library.likelihoods(image)
        probability = map_of(server, image)

        assert np.abs(probability - likelihoods[0, 0] * 255).max() < 0.51
        others = (probability > TEXT_LEVEL) != (likelihoods[0, 0] > 0.3)
        assert np.count_nonzero(others) <= 1  # a tie, on another processor

    def test_gives_the_librarys_lines(
        self, name: str, photos: dict[str, RGB], server: Here, library: Library
    ) -> None:
        image = fitted(photos[name], 960)
        library.engine.text_det.limit_side_len = 1
        height, width = image.shape[:2]

        wanted = library.quads(library.likelihoods(image))
        quads = find_quads(map_of(server, image), width, height)

        nearest = [min(distance_px(quad, each) for each in quads) for quad in wanted]
        assert len(quads) == len(wanted)
        assert max(nearest, default=0) < CORNERS_PX


class TestOrienter:
    def test_says_what_the_library_says(
        self, page_lines: list[RGB], server: Here, library: Library
    ) -> None:
        for line in [*page_lines, *(line[::-1, ::-1] for line in page_lines)]:
            scores = server.infer(TEXT_ORIENTER, image=strip(line, 48, 192)[None])["scores"]

            np.testing.assert_allclose(scores, library.orientation(line), atol=GREY_SCORE)

    def test_knows_which_way_up_a_page_is(self, page_lines: list[RGB], server: Here) -> None:
        upright = np.stack([strip(line, 48, 192) for line in page_lines])
        turned = np.stack([strip(line[::-1, ::-1], 48, 192) for line in page_lines])

        assert server.infer(TEXT_ORIENTER, image=upright)["scores"].argmax(axis=1).max() == 0
        assert server.infer(TEXT_ORIENTER, image=turned)["scores"].argmax(axis=1).min() == 1


class TestRecognizer:
    def test_reads_what_the_library_reads(
        self,
        page_lines: list[RGB],
        server: Here,
        characters: tuple[str, ...],
        library: Library,
    ) -> None:
        for line in page_lines:
            width = strip_width(line, 48)
            [(text, score)] = read_by(server, characters, strip(line, 48, width)[None])

            wanted_text, wanted_score = library.text(line, width)
            assert text == wanted_text
            assert score == pytest.approx(wanted_score, abs=GREY_SCORE)

    def test_has_the_librarys_characters(
        self, characters: tuple[str, ...], library: Library
    ) -> None:
        blank, *wanted = library.engine.text_rec.postprocess_op.character

        assert blank == "blank"
        assert characters == ("", *wanted)

    def test_reads_a_line_alone_as_it_does_among_others(
        self, page_lines: list[RGB], server: Here, characters: tuple[str, ...]
    ) -> None:
        strips = np.stack([strip(line, 48, 960) for line in page_lines])

        together = read_by(server, characters, strips)
        alone = [each for part in strips for each in read_by(server, characters, part[None])]

        assert [text for text, _ in together] == [text for text, _ in alone]
        scores = [score for _, score in alone]
        np.testing.assert_allclose([score for _, score in together], scores, atol=1e-4)


class TestReader:
    def test_reads_a_page_in_order(
        self, photos: dict[str, RGB], server: Here, characters: tuple[str, ...]
    ) -> None:
        lines = TritonTextReader(server, characters, longer_px=LONGER_PX).read(photos[PAGE])

        assert without_spaces(lines) == THE_PAGE

    def test_turns_lines_of_a_page_that_is_upside_down(
        self, photos: dict[str, RGB], server: Here, characters: tuple[str, ...]
    ) -> None:
        page = photos[PAGE][::-1, ::-1].copy()

        lines = TritonTextReader(server, characters, longer_px=LONGER_PX).read(page)

        turned = without_spaces([line for line in lines if line.quad[0, 1] > line.quad[3, 1]])
        assert len(turned) >= 3  # the orienter is not sure of all
        assert turned == [text for text in reversed(THE_PAGE) if text in turned]

    @pytest.mark.parametrize("name", [PAGE, "text.png"])
    def test_reads_what_the_library_reads_where_it_does(
        self,
        name: str,
        photos: dict[str, RGB],
        server: Here,
        characters: tuple[str, ...],
        library: Library,
    ) -> None:
        photo = photos[name]
        library.engine.text_det.limit_side_len = 736
        longer_px = round(736 * photo.shape[1] / photo.shape[0])

        lines = TritonTextReader(server, characters, longer_px=longer_px).read(photo)

        wanted = library.lines(photo)
        assert without_spaces(lines) == without_spaces(wanted)
        for line, other in zip(lines, wanted, strict=True):
            assert distance_px(line.quad, other.quad) < CORNERS_PX
