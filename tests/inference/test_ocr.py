"""The text reader: what it makes of the answers of its three models."""

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import pytest

from inference.arrays import RGB, Array
from inference.errors import InferenceCorrupt
from inference.identity import ModelIdentity
from inference.ocr import (
    TextLine,
    TritonTextReader,
    characters_of,
    characters_sha256,
    ctc_text,
)
from inference.roles import TEXT_DETECTOR, TEXT_ORIENTER, TEXT_RECOGNIZER
from inference.spec import ModelSpec
from tests.fakes import IDENTITY

CHARACTERS = ("", *"abcdefghijklmnopqrstuvwxyz", " ")
SIDE = 960
STEP = 8  # between the greys of two characters
INPUTS = {
    "text_detector": (-1, -1, 3),
    "text_orienter": (48, 192, 3),
    "text_recognizer": (48, -1, 3),
}


@dataclass
class Server:
    """Runs the three models on white photos with bars: a bar of grey 8 n is the n-th character.

    A bar is upside down if its left end is black.
    """

    score: float = 0.9
    characters: tuple[str, ...] = CHARACTERS
    calls: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)

    def identity(self, model: ModelSpec) -> ModelIdentity:
        return replace(
            IDENTITY,
            role=model.name,
            parameters={"characters_sha256": characters_sha256(self.characters)},
            shapes={"image": INPUTS[model.name]},
        )

    def infer(self, model: ModelSpec, **arrays: Array) -> dict[str, Array]:
        model.batch_of(arrays)
        image = arrays["image"]
        self.calls.append((model.name, image.shape))
        if model is TEXT_DETECTOR:
            return {"probability": self.probability(image)}
        if model is TEXT_ORIENTER:
            black = (image[:, 20:28, 8:12].mean(axis=(1, 2, 3)) < 4).astype(np.float32)
            return {"scores": np.stack([1 - black, black], axis=1)}
        return self.said(image)

    def probability(self, image: Array) -> Array:
        """The cores of the bars: what is left of them when their edges are taken away."""
        cores = [
            cv2.erode((each < 240).astype(np.uint8), np.ones((17, 17))) for each in image[..., 0]
        ]
        return np.stack(cores) * np.uint8(255)

    def said(self, image: Array) -> dict[str, Array]:
        """One character in the middle of each line, of the grey near its left end."""
        steps = image.shape[2] // 8
        indices = np.zeros((len(image), steps), np.int32)
        indices[:, 2] = np.round(image[:, 20:28, 16:24].mean(axis=(1, 2, 3)) / STEP)
        return {"indices": indices, "scores": np.full(indices.shape, self.score, np.float32)}


def a_photo(*bars: tuple[int, int, str], length: int = 200) -> RGB:
    """White, 960 x 960, with bars at x, y, each of one character; a capital is upside down."""
    photo = np.full((SIDE, SIDE, 3), 255, np.uint8)
    for x, y, character in bars:
        grey = CHARACTERS.index(character.lower()) * STEP
        photo[y : y + 40, x : x + length] = grey
        if character.isupper():
            photo[y : y + 40, x : x + 30] = 0
    return photo


def reader(server: Server) -> TritonTextReader:
    return TritonTextReader(server, CHARACTERS)


def asked(server: Server, model: ModelSpec) -> list[tuple[int, ...]]:
    return [shape for name, shape in server.calls if name == model.name]


def texts(lines: list[TextLine]) -> list[str]:
    return [line.text for line in lines]


