"""Reading the text in a photo."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Protocol

import numpy as np

from inference.arrays import RGB, Array
from inference.client import Inference
from inference.errors import InferenceCorrupt
from inference.identity import ModelIdentity
from inference.roles import TEXT_DETECTOR, TEXT_ORIENTER, TEXT_RECOGNIZER
from inference.spec import ModelSpec
from inference.text_lines import (
    crop,
    find_quads,
    fitted,
    reading_order,
    strip,
    strip_width,
)

MIN_SCORE = 0.5
LONGER_PX = 960  # of the photo that text is looked for in
UPSIDE_DOWN = 0.9  # how sure the orienter must be to turn a line


@dataclass(frozen=True, eq=False)
class TextLine:
    """What is written where. `quad` is clockwise from the text's own top left."""

    text: str
    quad: Array  # (4, 2) float32: x, y in pixels of the photo
    score: float  # mean of its characters, 0 to 1


class TextReader(Protocol):
    @property
    def identities(self) -> tuple[ModelIdentity, ...]:
        """Which weights read: others may read something else."""
        ...

    def read(self, image: RGB) -> list[TextLine]:
        """The lines of text in `image`, in the order in which people read them."""
        ...


@dataclass(frozen=True)
class _Line:
    """A line that was found: its place, and its pixels, straightened."""

    quad: Array
    pixels: RGB

    def turned(self) -> "_Line":
        return _Line(np.roll(self.quad, 2, axis=0), self.pixels[::-1, ::-1])


@dataclass(frozen=True)
class TritonTextReader:
    """Finds lines, turns those upside down, and reads all of about one length in one call.

    `characters`: what each index of the recogniser stands for; the first is nothing. They lie
    beside its model: see characters_of().
    """

    client: Inference
    characters: Sequence[str]
    detector: ModelSpec = TEXT_DETECTOR
    orienter: ModelSpec = TEXT_ORIENTER
    recognizer: ModelSpec = TEXT_RECOGNIZER
    longer_px: int = LONGER_PX
    min_score: float = MIN_SCORE

    @cached_property
    def identities(self) -> tuple[ModelIdentity, ...]:
        models = (self.detector, self.orienter, self.recognizer)
        return tuple(self.client.identity(model) for model in models)

    def read(self, image: RGB) -> list[TextLine]:
        """As promised by TextReader.

        Raises:
            InferenceError: as the client's infer(); InferenceCorrupt: a map of another size than
                its photo's, or `characters` that are not the recogniser's.
        """
        quads = self._find(image)
        if not quads:
            return []  # and the other models need not even be loaded
        found = [_Line(quads[row], crop(image, quads[row])) for row in reading_order(quads)]
        lines = self._upright(found)
        texts = self._texts([line.pixels for line in lines])
        return [
            TextLine(text, line.quad, score)
            for line, (text, score) in zip(lines, texts, strict=True)
            if score >= self.min_score and text.strip()
        ]

    def _find(self, image: RGB) -> list[Array]:
        small = fitted(image, self.longer_px)
        (probability,) = self.client.infer(self.detector, image=small[None])["probability"]
        if probability.shape != small.shape[:2]:
            raise InferenceCorrupt(f"{self.detector.name}: a map of {probability.shape} pixels")
        return find_quads(probability, image.shape[1], image.shape[0])

    def _upright(self, lines: Sequence[_Line]) -> list[_Line]:
        _, orienter, _ = self.identities
        height, width, _ = orienter.shapes["image"]
        strips = [strip(line.pixels, height, width) for line in lines]
        scores = [row for part in self._ask(self.orienter, strips) for row in part["scores"]]
        return [
            line.turned() if upside_down > UPSIDE_DOWN else line
            for line, (_, upside_down) in zip(lines, scores, strict=True)
        ]

    def _texts(self, lines: Sequence[RGB]) -> list[tuple[str, float]]:
        """Text and score of each line: one call for all that share a width, if they fit into it."""
        height = self._line_height
        by_width: dict[int, list[int]] = defaultdict(list)
        for row, line in enumerate(lines):
            by_width[strip_width(line, height)].append(row)
        texts: dict[int, tuple[str, float]] = {}
        for width, rows in by_width.items():
            strips = [strip(lines[row], height, width) for row in rows]
            texts |= zip(rows, self._recognized(strips), strict=True)
        return [texts[row] for row in range(len(lines))]

    @cached_property
    def _line_height(self) -> int:
        """Of the recogniser's strips; and `characters` are those of that recogniser."""
        _, _, recognizer = self.identities
        if characters_sha256(self.characters) != recognizer.text("characters_sha256"):
            raise InferenceCorrupt(
                f"{self.recognizer.name}: the list of characters is another model's; "
                "take the characters.txt that lies beside this one"
            )
        height, _, _ = recognizer.shapes["image"]
        return height

    def _recognized(self, strips: Sequence[RGB]) -> Iterator[tuple[str, float]]:
        for part in self._ask(self.recognizer, strips):
            indices, scores = part["indices"], part["scores"]
            if indices.shape != scores.shape or not self._are_known(indices):
                raise InferenceCorrupt(
                    f"{self.recognizer.name}: characters that are not among "
                    f"the {len(self.characters)} of its list"
                )
            for row in range(len(indices)):
                yield ctc_text(indices[row], scores[row], self.characters)

    def _are_known(self, indices: Array) -> bool:
        return bool(((indices >= 0) & (indices < len(self.characters))).all())

    def _ask(self, model: ModelSpec, images: Sequence[RGB]) -> Iterator[dict[str, Array]]:
        """The answers to `images` of one size, in as few calls as `model` allows."""
        for start in range(0, len(images), model.max_batch):
            part = images[start : start + model.max_batch]
            yield self.client.infer(model, image=np.stack(part))


def characters_of(listed: str) -> tuple[str, ...]:
    """From the text of a characters.txt: a line for each index, and the first is empty."""
    return tuple(listed.split("\n"))  # splitlines() would part at characters that are in the list


def characters_sha256(characters: Sequence[str]) -> str:
    """Of the characters.txt that lists them."""
    return sha256("\n".join(characters).encode()).hexdigest()


def ctc_text(indices: Array, scores: Array, characters: Sequence[str]) -> tuple[str, float]:
    """What the steps (t,) of a line say, and the mean score of what they say; 0 for nothing.

    A character that goes on for several steps is one; index 0 is none, and parts two alike.
    Source: Connectionist Temporal Classification, Graves et al. 2006, by its best path.
    """
    begins = np.diff(indices, prepend=0) != 0
    said = np.flatnonzero(begins & (indices != 0))
    text = "".join(characters[index] for index in indices[said])
    return text, float(scores[said].mean()) if text else 0.0
