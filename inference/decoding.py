"""From a model that says which tokens may follow to a whole sentence: greedy and beam search.

The same sentences as transformers' generate() makes, token for token.
Source: https://huggingface.co/docs/transformers/main_classes/text_generation
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, Self

import numpy as np

from inference.arrays import Array

ROOM = 8  # a cache grows by so many tokens: requests of like size share a batch
TIME = 4  # the axis of a cache that grows


@dataclass(frozen=True)
class Rules:
    """How a sentence is made, as the model's configuration says. Lengths include `start`.

    `forced_first`, `forced_last`: tokens that stand after `start` and at `max_length` whatever
    the model says, at no cost. `no_repeat`: so many tokens in a row never come twice.
    """

    start: tuple[int, ...]
    eos: int  # ends a sentence
    max_length: int
    min_length: int = 0
    beams: int = 1  # 1 is greedy
    length_penalty: float = 1.0  # the sum of a sentence's scores is divided by length ** this
    early_stopping: bool | Literal["never"] = False
    no_repeat: int = 0
    forced_first: int | None = None
    forced_last: int | None = None

    def __post_init__(self) -> None:
        if not 0 < len(self.start) < self.max_length:
            raise ValueError(f"start has {len(self.start)} tokens, max_length is {self.max_length}")
        if self.beams < 1:
            raise ValueError(f"beams is {self.beams}, not 1 or more")

    @classmethod
    def read(cls, text: str) -> Self:
        """From a JSON object of the fields above.

        Raises:
            ValueError: it is none.
        """
        try:
            fields = json.loads(text)
            return cls(**{**fields, "start": tuple(fields["start"])})
        except (TypeError, KeyError) as exc:
            raise ValueError(f"not the rules of a decoder: {exc}") from exc

    @property
    def candidates(self) -> int:
        """So many must be known of each beam: one that ends for each that goes on, and a ban."""
        return 2 * self.beams + 1

    def forced(self, length: int) -> int | None:
        """The token that follows `length` others, if it is not for the model to say."""
        if length == len(self.start) and self.forced_first is not None:
            return self.forced_first
        return self.forced_last if length == self.max_length - 1 else None

    def ends(self, tokens: Sequence[int]) -> bool:
        return tokens[-1] == self.eos or len(tokens) >= self.max_length

    def mean(self, score: np.float32, length: int) -> np.float32:
        """The score of a sentence of `length` tokens, comparable with those of other lengths."""
        generated = float(length - len(self.start))
        return np.float32(score / np.float32(generated**self.length_penalty))


@dataclass(frozen=True)
class Candidates:
    """Which tokens may follow each beam, likeliest first."""

    tokens: Array  # (beams, k) int64
    scores: Array  # (beams, k) float32: logarithms of probabilities


class Following(Protocol):
    """A model that remembers what it was told."""

    def __call__(self, tokens: Sequence[int], parents: Sequence[int]) -> Candidates:
        """What may follow after beam i has become beam `parents[i]` of before, and `tokens[i]`."""


@dataclass(frozen=True)
class Beam:
    """The beginning of a sentence, made of beam `parent`. `score`: the sum of its tokens'."""

    tokens: tuple[int, ...]
    score: np.float32
    parent: int = 0


def decode(rules: Rules, following: Following) -> tuple[int, ...]:
    """The sentence, with `start`, and with `eos` unless it was cut off at `max_length`.

    Raises:
        ValueError: there are too few candidates, or none is left that the rules allow.
    """
    search = greedy if rules.beams == 1 else beam_search
    return search(rules, following)


def greedy(rules: Rules, following: Following) -> tuple[int, ...]:
    """Always the likeliest token."""
    tokens = rules.start
    candidates = _begin(rules, following)
    while True:
        _, token = next(_allowed(rules, tokens, candidates, 0), (0, None))
        if token is None:
            raise ValueError("no candidate is left that the rules allow")
        tokens = (*tokens, token)
        if rules.ends(tokens):
            return tokens
        candidates = following([token], [0])


def beam_search(rules: Rules, following: Following) -> tuple[int, ...]:
    """The likeliest sentence of those that the `beams` likeliest beginnings lead to."""
    running = [Beam(rules.start, np.float32(0))]
    finished: list[Beam] = []  # with scores that are comparable, best first
    candidates = _begin(rules, following)
    while True:
        grown = _grown(rules, running, candidates)
        finished = _with_ended(rules, finished, grown[: rules.beams])
        running = [beam for beam in grown if not rules.ends(beam.tokens)][: rules.beams]
        if not (running and _may_improve(rules, running[0], finished)):
            return finished[0].tokens
        candidates = following(
            [beam.tokens[-1] for beam in running], [beam.parent for beam in running]
        )


