"""Saying in a sentence what a photo shows."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from inference.arrays import RGB, Array
from inference.client import Inference
from inference.decoding import Cache, Rules, decode
from inference.errors import InferenceCorrupt, InferenceNotReady, InferenceTimeout
from inference.geometry import Fit, fitted
from inference.identity import ModelIdentity
from inference.roles import CAPTION_DECODER, CAPTION_ENCODER
from inference.spec import ModelSpec

TIMEOUT_S = 60.0  # of a whole caption


class Captioner(Protocol):
    @property
    def identities(self) -> tuple[ModelIdentity, ...]:
        """Which weights speak: others may say something else."""
        ...

    def caption(self, image: RGB) -> str:
        """What `image` shows, in a few words; empty if the model has none."""
        ...


class Words(Protocol):
    def decode(self, tokens: Sequence[int]) -> str:
        """The text that `tokens` stand for, without those that stand for no text."""
        ...


@dataclass(frozen=True)
class TritonCaptioner:
    """Looks at a photo once, then asks for one token after the other.

    `timeout_s`: for a whole caption; a single call has the client's.
    """

    client: Inference
    words: Words
    encoder: ModelSpec = CAPTION_ENCODER
    decoder: ModelSpec = CAPTION_DECODER
    timeout_s: float = TIMEOUT_S
    clock: Callable[[], float] = time.monotonic

    @cached_property
    def identities(self) -> tuple[ModelIdentity, ModelIdentity]:
        """Of the encoder and the decoder.

        Raises:
            InferenceError: as the client's identity(); InferenceNotReady: they are no pair.
        """
        pair = self.client.identity(self.encoder), self.client.identity(self.decoder)
        if pair[0].weights_sha256 != pair[1].weights_sha256:
            raise InferenceNotReady(  # roles are switched one after the other
                f"{self.encoder.name} and {self.decoder.name} are of different weights: they "
                "don't understand each other. Switch both to one pack and version."
            )
        return pair

    @cached_property
    def rules(self) -> Rules:
        """How sentences are made.

        Raises:
            InferenceError: as `identities`; InferenceCorrupt: the decoder does not say how.
        """
        try:
            return Rules.read(self.identities[1].text("decoding"))
        except ValueError as exc:
            raise InferenceCorrupt(f"{self.decoder.name}: its configuration: {exc}") from exc

    def caption(self, image: RGB) -> str:
        """As promised by Captioner. One call for the photo, and one for each token.

        Raises:
            InferenceError: as the client's infer(); InferenceTimeout: not finished in time;
                InferenceCorrupt: the decoder says too little to go on.
        """
        deadline = self.clock() + self.timeout_s
        states = self._look(image)

        def ask(**arrays: Array) -> dict[str, Array]:
            if self.clock() > deadline:
                raise InferenceTimeout(
                    f"{self.decoder.name}: no caption within {self.timeout_s:g} seconds"
                )
            return self.client.infer(self.decoder, states=states, **arrays)

        return self.words.decode(self._say(ask)[len(self.rules.start) :])

    def _look(self, image: RGB) -> Array:
        identity, _ = self.identities
        height, width, _ = identity.shapes["image"]
        pixels, _ = fitted(image, height, width, Fit(identity.text("fit")))
        return self.client.infer(self.encoder, image=pixels[None])["states"]

    def _say(self, ask: Callable[..., dict[str, Array]]) -> tuple[int, ...]:
        _, layers, _, _, width = self.identities[1].shapes["cache"]
        try:
            return decode(self.rules, Cache(ask, layers=layers, width=width))
        except ValueError as exc:
            raise InferenceCorrupt(f"{self.decoder.name}: {exc}") from exc
