"""A captioner of a few words, whose every answer a test decides."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import log

import numpy as np

from inference.arrays import Array
from inference.decoding import Candidates
from inference.identity import ModelIdentity
from inference.roles import CAPTION_DECODER, CAPTION_ENCODER
from inference.spec import ModelSpec

START, END, A, B, C, D = range(6)
WORDS = 6
LAYERS, WIDTH = 2, 3
SIDE = 8
RULES = '{"start": [0], "eos": 1, "max_length": 6}'

Says = Callable[[tuple[int, ...]], Mapping[int, float]]  # what was said -> token -> probability
UNLIKELY = 1e-6


def told(**after: Mapping[int, float]) -> Says:
    """By the names of the tokens that were said last, as A=..., or START_A=... for all of them."""
    names = ("START", "END", "A", "B", "C", "D")

    def says(tokens: tuple[int, ...]) -> Mapping[int, float]:
        whole = "_".join(names[token] for token in tokens)
        return after.get(whole, after.get(names[tokens[-1]], {END: 1.0}))

    return says


def candidates(says: Says, sentences: Sequence[tuple[int, ...]], count: int) -> Candidates:
    """What the model says may follow each of `sentences`; words it does not name are unlikely."""
    rows = [{**dict.fromkeys(range(WORDS), UNLIKELY), **says(each)} for each in sentences]
    ordered = [sorted(row.items(), key=lambda each: -each[1])[:count] for row in rows]
    tokens = [[token for token, _ in row] for row in ordered]
    scores = [[log(probability) for _, probability in row] for row in ordered]
    return Candidates(np.array(tokens, np.int64), np.array(scores, np.float32))


@dataclass
class Listener:
    """A `Following` that remembers in words."""

    says: Says
    count: int = WORDS
    sentences: list[tuple[int, ...]] = field(default_factory=lambda: [()])

    def __call__(self, tokens: Sequence[int], parents: Sequence[int]) -> Candidates:
        self.sentences = [
            (*self.sentences[parent], token) for token, parent in zip(tokens, parents, strict=True)
        ]
        return candidates(self.says, self.sentences, self.count)


@dataclass
class FakeCaptioner:
    """Both models: remembers nothing, and reads from the cache what was said before.

    `before`: is called at each call; `change`: what is put into the decoder's answers.
    """

    says: Says
    rules: str = RULES
    count: int = WORDS
    weights: Mapping[str, str] = field(default_factory=dict)  # sha256 by role, if not the same
    parameters: Mapping[str, str] = field(default_factory=dict)
    before: Callable[[], None] = lambda: None
    change: Mapping[str, Array] = field(default_factory=dict)
    seen: list[Array] = field(default_factory=list)

    def infer(self, model: ModelSpec, **arrays: Array) -> dict[str, Array]:
        self.before()
        assert model.batch_of(arrays) == 1
        if model == CAPTION_ENCODER:
            self.seen.append(arrays["image"][0])
            return {"states": np.full((1, 4, 5), 7, np.float32)}
        assert bool((arrays["states"] == 7).all())
        answers = {**self._step(arrays), **self.change}
        return {
            each.name: each.check(answers[each.name], batch=1) for each in CAPTION_DECODER.outputs
        }

    def identity(self, model: ModelSpec) -> ModelIdentity:
        sha256 = self.weights.get(model.name, "0" * 64)
        own = {
            CAPTION_ENCODER.name: {"fit": "stretch"},
            CAPTION_DECODER.name: {"decoding": self.rules},
        }[model.name]
        said = {"space": f"{model.name}:fake:1", "weights_sha256": sha256}
        shapes = {"image": (SIDE, SIDE, 3), "cache": (-1, LAYERS, 2, -1, WIDTH)}
        return ModelIdentity.from_config({**said, **own, **self.parameters}, shapes)

    def _step(self, arrays: Mapping[str, Array]) -> dict[str, Array]:
        length, tokens = int(arrays["length"][0, 0]), arrays["tokens"][0]
        kept = arrays["cache"][0]
        before = kept[:, 0, 0, :length, 0].astype(int)
        assert bool((kept[..., :length, :] == before[:, None, None, :, None]).all())
        sentences = [(*map(int, row), int(last)) for row, last in zip(before, tokens, strict=True)]
        following = candidates(self.says, sentences, self.count)
        entry = np.broadcast_to(tokens[:, None, None, None], (len(tokens), LAYERS, 2, WIDTH))
        return {
            "entry": entry[None].astype(np.float32),
            "scores": following.scores[None],
            "candidates": following.tokens[None],
        }
