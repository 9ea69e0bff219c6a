"""Search for sentences, on models of six tokens. tests_export compares it with transformers'."""

import json
from typing import Any

import numpy as np
import pytest

from inference.decoding import ROOM, Cache, Rules, decode
from tests.inference.sentences import (
    END,
    LAYERS,
    START,
    WIDTH,
    A,
    B,
    C,
    D,
    Listener,
    Says,
    told,
)

LIKELIER_LATER = told(
    START={A: 0.6, B: 0.4}, A={C: 0.5, D: 0.5}, B={D: 0.9, C: 0.1}, C={END: 1.0}, D={END: 1.0}
)
NEVER_ENDS = told(START={A: 1.0}, A={A: 0.9, B: 0.1}, B={A: 0.9, B: 0.1})


def rules(**values: Any) -> Rules:
    return Rules(**{"start": (START,), "eos": END, "max_length": 6, **values})


def sentence(says: Says, **values: Any) -> tuple[int, ...]:
    return decode(rules(**values), Listener(says))


class TestGreedySearch:
    def test_takes_the_likeliest_token_until_the_sentence_ends(self) -> None:
        says = told(START={A: 0.6, B: 0.4}, A={B: 0.7, END: 0.3}, B={END: 0.9, A: 0.1})

        assert sentence(says) == (START, A, B, END)

    def test_stops_a_model_that_never_ends(self) -> None:
        assert sentence(NEVER_ENDS, max_length=4) == (START, A, A, A)

    def test_does_not_end_before_the_least_length(self) -> None:
        says = told(START={END: 0.9, A: 0.1}, A={END: 0.8, B: 0.2}, B={END: 1.0})

        assert sentence(says, min_length=3) == (START, A, B, END)

    def test_says_no_pair_twice(self) -> None:
        assert sentence(NEVER_ENDS, no_repeat=2, max_length=5) == (START, A, A, B, A)

    def test_begins_and_ends_with_what_it_is_told_to(self) -> None:
        said = sentence(NEVER_ENDS, forced_first=C, forced_last=END, max_length=4)

        assert said == (START, C, END)

    def test_goes_on_from_what_is_given(self) -> None:
        says = told(START_B_A={C: 1.0}, C={END: 1.0})

        assert decode(rules(start=(START, B, A)), Listener(says)) == (START, B, A, C, END)


class TestBeamSearch:
    def test_finds_a_likelier_sentence_behind_a_less_likely_beginning(self) -> None:
        greedy = sentence(LIKELIER_LATER)

        assert greedy[1] == A
        assert sentence(LIKELIER_LATER, beams=2) == (START, B, D, END)

    def test_stops_a_model_that_never_ends(self) -> None:
        assert sentence(NEVER_ENDS, beams=2, max_length=4) == (START, A, A, A)

    def test_prefers_longer_sentences_as_the_penalty_says(self) -> None:
        says = told(START={END: 0.5, A: 0.5}, A={B: 0.9, C: 0.1}, B={END: 0.9, C: 0.1})

        by_sum = sentence(says, beams=2, length_penalty=0.0)
        by_mean = sentence(says, beams=2, length_penalty=1.0)

        assert (by_sum, by_mean) == ((START, END), (START, A, B, END))

    def test_stops_early_with_as_many_sentences_as_beams(self) -> None:
        says = told(
            START={A: 0.5, END: 0.4, B: 0.1},
            A={END: 0.6, C: 0.4},
            C={END: 1.0},
            B={END: 1.0},
        )
        patient, hasty = Listener(says), Listener(says)

        decode(rules(beams=2, early_stopping=False, length_penalty=4.0), patient)
        decode(rules(beams=2, early_stopping=True, length_penalty=4.0), hasty)

        assert (len(patient.sentences[0]), len(hasty.sentences[0])) == (3, 2)

    def test_does_not_end_before_the_least_length(self) -> None:
        says = told(START={END: 0.9, A: 0.1}, A={END: 0.8, B: 0.2}, B={END: 1.0})

        assert sentence(says, beams=2, min_length=3) == (START, A, B, END)

    def test_begins_and_ends_with_what_it_is_told_to_at_no_cost(self) -> None:
        said = sentence(NEVER_ENDS, beams=2, forced_first=C, forced_last=END, max_length=4)

        assert said == (START, C, END)

    def test_needs_twice_as_many_candidates_as_beams_and_one(self) -> None:
        with pytest.raises(ValueError, match="4 candidates, 5 are needed"):
            decode(rules(beams=2), Listener(NEVER_ENDS, count=4))


