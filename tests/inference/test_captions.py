"""Captions, on a model of six words and on servers whose answers a test decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from inference.arrays import Array
from inference.captions import TritonCaptioner
from inference.client import TritonClient
from inference.errors import (
    InferenceCorrupt,
    InferenceNotReady,
    InferenceTimeout,
    InferenceUnavailable,
)
from inference.roles import CAPTION_DECODER, CAPTION_ENCODER
from inference.tokens import FileTokens
from tests.inference.sentences import END, RULES, SIDE, A, B, C, FakeCaptioner, told
from tests.inference.server import outputs, serving

PHOTO = np.full((30, 50, 3), 200, np.uint8)
SAYS = told(START={A: 0.9, B: 0.1}, A={B: 0.8, END: 0.2}, B={END: 1.0})
NEVER_ENDS = told(START={A: 1.0}, A={A: 1.0})


class Letters:
    """Each token is a letter; those that begin and end a sentence are none."""

    def decode(self, tokens: Sequence[int]) -> str:
        return "".join("..abcd"[token] for token in tokens if token > END)


@dataclass
class Clock:
    """Goes on by a second each time that a model is asked."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now

    def tick(self) -> None:
        self.now += 1


def captioner(client: FakeCaptioner, **values: float) -> TritonCaptioner:
    return TritonCaptioner(client, Letters(), timeout_s=values.get("timeout_s", 60))


class TestCaptioner:
    def test_says_what_its_models_say_of_the_photo(self) -> None:
        client = FakeCaptioner(SAYS)

        assert captioner(client).caption(PHOTO) == "ab"
        assert [image.shape for image in client.seen] == [(SIDE, SIDE, 3)]
        assert bool((client.seen[0] == 200).all())

    def test_searches_with_as_many_beams_as_the_model_says(self) -> None:
        says = told(START={A: 0.6, B: 0.4}, A={C: 0.3, B: 0.3}, B={C: 0.9}, C={END: 1.0})
        beams = RULES.replace("}", ', "beams": 2}')

        assert captioner(FakeCaptioner(says)).caption(PHOTO)[0] == "a"
        assert captioner(FakeCaptioner(says, rules=beams)).caption(PHOTO) == "bc"

    def test_leaves_the_words_out_that_every_sentence_goes_on_from(self) -> None:
        rules = '{"start": [0, 2], "eos": 1, "max_length": 6}'

        assert captioner(FakeCaptioner(SAYS, rules=rules)).caption(PHOTO) == "b"

    def test_ends_when_its_model_does_not(self) -> None:
        assert captioner(FakeCaptioner(NEVER_ENDS)).caption(PHOTO) == "aaaaa"

    def test_has_one_deadline_however_many_calls_it_takes(self) -> None:
        clock = Clock()
        client = FakeCaptioner(NEVER_ENDS, before=clock.tick)
        slow = TritonCaptioner(client, Letters(), timeout_s=3, clock=clock)

        with pytest.raises(InferenceTimeout) as raised:
            slow.caption(PHOTO)

        assert str(raised.value) == "caption_decoder: no caption within 3 seconds"
        assert clock.now == 4

    def test_says_which_weights_look_and_which_speak(self) -> None:
        spaces = [each.space for each in captioner(FakeCaptioner(SAYS)).identities]

        assert spaces == ["caption_encoder:fake:1", "caption_decoder:fake:1"]

    def test_refuses_a_pair_that_is_none(self) -> None:
        client = FakeCaptioner(SAYS, weights={"caption_decoder": "1" * 64})

        with pytest.raises(InferenceNotReady, match="are of different weights"):
            captioner(client).caption(PHOTO)

    @pytest.mark.parametrize(
        ("client", "words"),
        [
            (FakeCaptioner(SAYS, rules="?"), "its configuration"),
            (FakeCaptioner(SAYS, count=2), "2 candidates, 3 are needed"),
            (
                FakeCaptioner(SAYS, change={"entry": np.zeros((1, 2, 2, 2, 3), np.float32)}),
                "no answer for each of 1 beams",
            ),
        ],
        ids=["no rules", "too few candidates", "another number of beams"],
    )
    def test_takes_no_nonsense_from_a_model(self, client: FakeCaptioner, words: str) -> None:
        with pytest.raises(InferenceCorrupt, match=f"caption_decoder: .*{words}"):
            captioner(client).caption(PHOTO)


class TestDecoder:
    """What comes over the wire is checked against the role's spec."""

    arrays: ClassVar[dict[str, Array]] = {
        "states": np.zeros((1, 4, 5), np.float32),
        "tokens": np.zeros((1, 1), np.int64),
        "length": np.zeros((1, 1), np.int64),
        "cache": np.zeros((1, 1, 2, 2, 8, 3), np.float32),
    }
    answers: ClassVar[dict[str, Array]] = {
        "entry": np.zeros((1, 1, 2, 2, 3), np.float32),
        "scores": np.zeros((1, 1, 4), np.float32),
        "candidates": np.zeros((1, 1, 4), np.int64),
    }

    @pytest.mark.parametrize("name", ["entry", "scores"])
    def test_may_not_answer_with_what_is_no_number(self, name: str) -> None:
        broken = {**self.answers, name: np.full_like(self.answers[name], np.nan)}

        with (
            serving({"ModelInfer": outputs(**broken)}) as url,
            TritonClient(url, timeout_s=5) as client,
            pytest.raises(InferenceCorrupt, match=f"{name} holds values that are not finite"),
        ):
            client.infer(CAPTION_DECODER, **self.arrays)

    def test_may_not_be_away(self) -> None:
        with serving({}) as url:
            pass

        with TritonClient(url, timeout_s=5) as client, pytest.raises(InferenceUnavailable):
            client.infer(CAPTION_ENCODER, image=PHOTO[None])


class TestFileTokens:
    def test_are_those_of_the_tokenizer_beside_the_model(self, tmp_path: Path) -> None:
        tokenizer = Tokenizer(models.WordLevel({"[SEP]": 0, "a": 1, "cat": 2}))
        tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
        tokenizer.add_special_tokens(["[SEP]"])
        tokenizer.save(str(tmp_path / "tokenizer.json"))

        assert FileTokens(tmp_path / "tokenizer.json").decode([1, 2, 0]) == "a cat"

    @pytest.mark.parametrize("content", [None, "no tokenizer"])
    def test_need_a_tokenizer(self, content: str | None, tmp_path: Path) -> None:
        file = tmp_path / "caption_decoder.open.1" / "1" / "tokenizer.json"
        file.parent.mkdir(parents=True)
        if content:
            file.write_text(content)

        with pytest.raises(InferenceNotReady, match=r"^caption_decoder\.open\.1: its tokenizer"):
            FileTokens(file)