def _begin(rules: Rules, following: Following) -> Candidates:
    first, *others = rules.start
    candidates = following([first], [0])
    if candidates.tokens.shape[1] < rules.candidates:
        raise ValueError(f"{candidates.tokens.shape[1]} candidates, {rules.candidates} are needed")
    for token in others:
        candidates = following([token], [0])
    return candidates


def _allowed(
    rules: Rules, tokens: tuple[int, ...], candidates: Candidates, beam: int
) -> Iterator[tuple[np.float32, int]]:
    """What may follow `tokens`, likeliest first, with its score."""
    forced = rules.forced(len(tokens))
    if forced is not None:
        yield np.float32(0), forced
        return
    banned = _repeated(tokens, rules.no_repeat)
    if len(tokens) < rules.min_length:
        banned.add(rules.eos)
    for score, token in zip(candidates.scores[beam], candidates.tokens[beam], strict=True):
        if int(token) not in banned:
            yield np.float32(score), int(token)


def _repeated(tokens: tuple[int, ...], run: int) -> set[int]:
    """The tokens that would make a run of so many that was there before."""
    last = tokens[len(tokens) - run + 1 :]
    starts = range(len(tokens) - run + 1) if run else ()
    return {tokens[at + run - 1] for at in starts if tokens[at : at + run - 1] == last}


def _grown(rules: Rules, running: Sequence[Beam], candidates: Candidates) -> list[Beam]:
    """Twice as many beams as are kept, best first: so enough go on when others end."""
    every = [
        Beam((*beam.tokens, token), beam.score + score, number)
        for number, beam in enumerate(running)
        for score, token in _allowed(rules, beam.tokens, candidates, number)
    ]
    if not every:
        raise ValueError("no candidate is left that the rules allow")
    return sorted(every, key=lambda beam: -beam.score)[: 2 * rules.beams]


def _with_ended(rules: Rules, finished: list[Beam], grown: Sequence[Beam]) -> list[Beam]:
    """The best of what was finished before and what ends now."""
    ended = [
        Beam(beam.tokens, rules.mean(beam.score, len(beam.tokens)))
        for beam in grown
        if rules.ends(beam.tokens)
    ]
    return sorted([*finished, *ended], key=lambda beam: -beam.score)[: rules.beams]


def _may_improve(rules: Rules, best: Beam, finished: Sequence[Beam]) -> bool:
    """Whether what is still running may displace something finished: a guess, unless "never"."""
    if len(finished) < rules.beams:
        return True
    if rules.early_stopping is True:
        return False
    longest = rules.early_stopping == "never" and rules.length_penalty > 0
    length = rules.max_length if longest else len(best.tokens)
    return bool(rules.mean(best.score, length) > finished[-1].score)


class Cache:
    """The keys and values of what a decoder was told, which it is told again with each token.

    `ask`: tokens (1, n), length (1, 1), cache (1, n, layers, 2, t, width) -> the decoder's
    outputs: `entry` (1, n, layers, 2, width), `scores` and `candidates` (1, n, k).
    """

    def __init__(self, ask: Callable[..., dict[str, Array]], *, layers: int, width: int) -> None:
        self._ask = ask
        self._length = 0
        self._kept = np.zeros((1, 1, layers, 2, ROOM, width), np.float32)

    def __call__(self, tokens: Sequence[int], parents: Sequence[int]) -> Candidates:
        """As promised by Following.

        Raises:
            ValueError: the decoder did not answer for each beam.
        """
        if self._length == self._kept.shape[TIME]:
            room = [(0, ROOM if axis == TIME else 0) for axis in range(self._kept.ndim)]
            self._kept = np.pad(self._kept, room)
        self._kept = self._kept[:, list(parents)]
        length, ids = np.array([[self._length]], np.int64), np.array([tokens], np.int64)
        answer = self._ask(tokens=ids, length=length, cache=self._kept)
        scores, candidates, entry = (answer[name] for name in ("scores", "candidates", "entry"))
        here = self._kept[..., self._length, :]
        if (entry.shape, scores.shape, scores.shape[:2]) != (
            here.shape,
            candidates.shape,
            ids.shape,
        ):
            raise ValueError(f"no answer for each of {len(tokens)} beams")
        here[...] = entry
        self._length += 1
        return Candidates(candidates[0], scores[0])