@pytest.mark.parametrize("beams", [1, 2])
def test_says_so_when_no_token_is_allowed(beams: int) -> None:
    with pytest.raises(ValueError, match="no candidate is left that the rules allow"):
        sentence(NEVER_ENDS, beams=beams, no_repeat=1, max_length=9, min_length=9)


class TestRules:
    def test_come_from_the_configuration_of_a_model(self) -> None:
        written = {"start": [0, 4], "eos": 1, "max_length": 9, "beams": 3, "early_stopping": True}

        read = Rules.read(json.dumps(written))

        assert read == Rules((0, 4), 1, 9, beams=3, early_stopping=True)

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("{", "Expecting property name"),
            ("[]", "not the rules of a decoder"),
            ('{"start": [0], "eos": 1}', "not the rules of a decoder"),
            ('{"start": [0], "eos": 1, "max_length": 9, "more": 1}', "not the rules of a decoder"),
            ('{"start": [0, 2], "eos": 1, "max_length": 2}', "start has 2 tokens, max_length is 2"),
            ('{"start": [], "eos": 1, "max_length": 2}', "start has 0 tokens, max_length is 2"),
            ('{"start": [0], "eos": 1, "max_length": 9, "beams": 0}', "beams is 0, not 1 or more"),
        ],
    )
    def test_are_refused_when_they_make_no_sense(self, text: str, words: str) -> None:
        with pytest.raises(ValueError, match=words):
            Rules.read(text)


class TestCache:
    def test_tells_the_decoder_what_each_beam_was_told_before(self) -> None:
        asked = []

        def ask(**arrays: np.ndarray) -> dict[str, np.ndarray]:
            asked.append({name: array.copy() for name, array in arrays.items()})
            beams = arrays["tokens"].shape[1]
            entry = np.broadcast_to(
                arrays["tokens"][0][:, None, None, None], (beams, LAYERS, 2, WIDTH)
            )
            scores = np.zeros((1, beams, 3), np.float32)
            return {"entry": entry[None], "scores": scores, "candidates": scores.astype(np.int64)}

        cache = Cache(ask, layers=LAYERS, width=WIDTH)
        cache([START], [0])
        cache([A, B], [0, 0])
        cache([C, D], [1, 0])

        cache([A, A], [0, 0])

        last = asked[-1]
        assert last["length"].tolist() == [[3]]
        for layer in range(LAYERS):
            for part in range(2):
                kept = last["cache"][0, :, layer, part, :3, 0]
                assert kept.tolist() == [[START, B, C], [START, B, C]]

    def test_grows_by_steps_and_forgets_nothing(self) -> None:
        shapes = []

        def ask(**arrays: np.ndarray) -> dict[str, np.ndarray]:
            shapes.append(arrays["cache"].shape[4])
            said = arrays["cache"][0, 0, 0, 0, :, 0]
            length = int(arrays["length"][0, 0])
            assert said[:length].tolist() == list(range(length))
            entry = np.full((1, 1, LAYERS, 2, WIDTH), length, np.float32)
            one = np.zeros((1, 1, 3), np.float32)
            return {"entry": entry, "scores": one, "candidates": one.astype(np.int64)}

        cache = Cache(ask, layers=LAYERS, width=WIDTH)

        for token in range(2 * ROOM + 1):
            cache([token], [0])

        assert shapes == [ROOM] * ROOM + [2 * ROOM] * ROOM + [3 * ROOM]

    @pytest.mark.parametrize("name", ["entry", "scores", "candidates"])
    def test_refuses_an_answer_that_is_not_for_each_beam(self, name: str) -> None:
        shapes = {"entry": (1, 2, LAYERS, 2, WIDTH), "scores": (1, 2, 3), "candidates": (1, 2, 3)}
        wrong = {each: (1, 1 if each == name else 2, *shape[2:]) for each, shape in shapes.items()}
        cache = Cache(
            lambda **arrays: {each: np.zeros(shape) for each, shape in wrong.items()},
            layers=LAYERS,
            width=WIDTH,
        )

        with pytest.raises(ValueError, match="no answer for each of 2 beams"):
            cache([A, B], [0, 0])