class TestTritonTextReader:
    def test_reads_lines_in_order(self) -> None:
        photo = a_photo((500, 104, "b"), (100, 300, "c"), (100, 100, "a"))

        assert texts(reader(Server()).read(photo)) == ["a", "b", "c"]

    def test_tells_where_in_the_photo_a_line_is(self) -> None:
        large = a_photo((100, 104, "a")).repeat(2, axis=0).repeat(2, axis=1)

        [line] = reader(Server()).read(large)

        wanted = [[200, 208], [600, 208], [600, 288], [200, 288]]
        np.testing.assert_allclose(line.quad, wanted, atol=20)
        assert line.quad.dtype == np.float32
        assert line.score == pytest.approx(0.9)

    def test_asks_only_the_detector_of_a_photo_without_text(self) -> None:
        server = Server()

        assert reader(server).read(a_photo()) == []
        assert server.calls == [("text_detector", (1, SIDE, SIDE, 3))]

    def test_reads_all_lines_of_about_one_length_in_one_call(self) -> None:
        server = Server()
        photo = a_photo(*[(100, 100 * row, "e") for row in range(1, 9)])

        assert texts(reader(server).read(photo)) == ["e"] * 8
        assert asked(server, TEXT_ORIENTER) == [(8, 48, 192, 3)]
        assert asked(server, TEXT_RECOGNIZER) == [(8, 48, 320, 3)]

    def test_asks_again_for_more_lines_than_fit_into_one_call(self) -> None:
        server = Server()
        places = [(x, 90 * row, "f") for row in range(1, 10) for x in (100, 500)]

        assert texts(reader(server).read(a_photo(*places))) == ["f"] * 18
        assert asked(server, TEXT_RECOGNIZER) == [(16, 48, 320, 3), (2, 48, 320, 3)]

    def test_keeps_texts_with_their_lines_whatever_their_lengths(self) -> None:
        server = Server()
        photo = np.minimum(
            a_photo((60, 100, "a"), (60, 500, "c")), a_photo((60, 300, "b"), length=800)
        )

        assert texts(reader(server).read(photo)) == ["a", "b", "c"]
        assert len(asked(server, TEXT_RECOGNIZER)) == 2

    def test_turns_a_line_that_is_upside_down(self) -> None:
        upright, upside_down = reader(Server()).read(a_photo((100, 100, "g"), (100, 300, "G")))

        assert upside_down.text == "g"
        lower = upright.quad + np.array([0, 200])
        np.testing.assert_allclose(np.roll(upside_down.quad, 2, axis=0), lower, atol=2)

    def test_drops_what_it_is_not_sure_of(self) -> None:
        photo = a_photo((100, 100, "a"))

        assert reader(Server(score=0.49)).read(photo) == []
        assert texts(reader(Server(score=0.51)).read(photo)) == ["a"]

    def test_drops_a_line_that_says_nothing(self) -> None:
        assert reader(Server()).read(a_photo((100, 100, " "))) == []

    def test_looks_as_closely_as_it_is_told(self) -> None:
        server = Server()

        TritonTextReader(server, CHARACTERS, longer_px=1280).read(a_photo())

        assert server.calls == [("text_detector", (1, 1280, 1280, 3))]

    def test_leaves_the_photo_alone(self) -> None:
        photo = a_photo((100, 100, "a"))
        before = photo.copy()

        reader(Server()).read(photo)

        assert (photo == before).all()

    def test_knows_whose_answers_it_gives(self) -> None:
        roles = [identity.role for identity in reader(Server()).identities]

        assert roles == ["text_detector", "text_orienter", "text_recognizer"]


class TestWrongAnswers:
    def test_of_a_map_of_another_size_are_corrupt(self) -> None:
        class Shrinking(Server):
            def probability(self, image: Array) -> Array:
                return np.zeros((1, 8, 8), np.uint8)

        with pytest.raises(InferenceCorrupt, match=r"^text_detector: a map of \(8, 8\) pixels$"):
            reader(Shrinking()).read(a_photo())

    @pytest.mark.parametrize("index", [len(CHARACTERS), -1])
    def test_of_characters_that_nobody_knows_are_corrupt(self, index: int) -> None:
        class Babbling(Server):
            def said(self, image: Array) -> dict[str, Array]:
                answer = super().said(image)
                return answer | {"indices": np.full_like(answer["indices"], index)}

        with pytest.raises(InferenceCorrupt, match=r"^text_recognizer: .* the 28 of its list$"):
            reader(Babbling()).read(a_photo((100, 100, "a")))

    def test_of_fewer_scores_than_steps_are_corrupt(self) -> None:
        class Short(Server):
            def said(self, image: Array) -> dict[str, Array]:
                answer = super().said(image)
                return answer | {"scores": answer["scores"][:, 1:]}

        with pytest.raises(InferenceCorrupt, match=r"^text_recognizer: "):
            reader(Short()).read(a_photo((100, 100, "a")))

    def test_of_another_list_of_characters_are_never_given(self) -> None:
        server = Server(characters=("", *"zyx"))

        with pytest.raises(InferenceCorrupt, match=r"^text_recognizer: the list of characters is"):
            reader(server).read(a_photo((100, 100, "a")))


class TestCtcText:
    @pytest.mark.parametrize(
        ("indices", "text"),
        [
            ([1, 1, 1], "a"),
            ([0, 1, 0, 0], "a"),
            ([1, 0, 1], "aa"),
            ([1, 2, 2, 1], "aba"),
            ([3, 27, 1], "c a"),
            ([0, 0], ""),
            ([], ""),
        ],
    )
    def test_says_a_character_once_however_long_it_goes_on(
        self, indices: list[int], text: str
    ) -> None:
        said, _ = ctc_text(np.array(indices, np.int32), np.ones(len(indices)), CHARACTERS)

        assert said == text

    def test_scores_the_first_step_of_each_character(self) -> None:
        scores = np.array([0.1, 0.9, 0.2, 0.7])

        text, score = ctc_text(np.array([0, 1, 1, 2]), scores, CHARACTERS)

        assert (text, round(score, 6)) == ("ab", 0.8)

    def test_of_nothing_is_not_likely(self) -> None:
        assert ctc_text(np.array([0, 0]), np.ones(2), CHARACTERS) == ("", 0.0)


class TestCharactersOf:
    def test_has_a_character_for_each_line_and_nothing_for_the_first(self) -> None:
        assert characters_of("\na\n\u3000\n\x85\n ") == ("", "a", "\u3000", "\x85", " ")
